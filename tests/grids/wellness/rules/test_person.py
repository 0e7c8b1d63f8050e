"""J17: the least of a person."""

from __future__ import annotations

from datetime import date

import pytest

from grids.wellness.rules.person import check_birth, normal_name
from wangge.errors import RuleBroken

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "name"),
    [(" 赵演示001 ", "赵演示001"), ("阿依古丽·演示", "阿依古丽·演示"), ("Anna  Beispiel", "Anna Beispiel")],
)
def test_names(typed: str, name: str) -> None:
    assert normal_name(typed) == name


@pytest.mark.parametrize("typed", ["", "  ", "赵演示（糖尿病）", "a,b", "=1+1", "赵" * 31, "赵\n演示;"])
def test_j17_a_name_is_no_place_for_remarks(typed: str) -> None:
    with pytest.raises(RuleBroken, match="PERSON_NAME"):
        normal_name(typed)


@pytest.mark.parametrize(("year", "month"), [(2026, 11), (1906, 11), (1980, 5)])
def test_months_of_birth(year: int, month: int) -> None:
    check_birth(year, month, TODAY)


@pytest.mark.parametrize(("year", "month"), [(2026, 12), (1906, 10), (1980, 0), (1980, 13)])
def test_j17_birth_month(year: int, month: int) -> None:
    with pytest.raises(RuleBroken, match="BIRTH_MONTH"):
        check_birth(year, month, TODAY)
