"""J09: an activity's times agree with the library on any rule, end with their window, and keep the clock of Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from grids.interest.rules.occurrence_times import occurrence_times
from grids.interest.rules.recurrence import normal_recurrence
from tenants.bureau.rules.local_time import SHANGHAI

MONDAY = datetime(2026, 3, 2, 19, 30, tzinfo=SHANGHAI)
FAR = date(2026, 12, 31)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def _days(recurrence: str, until: date | None = None, last: date = FAR) -> list[str]:
    times = occurrence_times(recurrence, MONDAY, until, MONDAY.date(), last)
    assert all(each.timetz().hour == 19 and each.tzinfo is SHANGHAI for each in times)
    return [f"{each:%m-%d}" for each in times]


def test_without_a_rule_there_is_one_time_inside_the_window() -> None:
    assert occurrence_times("", MONDAY, None, date(2026, 3, 2), date(2026, 3, 2)) == [MONDAY]
    assert occurrence_times("", MONDAY, None, date(2026, 3, 3), FAR) == []


def test_the_first_time_is_the_first_that_the_rule_gives() -> None:
    assert _days("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=3") == ["03-03", "03-05", "03-10"]


def test_a_series_ends_with_the_earliest_of_its_ends() -> None:
    assert _days("FREQ=DAILY;COUNT=2", last=date(2026, 3, 2)) == ["03-02"]
    assert _days("FREQ=DAILY", until=date(2026, 3, 4)) == ["03-02", "03-03", "03-04"]
    assert _days("FREQ=DAILY;UNTIL=20260303", until=date(2026, 3, 9)) == ["03-02", "03-03"]


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260303", "03-03"), ("20260303T193000", "03-03"), ("20260303T192959", "03-02"),
        ("20260303T113000Z", "03-03"), ("20260303T112959Z", "03-02"),
    ],
)  # fmt: skip
def test_a_last_moment_is_counted_in_and_told_in_shanghai(until: str, last: str) -> None:
    assert _days(f"FREQ=DAILY;UNTIL={until}")[-1] == last


def test_a_moment_of_utc_keeps_the_day_of_shanghai() -> None:
    dawn = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)  # Monday, 6 o'clock
    [first, *_] = occurrence_times("FREQ=WEEKLY;BYDAY=MO", dawn, None, date(2026, 3, 2), FAR)
    assert first == dawn and first.hour == 6


def test_counting_begins_with_the_series_not_with_the_window() -> None:
    times = occurrence_times("FREQ=DAILY;COUNT=5", MONDAY, None, date(2026, 3, 5), FAR)
    assert [each.day for each in times] == [5, 6]


@given(
    frequency=st.sampled_from(("DAILY", "WEEKLY", "MONTHLY")),
    interval=st.integers(1, 4),
    days=st.sets(st.sampled_from(DAYS), max_size=3),
    count=st.none() | st.integers(1, 30),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 6, 30)),  # noqa: DTZ001
    length=st.integers(0, 120),
    skipped=st.integers(0, 60),
)
@settings(deadline=None)
def test_the_times_agree_with_the_library_and_windows_add_up(
    frequency: str,
    interval: int,
    days: set[str],
    count: int | None,
    start: datetime,
    length: int,
    skipped: int,
) -> None:
    parts = [f"FREQ={frequency}", f"INTERVAL={interval}"]
    if days and frequency == "WEEKLY":
        parts.append(f"BYDAY={','.join(sorted(days))}")
    if count is not None:
        parts.append(f"COUNT={count}")
    rule = normal_recurrence(";".join(parts))
    wall = start.replace(second=0, microsecond=0)
    first, last = wall.date() + timedelta(days=skipped), wall.date() + timedelta(days=skipped + length)
    end = datetime.combine(last, datetime.max.time())
    plain = takewhile(lambda each: each <= end, rrulestr(rule, dtstart=wall))
    expected = [each for each in plain if each.date() >= first]
    aware = wall.replace(tzinfo=SHANGHAI)
    times = occurrence_times(rule, aware, None, first, last)
    assert [each.replace(tzinfo=None) for each in times] == expected
    middle = first + timedelta(days=length // 2)
    parts_of_it = occurrence_times(rule, aware, None, first, middle)
    parts_of_it += occurrence_times(rule, aware, None, middle + timedelta(days=1), last)
    assert parts_of_it == times
