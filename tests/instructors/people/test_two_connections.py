"""Two connections enter one person at the same moment: one passes, the other is told who is there. Rule: J12"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django_tenants.utils import schema_context

from instructors.people.models import Instructor, InstructorIdentity
from instructors.people.services import instructors as services
from instructors.people.services.identity import Numbers
from instructors.people.services.instructors import Entry, enter_instructor
from tests.racing import ends_of_race

from .conftest import as_csv, invented_id, line


def test_J12_rivals_are_told_apart_by_the_unique_constraint(
    committed_database, alpha, small_city, staff, bring, monkeypatch
):
    """The look before the write is taken away: only the constraint is left to decide."""

    def enter(number: int, unit: str) -> Callable[[], Any]:
        entry = Entry(
            unit_id=small_city.units[unit].pk,
            facts={"name": "测试甲"},
            numbers=Numbers(id_number=invented_id(number)),
        )
        return lambda: enter_instructor(entry=entry, acting_user=staff.dispatcher)

    monkeypatch.setattr(services, "_check_new", lambda *given: None)
    for number in range(1, 6):
        outcome = ends_of_race(
            alpha, enter(number, "shengli"), enter(number, "xinhua"), enter(number, "wangcun")
        )
        assert outcome == ["INSTRUCTOR_DUPLICATE", "INSTRUCTOR_DUPLICATE", "done"]
    with schema_context(alpha.schema_name):
        assert Instructor.objects.count() == InstructorIdentity.objects.count() == 5
    _import_beside_entries(alpha, bring, enter)


def _import_beside_entries(alpha: Any, bring: Any, enter: Callable[[int, str], Callable[[], Any]]) -> None:
    """A person entered by hand while a file with the same person is written: the register holds one of them."""
    numbers = range(20, 30)
    rows = [line(number, 姓名="测试甲", 所属社区="xinhua") for number in numbers]
    waiting = bring(as_csv(rows), run=False)

    def carry_out() -> None:
        from instructors.people.services.imports import carry_out_register_import
        from tenants.bureau.services.jobs import run_job

        run_job(
            job_id=waiting.job_id, body=lambda job, progress: carry_out_register_import(waiting.pk, progress)
        )

    outcome = ends_of_race(alpha, carry_out, *[enter(number, "xinhua") for number in (20, 29)])
    assert set(outcome) <= {"done", "INSTRUCTOR_DUPLICATE"}
    with schema_context(alpha.schema_name):
        waiting.refresh_from_db()
        assert waiting.status == "applied", waiting.errors
        assert Instructor.objects.count() == 15
        assert waiting.counts["added"] + waiting.counts["updated"] == 10
