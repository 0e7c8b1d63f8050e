"""Erasure on request, and the retention that the regular job carries out. Rules: J17, J18

What stays after an erasure: the consents with their moments (they prove what was allowed; the bureau keeps them for
`retention.consent_years`), the audit log, which holds no values, and empty rows: that a test by some standard took place
on some day, that a case was open, where a copy went. Nothing in them says who it was.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from grids.wellness.models import (
    AccessCode,
    CaseEvent,
    Citizen,
    ExerciseCase,
    ExercisePrescription,
    ExerciseSession,
    FitnessTest,
    Invitation,
)
from grids.wellness.queries.cases import open_case
from grids.wellness.queries.consents import consents_of
from grids.wellness.queries.people import citizen_for_update, locked_citizen, own_citizen
from grids.wellness.queries.policy import retention_policy
from grids.wellness.rules.case_states import CaseAction
from grids.wellness.rules.retention import kept_since
from grids.wellness.services.codes import citizen_by_code
from grids.wellness.services.moving import move_case
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.consents import withdraw_consent

_AT_ONCE = 500


@transaction.atomic
def erase_citizen(*, citizen_id: int, acting_user: User) -> None:
    """Erase a person at the person's word. 404, 403."""
    _erase(citizen_for_update(acting_user, citizen_id), acting_user)


@transaction.atomic
def erase_oneself(*, acting_user: User) -> None:
    """Erase the own record through the linked account. 404."""
    _erase(locked_citizen(own_citizen(acting_user).pk), acting_user)


@transaction.atomic
def erase_by_code(*, code: str) -> None:
    """Erase the own record with a one-time code. 422 ACCESS_CODE."""
    _erase(citizen_by_code(code), None)


def _erase(citizen: Citizen, acting_user: User | None) -> None:
    for consent in consents_of(citizen).values():
        withdraw_consent(consent_id=consent.pk, withdrawn_at=timezone.now(), acting_user=acting_user)
    if (case := open_case(citizen)) is not None:
        move_case(case, CaseAction.WITHDRAW, acting_user)
    _empty_tests(FitnessTest.objects.filter(citizen=citizen))
    _empty_cases(ExerciseCase.objects.filter(citizen=citizen))
    Invitation.objects.filter(citizen=citizen).delete()
    AccessCode.objects.filter(citizen=citizen).delete()
    citizen.name, citizen.sex, citizen.birth_year, citizen.birth_month = "", "", None, None
    citizen.phone_sealed, citizen.phone_digest, citizen.phone_masked = None, None, ""
    citizen.user, citizen.erased_at = None, timezone.now()
    citizen.save()
    record_audit(acting_user=acting_user, action="wellness.erase", subject=citizen)


def _empty_tests(rows: QuerySet[FitnessTest]) -> int:
    return rows.filter(sealed__isnull=False).update(sealed=None, grade_sealed=None)


def _empty_cases(cases: QuerySet[ExerciseCase]) -> int:
    """Take out what cases say of the body; their rows and moves' days stay."""
    ids = list(cases.values_list("pk", flat=True))
    emptied = ExercisePrescription.objects.filter(case_id__in=ids, sealed__isnull=False).update(sealed=None)
    emptied += ExerciseSession.objects.filter(case_id__in=ids, sealed__isnull=False).update(sealed=None)
    ExerciseCase.objects.filter(pk__in=ids).update(
        asks_for_doctor=None, clearance_basis="", note_reference="", note_dated_on=None, note_institution=""
    )
    CaseEvent.objects.filter(case_id__in=ids, action__in=(CaseAction.REFER, CaseAction.CLEAR)).delete()
    return emptied


def _empty_old_parts(since: date) -> int:
    """Take out prescriptions and sessions from before that day, also of cases that never ended."""
    emptied = ExercisePrescription.objects.filter(ends_on__lt=since, sealed__isnull=False).update(sealed=None)
    return emptied + ExerciseSession.objects.filter(held_on__lt=since, sealed__isnull=False).update(
        sealed=None
    )


def keep_wellness(*, now: datetime) -> dict[str, int]:
    """Carry out the retention of policy: values too old or whose consent was taken back, codes over, people long gone.

    May run twice, or beside itself. Returns the numbers by kind.

    Rule: J17
    """
    policy = retention_policy(local_date(now))
    since = kept_since(local_date(now), int(policy.values["wellness_years"]))
    withdrawn_before = now - timedelta(days=int(policy.values["wellness_withdrawn_days"]))
    with transaction.atomic():
        over = Q(consent__withdrawn_at__lt=withdrawn_before)
        done = {
            "tests": _empty_tests(FitnessTest.objects.filter(over | Q(tested_on__lt=since))),
            "cases": _empty_cases(ExerciseCase.objects.filter(over | Q(ended_on__lt=since)))
            + _empty_old_parts(since),
            "codes": AccessCode.objects.filter(expires_at__lt=now).delete()[0],
        }
        if any(done.values()):
            record_audit(
                acting_user=None, action="wellness.retention", subject=("wellness", "all"), after=done,
                policy_version=policy.version,
            )  # fmt: skip
    return done | {"people": _erase_gone(since)}


def _erase_gone(since: date) -> int:
    """Erase people of whom nothing happened since that day."""
    mine = {"citizen": OuterRef("pk")}
    gone = Citizen.objects.filter(erased_at=None, created_at__date__lt=since).exclude(
        Exists(FitnessTest.objects.filter(**mine, tested_on__gte=since))
        | Exists(Invitation.objects.filter(**mine, invited_on__gte=since))
        | Exists(
            ExerciseCase.objects.filter(
                Q(ended_on=None) | Q(ended_on__gte=since), **mine, consent__isnull=False
            )
        )
    )
    erased = 0
    for citizen_id in gone.order_by("id").values_list("pk", flat=True)[:_AT_ONCE]:
        with transaction.atomic():
            _erase(locked_citizen(citizen_id), None)
        erased += 1
    return erased
