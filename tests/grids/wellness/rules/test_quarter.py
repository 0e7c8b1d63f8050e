"""J17: quarters do not overlap and leave no day out."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from grids.wellness.rules.quarter import Quarter, quarter_before, quarter_named, quarter_of
from wangge.errors import RuleBroken


@given(some.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_lies_in_one_quarter(day: date) -> None:
    quarter = quarter_of(day)
    assert quarter.first_day <= day <= quarter.last_day
    assert quarter_named(quarter.name) == quarter
    assert quarter_of(quarter.last_day + timedelta(days=1)) != quarter


def test_the_quarter_before() -> None:
    assert quarter_before(date(2026, 1, 1)) == Quarter(2025, 4)
    assert quarter_before(date(2026, 12, 31)) == Quarter(2026, 3)


@pytest.mark.parametrize("name", ["2026", "2026Q5", "2026q1", "2026Q1 ", ""])
def test_j17_quarter_format(name: str) -> None:
    with pytest.raises(RuleBroken, match="QUARTER_FORMAT") as refused:
        quarter_named(name)
    assert refused.value.status == 400
