"""S07: of two who compute or adopt at one time, one does, and the other is told why not."""

from __future__ import annotations

from typing import Any

from django_tenants.utils import schema_context

from instructors.assignment.models import AssignmentRun, SiteNeed
from instructors.assignment.rules.run_orders import RunOrder
from instructors.assignment.services.adopting import adopt_run
from instructors.assignment.services.runs import start_assignment


def test_s07_two_start_at_once_and_one_computes(
    committed_database: str, alpha: Any, staff: Any, make_site: Any, race: Any
) -> None:
    make_site()

    def start() -> None:
        start_assignment(order=RunOrder(), acting_user=staff.dispatcher)

    assert race(start, start, start) == ["ASSIGNMENT_RUNNING", "ASSIGNMENT_RUNNING", "done"]


def test_s07_two_adopt_at_once_and_one_run_is_in_force(
    committed_database: str, alpha: Any, small_city: Any, staff: Any, make_site: Any, make_instructor: Any, run_jobs: Any,
    race: Any,
) -> None:  # fmt: skip
    make_instructor()
    with schema_context(alpha.schema_name):
        SiteNeed.objects.create(
            site=make_site(), item=small_city.items["taiji"], weekday=1, from_minute=360, to_minute=420
        )
        runs = []
        for _ in range(2):
            runs.append(start_assignment(order=RunOrder(), acting_user=staff.dispatcher).pk)
            run_jobs(alpha)

    def adopting(run: int) -> Any:
        return lambda: adopt_run(run_id=run, acting_user=staff.dispatcher)

    assert race(*map(adopting, runs)) == ["ANOTHER_RUN_ADOPTED", "done"]
    with schema_context(alpha.schema_name):
        assert AssignmentRun.objects.filter(state="adopted").count() == 1
