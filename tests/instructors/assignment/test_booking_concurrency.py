"""Many connections at once: one instructor, one place, one way between towns is booked by exactly one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange as Range
from django_tenants.utils import schema_context

from instructors.assignment.models import Booking
from instructors.assignment.rules.booking_orders import BookingOrder, Change
from instructors.assignment.services.bookings import book, book_series, cancel_booking, move_booking
from instructors.people.rules.free_times import Span, WeeklyTime
from instructors.people.services.free_times import replace_free_times
from tenants.accounts.models import AuditEvent
from wangge.errors import RuleBroken, RulesBroken

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PERSON, PLACE = "INSTRUCTOR_TIME_CONFLICT", "SITE_TIME_CONFLICT"


def test_rivals_book_one_by_one(committed_database: str, alpha: Any, booked_world: Any, race: Any) -> None:
    """One copy of the database for all races: copying it costs more than racing. Each race has a day of its own."""
    races = (
        _two_for_one_person,
        _eight_for_one_person,
        _eight_for_one_place,
        _eight_across_towns_within_the_buffer,
        _eight_sharers_and_one_who_excludes,
        _the_same_request_eight_times,
        _move_against_book,
        _eight_moves_of_one_booking,
        _two_swap_their_times,
        _series_crosswise,
        _cancel_against_move,
        _booking_against_a_change_of_the_free_times,
        _unlocked_writers_against_the_house,
    )
    for number, run in enumerate(races):
        with schema_context(alpha.schema_name):
            Booking.objects.all().delete()
        run(alpha, booked_world, race, booked_world.nine + number * 7 * DAY)
        _nothing_half_written(alpha)


def _nothing_half_written(alpha: Any) -> None:
    """No two active bookings clash, and every booking that stands has exactly the audit row of its making."""
    with schema_context(alpha.schema_name):
        active = list(Booking.objects.filter(is_active=True).order_by("id"))
        for row in active:
            others = [each for each in active if each.pk > row.pk]
            for other in others:
                same = row.instructor_id is not None and row.instructor_id == other.instructor_id
                overlap = row.busy.lower < other.busy.upper and other.busy.lower < row.busy.upper
                near = row.padded.lower < other.padded.upper and other.padded.lower < row.padded.upper
                assert not (same and (overlap or (near and row.town_id != other.town_id)))
        made = AuditEvent.objects.filter(action="booking.book").values_list("subject_id", flat=True)
        assert len(made) == len(set(made))
        assert {str(row.pk) for row in active if not row.reference.startswith("raw")} <= set(made)


def _booking(world: Any, order: BookingOrder) -> Callable[[], Any]:
    return lambda: book(order=order, acting_user=world.acting)


def _count(alpha: Any) -> int:
    with schema_context(alpha.schema_name):
        return Booking.objects.filter(is_active=True).count()


def _two_for_one_person(alpha: Any, world: Any, race: Any, day: Any) -> None:
    first = world.order(day, reference="one")
    second = world.order(day + HOUR / 2, site_id=None, town_id=world.units["town"].pk, reference="two")
    assert race(_booking(world, first), _booking(world, second)) == [PERSON, "done"]
    assert _count(alpha) == 1


def _eight_for_one_person(alpha: Any, world: Any, race: Any, day: Any) -> None:
    town = world.units["town"].pk
    orders = [
        world.order(day + at * 5 * MINUTE, site_id=None, town_id=town, reference=f"p{at}") for at in range(8)
    ]
    assert race(*(_booking(world, order) for order in orders)) == [PERSON] * 7 + ["done"]
    assert _count(alpha) == 1


def _eight_for_one_place(alpha: Any, world: Any, race: Any, day: Any) -> None:
    halls = ["", "A", "", "A", "", "A", "", "A"]  # the whole place, or one hall of it: one of them all
    orders = [
        world.order(day, instructor_id=None, hall=hall, reference=f"s{at}") for at, hall in enumerate(halls)
    ]
    assert race(*(_booking(world, order) for order in orders)) == [PLACE] * 7 + ["done"]
    assert _count(alpha) == 1


def _eight_across_towns_within_the_buffer(alpha: Any, world: Any, race: Any, day: Any) -> None:
    orders = []
    for at in range(8):
        town = world.units["town" if at % 2 else "other_town"].pk
        start = day + (0 if at % 2 else 119) * MINUTE
        orders.append(world.order(start, site_id=None, town_id=town, reference=f"t{at}"))
    assert race(*(_booking(world, order) for order in orders)) == [PERSON] * 7 + ["done"]
    far = [replace(orders[1], starts_at=day + 5 * HOUR, ends_at=day + 6 * HOUR, reference="far"),
           replace(orders[0], starts_at=day + 7 * HOUR, ends_at=day + 8 * HOUR, reference="farther")]  # fmt: skip
    assert race(*(_booking(world, order) for order in far)) == ["done", "done"]  # exactly the buffer


def _eight_sharers_and_one_who_excludes(alpha: Any, world: Any, race: Any, day: Any) -> None:
    _share(alpha, world, True)
    sharers = [
        world.order(day, instructor_id=None, is_exclusive=False, reference=f"shared{at}") for at in range(7)
    ]
    alone = world.order(day, instructor_id=None, is_exclusive=True, reference="alone")
    told = race(*(_booking(world, order) for order in [*sharers, alone]))
    assert told in ([PLACE] * 7 + ["done"], [PLACE] + ["done"] * 7)
    assert _count(alpha) == told.count("done")
    _share(alpha, world, False)


def _share(alpha: Any, world: Any, is_shared: bool) -> None:
    with schema_context(alpha.schema_name):
        type(world.here).objects.filter(pk=world.here.pk).update(is_shared=is_shared)


def _the_same_request_eight_times(alpha: Any, world: Any, race: Any, day: Any) -> None:
    told = race(*[_booking(world, world.order(day, reference="same"))] * 8)
    assert told == [f"BOOKING_TWICE+{PERSON}+{PLACE}"] * 7 + ["done"]
    assert _count(alpha) == 1


def _made(alpha: Any, world: Any, *orders: BookingOrder) -> list[int]:
    with schema_context(alpha.schema_name):
        return [book(order=order, acting_user=world.acting).pk for order in orders]


def _moving(world: Any, key: int, starts_at: Any, if_match: str = "*") -> Callable[[], Any]:
    change = Change(starts_at=starts_at, ends_at=starts_at + HOUR)
    return lambda: move_booking(booking_id=key, change=change, acting_user=world.acting, if_match=if_match)


def _move_against_book(alpha: Any, world: Any, race: Any, day: Any) -> None:
    [key] = _made(alpha, world, world.order(day))
    new = world.order(day + 5 * HOUR, reference="new")
    told = race(_moving(world, key, day + 5 * HOUR), _booking(world, new))
    assert told == [f"{PERSON}+{PLACE}", "done"]
    with schema_context(alpha.schema_name):
        row = Booking.objects.get(pk=key)
        assert (row.version, row.starts_at) in ((1, day), (2, day + 5 * HOUR))
        assert _count(alpha) == (2 if row.version == 1 else 1)


def _eight_moves_of_one_booking(alpha: Any, world: Any, race: Any, day: Any) -> None:
    [key] = _made(alpha, world, world.order(day))
    told = race(*(_moving(world, key, day + (2 + at) * HOUR, '"1"') for at in range(8)))
    assert told == ["STALE_VERSION"] * 7 + ["done"]
    with schema_context(alpha.schema_name):
        assert Booking.objects.get(pk=key).version == 2


def _two_swap_their_times(alpha: Any, world: Any, race: Any, day: Any) -> None:
    """Each wants the other's time: neither can have it while the other stands, and none waits for ever."""
    elsewhere = {"instructor_id": world.other.pk, "site_id": world.here.pk}
    first, second = _made(alpha, world, world.order(day), world.order(day + HOUR, **elsewhere))
    told = race(_moving(world, first, day + HOUR), _moving(world, second, day))
    assert told == [PLACE, PLACE]


