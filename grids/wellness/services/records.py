"""What is kept about a person, opened and put in order. Nothing here asks or logs: `reading` does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from grids.wellness.models import (
    Citizen,
    ExerciseCase,
    ExercisePrescription,
    FitnessTest,
    HealthShare,
    TestStandard,
)
from grids.wellness.queries.cases import sessions_of
from grids.wellness.queries.consents import all_consents_of
from grids.wellness.queries.fitness_tests import tests_in_sight
from grids.wellness.rules.retest import compared
from grids.wellness.rules.standard import Indicator, standard_of
from grids.wellness.services.sealed import PRESCRIPTION, SESSION, TEST, opened
from tenants.accounts.queries import sealer
from wangge.kernel.sealing import Sealer

FORMAT = "wangge.wellness.record/1"


def test_content(test: FitnessTest) -> dict[str, Any]:
    """A test with its values and result; it must be in sight."""
    content = opened(TEST, test.seal, test.sealed)
    indicators = standard_of(test.standard.form, test.standard.text).indicators
    return {
        "id": test.pk,
        "tested_on": test.tested_on.isoformat(),
        "standard": standard_brief(test.standard),
        "is_complete": test.is_complete,
        "values": [_named(one, indicators[one["indicator"]]) for one in content["values"]],
        "result": content["result"],
    }


def _named(one: dict[str, str], indicator: Indicator) -> dict[str, str]:
    """A value in words that its person understands."""
    return {**one, "zh": indicator.zh, "en": indicator.en, "unit": indicator.unit}


def standard_brief(standard: TestStandard) -> dict[str, Any]:
    """By what a test was scored; an example says that it is one."""
    return {
        "id": standard.pk,
        "code": standard.code,
        "version": standard.document_version,
        "name": standard.name,
        "source": standard.source,
        "is_example": standard.is_example,
    }


def case_content(case: ExerciseCase) -> dict[str, Any]:
    """A case with its prescriptions, sessions and, of two tests in sight, what changed."""
    keys = sealer()
    return {
        "id": case.pk,
        "state": case.state,
        "screened_on": _day(case.screened_on),
        "asks_for_doctor": case.asks_for_doctor,
        "clearance": case.clearance_basis or None,
        "programme_from": _day(case.programme_from),
        "prescriptions": [
            _prescription(row, keys)
            for row in ExercisePrescription.objects.filter(case=case, sealed__isnull=False).order_by("number")
        ],
        "sessions": [
            {"held_on": _day(row.held_on), **opened(SESSION, row.seal, row.sealed, keys)}
            for row in sessions_of(case).filter(sealed__isnull=False)
        ],
        "comparison": comparison_of(case),
    }


def _prescription(row: ExercisePrescription, keys: Sealer) -> dict[str, Any]:
    return {
        "number": row.number,
        "starts_on": _day(row.starts_on),
        "ends_on": _day(row.ends_on),
        **opened(PRESCRIPTION, row.seal, row.sealed, keys),
    }


def comparison_of(case: ExerciseCase) -> dict[str, Any] | None:
    """First test and re-test side by side, both by one version; None unless both are in sight."""
    tests = {row.pk: row for row in tests_in_sight(case.citizen)}
    first, second = tests.get(case.baseline_id or 0), tests.get(case.retest_id or 0)
    if first is None or second is None:
        return None
    before, after = (opened(TEST, row.seal, row.sealed) for row in (first, second))
    changes = compared(_values(before), _values(after))
    return {
        "standard": standard_brief(second.standard),
        "first": {"tested_on": _day(first.tested_on), "grade": before["result"]["grade"]},
        "re_test": {"tested_on": _day(second.tested_on), "grade": after["result"]["grade"]},
        "changes": {code: str(change) for code, change in changes.items()},
    }


def _values(content: dict[str, Any]) -> dict[str, Decimal]:
    return {one["indicator"]: Decimal(one["value"]) for one in content["values"]}


def record_of(citizen: Citizen) -> dict[str, Any]:
    """Everything that is kept about the person and stands under a consent in force, for the person."""
    cases = ExerciseCase.objects.filter(citizen=citizen, consent__withdrawn_at=None).order_by("id")
    return {
        "format": FORMAT,
        "citizen": {
            "name": citizen.name,
            "sex": citizen.sex,
            "birth_year": citizen.birth_year,
            "birth_month": citizen.birth_month,
            "phone": citizen.phone_masked,
            "community": citizen.community.name,
        },
        "consents": [
            {
                "purpose": row.purpose,
                "text_version": row.text_version,
                "given_by_guardian": row.given_by_guardian,
                "given_at": row.given_at.isoformat(),
                "withdrawn_at": None if row.withdrawn_at is None else row.withdrawn_at.isoformat(),
            }
            for row in all_consents_of(citizen)
        ],
        "tests": [test_content(test) for test in tests_in_sight(citizen)],
        "cases": [case_content(case) for case in cases.exclude(state="withdrawn").select_related("citizen")],
        "shared": [
            {"institution": row.institution, "shared_at": row.shared_at.isoformat()}
            for row in HealthShare.objects.filter(citizen=citizen).order_by("id")
        ],
    }


def _day(day: Any) -> str | None:
    return None if day is None else day.isoformat()
