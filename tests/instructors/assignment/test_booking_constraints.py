"""The database refuses clashing bookings whoever writes them, in every city, also one that was carried over."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange as Range

from instructors.assignment.models import Booking
from instructors.assignment.services.bookings import book
from wangge.errors import RuleBroken, RulesBroken

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CONSTRAINTS = {
    "booking_instructor_busy", "booking_instructor_travels", "booking_part_taken", "booking_is_a_span",
    "booking_padded_outside", "booking_takes_something",
}  # fmt: skip


@pytest.fixture
def world(in_alpha, booked_world):
    """The rows to book with; we stand in their city, under its role."""
    return booked_world


def row(world, start=0, lasts=60, *, bounds="[)", **fields):
    """A row that nobody checked: `start` minutes after nine, without a way."""
    busy = Range(world.nine + start * MINUTE, world.nine + (start + lasts) * MINUTE, bounds)
    fields = {"instructor": world.person, "site": world.here, "busy": busy, "padded": busy, **fields}
    town = fields["site"].town if fields["site"] else world.units["town"]
    return Booking(
        **{"kind": "course", "reference": f"raw-{random.random()}", "town": town, "booked_by": world.acting} | fields
    )  # fmt: skip


def refused_by(deed):
    """The name of the constraint that refused."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        deed()
    return caught.value.__cause__.diag.constraint_name


def test_bulk_writes_cannot_pass(world):
    good, clash = row(world), row(world, 59)
    assert refused_by(lambda: Booking.objects.bulk_create([good, clash])) == "booking_instructor_busy"
    assert Booking.objects.count() == 0
    good.pk = None
    good.save()
    elsewhere = row(world, 59, instructor=world.other)
    assert refused_by(elsewhere.save) == "booking_part_taken"
    Booking.objects.bulk_create([row(world, 60), row(world, instructor=world.other, site=world.there)])


def test_an_update_cannot_pass_either(world):
    Booking.objects.bulk_create([row(world), row(world, 120)])
    onto = Range(world.nine, world.nine + HOUR)
    assert refused_by(lambda: Booking.objects.update(busy=onto, padded=onto)) == "booking_instructor_busy"
    gone = row(world, is_active=False)
    gone.save()
    assert refused_by(lambda: Booking.objects.filter(pk=gone.pk).update(is_active=True)) == (
        "booking_instructor_busy"
    )
    assert refused_by(lambda: Booking.objects.update(site=None, instructor=None)) == "booking_takes_something"


def test_raw_sql_cannot_pass(world):
    row(world).save()
    copy = (
        "INSERT INTO assignment_booking (kind, reference, instructor_id, site_id, hall, town_id, busy, padded,"
        " is_exclusive, is_active, end_reason, booked_by_id, version) SELECT kind, 'again', instructor_id, {site}, hall,"
        " town_id, {busy}, {busy}, is_exclusive, true, '', booked_by_id, 1 FROM assignment_booking"
    )

    def run(busy, site="NULL"):
        with connection.cursor() as cursor:
            cursor.execute(copy.format(busy=busy, site=site))

    assert refused_by(lambda: run("busy")) == "booking_instructor_busy"
    assert refused_by(lambda: run("'empty'::tstzrange")) == "booking_is_a_span"
    for busy in (
        "tstzrange(lower(busy), NULL)",
        "tstzrange(upper(busy), upper(busy) + interval '1 h', '[]')",
    ):
        assert refused_by(lambda busy=busy: run(busy)) == "booking_is_a_span"
    run("tstzrange(upper(busy), upper(busy) + interval '1 h')", "site_id")


def test_padding_does_not_shrink_what_is_busy(world):
    short = Range(world.nine + MINUTE, world.nine + HOUR)
    assert refused_by(row(world, padded=short).save) == "booking_padded_outside"


def test_half_a_buffer_each_makes_a_whole_one(world):
    def padded(start, site):
        half = HOUR / 2
        begin = world.nine + start * MINUTE
        return row(world, start, site=site, padded=Range(begin - half, begin + HOUR + half))

    padded(0, world.here).save()
    assert refused_by(padded(119, world.there).save) == "booking_instructor_travels"
    padded(120, world.there).save()
    padded(60 - 120, world.here).save()  # the same town, back to back


def test_a_place_has_parts_and_sharers(world):
    def taken(start=0, **fields):
        return row(world, start, instructor=None, **fields)

    taken(hall="A").save()
    taken(hall="B").save()
    assert refused_by(taken(hall="A").save) == refused_by(taken().save) == "booking_part_taken"
    assert refused_by(taken(hall="A", is_exclusive=False).save) == "booking_part_taken"
    for _ in range(3):
        taken(60, is_exclusive=False).save()
    assert refused_by(taken(60).save) == "booking_part_taken"
    assert refused_by(taken(60, hall="A").save) == "booking_part_taken"


def constraints_of(schema):
    """Names of the constraints of a city's bookings that hold for every row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND convalidated",
            [f'"{schema}".assignment_booking'],
        )
        return {name for (name,) in cursor.fetchall()}


def test_every_stamped_city_carries_them(alpha, beta):
    for city in (alpha, beta):
        assert constraints_of(city.schema_name) >= CONSTRAINTS


def test_the_citys_own_role_finds_the_operators(world, alpha):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_schema()")
        role, schema = cursor.fetchone()
        assert schema == alpha.schema_name and role.endswith(alpha.schema_name)
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        assert cursor.fetchone() == (False,)
    row(world).save()
    assert refused_by(row(world).save) == "booking_instructor_busy"


@pytest.mark.parametrize("seed", range(6))
def test_what_was_booked_one_by_one_never_breaks_the_rule_in_plain_python(world, seed):
    """And what was refused did break it: no booking is refused without a cause."""
    chance = random.Random(seed)
    # each booking says itself whether others may be beside it
    type(world.here).objects.update(is_shared=True)
    accepted, refused_count = [], 0
    people, places = [world.person, world.other, None], [world.here, world.there, None]
    for number in range(60):
        start = chance.randrange(0, 900, 15)
        lasts = chance.choice([15, 45, 60, 90])
        person, place = chance.choice(people), chance.choice(places)
        if person is None and place is None:
            continue
        hall = chance.choice(["", "", "A", "B"]) if place else ""
        is_exclusive = chance.random() < 0.7
        town = place.town_id if place else world.units[chance.choice(["town", "other_town"])].pk
        asked = (start, start + lasts, person, place, hall, is_exclusive, town)
        order = world.order(
            world.nine + start * MINUTE, lasts * MINUTE, reference=f"r{number}", hall=hall, town_id=town,
            is_exclusive=is_exclusive, instructor_id=person and person.pk, site_id=place and place.pk,
        )  # fmt: skip
        broken = any(_clash(asked, other) for other in accepted)
        try:
            book(order=order, acting_user=world.acting)
        except (RuleBroken, RulesBroken):
            refused_count += 1
            assert broken, asked
        else:
            assert not broken, asked
            accepted.append(asked)
    assert accepted and refused_count
    assert Booking.objects.count() == len(accepted)


def _clash(one, two):
    start, end, person, place, hall, is_exclusive, town = one
    start2, end2, person2, place2, hall2, is_exclusive2, town2 = two
    gap = max(start, start2) - min(end, end2)  # minutes between them; negative: they overlap
    if person is not None and person == person2 and (gap < 0 or (town != town2 and gap < 60)):
        return True
    same_part = place is not None and place == place2 and (hall == hall2 or not hall or not hall2)
    return same_part and gap < 0 and (is_exclusive or is_exclusive2)
