"""Recording fitness tests: checked, scored, sealed. Rule: J17"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from grids.wellness.models import Citizen, ExerciseCase, FitnessTest, Invitation, TestStandard
from grids.wellness.queries.consents import consents_of
from grids.wellness.queries.fitness_tests import fitness_test_found
from grids.wellness.queries.people import TEST, citizen_for_update, locked_citizen
from grids.wellness.queries.standards import replaced_from, standard_found
from grids.wellness.rules.consent import ConsentPurpose, age_in_years, check_consents
from grids.wellness.rules.fitness_score import Score, check_values, score
from grids.wellness.rules.measuring import INCOMPLETE, check_measured_once, check_test_day
from grids.wellness.rules.standard import Sex, Standard, standard_of
from grids.wellness.services.inviting import settle_invitation
from grids.wellness.services.sealed import GRADE, sealed
from grids.wellness.services.sealed import TEST as TEST_CONTENT
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from wangge.errors import RuleBroken
from wangge.kernel.permissions import require


@dataclass(frozen=True, slots=True)
class Measured:
    """A value as the device showed it."""

    indicator: str
    value: Decimal
    device: str = ""


@dataclass(frozen=True, slots=True)
class TestEntry:
    """What a tester enters."""

    __test__ = False

    standard_id: int
    tested_on: date
    values: Sequence[Measured]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The row, and what came out, which is sealed in it."""

    test: FitnessTest
    result: Mapping[str, Any]


@transaction.atomic
def record_test(*, citizen_id: int, entry: TestEntry, acting_user: User) -> Recorded:
    """Record a fitness test of a person who consented.

    Raises 404, 403 PERMISSION_DENIED and CONSENT_REQUIRED, 422 of the values, AGE_NOT_COVERED, TEST_DAY and
    STANDARD_SUPERSEDED, 409 TEST_TWICE.

    Rule: J17
    """
    citizen = citizen_for_update(acting_user, citizen_id)
    row = standard_found(entry.standard_id)
    check_consents([ConsentPurpose.FITNESS_TEST], consents_of(citizen))
    check_test_day(entry.tested_on, row.valid_from, replaced_from(row), today())
    return keep_test(citizen, row, entry, acting_user)


def keep_test(citizen: Citizen, row: TestStandard, entry: TestEntry, acting_user: User) -> Recorded:
    """Score and seal the values of a locked person whose consent is in force; also for re-tests."""
    consent = consents_of(citizen)[ConsentPurpose.FITNESS_TEST]
    standard = standard_of(row.form, row.text)
    found = _scored(citizen, standard, entry)
    result = _result(standard, found)
    seal = uuid.uuid4()
    content = {
        "values": [_kept(standard, one) for one in entry.values],
        "result": result,
    }
    keys = sealer()
    try:
        with transaction.atomic():
            test = FitnessTest.objects.create(
                citizen=citizen, consent=consent, standard=row, tested_on=entry.tested_on, tester=acting_user,
                is_complete=found.is_complete, seal=seal, sealed=sealed(TEST_CONTENT, seal, content, keys),
                grade_sealed=sealed(GRADE, seal, found.grade or INCOMPLETE, keys),
            )  # fmt: skip
    except IntegrityError as clash:
        raise RuleBroken(
            "TEST_TWICE", zh=f"{entry.tested_on.isoformat()}已有此标准的测试记录", status=409, rule="J17",
            en=f"a test by this standard on {entry.tested_on} is recorded already", field="tested_on",
            how_to_fix_zh="录入有误请先作废原记录", how_to_fix_en="void the earlier one first if it is wrong",
        ) from clash  # fmt: skip
    settle_invitation(citizen, Invitation.Kind.FITNESS_TEST, entry.tested_on)
    after = {"standard": f"{row.code}@{row.document_version}", "tested_on": entry.tested_on.isoformat()}
    record_audit(acting_user=acting_user, action="fitness_test.record", subject=test, after=after)
    return Recorded(test, result)


def _kept(standard: Standard, one: Measured) -> dict[str, str]:
    value = round(one.value, standard.indicators[one.indicator].places)
    return {"indicator": one.indicator, "value": str(value), "device": one.device}


def _scored(citizen: Citizen, standard: Standard, entry: TestEntry) -> Score:
    check_measured_once([one.indicator for one in entry.values])
    values = {one.indicator: one.value for one in entry.values}
    check_values(standard, values)
    age = age_in_years(citizen.birth_year or 0, citizen.birth_month or 1, entry.tested_on)
    return score(standard, Sex(citizen.sex), age, values)


def _result(standard: Standard, found: Score) -> dict[str, Any]:
    missing = [standard.indicators[code] for code in found.missing]
    return {
        "points": {code: str(points) for code, points in found.points.items()},
        "missing": [indicator.code for indicator in missing],
        "total": None if found.total is None else str(found.total),
        "grade": None if found.grade is None else found.grade.value,
        "note": f"不完整：缺少{'、'.join(indicator.zh for indicator in missing)}" if missing else "",
    }


@transaction.atomic
def void_test(*, test_id: int, acting_user: User) -> FitnessTest:
    """Strike out a test that was entered wrongly; it counts for nothing, its values go. 404, 403, 409 TEST_IN_USE."""
    test = fitness_test_found(acting_user, test_id)
    require(acting_user, TEST, test.unit_path)
    locked_citizen(test.citizen_id)
    test = FitnessTest.objects.select_for_update().get(pk=test.pk)
    if test.voided_at is not None or _is_compared(test):
        raise RuleBroken(
            "TEST_IN_USE", zh="该测试已作废，或已用作运动干预的基线或复测", status=409, rule="J17",
            en="this test is void already, or an exercise case compares it",
            how_to_fix_zh="请由处方师处理运动干预个案", how_to_fix_en="let the prescriber see to the case",
        )  # fmt: skip
    test.voided_at, test.voided_by = timezone.now(), acting_user
    test.sealed = test.grade_sealed = None
    test.save(update_fields=["voided_at", "voided_by", "sealed", "grade_sealed"])
    record_audit(acting_user=acting_user, action="fitness_test.void", subject=test)
    return test


def _is_compared(test: FitnessTest) -> bool:
    return ExerciseCase.objects.filter(Q(baseline=test) | Q(retest=test)).exclude(state="withdrawn").exists()
