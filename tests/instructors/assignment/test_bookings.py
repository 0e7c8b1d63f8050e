"""Booking, moving and cancelling: every refusal with its facts, and what is written. Rule: S07"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from instructors.assignment.models import Booking
from instructors.assignment.rules.booking_orders import BookingOrder, Change
from instructors.assignment.services.bookings import (
    book,
    book_series,
    cancel_booking,
    cancel_bookings,
    move_booking,
)
from tenants.accounts.models import AuditEvent
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken, RulesBroken

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)  # a Monday
HOUR = timedelta(hours=1)


@pytest.fixture
def world(in_alpha, small_city, staff, make_instructor, make_site):
    """One instructor, a site in `town` and one in `other_town`, and the dispatcher who books."""

    class World:
        person, other = make_instructor(), make_instructor("测试乙", unit="xinhua")
        here, there = make_site("S1"), make_site("S2", unit="xinhua")
        units, items, acting = small_city.units, small_city.items, staff.dispatcher

        def order(self, starts_at=NINE, lasts=HOUR, **fields):
            fields = {"instructor_id": self.person.pk, "site_id": self.here.pk, **fields}
            name = fields.pop("reference", f"class-{starts_at.isoformat()}")
            return BookingOrder("course", name, starts_at, starts_at + lasts, **fields)

        def book(self, *args, reason="", **fields):
            return book(order=self.order(*args, **fields), acting_user=self.acting, override_reason=reason)

        def refused(self, *args, **fields):
            with pytest.raises((RuleBroken, RulesBroken)) as caught:
                self.book(*args, **fields)
            return {each.code: each for each in getattr(caught.value, "broken", [caught.value])}

    return World()


def test_a_booking_takes_person_and_place_and_is_told(world):
    row = world.book(item_id=world.items["taiji"].pk)
    row.refresh_from_db()
    assert (row.busy.lower, row.busy.upper) == (NINE, NINE + HOUR)
    assert (row.padded.lower, row.padded.upper) == (NINE - HOUR / 2, NINE + 3 * HOUR / 2)
    assert (row.town, row.is_exclusive, row.version) == (world.units["town"], True, 1)
    told = AuditEvent.objects.get(action="booking.book")
    assert told.after["starts_at"] == "2026-03-02T09:00:00+08:00" and told.actor_id == world.acting.pk


def test_s07_who_has_a_class_already_is_refused_with_its_facts(world):
    first = world.book()
    refused = world.refused(NINE + HOUR / 2, site_id=world.there.pk)["INSTRUCTOR_TIME_CONFLICT"]
    assert refused.status == 409 and refused.zh == "该教师2026-03-02 09:00–10:00已有课程"
    assert refused.facts == {
        "starts_at": "2026-03-02T09:00:00+08:00", "ends_at": "2026-03-02T10:00:00+08:00", "kind": "course",
        "missing_minutes": 30, "booking_id": first.pk, "is_travel_buffer": False,
    }  # fmt: skip
    assert Booking.objects.count() == 1


def test_s07_between_towns_the_whole_buffer_lies_and_not_a_minute_less(world):
    world.book()
    refused = world.refused(NINE + HOUR + timedelta(minutes=59), site_id=world.there.pk)
    facts = refused["INSTRUCTOR_TIME_CONFLICT"].facts
    assert (facts["is_travel_buffer"], facts["missing_minutes"], facts["wanted_minutes"]) == (True, 1, 60)
    assert "路上时间还差1分钟" in refused["INSTRUCTOR_TIME_CONFLICT"].zh
    world.book(NINE + 2 * HOUR, site_id=world.there.pk)  # 60 minutes
    world.book(NINE + HOUR)  # the same town, back to back, an hour before the class in the other one


def test_s07_a_place_is_taken_once_and_both_clashes_are_told_together(world):
    world.book()
    refused = world.refused(reference="another")
    assert set(refused) == {"INSTRUCTOR_TIME_CONFLICT", "SITE_TIME_CONFLICT"}
    place = world.refused(instructor_id=world.other.pk)
    assert set(place) == {"SITE_TIME_CONFLICT"} and place["SITE_TIME_CONFLICT"].status == 409
    assert place["SITE_TIME_CONFLICT"].zh == "该场地2026-03-02 09:00–10:00已被课程占用"


def test_s07_the_whole_place_meets_each_hall_and_two_halls_do_not_meet(world):
    world.book(hall="东厅")
    world.book(hall="西厅", instructor_id=world.other.pk)
    facts = world.refused(instructor_id=None, reference="all")["SITE_TIME_CONFLICT"].facts
    assert facts["hall"] == "东厅"
    world.book(NINE + HOUR, instructor_id=None, reference="all")
    assert "SITE_TIME_CONFLICT" in world.refused(NINE + HOUR, hall="东厅")


def test_s07_sharers_share_and_who_excludes_does_not(world):
    world.here.is_shared = True
    world.here.save()
    world.book(reference="one")
    world.book(reference="two", instructor_id=world.other.pk)
    assert set(world.refused(instructor_id=None, reference="all", is_exclusive=True)) == {
        "SITE_TIME_CONFLICT"
    }
    world.book(NINE + HOUR, instructor_id=None, reference="all", is_exclusive=True)
    assert "SITE_TIME_CONFLICT" in world.refused(NINE + HOUR, reference="three")


def test_s07_outside_the_free_times_only_with_a_reason(world, make_instructor):
    person = make_instructor("测试丙", free=[(1, 540, 600), (1, 600, 630)])
    world.book(instructor_id=person.pk)
    refused = world.refused(NINE + HOUR, instructor_id=person.pk)["INSTRUCTOR_NOT_FREE"]
    assert refused.status == 422 and refused.facts["free"] == ["09:00–10:30"]
    world.book(NINE + HOUR, instructor_id=person.pk, reason="本人电话同意")
    assert AuditEvent.objects.filter(action="booking.book", reason="本人电话同意").count() == 1
    silent = make_instructor("测试丁", free=[])  # who never said when: nothing to go by
    world.book(NINE + 3 * HOUR, instructor_id=silent.pk)


def test_s07_a_closed_place_is_refused(world, make_site):
    site = make_site("S3", hours=[(1, 540, 660)])
    world.book(site_id=site.pk)
    refused = world.refused(NINE + HOUR, lasts=2 * HOUR, site_id=site.pk, reason="x")["SITE_CLOSED"]
    assert refused.facts["open"] == ["09:00–11:00"]
    gone = make_site("S4", valid_to=date(2026, 3, 1))
    assert "SITE_CLOSED" in world.refused(NINE + 5 * HOUR, site_id=gone.pk)


def test_s07_who_is_not_qualified_on_the_day_is_refused(world, make_instructor):
    ended = make_instructor("测试丙", valid_to=date(2026, 3, 1))
    last = make_instructor("测试丁", valid_to=date(2026, 3, 2))
    gone = make_instructor("测试戊", left_on=date(2026, 3, 1))
    assert set(world.refused(instructor_id=ended.pk)) == {"CERT_EXPIRED"}
    assert set(world.refused(instructor_id=gone.pk)) == {"INSTRUCTOR_NOT_QUALIFIED"}
    dance = world.items["square_dance"].pk
    assert set(world.refused(item_id=dance, reason="x")) == {"INSTRUCTOR_NOT_QUALIFIED"}
    world.book(instructor_id=last.pk, item_id=world.items["taiji"].pk)


def test_all_refusals_of_one_order_are_told_together(world, make_instructor, make_site):
    person = make_instructor("测试丙", valid_to=date(2026, 3, 1), free=[(2, 0, 1440)])
    site = make_site("S3", hours=[(2, 0, 1440)])
    world.book(instructor_id=None, reference="hall", site_id=world.here.pk)
    refused = world.refused(instructor_id=person.pk, site_id=site.pk)
    assert set(refused) == {"CERT_EXPIRED", "INSTRUCTOR_NOT_FREE", "SITE_CLOSED"}
    assert set(world.refused(instructor_id=person.pk)) == {
        "CERT_EXPIRED", "INSTRUCTOR_NOT_FREE", "SITE_TIME_CONFLICT",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"lasts": timedelta(0)}, "BOOKING_TIMES"),
        ({"lasts": timedelta(hours=25)}, "BOOKING_TIMES"),
        ({"site_id": None}, "BOOKING_INCOMPLETE"),
        ({"site_id": None, "instructor_id": None}, "BOOKING_INCOMPLETE"),
        ({"site_id": 987654}, "NOT_FOUND"),
        ({"instructor_id": 987654}, "NOT_FOUND"),
        ({"site_id": None, "town_id": 987654}, "NOT_FOUND"),
    ],
)
def test_what_cannot_be_is_refused(world, fields, code):
    assert set(world.refused(**fields)) == {code}


def test_without_a_site_a_town_is_named_and_the_way_counts_from_there(world):
    world.book(site_id=None, town_id=world.units["other_town"].pk)
    assert "INSTRUCTOR_TIME_CONFLICT" in world.refused(NINE + HOUR + HOUR / 2)
    world.book(NINE + 2 * HOUR)


def test_the_same_thing_is_booked_once_for_a_person(world):
    first = world.book(reference="class-7")
    assert set(world.refused(NINE + 5 * HOUR, reference="class-7")) == {"BOOKING_TWICE"}
    cancel_booking(booking_id=first.pk, reason="改期", acting_user=world.acting)
    world.book(NINE + 5 * HOUR, reference="class-7")


def test_a_later_buffer_leaves_stored_bookings_as_they_are(world):
    from tenants.bureau.models import PolicyParameterVersion

    before = world.book()
    PolicyParameterVersion.objects.create(
        key="assignment.travel_buffer_minutes", number=1, value=120, effective_from=date(2026, 3, 3),
        set_by=world.acting,
    )  # fmt: skip
    before.refresh_from_db()
    assert before.padded.upper == NINE + 3 * HOUR / 2
    day = timedelta(days=1)
    tuesday = world.book(NINE + day)
    assert tuesday.padded.upper == NINE + day + 2 * HOUR
    facts = world.refused(NINE + day + 2 * HOUR, site_id=world.there.pk)["INSTRUCTOR_TIME_CONFLICT"].facts
    assert (facts["missing_minutes"], facts["wanted_minutes"]) == (60, 120)
    world.book(NINE + 2 * HOUR, site_id=world.there.pk)  # Monday as before


def series(world, weeks, **fields):
    return [world.order(NINE + timedelta(weeks=week), **fields) for week in range(weeks)]


def test_a_series_is_booked_whole_or_not_at_all(world):
    done = book_series(orders=series(world, 8), acting_user=world.acting)
    assert len(done.bookings) == 8 and not done.skipped
    with pytest.raises(RulesBroken) as refused:
        book_series(orders=series(world, 10, site_id=world.there.pk), acting_user=world.acting)
    assert [
        each.facts["occurrence"] for each in refused.value.broken if each.code == "INSTRUCTOR_TIME_CONFLICT"
    ] == list(range(1, 9))
    assert Booking.objects.count() == 8


def test_a_series_may_skip_what_clashes_and_tells_it(world):
    world.book(NINE + timedelta(weeks=2), reference="other")
    orders = [*series(world, 4), world.order(NINE + HOUR / 2, reference="twice")]
    done = book_series(orders=orders, acting_user=world.acting, skip_conflicts=True)
    assert [row.starts_at for row in done.bookings] == [orders[at].starts_at for at in (0, 1, 3)]
    assert [each.occurrence for each in done.skipped] == [3, 5]
    assert done.skipped[1].refusals[0].facts["other_occurrence"] == 1
    assert {each.code for each in done.skipped[0].refusals} == {
        "INSTRUCTOR_TIME_CONFLICT",
        "SITE_TIME_CONFLICT",
    }


def test_a_series_takes_as_many_statements_as_its_audit_rows_and_a_fixed_number_more(
    world, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20 + 52):
        book_series(orders=series(world, 52), acting_user=world.acting)


@pytest.mark.parametrize("count", [0, 201])
def test_a_series_has_a_size(world, count):
    with pytest.raises(RuleBroken, match="SERIES_SIZE"):
        book_series(orders=series(world, 1) * count, acting_user=world.acting)


def test_a_booking_moves_with_its_version(world):
    row = world.book()
    change = Change(starts_at=NINE + HOUR, ends_at=NINE + 2 * HOUR, site_id=world.there.pk)
    for header, code in ((None, "IF_MATCH_REQUIRED"), ('"7"', "STALE_VERSION")):
        with pytest.raises(RuleBroken, match=code):
            move_booking(booking_id=row.pk, change=change, acting_user=world.acting, if_match=header)
    moved = move_booking(booking_id=row.pk, change=change, acting_user=world.acting, if_match='"1"')
    moved.refresh_from_db()
    assert (moved.site, moved.town, moved.version) == (world.there, world.units["other_town"], 2)
    assert (moved.starts_at, moved.padded.lower) == (NINE + HOUR, NINE + HOUR / 2)
    told = AuditEvent.objects.get(action="booking.move")
    assert (told.before["site"], told.after["site"]) == (world.here.pk, world.there.pk)
    later = move_booking(
        booking_id=row.pk, change=Change(ends_at=NINE + 3 * HOUR), acting_user=world.acting, if_match='"2"'
    )
    assert later.ends_at == NINE + 3 * HOUR  # over its own old time


def test_s07_a_move_into_a_taken_time_is_refused_and_moves_nothing(world):
    world.book()
    row = world.book(NINE + HOUR)
    with pytest.raises((RuleBroken, RulesBroken), match="INSTRUCTOR_TIME_CONFLICT"):
        move_booking(
            booking_id=row.pk, change=Change(starts_at=NINE + HOUR / 2, ends_at=NINE + HOUR),
            acting_user=world.acting, if_match="*",
        )  # fmt: skip
    row.refresh_from_db()
    assert row.starts_at == NINE + HOUR and row.version == 1


def test_a_cancelled_booking_gives_the_time_back_and_stays(world):
    row = world.book()
    cancel_booking(booking_id=row.pk, reason="下雨", acting_user=world.acting)
    row.refresh_from_db()
    assert (row.is_active, row.end_reason, row.version) == (False, "下雨", 2)
    world.book(reference="another")
    for deed in (
        lambda: cancel_booking(booking_id=row.pk, reason="x", acting_user=world.acting),
        lambda: move_booking(booking_id=row.pk, change=Change(), acting_user=world.acting, if_match="*"),
    ):
        with pytest.raises(RuleBroken, match="BOOKING_CANCELLED"):
            deed()


def test_what_is_called_off_gives_back_all_its_times(world):
    book_series(orders=series(world, 3), acting_user=world.acting)
    names = [order.reference for order in series(world, 2)]
    ended = cancel_bookings(kind="course", references=names, reason="停课", acting_user=world.acting)
    assert ended == 2 and Booking.objects.filter(is_active=True).count() == 1


def test_who_may_book_is_decided_for_person_and_place(world, staff):
    order = world.order()
    with pytest.raises(RuleBroken, match="PERMISSION_DENIED"):
        book(order=order, acting_user=staff.clerk)  # sees, may not book
    with pytest.raises(RuleBroken, match="NOT_FOUND"):
        book(order=replace(order, instructor_id=world.other.pk), acting_user=staff.clerk)
    with pytest.raises(RuleBroken, match="NOT_FOUND"):
        book(order=order, acting_user=staff.nobody)
    row = book(order=order, acting_user=staff.officer)
    with pytest.raises(RuleBroken, match="PERMISSION_DENIED"):
        cancel_booking(booking_id=row.pk, reason="x", acting_user=staff.clerk)
