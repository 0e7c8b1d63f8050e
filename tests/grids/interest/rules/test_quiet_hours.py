"""J09: outdoors in quiet hours is warned of, once for each span; touching them is not."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from grids.interest.rules.quiet_hours import QuietSpan, quiet_warnings
from tenants.bureau.rules.local_time import SHANGHAI

NIGHT, NOON = QuietSpan(time(22), time(6)), QuietSpan(time(12), time(14))


def _at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("starts_at", "minutes", "hours"),
    [
        (_at(6), 60, []),
        (_at(5, 59), 60, ["22:00–06:00"]),
        (_at(21), 60, []),
        (_at(21), 61, ["22:00–06:00"]),
        (_at(23), 30, ["22:00–06:00"]),
        (_at(2), 30, ["22:00–06:00"]),
        (_at(11), 60, []),
        (_at(11), 61, ["12:00–14:00"]),
        (_at(14), 60, []),
        (_at(13, 59), 10, ["12:00–14:00"]),
        (_at(11), 12 * 60, ["22:00–06:00", "12:00–14:00"]),
        (_at(7), 24 * 60, ["22:00–06:00", "12:00–14:00"]),
    ],
)
def test_j09_quiet_hours_are_told(starts_at: datetime, minutes: int, hours: list[str]) -> None:
    warned = quiet_warnings(starts_at, minutes, True, [NIGHT, NOON])
    assert [f"{each.facts['from']}–{each.facts['to']}" for each in warned] == hours
    assert all(each.code == "QUIET_HOURS" and hours[at] in each.zh for at, each in enumerate(warned))


def test_indoors_nobody_is_disturbed() -> None:
    assert quiet_warnings(_at(23), 60, False, [NIGHT]) == []


def test_a_span_without_length_is_none() -> None:
    assert quiet_warnings(_at(11), 120, True, [QuietSpan(time(12), time(12))]) == []
