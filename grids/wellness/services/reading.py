"""Every reading of values: who may, under which consent, and the audit row that is written before they are opened.

Rules: J17, J18
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from grids.wellness.models import Citizen, HealthShare
from grids.wellness.queries.cases import cases_visible_to
from grids.wellness.queries.consents import consents_of
from grids.wellness.queries.fitness_tests import fitness_test_found
from grids.wellness.queries.people import citizen_for_update, own_citizen
from grids.wellness.rules.consent import ConsentPurpose, check_consents
from grids.wellness.rules.reading import RIGHT_FOR, ReadingPurpose, check_staff_purpose
from grids.wellness.services.codes import citizen_by_code
from grids.wellness.services.records import case_content, record_of, test_content
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from wangge.errors import not_found
from wangge.kernel.permissions import require


@transaction.atomic
def read_test(*, test_id: int, purpose: str, acting_user: User) -> dict[str, Any]:
    """A test's values, points, total and grade. 404, 403 PERMISSION_DENIED, CONSENT_REQUIRED, 422 PURPOSE_REQUIRED.

    To prescribe by them also needs the person's consent to an exercise case.
    """
    test = fitness_test_found(acting_user, test_id)
    meant = check_staff_purpose(purpose)
    require(acting_user, RIGHT_FOR[meant], test.unit_path)
    _check(test.citizen, meant)
    _log(acting_user, test, meant)
    return test_content(test)


@transaction.atomic
def read_case(*, case_id: int, purpose: str, acting_user: User) -> dict[str, Any]:
    """A case's prescriptions, sessions and comparison. The same refusals."""
    case = cases_visible_to(acting_user).filter(pk=case_id).first()
    if case is None:
        raise not_found("运动干预个案", "exercise case")
    meant = check_staff_purpose(purpose)
    require(acting_user, RIGHT_FOR[meant], case.unit_path)
    check_consents([ConsentPurpose.EXERCISE_CASE], consents_of(case.citizen))
    _log(acting_user, case, meant)
    return case_content(case)


def _check(citizen: Citizen, purpose: ReadingPurpose) -> None:
    needed = [ConsentPurpose.FITNESS_TEST]
    if purpose in (ReadingPurpose.PRESCRIBING, ReadingPurpose.COMPARING):
        needed.append(ConsentPurpose.EXERCISE_CASE)
    check_consents(needed, consents_of(citizen))


@transaction.atomic
def own_record(*, acting_user: User) -> dict[str, Any]:
    """The own record in full, as an export; 404 without a linked account."""
    citizen = own_citizen(acting_user)
    _log(acting_user, citizen, ReadingPurpose.OWN)
    return record_of(citizen)


@transaction.atomic
def record_by_code(*, code: str) -> dict[str, Any]:
    """The own record for a one-time code. 422 ACCESS_CODE."""
    citizen = citizen_by_code(code)
    _log(None, citizen, ReadingPurpose.OWN)
    return record_of(citizen)


@transaction.atomic
def share_record(*, citizen_id: int, institution: str, acting_user: User) -> dict[str, Any]:
    """The copy for a health centre, named by its unified social credit code, and the row that says it went there.

    404, 403 PERMISSION_DENIED; CONSENT_REQUIRED unless the person consented to sharing and to the tests.

    Rule: J17
    """
    citizen = citizen_for_update(acting_user, citizen_id)
    check_consents([ConsentPurpose.HEALTH_CENTRE, ConsentPurpose.FITNESS_TEST], consents_of(citizen))
    share = HealthShare.objects.create(
        citizen=citizen, institution=institution, shared_by=acting_user, shared_at=timezone.now()
    )
    _log(acting_user, citizen, ReadingPurpose.HEALTH_CENTRE, institution=share.institution)
    return record_of(citizen)


def _log(acting_user: User | None, subject: Any, purpose: ReadingPurpose, **more: str) -> None:
    record_audit(
        acting_user=acting_user,
        action="wellness.read",
        subject=subject,
        after={"purpose": purpose.value, **more},
    )
