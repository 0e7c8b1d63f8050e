"""Whether what is asked for can be booked, by all that stands at this moment. Rule: S07"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.utils import timezone

from instructors.assignment.models import Site
from instructors.assignment.queries.bookings import (
    check_towns,
    margins_on,
    taken_references,
    takings_near,
)
from instructors.assignment.rules.booking_orders import (
    BookingOrder,
    booked_twice,
    booking_past,
    shares_unshared,
    town_contradicts,
)
from instructors.assignment.rules.bookings import (
    Papers,
    Taking,
    clashes_of,
    has_left,
    missing_papers,
    not_free,
    opening_spans,
    site_closed,
    site_gone,
)
from instructors.people.models import Instructor
from instructors.people.queries.free_times import Times, times_of
from instructors.people.queries.standing import grades_held, items_held
from instructors.people.rules.free_times import Span, free_spans, is_free_between
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken

MOST_TOLD = 20  # of one occurrence: a hall full of sharers need not be listed whole
Range = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Judged:
    """An order, what it takes, and all that stands against it."""

    order: BookingOrder
    taking: Taking
    refusals: list[RuleBroken]

    @property
    def busy(self) -> Range:
        """The time itself."""
        return self.taking.starts_at, self.taking.ends_at

    @property
    def padded(self) -> Range:
        """The time with its part of the way at both ends."""
        return self.taking.starts_at - self.taking.margin, self.taking.ends_at + self.taking.margin


@dataclass(frozen=True, slots=True)
class Parties:
    """The people and places that are asked for, by id, as they stand under lock."""

    people: dict[int, Instructor]
    sites: dict[int, Site]


class _Nearby:
    """Takings by the days that they and their ways touch: in a long series each is compared with a few, not with all."""

    def __init__(self, takings: Iterable[Taking]) -> None:
        self._by_day: defaultdict[int, list[Taking]] = defaultdict(list)
        for taking in takings:
            self.add(taking)

    def add(self, taking: Taking) -> None:
        """Let it stand in the way of those that come after."""
        for day in _days_touched(taking):
            self._by_day[day].append(taking)

    def around(self, taking: Taking) -> list[Taking]:
        """All others that could meet it, each once."""
        found = {each.key: each for day in _days_touched(taking) for each in self._by_day[day]}
        found.pop(taking.key, None)
        return list(found.values())


def _days_touched(taking: Taking) -> range:
    first, last = taking.starts_at - taking.margin, taking.ends_at + taking.margin
    return range(local_date(first).toordinal(), local_date(last).toordinal() + 1)


def present() -> datetime:
    """The moment by which a time has begun or not."""
    return timezone.now()


def judge(
    orders: Sequence[BookingOrder], keys: Sequence[int], parties: Parties, *, is_overridden: bool
) -> list[Judged]:
    """Every order with its refusals, in as many statements for one as for two hundred.

    `keys`: what each is called in refusals: the id of a booking that moves, 0 for a single one, -1, -2, -3 … in a
    series. An order also stands against what was found good before it in the list.
    """
    check_towns({order.town_id for order in orders if order.site_id is None and order.town_id is not None})
    margins = margins_on([order.day for order in orders])
    takings = [
        _taking(order, key, parties.sites, margins[order.day])
        for order, key in zip(orders, keys, strict=True)
    ]
    times, now = _times(takings, parties), present()
    near, names = _Nearby(takings_near(takings)), _names_taken(orders, keys)
    judged: list[Judged] = []
    for order, taking in zip(orders, takings, strict=True):
        refusals = clashes_of(taking, near.around(taking))[:MOST_TOLD]
        if order.name in names:
            refusals.append(booked_twice(order))
        refusals += _person_refusals(order, taking, parties, times, is_overridden)
        refusals += _site_refusals(order, taking, parties)
        if not is_overridden and order.starts_at <= now:
            refusals.append(booking_past(order.starts_at))
        judged.append(Judged(order, taking, refusals))
        if not refusals:
            near.add(taking)
            names |= {order.name} if order.instructor_id is not None else set()
    return judged


def _taking(order: BookingOrder, key: int, sites: dict[int, Site], margin: timedelta) -> Taking:
    site = None if order.site_id is None else sites[order.site_id]
    town = order.town_id if site is None else site.town_id
    assert town is not None, "check_orders"
    is_exclusive = order.is_exclusive
    if is_exclusive is None:
        is_exclusive = site is None or not site.is_shared
    return Taking(
        key, order.kind, order.instructor_id, order.site_id, town, order.starts_at, order.ends_at, margin,
        order.hall.strip(), is_exclusive,
    )  # fmt: skip


def _names_taken(orders: Sequence[BookingOrder], keys: Sequence[int]) -> set[tuple[str, str, int]]:
    new = [order.name for order, key in zip(orders, keys, strict=True) if key <= 0 and order.instructor_id]
    return taken_references(new) if new else set()


def _times(takings: Sequence[Taking], parties: Parties) -> dict[int, Times]:
    days = [day for taking in takings for day, _ in taking.days]
    return times_of(list(parties.people), min(days), max(days)) if parties.people else {}


def _person_refusals(
    order: BookingOrder, taking: Taking, parties: Parties, times: dict[int, Times], is_overridden: bool
) -> Iterator[RuleBroken]:
    if taking.instructor is None:
        return
    person, own = parties.people[taking.instructor], times[taking.instructor]
    if person.left_on is not None and person.left_on < order.day:
        yield has_left(taking, person.left_on)
    yield from missing_papers(
        taking, Papers(items_held(person), grades_held(person)), order.item_id, order.role
    )
    free_on = own.spans_on if own.is_said or order.assumes_free else partial(_told_free, own)
    if not is_overridden and not is_free_between(taking.starts_at, taking.ends_at, free_on):
        yield not_free(taking, free_on(order.day), is_said=own.is_said)


def _told_free(own: Times, day: date) -> list[Span]:
    """When a person without weekly times is free on a day: where an exception says so."""
    return free_spans(day, [], own.exceptions)


def _site_refusals(order: BookingOrder, taking: Taking, parties: Parties) -> Iterator[RuleBroken]:
    if taking.site is None:
        return
    site = parties.sites[taking.site]
    if contradicted := town_contradicts(order, site.town_id):
        yield contradicted
    if shared := shares_unshared(order, site.is_shared):
        yield shared
    if site.valid_to is not None and site.valid_to < taking.day:
        yield site_gone(taking, site.valid_to)
    if not site.opening_hours:  # nothing is known of them
        return

    open_on = partial(opening_spans, site.opening_hours)
    if not is_free_between(taking.starts_at, taking.ends_at, open_on):
        yield site_closed(taking, open_on(taking.day))