def _series_crosswise(alpha: Any, world: Any, race: Any, day: Any) -> None:
    """The same people and places in opposite order: a lock order kept by nobody would be a deadlock."""
    pairs = [(world.person.pk, world.here.pk), (world.other.pk, world.there.pk)]

    def orders(name: str, turned: bool) -> list[BookingOrder]:
        found = [
            world.order(
                day + week * 7 * DAY, reference=f"{name}{week}{at}", instructor_id=person, site_id=site
            )
            for week in range(6)
            for at, (person, site) in enumerate(pairs)
        ]
        return found[::-1] if turned else found

    def series(name: str, turned: bool) -> Callable[[], Any]:
        asked = orders(name, turned)
        return lambda: book_series(orders=asked, acting_user=world.acting)

    told = race(*(series(f"series{at}-", turned=bool(at % 2)) for at in range(8)))
    assert told == [f"{PERSON}+{PLACE}"] * 7 + ["done"]
    assert _count(alpha) == 12


def _cancel_against_move(alpha: Any, world: Any, race: Any, day: Any) -> None:
    [key] = _made(alpha, world, world.order(day))

    def cancel() -> None:
        cancel_booking(booking_id=key, reason="停课", acting_user=world.acting, if_match='"1"')

    told = race(cancel, _moving(world, key, day + 3 * HOUR, '"1"'))
    assert told[1] == "done" and told[0] in ("STALE_VERSION", "BOOKING_CANCELLED")


