"""S07: of two who compute or adopt at one time, one does, and the other is told why not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import schema_context

from instructors.assignment.models import AssignmentPin, AssignmentRun, Booking, SiteNeed
from instructors.assignment.rules.run_orders import RunOrder
from instructors.assignment.services import adopting
from instructors.assignment.services.adopting import adopt_run
from instructors.assignment.services.leaving import leave_with_duties
from instructors.assignment.services.needs import end_need
from instructors.assignment.services.pins import add_pin
from instructors.assignment.services.runs import start_assignment
from tenants.bureau.models import OutboxMessage
from tenants.bureau.rules.local_time import local_date
from tests.racing import meet


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


def test_s07_who_ends_a_need_beside_the_job_leaves_no_later_duty(
    committed_database: str, alpha: Any, speaker: Any, compute: Any, make_need: Any, make_site: Any,
    make_instructor: Any, run_jobs: Any, race: Any, staff: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(adopting, "AT_ONCE", 2)
    make_instructor()
    need = make_need(make_site())
    assert speaker.post(f"assignment-runs/{compute()}/adopt", {"book_weeks": 6}).status_code == 200
    today = local_date(timezone.now())
    ended = race(
        lambda: run_jobs(alpha), lambda: end_need(need_id=need.pk, ends_on=today, acting_user=staff.bureau)
    )
    assert ended == ["done", "done"]
    with schema_context(alpha.schema_name):
        assert not Booking.objects.filter(kind="site_duty", is_active=True).exists()


def test_j12_who_is_to_serve_a_need_that_ends_meanwhile_hears_of_both(
    committed_database: str, alpha: Any, staff: Any, compute: Any, make_need: Any, make_site: Any,
    make_instructor: Any, make_user: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    make_instructor(user=make_user(alpha, "teacher"))
    need, run = make_need(make_site()), compute()
    today = local_date(timezone.now())
    ends = meet(
        alpha, monkeypatch, (adopting, "record_audit"),
        lambda: adopt_run(run_id=run, acting_user=staff.dispatcher),
        lambda: end_need(need_id=need.pk, ends_on=today, acting_user=staff.bureau),
    )  # fmt: skip
    assert ends == ["done", "done"]
    with schema_context(alpha.schema_name):
        told = list(OutboxMessage.objects.order_by("id").values_list("template", flat=True))
    assert told == ["assignment.adopted", "site_need.ended"]


def test_j12_who_leaves_while_being_pinned_is_not_pinned_afterwards(
    committed_database: str, alpha: Any, staff: Any, make_need: Any, make_site: Any, make_instructor: Any, race: Any
) -> None:  # fmt: skip
    person, need = make_instructor(), make_need(make_site())
    yesterday = local_date(timezone.now()) - timedelta(days=1)

    def leave() -> None:
        leave_with_duties(
            instructor_id=person.pk, left_on=yesterday, reason="迁出", give_back_duties=True,
            acting_user=staff.dispatcher,
        )  # fmt: skip

    def pin() -> None:
        add_pin(need_id=need.pk, instructor_id=person.pk, acting_user=staff.dispatcher)

    assert race(leave, pin) in (["ASSIGNMENT_PIN", "done"], ["done", "done"])
    with schema_context(alpha.schema_name):
        assert not AssignmentPin.objects.exists()
