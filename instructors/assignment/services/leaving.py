"""Somebody leaves the register, and what was booked of their time after the last day. Rule: J12"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from instructors.assignment.models import Booking
from instructors.assignment.queries.bookings import booked_after
from instructors.assignment.rules.leaving import Ahead, check_nothing_ahead
from instructors.assignment.services.bookings import call_off
from instructors.assignment.services.judging import present
from instructors.assignment.services.pins import end_pins_of
from instructors.assignment.services.runs import lock_runs
from instructors.people.models import Instructor
from instructors.people.queries.instructors import EDIT, instructor_for_update
from instructors.people.services.instructors import leave_register
from tenants.accounts.models import User

GIVEN_BACK = "指导员离册"


@dataclass(frozen=True, slots=True)
class Left:
    """Who left, how many duties were given back, and how many pins ended."""

    person: Instructor
    given_back: int
    pins_ended: int = 0


@transaction.atomic
def leave_with_duties(
    *, instructor_id: int, left_on: date | None, reason: str, give_back_duties: bool, acting_user: User
) -> Left:
    """Record the last day (None takes it back); duties at sites after it are given back where that is asked for.

    The person's pins end at once: computations keep nobody who goes. Runs are locked before the person, as whoever pins
    and adopts does.

    Whoever books this person waits for this transaction, and then finds that the person has left. Raises 404, 403 and
    409 INSTRUCTOR_HAS_DUTIES naming what is booked ahead.
    """
    if left_on is not None:
        lock_runs()
    instructor_for_update(acting_user, instructor_id)
    rows = [] if left_on is None else list(booked_after(instructor_id, left_on, present()))
    if left_on is not None:
        ahead = sorted((_plain(row) for row in rows), key=lambda each: each.starts_at)
        check_nothing_ahead(left_on, ahead, is_given_back=give_back_duties)
    given_back = call_off(rows, GIVEN_BACK, acting_user, EDIT) if rows else 0
    person = leave_register(
        instructor_id=instructor_id, left_on=left_on, reason=reason, acting_user=acting_user
    )
    ended = 0
    if left_on is not None:
        ended = end_pins_of(instructor_id=instructor_id, reason=GIVEN_BACK, acting_user=acting_user)
    return Left(person, given_back, ended)


def _plain(row: Booking) -> Ahead:
    place = row.town.name if row.site is None else row.site.name
    return Ahead(row.pk, row.kind, place, row.starts_at, row.ends_at)
