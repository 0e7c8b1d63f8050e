"""Which bookings clash, and by how much: later by what is missing, they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instructors.assignment.rules.booking_orders import BookingOrder, Change, check_orders
from instructors.assignment.rules.bookings import (
    Taking,
    clashes_of,
    half_buffer,
    instructor_clash,
    opening_spans,
    place_clash,
    time_told,
)
from instructors.people.rules.free_times import Span
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken, RulesBroken

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TAKINGS = st.builds(
    lambda start, lasts, **fields: Taking(
        kind="course", starts_at=NINE + start * MINUTE, ends_at=NINE + (start + lasts) * MINUTE, **fields
    ),
    st.integers(0, 300), st.integers(1, 90), key=st.integers(1, 99), instructor=st.sampled_from([None, 1, 2]),
    site=st.sampled_from([None, 1, 2]), town=st.integers(1, 2), margin=st.integers(0, 90).map(half_buffer),
    hall=st.sampled_from(["", "A", "B"]), is_exclusive=st.booleans(),
)  # fmt: skip


def later(taking: Taking, minutes: int) -> Taking:
    return replace(
        taking, starts_at=taking.starts_at + minutes * MINUTE, ends_at=taking.ends_at + minutes * MINUTE
    )


@given(TAKINGS, TAKINGS)
def test_clashes_are_mutual(first, second):
    for clash in (instructor_clash, place_clash):
        one, other = clash(first, second), clash(second, first)
        assert (one is None) == (other is None)
        assert one is None or (one.missing_minutes, one.is_travel) == (other.missing_minutes, other.is_travel)


@given(TAKINGS, TAKINGS)
def test_later_by_the_missing_minutes_the_way_is_long_enough_and_a_minute_less_is_not(first, second):
    second = replace(
        second, starts_at=max(first.starts_at, second.starts_at), ends_at=second.ends_at + 7 * HOUR
    )
    clash = instructor_clash(first, second)
    if clash is None or not clash.is_travel:
        return
    assert instructor_clash(first, later(second, clash.missing_minutes)) is None
    assert instructor_clash(first, later(second, clash.missing_minutes - 1)) is not None


def taking(start=0, lasts=60, **fields):
    known = {"key": 7, "kind": "course", "instructor": 1, "site": None, "town": 1, "margin": HOUR / 2}
    begins = NINE + start * MINUTE
    return Taking(**{**known, "starts_at": begins, "ends_at": begins + lasts * MINUTE, **fields})


@pytest.mark.parametrize(
    ("gap", "town", "missing"), [(59, 2, 1), (60, 2, None), (0, 2, 60), (0, 1, None), (1, 1, None)]
)
def test_s07_sixty_minutes_between_towns_are_enough_and_fifty_nine_are_not(gap, town, missing):
    clash = instructor_clash(taking(), taking(60 + gap, town=town))
    assert (None if clash is None else clash.missing_minutes) == missing


def test_an_odd_buffer_is_halved_without_loss():
    halves = half_buffer(45) * 2
    assert halves == timedelta(minutes=45)
    first = taking(margin=half_buffer(45))
    assert instructor_clash(first, taking(60 + 44, town=2, margin=half_buffer(45))) is not None
    assert instructor_clash(first, taking(60 + 45, town=2, margin=half_buffer(45))) is None


def test_refusals_come_in_order_of_time_person_before_place():
    new = taking(0, 300, key=0, site=5)
    others = [taking(200, site=5), taking(30, site=5, key=8, kind="activity")]
    told = clashes_of(new, others)
    assert [(each.code, each.facts["booking_id"]) for each in told] == [
        ("INSTRUCTOR_TIME_CONFLICT", 8), ("SITE_TIME_CONFLICT", 8), ("INSTRUCTOR_TIME_CONFLICT", 7),
        ("SITE_TIME_CONFLICT", 7),
    ]  # fmt: skip
    assert told[0].zh == "该教师2026-03-02 09:30–10:30已有活动"


def test_times_are_told_by_the_local_clock():
    assert time_told(NINE, NINE + HOUR) == "2026-03-02 09:00–10:00"
    assert time_told(NINE, NINE + 20 * HOUR) == "2026-03-02 09:00–2026-03-03 05:00"


def test_opening_hours_of_a_day():
    hours = [
        {"weekday": 1, "from_minute": 600, "to_minute": 660},
        {"weekday": 1, "from_minute": 540, "to_minute": 600},
        {"weekday": 2, "from_minute": 0, "to_minute": 1440},
    ]
    assert opening_spans(hours, date(2026, 3, 2)) == [Span(540, 660)]
    assert opening_spans(hours, date(2026, 3, 4)) == []


def test_a_change_leaves_the_rest_and_another_site_begins_with_the_whole_of_it():
    order = BookingOrder("course", "r", NINE, NINE + HOUR, instructor_id=1, site_id=5, hall="A")
    assert Change(hall="B").applied_to(order) == replace(order, hall="B")
    assert Change(site_id=5).applied_to(order) == order
    assert Change(site_id=6).applied_to(order) == replace(order, site_id=6, hall="")
    assert Change(site_id=6, hall="C").applied_to(order) == replace(order, site_id=6, hall="C")


def test_all_that_is_wrong_with_an_order_is_told_together():
    with pytest.raises(RulesBroken) as refused:
        check_orders([BookingOrder("course", "r", NINE, NINE, hall="A")])
    assert [(each.code, each.field) for each in refused.value.broken] == [
        ("BOOKING_TIMES", "ends_at"), ("BOOKING_INCOMPLETE", "instructor_id"), ("BOOKING_INCOMPLETE", "hall"),
    ]  # fmt: skip
    with pytest.raises(RuleBroken, match="NAIVE_DATETIME"):
        check_orders(
            [BookingOrder("course", "r", NINE.replace(tzinfo=None), NINE, instructor_id=1, town_id=1)]
        )
