"""J12: leaving the register with time booked ahead, over HTTP, and beside somebody who books."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django_tenants.utils import schema_context

from instructors.assignment.models import Booking
from instructors.assignment.services.bookings import book, book_series
from instructors.assignment.services.leaving import leave_with_duties
from instructors.people.models import Instructor
from tenants.accounts.models import AuditEvent

WEEK = timedelta(weeks=1)
SUNDAY = "2026-03-01"  # the day before the Monday of these tests


@pytest.fixture
def duties(alpha: Any, booked_world: Any) -> list[Booking]:
    """Two duties of `person` at `here`: on Monday 2 March and a week later."""
    world = booked_world
    orders = [
        world.order(world.nine + WEEK * at, reference=f"need-1-{world.person.pk}-{at}", is_exclusive=False)
        for at in range(2)
    ]
    with schema_context(alpha.schema_name):
        made = book_series(
            orders=[_duty(order) for order in orders], acting_user=world.acting, are_duties=True
        )
    return made.bookings


def _duty(order: Any) -> Any:
    from dataclasses import replace

    return replace(order, kind="site_duty")


@pytest.mark.django_db
def test_j12_who_has_duties_ahead_does_not_leave_unnoticed(alpha, booked_world, duties, speaker):
    path = f"instructors/{booked_world.person.pk}/leave"
    refused = speaker.post(path, {"left_on": SUNDAY, "reason": "迁出"})
    assert refused.status_code == 409
    told = refused.json()
    assert (told["code"], told["rule"]["id"]) == ("INSTRUCTOR_HAS_DUTIES", "J12")
    assert "测试站点S1" in told["message"]["zh"] and "2026-03-02" in told["message"]["zh"]
    assert [each["booking"] for each in told["facts"]["bookings"]] == [row.pk for row in duties]
    with schema_context(alpha.schema_name):
        assert Instructor.objects.get(pk=booked_world.person.pk).left_on is None
        assert Booking.objects.filter(is_active=True).count() == 2


@pytest.mark.django_db
def test_j12_duties_after_the_last_day_are_given_back_and_those_before_stand(
    alpha, booked_world, duties, speaker
):
    path = f"instructors/{booked_world.person.pk}/leave"
    # The last day is that of the first duty: it stands, the one a week later goes.
    left = speaker.post(path, {"left_on": "2026-03-02", "reason": "迁出", "give_back_duties": True})
    assert left.status_code == 200, left.content
    assert (left.json()["left_on"], left.json()["duties_given_back"]) == ("2026-03-02", 1)
    with schema_context(alpha.schema_name):
        first, second = Booking.objects.filter(pk__in=[row.pk for row in duties]).order_by("id")
        assert (first.is_active, second.is_active) == (True, False)
        assert (second.is_called_off, second.end_reason) == (True, "指导员离册")
        actions = list(AuditEvent.objects.order_by("id").values_list("action", flat=True))
    assert actions[-2:] == ["booking.cancel", "instructor.leave"]
    back = speaker.post(path, {"left_on": None, "reason": "更正"})
    assert (back.json()["left_on"], back.json()["duties_given_back"]) == (None, 0)


@pytest.mark.django_db
def test_j12_classes_are_handed_on_before_somebody_leaves(alpha, booked_world, speaker):
    with schema_context(alpha.schema_name):
        book(order=booked_world.order(), acting_user=booked_world.acting)
    asked = {"left_on": SUNDAY, "reason": "迁出", "give_back_duties": True}
    refused = speaker.post(f"instructors/{booked_world.person.pk}/leave", asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "INSTRUCTOR_HAS_DUTIES")
    with schema_context(alpha.schema_name):
        assert Booking.objects.filter(is_active=True).count() == 1


def test_j12_who_books_at_the_same_moment_is_refused_or_named(
    committed_database, alpha, booked_world, staff, race
):
    world = booked_world

    def leave() -> None:
        leave_with_duties(
            instructor_id=world.person.pk, left_on=world.nine.date() - timedelta(days=1), reason="迁出",
            give_back_duties=False, acting_user=staff.bureau,
        )  # fmt: skip

    ended = race(leave, lambda: book(order=world.order(), acting_user=world.acting))
    assert ended in (["INSTRUCTOR_HAS_DUTIES", "done"], ["INSTRUCTOR_NOT_QUALIFIED", "done"])
