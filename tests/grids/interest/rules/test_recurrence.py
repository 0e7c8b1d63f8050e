"""J07: the usual days of an interest grid: what is read, what is refused, which days come next."""

from __future__ import annotations

import time
from datetime import date

import pytest

from grids.interest.rules.recurrence import next_days, normal_recurrence
from wangge.errors import RuleBroken

SUNDAY = date(2026, 11, 22)


def days(recurrence: str, since: date = SUNDAY, on: date = SUNDAY, most: int = 3) -> list[str]:
    return [day.isoformat() for day in next_days(normal_recurrence(recurrence), since, on, most)]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH", ["2026-11-24", "2026-11-26", "2026-12-01"]),
        ("rrule:freq=daily;", ["2026-11-22", "2026-11-23", "2026-11-24"]),
        ("FREQ=DAILY;INTERVAL=2", ["2026-11-22", "2026-11-24", "2026-11-26"]),
        ("FREQ=WEEKLY;COUNT=2", ["2026-11-22", "2026-11-29"]),
        ("FREQ=WEEKLY;UNTIL=20261129", ["2026-11-22", "2026-11-29"]),
        ("FREQ=WEEKLY;UNTIL=20261129T160000Z", ["2026-11-22", "2026-11-29"]),
        ("FREQ=MONTHLY;BYDAY=1SA", ["2026-12-05", "2027-01-02", "2027-02-06"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", ["2026-12-31", "2027-01-31", "2027-03-31"]),
        ("FREQ=DAILY;BYMONTH=7", ["2027-07-01", "2027-07-02", "2027-07-03"]),
        ("FREQ=YEARLY", ["2026-11-22", "2027-11-22", "2028-11-22"]),
        ("", []),
    ],
)
def test_j07_the_next_days_follow_the_rule(given: str, found: list[str]) -> None:
    assert days(given) == found


def test_j07_days_before_today_are_over_and_a_count_is_used_up() -> None:
    assert days("FREQ=WEEKLY;COUNT=3", since=date(2026, 11, 8)) == ["2026-11-22"]
    assert days("FREQ=WEEKLY;COUNT=2", since=date(2026, 11, 8)) == []
    assert days("FREQ=WEEKLY;UNTIL=20261121") == []


@pytest.mark.parametrize(
    "given",
    [
        "FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY", "FREQ=WEEKLY;BYHOUR=8", "BYDAY=MO", "garbage", "FREQ=",
        "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=", "FREQ=WEEKLY;COUNT=731", "FREQ=WEEKLY;COUNT=0", "FREQ=DAILY;INTERVAL=32",
        "FREQ=WEEKLY;INTERVAL=5", "FREQ=WEEKLY;INTERVAL=-1", "FREQ=WEEKLY;UNTIL=20260231", "FREQ=WEEKLY;UNTIL=x",
        "FREQ=WEEKLY;UNTIL=20261129;COUNT=2", "FREQ=WEEKLY;FREQ=DAILY", "FREQ=WEEKLY\nFREQ=DAILY", "FREQ=WEEKLY;X=1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;INTERVAL=30;BYMONTH=2", "FREQ=MONTHLY;BYDAY=6MO", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=WEEKLY;" + "A" * 400,
    ],
)  # fmt: skip
def test_j07_what_is_no_usual_day_is_refused(given: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        normal_recurrence(given)
    assert refused.value.code == "RECURRENCE" and refused.value.zh.startswith("活动时间无效：")
    assert refused.value.how_to_fix_zh == "例如每周二、周四：FREQ=WEEKLY;BYDAY=TU,TH"


@pytest.mark.parametrize("count", ["1", "730"])
def test_j07_the_limits_themselves_are_taken(count: str) -> None:
    assert normal_recurrence(f"FREQ=WEEKLY;INTERVAL=4;COUNT={count}")
    assert normal_recurrence("FREQ=DAILY;INTERVAL=31") and normal_recurrence("FREQ=MONTHLY;INTERVAL=6")


def test_j07_every_rule_that_is_taken_has_a_next_day_soon() -> None:
    """The library would seek an impossible day up to the year 9999: no rule that is taken makes it."""
    begun = time.process_time()
    for interval in range(1, 7):
        for day in (28, 29, 30, 31, -31):
            for since in (date(2026, month, 28) for month in range(1, 13)):
                rule = normal_recurrence(f"FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={day}")
                assert next_days(rule, since, SUNDAY, 1), (interval, day, since)
    assert next_days(normal_recurrence("FREQ=YEARLY;INTERVAL=4"), date(2024, 2, 29), SUNDAY, 1)
    assert next_days("FREQ=DAILY", date(2000, 1, 1), date(2100, 12, 31), 1) == [date(2100, 12, 31)]
    assert time.process_time() - begun < 20
