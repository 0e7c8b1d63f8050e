"""X02, S07: times leave as an iCalendar file that reads back as what was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from tenants.bureau.rules.calendar_file import CalendarEvent, calendar_file
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
EVENT = CalendarEvent(
    uid="booking-1@alpha.test", starts_at=NINE, ends_at=NINE + timedelta(hours=1),
    made_at=datetime(2026, 1, 5, 1, tzinfo=UTC), title="太极拳, 基础；晨练", place="测试公园\n南门", note="带垫子",
    point=(114.21, 35.21), sequence=2,
)  # fmt: skip


def read_back(content: bytes) -> tuple[Any, list[Any]]:
    calendar = Calendar.from_ical(content)
    return calendar, list(calendar.walk("VEVENT"))


def test_x02_an_event_reads_back_as_it_was_written() -> None:
    calendar, [event] = read_back(calendar_file("值班", [EVENT]))
    assert (str(calendar["X-WR-CALNAME"]), str(calendar["VERSION"])) == ("值班", "2.0")
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (NINE, NINE + timedelta(hours=1))
    assert event.decoded("DTSTART").utcoffset() == timedelta(hours=8)
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == ("太极拳, 基础；晨练", "测试公园\n南门")
    assert (str(event["UID"]), event["SEQUENCE"], str(event["STATUS"])) == (
        "booking-1@alpha.test",
        2,
        "CONFIRMED",
    )
    assert (event["GEO"].latitude, event["GEO"].longitude) == (35.21, 114.21)
    assert event.decoded("DTSTAMP") == datetime(2026, 1, 5, 1, tzinfo=UTC)


def test_x02_a_moment_of_another_offset_is_told_in_local_time() -> None:
    _, [event] = read_back(calendar_file("x", [replace(EVENT, starts_at=NINE.astimezone(UTC))]))
    assert event["DTSTART"].to_ical() == b"20260302T090000"
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"


def test_x02_a_naive_moment_is_refused() -> None:
    with pytest.raises(RuleBroken) as refused:
        calendar_file("x", [replace(EVENT, starts_at=datetime(2026, 3, 2, 9))])  # noqa: DTZ001
    assert refused.value.code == "NAIVE_DATETIME"


def test_s07_the_zone_stands_in_the_file_and_the_order_is_kept() -> None:
    calendar, events = read_back(
        calendar_file("x", [EVENT, replace(EVENT, uid="b"), replace(EVENT, uid="a")])
    )
    assert [str(event["UID"]) for event in events] == ["booking-1@alpha.test", "b", "a"]
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Asia/Shanghai"]


def test_s07_cancelled_is_told_and_the_same_events_give_the_same_bytes() -> None:
    content = calendar_file("x", [replace(EVENT, is_cancelled=True, point=None, note="")])
    _, [event] = read_back(content)
    assert str(event["STATUS"]) == "CANCELLED"
    assert "GEO" not in event and "DESCRIPTION" not in event
    assert content == calendar_file("x", [replace(EVENT, is_cancelled=True, point=None, note="")])
    assert content.endswith(b"\r\n")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75


def test_s07_an_empty_calendar_is_one_too() -> None:
    _, events = read_back(calendar_file("空", []))
    assert events == []
