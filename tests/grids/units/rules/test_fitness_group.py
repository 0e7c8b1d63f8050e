"""A grid's fitness organisation has its leader, enough people, each once, and days in order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from grids.units.rules.fitness_group import (
    already_stands,
    check_enough_people,
    check_founding_day,
    check_has_leader,
    check_last_day,
    check_names,
    check_standing,
)
from wangge.errors import RuleBroken

CODE, FROM, TODAY = "410802001001001", date(2026, 1, 1), date(2026, 3, 2)
ONE_DAY = timedelta(days=1)


def test_the_leader_belongs_to_it() -> None:
    check_has_leader(CODE, has_leader=True)
    with pytest.raises(RuleBroken, match="FITNESS_GROUP_LEADER") as refused:
        check_has_leader(CODE, has_leader=False)
    assert CODE in refused.value.zh


def test_as_many_people_as_policy_says() -> None:
    check_enough_people(2, 2)
    with pytest.raises(RuleBroken) as refused:
        check_enough_people(1, 2)
    assert refused.value.zh == "网格健身组织至少2人（含网格长），当前1人"


@pytest.mark.parametrize(
    ("names", "present"), [(["赵演示001", "赵演示001"], []), (["赵演示001"], ["赵演示001"]), ([" "], [])]
)
def test_everybody_stands_in_it_once_by_name(names: list[str], present: list[str]) -> None:
    check_names(["赵演示001", "钱演示002"], ["孙演示003"])
    with pytest.raises(RuleBroken, match="FITNESS_GROUP_NAME"):
        check_names(names, present)


@pytest.mark.parametrize("day", [FROM - ONE_DAY, TODAY + ONE_DAY])
def test_it_is_founded_while_the_grid_stands_and_not_ahead(day: date) -> None:
    check_founding_day(FROM, FROM, TODAY)
    check_founding_day(TODAY, FROM, TODAY)
    with pytest.raises(RuleBroken, match="FITNESS_GROUP_PERIOD"):
        check_founding_day(day, FROM, TODAY)


def test_a_last_day_is_the_first_or_later() -> None:
    check_last_day(FROM, FROM, "left_on")
    with pytest.raises(RuleBroken, match="FITNESS_GROUP_PERIOD"):
        check_last_day(FROM, FROM - ONE_DAY, "left_on")


def test_what_was_dissolved_is_not_changed() -> None:
    check_standing("健身组织", None)
    with pytest.raises(RuleBroken) as refused:
        check_standing("健身组织", TODAY)
    assert (refused.value.code, refused.value.status) == ("FITNESS_GROUP_DISSOLVED", 409)


def test_a_second_one_is_refused_with_the_name_of_the_first() -> None:
    refused = already_stands(CODE, "胜利一组", FROM)
    assert (refused.code, refused.status) == ("FITNESS_GROUP_EXISTS", 409)
    assert refused.zh == f"网格{CODE}已有健身组织“胜利一组”（2026-01-01成立）"
