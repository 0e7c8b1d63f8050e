"""J09: regular is at least once a week in at least three of the last four weeks, at the edge and one short of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from grids.interest.rules.regularity import Regularity, is_regular

ON = date(2026, 3, 29)
USUAL = Regularity(per_week=1, weeks=3, of_weeks=4)


def _ago(*days: int) -> list[date]:
    return [ON - timedelta(days=each) for each in days]


@pytest.mark.parametrize(
    ("held", "regular"),
    [
        (_ago(0, 7, 14), True),
        (_ago(6, 13, 20), True),
        (_ago(0, 7, 27), True),  # the first of the 28 days counts
        (_ago(0, 7, 28), False),  # the day before it does not
        (_ago(0, 7), False),
        (_ago(0, 1, 2, 3, 4, 5, 6), False),  # often, but in one week only
        (_ago(-1, 7, 14), False),  # tomorrow is not yet
        (_ago(0, 7, 14, 21), True),
        ([], False),
    ],
)
def test_j09_regular_at_the_edges(held: list[date], regular: bool) -> None:
    assert is_regular(held, ON, USUAL) is regular


def test_j09_the_numbers_are_policy() -> None:
    twice = Regularity(per_week=2, weeks=2, of_weeks=2)
    assert is_regular(_ago(0, 0, 7, 8), ON, twice) is True
    assert is_regular(_ago(0, 7, 8), ON, twice) is False
    assert twice.first_day(ON) == date(2026, 3, 16)
