"""J07: members, the home served, the county's approval and the place, each at its edge."""

from __future__ import annotations

import pytest

from grids.interest.rules.interest_grid_founding import (
    Served,
    check_crossing,
    check_home_served,
    check_members,
    check_place,
)
from wangge.errors import RuleBroken

HOME = Served(1, "胜利社区", {1: "胜利社区"})
WIDE = Served(1, "胜利社区", {1: "胜利社区", 2: "新华社区", 3: "王村"})


def refusal(check: object, *arguments: object) -> RuleBroken:
    with pytest.raises(RuleBroken) as refused:
        check(*arguments)  # type: ignore[operator]
    return refused.value


def test_j07_an_active_interest_grid_has_its_members() -> None:
    check_members(1, 1)
    check_members(3, 2)
    one = refusal(check_members, 0, 1)
    assert (one.code, one.status, one.zh) == ("MEMBER_REQUIRED", 422, "兴趣网格至少一名网格员")
    assert refusal(check_members, 1, 2).zh == "兴趣网格至少2名网格员"


def test_j07_the_home_is_served() -> None:
    check_home_served(HOME)
    refused = refusal(check_home_served, Served(1, "胜利社区", {2: "新华社区"}))
    assert (refused.code, refused.zh) == ("HOME_NOT_SERVED", "服务的基础网格中没有胜利社区的网格")


def test_j07_other_communities_want_the_countys_approval() -> None:
    check_crossing(HOME, set())
    check_crossing(WIDE, {2, 3})
    refused = refusal(check_crossing, WIDE, {2})
    assert (refused.code, refused.status) == ("CROSSING_NOT_APPROVED", 422)
    assert refused.zh == "兴趣网格服务其他社区（王村），须经区县体育部门批准"
    assert refusal(check_crossing, WIDE, set()).facts["elsewhere"] == ["新华社区", "王村"]


def test_j07_the_place_lies_within_reach() -> None:
    check_place(None, 1000, "")
    check_place(0, 1000, "胜利广场")
    check_place(1000, 1000, "胜利广场")
    refused = refusal(check_place, 1000.6, 1000, "胜利广场")
    assert refused.zh == "活动地点“胜利广场”距所服务社区1001米，超过1000米"
    assert refused.code == "PLACE_OUT_OF_REACH"
