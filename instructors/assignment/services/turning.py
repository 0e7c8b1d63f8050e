"""Weekly duties that begin or end: those booked ahead are given back, and whoever has them is told. Rules: J12, S07"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from instructors.assignment.models import AssignmentRun, Booking, BookingKind, SiteNeed
from instructors.assignment.queries.needs import needs_told, servers_in_force, weekly_duty
from instructors.assignment.queries.runs import Pair, pairs_of
from instructors.assignment.rules.duties import next_duty_day, pair_of_reference
from instructors.assignment.rules.duty_notices import (
    Cause,
    DutiesTurned,
    words_of_ended,
    words_of_turned,
)
from instructors.assignment.services.bookings import cancel_bookings
from instructors.assignment.services.site_messages import line_of, of_people
from instructors.assignment.services.telling import Letter, tell_people
from instructors.people.models import Instructor
from tenants.accounts.models import User

TEMPLATES = {Cause.ADOPTED: "assignment.adopted", Cause.WITHDRAWN: "assignment.withdrawn"}
NEED_ENDED = "site_need.ended"
GIVEN_BACK = "站点分配已变更"


@dataclass(frozen=True, slots=True)
class Change:
    """One run goes and another is in force, either may be none; `run_id`: that was adopted or withdrawn, once in its life.

    `first_day`: of duties that begin; `is_booked`: whether the single ones are being booked.
    """

    cause: Cause
    run_id: int
    gone: AssignmentRun | None
    now: AssignmentRun | None
    first_day: date
    is_booked: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """How many duties were given back, and whom no message reaches."""

    given_back: int
    missed: list[Instructor]


def change_duties(change: Change, at: datetime, acting_user: User) -> Changed:
    """Give back the duties booked ahead of pairs that end, and tell everybody whose weekly duties change, once.

    Who keeps the same duties hears nothing. A number of statements that does not grow with the pairs, but for one more
    for every 500 people who are told.
    """
    before, after = _pairs(change.gone), _pairs(change.now)
    ended, begun = before - after, after - before
    turned = _turned(begun, ended, change.first_day, at)
    freed = _free_duties(ended, at, acting_user)
    for person, mine in turned.items():
        mine.given_back = freed[person]
    return Changed(freed.total(), _tell(change, turned))


def _pairs(run: AssignmentRun | None) -> set[Pair]:
    return set() if run is None else set(pairs_of(run.pk))


def _free_duties(ended: Collection[Pair], at: datetime, acting_user: User) -> Counter[int]:
    """How many were given back, by person."""
    coming = Booking.objects.filter(
        kind=BookingKind.SITE_DUTY, is_active=True, busy__startswith__gt=at,
        instructor_id__in={instructor for instructor, _ in ended},
    )  # fmt: skip
    theirs = [
        (name, who)
        for name, who in (coming.values_list("reference", "instructor_id") if ended else ())
        if (pair := pair_of_reference(name)) in ended and pair is not None and pair[0] == who
    ]
    if theirs:
        references = [name for name, _ in theirs]
        cancel_bookings(
            kind=BookingKind.SITE_DUTY, references=references, reason=GIVEN_BACK, acting_user=acting_user
        )
    return Counter(who for _, who in theirs if who is not None)


def _turned(
    begun: Collection[Pair], ended: Collection[Pair], first: date, at: datetime
) -> defaultdict[int, DutiesTurned]:
    """By person; without duties of needs that are asked for no longer: whoever served them was told when they ended."""
    duties = {need.pk: weekly_duty(need) for need in needs_told({need for _, need in (*begun, *ended)})}
    found: defaultdict[int, DutiesTurned] = defaultdict(DutiesTurned)
    for person, need in begun:
        if (day := duties[need].turns_on(first, at)) is not None:
            found[person].begun.append((day, duties[need]))
    for person, need in ended:
        if (day := duties[need].turns_on(date.min, at)) is not None:
            found[person].ended.append((day, duties[need]))
    return found


def _tell(change: Change, turned: Mapping[int, DutiesTurned]) -> list[Instructor]:
    letters = {
        person: Letter(
            partial(words_of_turned, mine, change.cause, is_booked=change.is_booked),
            len(mine.begun) + len(mine.ended),
        )
        for person, mine in turned.items()
    }
    return tell_people(TEMPLATES[change.cause], str(change.run_id), letters)


def tell_need_ended(need: SiteNeed, booked: Iterable[Booking], at: datetime) -> list[Instructor]:
    """Tell whoever serves a need that ended, or had duties of it booked that were given back; whom no message reaches.

    A need ends once in its life, and so it is one message for each person.
    """
    assert need.valid_to is not None
    theirs: defaultdict[int, list[str]] = defaultdict(list)
    for person, row in of_people(booked):
        theirs[person].append(line_of(row))
    duty = weekly_duty(need)
    ends = next_duty_day(need.weekday, need.from_minute, need.valid_to + timedelta(days=1), at)
    weekly_for = {person for person, _ in servers_in_force([need.pk])}
    letters = {
        person: Letter(
            partial(words_of_ended, duty, ends if person in weekly_for else None, theirs.get(person, [])),
            len(theirs.get(person, [])),
        )
        for person in weekly_for | set(theirs)
    }
    return tell_people(NEED_ENDED, str(need.pk), letters)
