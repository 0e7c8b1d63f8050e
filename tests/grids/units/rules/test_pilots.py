"""A pilot is a county with features and days; a unit in it may what the county tries."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from grids.units.rules.pilots import (
    FEATURE_NAMES_ZH,
    PilotFeature,
    PilotTime,
    check_features,
    check_not_twice,
    check_open,
    check_pilot_days,
    check_pilot_level,
    may,
)
from tenants.bureau.rules.org_levels import OrgLevel
from wangge.errors import RuleBroken

START, END = date(2026, 3, 1), date(2026, 5, 31)
COUNTY = PilotTime("/1/2/", ("interest_grids",), START, END)
ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("feature", "path", "on", "answer"),
    [
        ("interest_grids", "/1/2/", START, True),
        ("interest_grids", "/1/2/7/8/", END, True),
        ("interest_grids", "/1/2/", START - ONE_DAY, False),
        ("interest_grids", "/1/2/", END + ONE_DAY, False),
        ("interest_grids", "/1/22/", START, False),
        ("interest_grids", "/1/", START, False),
        ("wellness", "/1/2/", START, False),
    ],
)
def test_a_unit_may_what_its_county_tries(feature: str, path: str, on: date, answer: bool) -> None:
    assert may(feature, path, on, [COUNTY]) is answer


@pytest.mark.parametrize("level", [level for level in OrgLevel if level is not OrgLevel.COUNTY])
def test_only_a_county_is_a_pilot(level: OrgLevel) -> None:
    check_pilot_level(OrgLevel.COUNTY)
    with pytest.raises(RuleBroken, match="PILOT_LEVEL") as refused:
        check_pilot_level(level)
    assert refused.value.zh.startswith("试点设在县（市、区）一级")


@pytest.mark.parametrize("features", [[], ["a", "a"], ["网格"], ["A"], ["a b"], ["a" * 41]])
def test_features_are_names_a_program_can_ask_for(features: list[str]) -> None:
    check_features(["interest_grids", "wellness.v2", "a" * 40])
    with pytest.raises(RuleBroken, match="PILOT_FEATURE"):
        check_features(features)


def test_a_pilot_of_nothing_asks_to_choose_and_speaks_of_no_spelling() -> None:
    with pytest.raises(RuleBroken) as refused:
        check_features([])
    assert refused.value.zh == "没有选择试点哪些功能"
    assert refused.value.how_to_fix_zh == "请至少选择一项功能，或填写一个代号"


def test_a_pilot_ends_on_its_first_day_or_later() -> None:
    check_pilot_days(START, START)
    check_pilot_days(START, None)
    with pytest.raises(RuleBroken, match="PILOT_PERIOD"):
        check_pilot_days(START, START - ONE_DAY)


def test_a_feature_is_tried_once_at_a_time() -> None:
    check_not_twice(PilotTime("/1/2/", ("interest_grids",), END + ONE_DAY), [COUNTY], "解放区")
    check_not_twice(PilotTime("/1/3/", ("interest_grids",), START), [COUNTY], "沁阳市")
    check_not_twice(PilotTime("/1/2/", ("wellness",), START), [COUNTY], "解放区")
    with pytest.raises(RuleBroken) as refused:
        check_not_twice(PilotTime("/1/2/", ("wellness", "interest_grids"), END), [COUNTY], "解放区")
    assert (refused.value.code, refused.value.status) == ("PILOT_TWICE", 409)
    assert refused.value.zh == "解放区自2026-03-01起已试点：interest_grids"


NORTH, SOUTH = (
    PilotTime("/1/2/", ("interest_grids", "fitness_tests"), START, END, "解放区"),
    PilotTime("/1/9/", ("interest_grids",), START, None, "沁阳市"),
)


@pytest.mark.parametrize(
    ("path", "on", "pilots"),
    [
        ("/1/5/7/", START, ()),  # no county is a pilot
        ("/1/2/7/8/", START, (NORTH, SOUTH)),
        ("/1/9/", END, (NORTH, SOUTH)),
        ("/1/5/7/", START - ONE_DAY, (NORTH, SOUTH)),  # none has begun
        ("/1/5/7/", END + ONE_DAY, (NORTH,)),  # all have ended
        (
            "/1/5/7/",
            START,
            (PilotTime("/1/2/", ("fitness_tests",), START, END, "解放区"),),
        ),  # another feature
    ],
)
def test_j10_a_feature_is_there_for_pilots_and_where_nobody_is_one(
    path: str, on: date, pilots: tuple[PilotTime, ...]
) -> None:
    check_open(PilotFeature.INTEREST_GRIDS, path, on, pilots)


@pytest.mark.parametrize(
    ("path", "on", "named"),
    [
        ("/1/5/7/", START, "解放区、沁阳市"),
        ("/1/22/", END, "解放区、沁阳市"),
        ("/1/2/7/", END + ONE_DAY, "沁阳市"),
        ("/1/", START, "解放区、沁阳市"),
    ],
)
def test_j10_what_others_try_is_refused_with_their_names(path: str, on: date, named: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_open(PilotFeature.INTEREST_GRIDS, path, on, [NORTH, SOUTH])
    assert (refused.value.code, refused.value.status) == ("PILOT_ONLY", 403)
    assert refused.value.zh == f"“兴趣网格”目前只在试点县（市、区）开放：{named}"


def test_j10_of_many_pilots_some_are_named() -> None:
    many = [PilotTime(f"/1/{at}/", ("fitness_tests",), START, None, f"县{at}") for at in range(2, 10)]
    with pytest.raises(RuleBroken) as refused:
        check_open(PilotFeature.FITNESS_TESTS, "/1/50/", START, [*many, many[0]])
    assert refused.value.zh.endswith("：县2、县3、县4、县5、县6、县7等8个")


def test_every_feature_that_is_switched_has_a_name_and_can_be_set() -> None:
    assert set(FEATURE_NAMES_ZH) == set(PilotFeature)
    check_features([feature.value for feature in PilotFeature])
