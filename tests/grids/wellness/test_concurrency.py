"""Two connections at once: two prescriptions, and a consent that is taken back while a test is entered: J17, J18."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from threading import Event
from time import sleep
from typing import Any

from django_tenants.utils import schema_context

from tests.grids.wellness.conftest import FULL, today
from tests.racing import race


def test_rivals_wait_for_one_another(
    committed_database: str, alpha: Any, way: Any, people: Any, client: Any
) -> None:
    """One copy of the database for all races: copying it costs more than racing."""
    way.to_prescribed()
    _prescribe_twice(alpha, way, people)
    _use_one_code_twice(alpha, way)
    for _ in range(4):
        _withdraw_while_a_test_is_entered(alpha, way, people, client)
    _enter_a_test_behind_a_withdrawal(alpha, way, people)
    _publish_twice(alpha, way, people)
    _record_one_session_twice(alpha, way, people)
    _withdraw_while_a_session_is_recorded(alpha, way, people)


def _prescribe_twice(alpha: Any, way: Any, people: Any) -> None:
    from grids.wellness.models import ExercisePrescription
    from grids.wellness.rules.prescription import ExerciseType, Prescription
    from grids.wellness.services.programme import PrescriptionOrder, prescribe_exercise

    def deed(minutes: int) -> Callable[[], Any]:
        content = Prescription(3, 11, 13, minutes, (ExerciseType.WALKING,), 3 * minutes, 2, 5, 12)
        order = PrescriptionOrder(content, today(), replaces=1)
        return lambda: prescribe_exercise(case_id=way.case, order=order, acting_user=people.prescriber)

    assert sorted(race(alpha, deed(20), deed(40))) == ["PRESCRIPTION_CHANGED", "done"]
    with schema_context(alpha.schema_name):
        assert ExercisePrescription.objects.filter(case_id=way.case).count() == 2


def _use_one_code_twice(alpha: Any, way: Any) -> None:
    from grids.wellness.services.reading import record_by_code

    code = way.post("tester", f"citizens/{way.citizen}/access-code", None, 201)["code"]

    def deed() -> Any:
        return record_by_code(code=code)

    assert sorted(race(alpha, deed, deed)) == ["ACCESS_CODE", "done"]


def _withdraw_while_a_test_is_entered(alpha: Any, way: Any, people: Any, client: Any) -> None:
    from grids.wellness.models import ExerciseCase, FitnessTest
    from grids.wellness.rules.consent import ConsentPurpose
    from grids.wellness.services.consenting import record_withdrawal
    from grids.wellness.services.testing import Measured, TestEntry, record_test

    if not client("tester").get(f"wellness/citizens/{way.citizen}").json()["consents"].count("fitness_test"):
        way.consent("fitness_test")
    with schema_context(alpha.schema_name):
        ExerciseCase.objects.update(baseline=None)
        FitnessTest.objects.all().delete()
    entry = TestEntry(way.standard, today(), [Measured(code, Decimal(value)) for code, value in FULL.items()])
    entered, withdrawn = race(
        alpha,
        lambda: record_test(citizen_id=way.citizen, entry=entry, acting_user=people.tester),
        lambda: record_withdrawal(
            citizen_id=way.citizen, purpose=ConsentPurpose.FITNESS_TEST, acting_user=people.tester
        ),
    )
    assert withdrawn == "done"
    assert entered in ("done", "CONSENT_REQUIRED")
    with schema_context(alpha.schema_name):
        kept = FitnessTest.objects.select_related("consent")
        assert kept.count() == (1 if entered == "done" else 0)
        assert all(test.consent.withdrawn_at is not None for test in kept)
    assert client("tester").get(f"wellness/citizens/{way.citizen}/tests").json()["results"] == []


def _enter_a_test_behind_a_withdrawal(alpha: Any, way: Any, people: Any) -> None:
    """A test that is entered while the withdrawal has not committed yet waits for it, and is refused."""
    from django.db import transaction

    from grids.wellness.models import FitnessTest
    from grids.wellness.rules.consent import ConsentPurpose
    from grids.wellness.services.consenting import record_withdrawal
    from grids.wellness.services.testing import Measured, TestEntry, record_test

    way.consent("fitness_test")
    with schema_context(alpha.schema_name):
        FitnessTest.objects.all().delete()
    entry = TestEntry(way.standard, today(), [Measured(code, Decimal(value)) for code, value in FULL.items()])
    withdrawn = Event()

    def withdraw() -> None:
        with transaction.atomic():
            record_withdrawal(
                citizen_id=way.citizen, purpose=ConsentPurpose.FITNESS_TEST, acting_user=people.tester
            )
            withdrawn.set()
            sleep(0.5)  # long enough for the other to come to the lock

    def enter() -> None:
        assert withdrawn.wait(timeout=30)
        record_test(citizen_id=way.citizen, entry=entry, acting_user=people.tester)

    assert race(alpha, withdraw, enter) == ["done", "CONSENT_REQUIRED"]
    with schema_context(alpha.schema_name):
        assert not FitnessTest.objects.exists()


def _publish_twice(alpha: Any, way: Any, people: Any) -> None:
    from grids.wellness.rules.quarter import quarter_before
    from grids.wellness.services.totals import publish_totals

    period = quarter_before(today()).name

    def deed() -> Any:
        return publish_totals(standard_id=way.standard, period=period, acting_user=people.bureau)

    assert sorted(race(alpha, deed, deed)) == ["TOTALS_PUBLISHED", "done"]


def _trained(way: Any, people: Any, back: int) -> Callable[[], Any]:
    from datetime import timedelta

    from grids.wellness.rules.programme import Session
    from grids.wellness.services.programme import record_session

    session = Session(held_on=today() - timedelta(days=back), attended=True, exertion=12, stopped=False)
    return lambda: record_session(case_id=way.case, session=session, acting_user=people.tester)


def _record_one_session_twice(alpha: Any, way: Any, people: Any) -> None:
    """Two of the staff note the same morning."""
    from grids.wellness.models import ExerciseSession

    with schema_context(alpha.schema_name):
        way.let_weeks_pass(1)
    assert sorted(race(alpha, _trained(way, people, 0), _trained(way, people, 0))) == [
        "SESSION_TWICE",
        "done",
    ]
    with schema_context(alpha.schema_name):
        assert ExerciseSession.objects.count() == 1


def _withdraw_while_a_session_is_recorded(alpha: Any, way: Any, people: Any) -> None:
    """A session goes in before the withdrawal, and is hidden with it, or is refused; it never outlives the consent."""
    from grids.wellness.models import ExerciseCase, ExerciseSession
    from grids.wellness.rules.consent import ConsentPurpose
    from grids.wellness.services.consenting import record_withdrawal

    recorded, withdrawn = race(
        alpha,
        _trained(way, people, 1),
        lambda: record_withdrawal(
            citizen_id=way.citizen, purpose=ConsentPurpose.EXERCISE_CASE, acting_user=people.tester
        ),
    )
    assert withdrawn == "done"
    assert recorded in ("done", "CONSENT_REQUIRED", "NOT_FOUND")
    with schema_context(alpha.schema_name):
        assert ExerciseCase.objects.get(pk=way.case).state == "withdrawn"
        assert ExerciseSession.objects.count() == (2 if recorded == "done" else 1)
    read = way.client("prescriber").post(f"wellness/cases/{way.case}/read", {"purpose": "prescribing"})
    assert read.status_code == 404
    again = way.client("tester").post(
        f"wellness/cases/{way.case}/sessions", {"held_on": today().isoformat(), "attended": False}
    )
    assert again.status_code == 404
