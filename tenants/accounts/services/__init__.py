"""Writes of people, tokens, sessions, sign-ins, second factors, audit rows, data keys and kept answers."""

from tenants.accounts.services.audit import AuditSubject, actor_label, record_audit, record_audits
from tenants.accounts.services.data_keys import keep_data_key
from tenants.accounts.services.kept_answers import IdempotencyTable
from tenants.accounts.services.seal import seal_audit, seal_imported
from tenants.accounts.services.second_factor import (
    begin_enrolment,
    confirm_enrolment,
    new_codes,
    remove_second_factor,
    reset_second_factor,
)
from tenants.accounts.services.sessions import (
    close_session,
    end_session,
    end_sessions,
    keep_session,
    open_session,
)
from tenants.accounts.services.sign_in import (
    SecondFactorRequired,
    finish_sign_in,
    sign_in,
    unlock_sign_in,
)
from tenants.accounts.services.sign_in_policy import register_sign_in_policy
from tenants.accounts.services.tokens import issue_token, revoke_token
from tenants.accounts.services.users import (
    change_own_password,
    change_password,
    create_user,
    end_access,
    end_access_before_second_factor,
    let_in,
)

__all__ = [
    "AuditSubject",
    "IdempotencyTable",
    "SecondFactorRequired",
    "actor_label",
    "begin_enrolment",
    "change_own_password",
    "change_password",
    "close_session",
    "confirm_enrolment",
    "create_user",
    "end_access",
    "end_access_before_second_factor",
    "end_session",
    "end_sessions",
    "finish_sign_in",
    "issue_token",
    "keep_data_key",
    "keep_session",
    "let_in",
    "new_codes",
    "open_session",
    "record_audit",
    "record_audits",
    "register_sign_in_policy",
    "remove_second_factor",
    "reset_second_factor",
    "revoke_token",
    "seal_audit",
    "seal_imported",
    "sign_in",
    "unlock_sign_in",
]
