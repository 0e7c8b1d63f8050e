"""Booking, moving and cancelling: every refusal with its facts, and what is written. Rule: S07"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from instructors.assignment.models import Booking
from instructors.assignment.rules.booking_orders import Change
from instructors.assignment.services import bookings, judging
from instructors.assignment.services.bookings import (
    book,
    book_series,
    cancel_booking,
    cancel_bookings,
    move_booking,
)
from instructors.people.models import TimeException
from instructors.people.rules.grades import TeachingRole
from tenants.accounts.models import AuditEvent
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken, RulesBroken

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)  # a Monday
HOUR = timedelta(hours=1)


@pytest.fixture
def world(in_alpha, booked_world):
    """The rows to book with; we stand in their city."""
    return booked_world


def booked(world, *args, reason="", **fields):
    """A booking by the dispatcher."""
    return book(order=world.order(*args, **fields), acting_user=world.acting, override_reason=reason)


def refused(world, *args, **fields):
    """The refusals of a booking, by code."""
    with pytest.raises((RuleBroken, RulesBroken)) as caught:
        booked(world, *args, **fields)
    return {each.code: each for each in getattr(caught.value, "broken", [caught.value])}


def test_a_booking_takes_person_and_place_and_is_told(world):
    row = booked(world, item_id=world.items["taiji"].pk)
    row.refresh_from_db()
    assert (row.busy.lower, row.busy.upper) == (NINE, NINE + HOUR)
    assert (row.padded.lower, row.padded.upper) == (NINE - HOUR / 2, NINE + 3 * HOUR / 2)
    assert (row.town, row.is_exclusive, row.version) == (world.units["town"], True, 1)
    told = AuditEvent.objects.get(action="booking.book")
    assert told.after["starts_at"] == "2026-03-02T09:00:00+08:00" and told.actor_id == world.acting.pk


def test_s07_who_has_a_class_already_is_refused_with_its_facts(world):
    first = booked(world)
    told = refused(world, NINE + HOUR / 2, site_id=world.there.pk)["INSTRUCTOR_TIME_CONFLICT"]
    assert told.status == 409 and told.zh == "该教师2026-03-02 09:00–10:00已有课程"
    assert told.facts == {
        "starts_at": "2026-03-02T09:00:00+08:00", "ends_at": "2026-03-02T10:00:00+08:00", "kind": "course",
        "missing_minutes": 30, "booking_id": first.pk, "is_travel_buffer": False,
    }  # fmt: skip
    assert Booking.objects.count() == 1


def test_s07_between_towns_the_whole_buffer_lies_and_not_a_minute_less(world):
    booked(world)
    told = refused(world, NINE + HOUR + timedelta(minutes=59), site_id=world.there.pk)
    facts = told["INSTRUCTOR_TIME_CONFLICT"].facts
    assert (facts["is_travel_buffer"], facts["missing_minutes"], facts["wanted_minutes"]) == (True, 1, 60)
    assert "路上时间还差1分钟" in told["INSTRUCTOR_TIME_CONFLICT"].zh
    booked(world, NINE + 2 * HOUR, site_id=world.there.pk)  # 60 minutes
    booked(world, NINE - HOUR)  # the same town, back to back


def test_s07_a_place_is_taken_once_and_both_clashes_are_told_together(world):
    booked(world)
    told = refused(world, reference="another")
    assert set(told) == {"INSTRUCTOR_TIME_CONFLICT", "SITE_TIME_CONFLICT"}
    place = refused(world, instructor_id=world.other.pk)
    assert set(place) == {"SITE_TIME_CONFLICT"} and place["SITE_TIME_CONFLICT"].status == 409
    assert place["SITE_TIME_CONFLICT"].zh == "该场地2026-03-02 09:00–10:00已被课程占用"


def test_s07_the_whole_place_meets_each_hall_and_two_halls_do_not_meet(world):
    booked(world, hall="东厅")
    booked(world, hall="西厅", instructor_id=world.other.pk)
    facts = refused(world, instructor_id=None, reference="all")["SITE_TIME_CONFLICT"].facts
    assert facts["hall"] in ("东厅", "西厅")  # both are told
    booked(world, NINE + HOUR, instructor_id=None, reference="all")
    assert "SITE_TIME_CONFLICT" in refused(world, NINE + HOUR, hall="东厅")


def test_s07_sharers_share_and_who_excludes_does_not(world):
    world.here.is_shared = True
    world.here.save()
    booked(world, reference="one")
    booked(world, reference="two", instructor_id=world.other.pk)
    assert set(refused(world, instructor_id=None, reference="all", is_exclusive=True)) == {
        "SITE_TIME_CONFLICT"
    }
    booked(world, NINE + HOUR, instructor_id=None, reference="all", is_exclusive=True)
    assert "SITE_TIME_CONFLICT" in refused(world, NINE + HOUR, reference="three")


def test_s07_outside_the_free_times_only_with_a_reason(world, make_instructor):
    person = make_instructor("测试丙", free=[(1, 540, 600), (1, 600, 630)])
    booked(world, instructor_id=person.pk)
    told = refused(world, NINE + HOUR, instructor_id=person.pk)["INSTRUCTOR_NOT_FREE"]
    assert told.status == 422 and told.facts["free"] == ["09:00–10:30"]
    booked(world, NINE + HOUR, instructor_id=person.pk, reason="本人电话同意")
    assert AuditEvent.objects.filter(action="booking.book", reason="本人电话同意").count() == 1
    assert told.facts["is_said"] is True
    silent = make_instructor("测试丁", free=[])  # who never said when is asked first
    told = refused(world, NINE + 3 * HOUR, instructor_id=silent.pk)["INSTRUCTOR_NOT_FREE"]
    assert (told.facts["is_said"], told.facts["free"]) == (False, []) and "本人未填报" in told.zh
    booked(world, NINE + 3 * HOUR, instructor_id=silent.pk, reason="本人电话同意")


def test_s07_who_gave_only_a_day_is_free_on_it(world, make_instructor):
    person = make_instructor("测试丁", free=[])
    TimeException.objects.create(
        instructor=person, on=NINE.date(), from_minute=540, to_minute=600, is_free=True
    )
    booked(world, instructor_id=person.pk)
    told = refused(world, NINE + HOUR, instructor_id=person.pk)["INSTRUCTOR_NOT_FREE"]
    assert told.facts["free"] == ["09:00–10:00"]


def test_s07_a_closed_place_is_refused(world, make_site):
    site = make_site("S3", hours=[(1, 540, 660)])
    booked(world, site_id=site.pk)
    told = refused(world, NINE + HOUR, lasts=2 * HOUR, site_id=site.pk, reason="x")["SITE_CLOSED"]
    assert told.facts["open"] == ["09:00–11:00"]
    gone = make_site("S4", valid_to=date(2026, 3, 1))
    assert "SITE_CLOSED" in refused(world, NINE + 5 * HOUR, site_id=gone.pk)


def test_s07_who_is_not_qualified_on_the_day_is_refused(world, make_instructor):
    ended = make_instructor("测试丙", valid_to=date(2026, 3, 1))
    last = make_instructor("测试丁", valid_to=date(2026, 3, 2))
    gone = make_instructor("测试戊", left_on=date(2026, 3, 1))
    assert set(refused(world, instructor_id=ended.pk)) == {"CERT_EXPIRED"}
    assert set(refused(world, instructor_id=gone.pk)) == {"INSTRUCTOR_NOT_QUALIFIED"}
    dance = world.items["square_dance"].pk
    assert set(refused(world, item_id=dance, reason="x")) == {"INSTRUCTOR_NOT_QUALIFIED"}
    booked(world, instructor_id=last.pk, item_id=world.items["taiji"].pk)


def test_the_last_day_of_papers_register_and_place_is_a_day_like_others(world, make_instructor, make_site):
    monday = date(2026, 3, 2)
    person, site = (
        make_instructor("测试丙", left_on=monday, valid_to=monday),
        make_site("S4", valid_to=monday),
    )
    booked(world, instructor_id=person.pk, site_id=site.pk)
    codes = set(refused(world, NINE + timedelta(days=1), instructor_id=person.pk, site_id=site.pk))
    assert codes == {"CERT_EXPIRED", "INSTRUCTOR_NOT_QUALIFIED", "SITE_CLOSED"}


def test_all_refusals_of_one_order_are_told_together(world, make_instructor, make_site):
    person = make_instructor("测试丙", valid_to=date(2026, 3, 1), free=[(2, 0, 1440)])
    site = make_site("S3", hours=[(2, 0, 1440)])
    booked(world, instructor_id=None, reference="hall", site_id=world.here.pk)
    told = refused(world, instructor_id=person.pk, site_id=site.pk)
    assert set(told) == {"CERT_EXPIRED", "INSTRUCTOR_NOT_FREE", "SITE_CLOSED"}
    assert set(refused(world, instructor_id=person.pk)) == {
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
    assert set(refused(world, **fields)) == {code}


def test_without_a_site_a_town_is_named_and_the_way_counts_from_there(world):
    booked(world, site_id=None, town_id=world.units["other_town"].pk)
    assert "INSTRUCTOR_TIME_CONFLICT" in refused(world, NINE + HOUR + HOUR / 2)
    booked(world, NINE + 2 * HOUR)


def test_the_same_thing_is_booked_once_for_a_person(world):
    first = booked(world, reference="class-7")
    assert set(refused(world, NINE + 5 * HOUR, reference="class-7")) == {"BOOKING_TWICE"}
    cancel_booking(booking_id=first.pk, reason="改期", acting_user=world.acting)
    booked(world, NINE + 5 * HOUR, reference="class-7")


def test_a_later_buffer_leaves_stored_bookings_as_they_are(world):
    from tenants.bureau.models import PolicyParameterVersion

    before = booked(world)
    key = "assignment.travel_buffer_minutes"
    PolicyParameterVersion.objects.filter(key=key).update(effective_to=date(2026, 3, 2))
    PolicyParameterVersion.objects.create(
        key=key, number=9, value=120, effective_from=date(2026, 3, 3), author_label="x"
    )
    before.refresh_from_db()
    assert before.padded.upper == NINE + 3 * HOUR / 2
    day = timedelta(days=1)
    tuesday = booked(world, NINE + day)
    assert tuesday.padded.upper == NINE + day + 2 * HOUR
    facts = refused(world, NINE + day + 2 * HOUR, site_id=world.there.pk)["INSTRUCTOR_TIME_CONFLICT"].facts
    assert (facts["missing_minutes"], facts["wanted_minutes"]) == (60, 120)
    booked(world, NINE + 2 * HOUR, site_id=world.there.pk)  # Monday as before


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
    booked(world, NINE + timedelta(weeks=2), reference="other")
    orders = [*series(world, 4), world.order(NINE + HOUR / 2, reference="twice")]
    done = book_series(orders=orders, acting_user=world.acting, skip_conflicts=True)
    assert [row.starts_at for row in done.bookings] == [orders[at].starts_at for at in (0, 1, 3)]
    assert [each.occurrence for each in done.skipped] == [3, 5]
    assert done.skipped[1].refusals[0].facts["other_occurrence"] == 1
    assert {each.code for each in done.skipped[0].refusals} == {
        "INSTRUCTOR_TIME_CONFLICT",
        "SITE_TIME_CONFLICT",
    }


def test_statements_do_not_grow_with_a_series_and_every_booking_has_its_audit_row(
    world, django_assert_max_num_queries
):
    with django_assert_max_num_queries(21):
        done = book_series(orders=series(world, 52), acting_user=world.acting)
    names = [row.reference for row in done.bookings]
    with django_assert_max_num_queries(9):
        freed = cancel_bookings(kind="course", references=names, reason="测试取消", acting_user=world.acting)
    assert freed == 52
    assert {row.version for row in Booking.objects.filter(is_active=False)} == {2}
    for action, told in (("booking.book", (None, True)), ("booking.cancel", (True, False))):
        events = AuditEvent.objects.filter(action=action)
        assert [each.subject_id for each in events.order_by("id")] == [str(row.pk) for row in done.bookings]
        assert {((each.before or {}).get("is_active"), each.after["is_active"]) for each in events} == {told}


@pytest.mark.parametrize("count", [0, 201])
def test_a_series_has_a_size(world, count):
    with pytest.raises(RuleBroken, match="SERIES_SIZE"):
        book_series(orders=series(world, 1) * count, acting_user=world.acting)


def test_a_booking_moves_with_its_version(world):
    row = booked(world)
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


def test_s07_a_move_past_the_expiry_of_what_is_taught_is_refused(world):
    world.person.items.update(valid_to=date(2026, 3, 10))
    row = booked(world, item_id=world.items["taiji"].pk)
    week = timedelta(weeks=1)
    for weeks, outcome in ((1, None), (2, "CERT_EXPIRED")):
        change = Change(starts_at=NINE + weeks * week, ends_at=NINE + weeks * week + HOUR)
        if outcome is None:
            move_booking(booking_id=row.pk, change=change, acting_user=world.acting, if_match="*")
            continue
        with pytest.raises((RuleBroken, RulesBroken), match=outcome):
            move_booking(booking_id=row.pk, change=change, acting_user=world.acting, if_match="*")
    row.refresh_from_db()
    assert (row.starts_at, row.item, row.teaching_role) == (NINE + week, world.items["taiji"], "skill_coach")


def test_s07_a_move_is_judged_in_the_role_that_was_booked(world):
    world.person.items.update(teaching_role="lecturer")
    row = booked(world, item_id=world.items["taiji"].pk, role=TeachingRole.LECTURER)
    later = Change(starts_at=NINE + HOUR, ends_at=NINE + 2 * HOUR)
    assert move_booking(booking_id=row.pk, change=later, acting_user=world.acting, if_match="*").version == 2
    to_another = Change(item_id=world.items["walking"].pk)
    with pytest.raises((RuleBroken, RulesBroken), match="INSTRUCTOR_NOT_QUALIFIED"):
        move_booking(booking_id=row.pk, change=to_another, acting_user=world.acting, if_match="*")


def test_an_item_that_nobody_teaches_there_is_not_kept(world):
    assert booked(world, instructor_id=None, item_id=987654321).item_id is None


def test_s07_a_move_into_a_taken_time_is_refused_and_moves_nothing(world):
    booked(world)
    row = booked(world, NINE + HOUR)
    with pytest.raises((RuleBroken, RulesBroken), match="INSTRUCTOR_TIME_CONFLICT"):
        move_booking(
            booking_id=row.pk, change=Change(starts_at=NINE + HOUR / 2, ends_at=NINE + HOUR),
            acting_user=world.acting, if_match="*",
        )  # fmt: skip
    row.refresh_from_db()
    assert row.starts_at == NINE + HOUR and row.version == 1


def test_a_cancelled_booking_gives_the_time_back_and_stays(world):
    row = booked(world)
    cancel_booking(booking_id=row.pk, reason="下雨", acting_user=world.acting)
    row.refresh_from_db()
    assert (row.is_active, row.end_reason, row.version) == (False, "下雨", 2)
    booked(world, reference="another")
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


def test_s07_what_has_begun_is_booked_moved_and_cancelled_only_with_a_reason(world, monkeypatch):
    earlier = booked(world, NINE - HOUR, reference="earlier")
    for module in (judging, bookings):
        monkeypatch.setattr(module, "present", lambda: NINE)
    told = refused(world)["BOOKING_PAST"]
    assert (told.status, told.facts) == (422, {"starts_at": "2026-03-02T09:00:00+08:00"})
    assert booked(world, reason="补登").starts_at == NINE
    booked(world, NINE + HOUR, reference="later")
    away = Change(starts_at=NINE + 3 * HOUR, ends_at=NINE + 4 * HOUR)
    for deed in (
        lambda: move_booking(booking_id=earlier.pk, change=away, acting_user=world.acting, if_match="*"),
        lambda: cancel_booking(booking_id=earlier.pk, reason=" ", acting_user=world.acting),
    ):
        with pytest.raises(RuleBroken, match="BOOKING_PAST"):
            deed()
    cancel_booking(booking_id=earlier.pk, reason="实际未上课", acting_user=world.acting)
