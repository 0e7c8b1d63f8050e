"""J01: figures are told as of a day that has come; today is the last of them."""

from __future__ import annotations

from datetime import date

import pytest

from grids.units.rules.as_of import check_as_of
from wangge.errors import RuleBroken

TODAY = date(2026, 3, 2)


def test_j01_today_and_what_is_gone_by_may_be_asked_for() -> None:
    check_as_of(TODAY, TODAY)
    check_as_of(date(2020, 1, 1), TODAY)


def test_j01_a_day_to_come_is_refused_and_named() -> None:
    with pytest.raises(RuleBroken) as refused:
        check_as_of(date(2026, 3, 3), TODAY, "month")
    assert (refused.value.code, refused.value.status, refused.value.field) == ("AS_OF_TO_COME", 400, "month")
    assert refused.value.zh == "统计日2026-03-03尚未到来（今天是2026-03-02）"
