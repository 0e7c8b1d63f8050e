"""X07: the numbers of who has left are kept to the day policy says, and not a day longer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from instructors.people.rules.retention import kept_until, left_by


@pytest.mark.parametrize(
    ("left_on", "years", "until"),
    [
        (date(2023, 3, 1), 3, date(2026, 3, 1)),
        (date(2023, 12, 31), 1, date(2024, 12, 31)),
        (date(2024, 2, 29), 3, date(2027, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
    ],
)
def test_x07_kept_to_the_same_day_years_later(left_on: date, years: int, until: date) -> None:
    assert kept_until(left_on, years) == until


def test_x07_the_last_day_counts_and_the_day_after_does_not() -> None:
    assert left_by(date(2026, 3, 1), 3) < date(2023, 3, 1)
    assert left_by(date(2026, 3, 2), 3) == date(2023, 3, 1)


@pytest.mark.parametrize("years", [1, 3, 4])
def test_x07_every_day_of_five_years_is_exactly_on_one_side(years: int) -> None:
    for number in range(5 * 366):
        today = date(2026, 1, 1) + timedelta(days=number)
        last = left_by(today, years)
        assert kept_until(last, years) < today <= kept_until(last + timedelta(days=1), years)