def _booking_against_a_change_of_the_free_times(alpha: Any, world: Any, race: Any, day: Any) -> None:
    """Whoever comes second knows what the first did: the booking is refused, or it stood before the change."""

    def change() -> None:
        replace_free_times(
            instructor_id=world.person.pk, times=[WeeklyTime(7, Span(0, 60))], acting_user=world.acting,
            if_match="*",
        )  # fmt: skip

    told = race(change, _booking(world, world.order(day)))
    assert told in (["done", "done"], ["INSTRUCTOR_NOT_FREE", "done"])
    with schema_context(alpha.schema_name):
        times = [WeeklyTime(weekday, Span(0, 1440)) for weekday in range(1, 8)]
        replace_free_times(instructor_id=world.person.pk, times=times, acting_user=world.acting, if_match="*")


def _unlocked_writers_against_the_house(alpha: Any, world: Any, race: Any, day: Any) -> None:
    """Writers that know no order of locks insert rows in opposite order: the database lets one of all through, and a
    deadlock with them is tried again by the house, so that no person reads of it."""
    outcomes: list[str] = []
    keep = threading.Lock()

    def raw(turned: bool, at: int) -> Callable[[], None]:
        def write() -> None:
            rows = [
                Booking(
                    kind="course", reference=f"raw{at}-{person.pk}", instructor=person, town=site.town,
                    site=site, booked_by=world.acting, busy=Range(day, day + HOUR), padded=Range(day, day + HOUR),
                )
                for person, site in ((world.person, world.here), (world.other, world.there))
            ]  # fmt: skip
            try:
                with transaction.atomic():
                    for row in rows[::-1] if turned else rows:
                        row.save()
                        with connection.cursor() as cursor:
                            cursor.execute("SELECT pg_sleep(0.05)")
                outcome = "done"
            except (IntegrityError, OperationalError) as lost:
                outcome = type(lost).__name__
            with keep:
                outcomes.append(outcome)

        return write

    def house(at: int) -> Callable[[], None]:
        orders = [
            world.order(day, reference=f"house{at}-1"),
            world.order(day, reference=f"house{at}-2", instructor_id=world.other.pk, site_id=world.there.pk),
        ]

        def write() -> None:
            try:
                book_series(orders=orders, acting_user=world.acting)
                outcome = "done"
            except (RuleBroken, RulesBroken) as refused:
                codes = {each.code for each in getattr(refused, "broken", [refused])}
                assert codes <= {PERSON, PLACE, "BOOKING_BUSY"}
                outcome = "refused"
            with keep:
                outcomes.append(outcome)

        return write

    deeds = [raw(bool(at % 2), at) for at in range(4)] + [house(at) for at in range(4)]
    assert race(*deeds) == ["done"] * 8  # nothing but refusals and what the raw writers brought on themselves
    assert outcomes.count("done") <= 1
    assert _count(alpha) == 2 * outcomes.count("done")
