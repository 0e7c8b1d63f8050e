"""Writes of people, tokens, sign-ins, audit rows, data keys and kept answers."""

from tenants.accounts.services.audit import record_audit
from tenants.accounts.services.data_keys import keep_data_key
from tenants.accounts.services.kept_answers import IdempotencyTable
from tenants.accounts.services.sign_in import register_throttle_policy, sign_in
from tenants.accounts.services.tokens import issue_token, revoke_token
from tenants.accounts.services.users import change_password, create_user

__all__ = [
    "IdempotencyTable",
    "change_password",
    "create_user",
    "issue_token",
    "keep_data_key",
    "record_audit",
    "register_throttle_policy",
    "revoke_token",
    "sign_in",
]
