"""J14: a month and a week by their days."""

from __future__ import annotations

from datetime import date

import pytest

from grids.interest.rules.work_month import Days, month_of, week_of


@pytest.mark.parametrize(
    ("day", "last"),
    [(date(2026, 11, 20), 30), (date(2028, 2, 1), 29), (date(2026, 2, 28), 28), (date(2026, 12, 31), 31)],
)
def test_j14_a_month(day: date, last: int) -> None:
    assert month_of(day) == Days(day.replace(day=1), day.replace(day=last))


@pytest.mark.parametrize("day", [date(2026, 12, 28), date(2026, 12, 31), date(2027, 1, 3)])
def test_j14_a_week_runs_from_monday_to_sunday_over_new_year(day: date) -> None:
    assert week_of(day) == Days(date(2026, 12, 28), date(2027, 1, 3))
