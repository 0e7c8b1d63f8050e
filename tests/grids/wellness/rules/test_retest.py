"""J18: the weeks of a re-test, and what may be compared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from grids.wellness.rules.retest import (
    baseline_required,
    check_same_standard,
    check_window,
    compared,
    window_of,
)
from wangge.errors import RuleBroken

WINDOW = window_of(date(2026, 3, 2), 6, 12)


@pytest.mark.parametrize("day", [date(2026, 4, 13), date(2026, 5, 25)])
def test_the_first_and_the_last_day(day: date) -> None:
    check_window(WINDOW, day)


@pytest.mark.parametrize(("day", "fix"), [(date(2026, 4, 12), "起复测"), (date(2026, 5, 26), "重新计周")])
def test_j18_retest_window(day: date, fix: str) -> None:
    with pytest.raises(RuleBroken, match="RETEST_WINDOW") as refused:
        check_window(WINDOW, day)
    assert refused.value.zh == "复测须在2026-04-13至2026-05-25之间"
    assert fix in refused.value.how_to_fix_zh


def test_j18_only_one_version_is_compared() -> None:
    check_same_standard(3, 3)
    with pytest.raises(RuleBroken, match="STANDARD_DIFFERS") as refused:
        check_same_standard(3, 4)
    assert refused.value.facts == {"standard_id": 3}


def test_what_was_measured_once_is_not_compared() -> None:
    before = {"grip": Decimal("30.5"), "reach": Decimal(2)}
    assert compared(before, {"grip": Decimal("33"), "stand": Decimal(9)}) == {"grip": Decimal("2.5")}


def test_j18_baseline_required() -> None:
    assert baseline_required().code == "BASELINE_REQUIRED"
