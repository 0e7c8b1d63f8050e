"""S07: what is wrong with a booking before any table is read, what a change leaves, and what each refusal tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from instructors.assignment.rules.booking_orders import (
    MOST_IN_A_SERIES,
    BookingOrder,
    Change,
    booked_twice,
    booking_past,
    check_active,
    check_names,
    check_orders,
)
from instructors.assignment.rules.duties import duty_reference
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken, RulesBroken

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
ORDER = BookingOrder("course", "K-1", NINE, NINE + HOUR, instructor_id=1, town_id=3)
AT_A_SITE = replace(ORDER, town_id=None, site_id=5)


def refused(*orders: BookingOrder) -> RuleBroken:
    with pytest.raises(RuleBroken) as broken:
        check_orders(orders)
    return broken.value


def told(refusal: RuleBroken) -> tuple[Any, ...]:
    return refusal.status, refusal.code, refusal.rule, refusal.field, refusal.facts


@pytest.mark.parametrize("count", [1, MOST_IN_A_SERIES])
def test_s07_a_series_holds_one_to_two_hundred_times(count: int) -> None:
    assert MOST_IN_A_SERIES == 200
    check_orders([ORDER] * count)


@pytest.mark.parametrize("count", [0, MOST_IN_A_SERIES + 1])
def test_s07_a_series_of_none_or_one_too_many_is_refused(count: int) -> None:
    assert told(refused(*[ORDER] * count)) == (
        422, "SERIES_SIZE", "S07", "occurrences", {"most": 200, "count": count},
    )  # fmt: skip


@pytest.mark.parametrize("lasts", [SECOND, 24 * HOUR])
def test_s07_a_booking_lasts_a_day_at_most(lasts: timedelta) -> None:
    check_orders([replace(ORDER, ends_at=NINE + lasts)])


@pytest.mark.parametrize("lasts", [-SECOND, 0 * SECOND, 24 * HOUR + SECOND])
def test_s07_a_booking_that_ends_before_it_begins_or_lasts_more_than_a_day_is_refused(
    lasts: timedelta,
) -> None:
    facts = {"starts_at": NINE.isoformat(), "ends_at": (NINE + lasts).isoformat()}
    refusal = refused(replace(ORDER, ends_at=NINE + lasts))
    assert told(refusal) == (422, "BOOKING_TIMES", "S07", "ends_at", facts)


@pytest.mark.parametrize("field", ["starts_at", "ends_at"])
def test_s07_a_time_without_an_offset_is_refused(field: str) -> None:
    bare = getattr(ORDER, field).replace(tzinfo=None)
    refusal = refused(replace(ORDER, **{field: bare}))
    assert told(refusal) == (400, "NAIVE_DATETIME", "X02", field, {"value": bare.isoformat()})


@pytest.mark.parametrize(
    "order",
    [
        ORDER,
        AT_A_SITE,
        replace(AT_A_SITE, instructor_id=None),
        replace(AT_A_SITE, hall="A"),
        replace(AT_A_SITE, town_id=3),
    ],
)
def test_s07_an_instructor_in_a_town_or_a_site_with_or_without_anybody_may_be_booked(
    order: BookingOrder,
) -> None:
    check_orders([order])


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (replace(ORDER, instructor_id=None), "instructor_id"),
        (replace(ORDER, instructor_id=None, town_id=None), "instructor_id"),
        (replace(ORDER, town_id=None), "town_id"),
        (replace(ORDER, hall="A"), "hall"),
    ],
)
def test_s07_an_order_that_takes_nothing_or_takes_place_nowhere_is_refused(
    order: BookingOrder, field: str
) -> None:
    assert told(refused(order)) == (422, "BOOKING_INCOMPLETE", "S07", field, {"field": field})


def test_s07_the_faults_of_a_series_are_told_together_in_its_order() -> None:
    with pytest.raises(RulesBroken) as broken:
        check_orders([replace(ORDER, ends_at=NINE), ORDER, replace(ORDER, town_id=None, hall="A")])
    assert [(each.code, each.field) for each in broken.value.broken] == [
        ("BOOKING_TIMES", "ends_at"), ("BOOKING_INCOMPLETE", "town_id"), ("BOOKING_INCOMPLETE", "hall"),
    ]  # fmt: skip


@pytest.mark.parametrize("reference", ["need", "Need-1", "a need-1", "-need-", ""])
def test_s07_references_that_only_resemble_those_of_duties_are_free(reference: str) -> None:
    check_names([replace(ORDER, reference=reference)])


@pytest.mark.parametrize("reference", ["need-", duty_reference(4, 1), duty_reference(4, 1, NINE.date())])
def test_s07_references_of_duties_are_kept_for_adopted_assignments(reference: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        check_names([ORDER, replace(ORDER, reference=reference)])
    facts = {"reference": reference, "reserved": "need-"}
    assert told(broken.value) == (422, "REFERENCE_RESERVED", "S07", "reference", facts)


@pytest.mark.parametrize(
    ("starts_at", "day"),
    [
        (datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 2, 16, 0, tzinfo=UTC), date(2026, 3, 3)),
    ],
)
def test_s07_the_day_of_an_order_is_that_of_the_local_clock(starts_at: datetime, day: date) -> None:
    assert replace(ORDER, starts_at=starts_at).day == day


def test_s07_what_may_be_booked_once_is_named_by_kind_reference_and_person() -> None:
    assert ORDER.name == ("course", "K-1", 1)
    assert replace(AT_A_SITE, instructor_id=None).name == ("course", "K-1", 0)
    assert replace(ORDER, starts_at=NINE - HOUR, town_id=4).name == ORDER.name


def test_s07_a_change_leaves_what_it_does_not_name() -> None:
    assert Change().applied_to(AT_A_SITE) == AT_A_SITE
    moved = Change(starts_at=NINE + HOUR, ends_at=NINE + 2 * HOUR, item_id=9)
    assert moved.applied_to(ORDER) == replace(
        ORDER, starts_at=NINE + HOUR, ends_at=NINE + 2 * HOUR, item_id=9
    )
    assert Change(town_id=4).applied_to(ORDER) == replace(ORDER, town_id=4)


def test_s07_another_site_begins_with_the_whole_of_it_and_the_same_site_keeps_its_hall() -> None:
    in_a_hall = replace(AT_A_SITE, hall="A")
    assert Change(site_id=5).applied_to(in_a_hall).hall == "A"
    assert Change(hall="").applied_to(in_a_hall) == AT_A_SITE
    assert Change(site_id=6).applied_to(in_a_hall) == replace(AT_A_SITE, site_id=6)
    assert Change(site_id=6, hall="B").applied_to(in_a_hall) == replace(in_a_hall, site_id=6, hall="B")


def test_s07_a_change_tells_only_what_is_given_with_times_as_text() -> None:
    assert Change().told() == {}
    assert Change(starts_at=NINE, hall="", town_id=4).told() == {
        "starts_at": "2026-03-02T09:00:00+08:00", "hall": "", "town_id": 4,
    }  # fmt: skip


def test_s07_what_has_begun_is_told_by_the_local_clock() -> None:
    refusal = booking_past(datetime(2026, 3, 2, 16, 30, tzinfo=UTC))
    facts = {"starts_at": "2026-03-03T00:30:00+08:00"}
    assert told(refusal) == (422, "BOOKING_PAST", "S07", "starts_at", facts)
    assert refusal.zh == "该时段已于2026-03-03 00:30开始"
    assert refusal.en == "this time began at 2026-03-03 00:30"
    assert "override_reason" in refusal.how_to_fix_en


def test_s07_what_is_booked_for_the_person_already_is_named() -> None:
    refusal = booked_twice(ORDER)
    facts = {"kind": "course", "reference": "K-1"}
    assert told(refusal) == (409, "BOOKING_TWICE", "S07", "reference", facts)
    assert "K-1" in refusal.zh and "K-1" in refusal.en


@pytest.mark.parametrize(("reason", "shown"), [("停课", "停课"), ("", "未注明原因")])
def test_s07_only_a_booking_that_stands_is_changed(reason: str, shown: str) -> None:
    check_active(is_active=True, end_reason=reason)
    with pytest.raises(RuleBroken) as broken:
        check_active(is_active=False, end_reason=reason)
    assert told(broken.value) == (409, "BOOKING_CANCELLED", "S07", None, {"end_reason": reason})
    assert broken.value.zh == f"该登记已取消（{shown}）"
