"""Consents of people, each to one purpose, given and taken back. Rules: J17, J18

Taking one back hides at once what was entered under it, from everybody and for good: a later consent does not bring it
back. What is kept: the consent with its two moments, and rows that say a test or a session took place, without values
once the regular job has deleted them (`retention.wellness_withdrawn_days`).
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from grids.wellness.models import Citizen, ExerciseCase
from grids.wellness.queries.cases import case_for_update, open_case
from grids.wellness.queries.consents import consents_of
from grids.wellness.queries.people import TEST, citizen_for_update, locked_citizen, own_citizen
from grids.wellness.rules.case_states import CaseAction, CaseState, next_state
from grids.wellness.rules.consent import ConsentPurpose, check_guardian
from grids.wellness.services.codes import citizen_by_code
from grids.wellness.services.inviting import open_new_case
from grids.wellness.services.moving import move_case
from tenants.accounts.models import User
from tenants.bureau.models import Consent
from tenants.bureau.queries.days import today
from tenants.bureau.services.consents import give_consent, withdraw_consent
from wangge.errors import not_found


@transaction.atomic
def record_consent(
    *,
    citizen_id: int,
    purpose: ConsentPurpose,
    text_version: str,
    given_by_guardian: bool,
    acting_user: User,
) -> Consent:
    """Record a consent given on paper. 404, 403, 422 GUARDIAN_CONSENT_REQUIRED, 409 CONSENT_EXISTS."""
    citizen = citizen_for_update(acting_user, citizen_id)
    return _give(citizen, purpose, text_version, given_by_guardian, acting_user)


@transaction.atomic
def give_own_consent(*, purpose: ConsentPurpose, text_version: str, acting_user: User) -> Consent:
    """Consent for oneself through the linked account; the same refusals."""
    citizen = locked_citizen(own_citizen(acting_user).pk)
    return _give(citizen, purpose, text_version, False, acting_user)


def _give(
    citizen: Citizen, purpose: ConsentPurpose, text_version: str, given_by_guardian: bool, acting_user: User
) -> Consent:
    check_guardian(
        citizen.birth_year or 0, citizen.birth_month or 1, today(), given_by_guardian=given_by_guardian
    )
    consent = give_consent(
        subject=citizen.subject,
        purpose=purpose,
        text_version=text_version,
        given_at=timezone.now(),
        given_by_guardian=given_by_guardian,
        acting_user=acting_user,
    )
    if purpose is ConsentPurpose.EXERCISE_CASE:
        open_new_case(citizen, acting_user)
    return consent


@transaction.atomic
def record_withdrawal(*, citizen_id: int, purpose: ConsentPurpose, acting_user: User) -> Consent:
    """Take a consent back at the person's word. 404, 403; 404 for one that does not live."""
    return withdraw_purpose(citizen_for_update(acting_user, citizen_id), purpose, acting_user)


@transaction.atomic
def withdraw_own_consent(*, purpose: ConsentPurpose, acting_user: User) -> Consent:
    """Take the own consent back through the linked account."""
    return withdraw_purpose(locked_citizen(own_citizen(acting_user).pk), purpose, acting_user)


@transaction.atomic
def withdraw_by_code(*, code: str, purpose: ConsentPurpose) -> Consent:
    """Take the own consent back with a one-time code. 422 ACCESS_CODE."""
    return withdraw_purpose(citizen_by_code(code), purpose, None)


@transaction.atomic
def withdraw_case(*, case_id: int, acting_user: User) -> None:
    """End a case at the person's word, with the consent it stands on if there is one. 404, 403, 409 INVALID_TRANSITION."""
    _withdraw_case(case_for_update(acting_user, case_id, TEST), acting_user)


@transaction.atomic
def withdraw_own_case(*, acting_user: User) -> None:
    """End the own open case, also before any consent was given. 404 without one."""
    case = open_case(locked_citizen(own_citizen(acting_user).pk))
    if case is None:
        raise not_found("运动干预个案", "exercise case")
    _withdraw_case(case, acting_user)


def _withdraw_case(case: ExerciseCase, acting_user: User) -> None:
    next_state(CaseState(case.state), CaseAction.WITHDRAW)
    if ConsentPurpose.EXERCISE_CASE in consents_of(case.citizen):
        withdraw_purpose(case.citizen, ConsentPurpose.EXERCISE_CASE, acting_user)
    else:
        move_case(case, CaseAction.WITHDRAW, acting_user)


def withdraw_purpose(citizen: Citizen, purpose: ConsentPurpose, acting_user: User | None) -> Consent:
    """Take the consent of a locked person back; an open case ends with the consent it stands on."""
    consent = consents_of(citizen).get(purpose)
    if consent is None:
        raise not_found("同意记录", "consent")
    withdrawn = withdraw_consent(consent_id=consent.pk, withdrawn_at=timezone.now(), acting_user=acting_user)
    if purpose is ConsentPurpose.EXERCISE_CASE and (case := open_case(citizen)) is not None:
        move_case(case, CaseAction.WITHDRAW, acting_user)
    return withdrawn
