"""J17: the day of a test and the version in force."""

from __future__ import annotations

from datetime import date

import pytest

from grids.wellness.rules.measuring import check_measured_once, check_test_day
from wangge.errors import RuleBroken

FIRST, NEXT, TODAY = date(2026, 1, 1), date(2026, 7, 1), date(2026, 9, 1)


@pytest.mark.parametrize("day", [FIRST, date(2026, 6, 30)])
def test_the_version_of_the_day(day: date) -> None:
    check_test_day(day, FIRST, NEXT, TODAY)


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2026, 9, 2)])
def test_j17_test_day(day: date) -> None:
    with pytest.raises(RuleBroken, match="TEST_DAY") as refused:
        check_test_day(day, FIRST, None, TODAY)
    assert refused.value.zh == "测试日期须在2026-01-01至2026-09-01之间"


def test_j17_standard_superseded() -> None:
    with pytest.raises(RuleBroken, match="STANDARD_SUPERSEDED") as refused:
        check_test_day(NEXT, FIRST, NEXT, TODAY)
    assert refused.value.zh == "该版本标准适用至2026-06-30，此后请用新版"


def test_j17_indicator_twice() -> None:
    check_measured_once(["grip", "reach"])
    with pytest.raises(RuleBroken, match="INDICATOR_TWICE") as refused:
        check_measured_once(["grip", "reach", "grip"])
    assert refused.value.facts == {"indicators": ["grip"]}
