"""Times without an offset are refused, and a deadline lasts to the end of its day in Shanghai."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from tenants.bureau.rules.local_time import (
    SHANGHAI,
    deadline_end,
    is_on_time,
    local_date,
    local_moment,
)
from wangge.errors import RuleBroken, check_aware


def test_a_naive_time_is_a_parse_error() -> None:
    with pytest.raises(RuleBroken) as refused:
        check_aware(datetime(2026, 3, 2, 9, 0), "starts_at")  # noqa: DTZ001
    assert (refused.value.code, refused.value.status) == ("NAIVE_DATETIME", 400)
    assert refused.value.field == "starts_at"


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 2, 0, 0, tzinfo=timezone(timedelta(hours=14))), date(2026, 3, 1)),
    ],
)
def test_the_day_is_the_day_in_shanghai(moment: datetime, day: date) -> None:
    assert local_date(moment) == day


def test_a_deadline_ends_with_its_last_millisecond() -> None:
    end = deadline_end(date(2026, 3, 5))
    assert end.isoformat(timespec="milliseconds") == "2026-03-05T23:59:59.999+08:00"
    assert is_on_time(end, date(2026, 3, 5))
    assert not is_on_time(datetime(2026, 3, 6, tzinfo=SHANGHAI), date(2026, 3, 5))


def test_a_clock_in_shanghai_is_eight_hours_ahead() -> None:
    assert local_moment(date(2026, 3, 6), time(12)).astimezone(UTC).hour == 4
