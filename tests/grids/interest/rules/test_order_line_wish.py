"""J22: what nobody said is read from the interest grid's usual time."""

from __future__ import annotations

import pytest

from grids.interest.rules.order_line_wish import TimeOfDay, time_of_day_at, usual_weekdays


@pytest.mark.parametrize(
    ("minute", "part"),
    [
        (None, None), (0, "morning"), (719, "morning"), (720, "afternoon"), (1079, "afternoon"), (1080, "evening"),
        (1439, "evening"),
    ],
)  # fmt: skip
def test_j22_the_part_of_the_day(minute: int | None, part: str | None) -> None:
    assert time_of_day_at(minute) == (None if part is None else TimeOfDay(part))


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR", (1, 3, 5)),
        ("FREQ=WEEKLY;BYDAY=SU,SA,SA", (6, 7)),
        ("FREQ=MONTHLY;BYDAY=1SA,-1SU", (6, 7)),
        ("FREQ=DAILY", ()),
        ("", ()),
        ("nonsense", ()),
        ("FREQ=WEEKLY;BYDAY=XX", ()),
    ],
)
def test_j22_the_usual_weekdays(rule: str, days: tuple[int, ...]) -> None:
    assert usual_weekdays(rule) == days
