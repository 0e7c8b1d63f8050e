"""A standard with holes is not loaded: J17."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from grids.wellness.rules import standard as module
from grids.wellness.rules.standard import Sex, standard_of
from grids.wellness.rules.standard_holes import AgeGap, age_gaps, whole_standard
from wangge.errors import RuleBroken

EXAMPLE = (Path(module.__file__).parent / "example_standard.toml").read_text("utf-8")


def _with(value: Any, *path: Any) -> str:
    changed = copy.deepcopy(tomllib.loads(EXAMPLE))
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(changed, default=str)


def _twice_measured() -> str:
    rows = tomllib.loads(EXAMPLE)["indicators"]
    return _with([*rows, {**rows[0], "highest": "200"}], "indicators")


HOLES: dict[str, tuple[str, str]] = {
    "a misspelt field": (_with({"grip": 2}, "groups", 1, "weigths"), "groups[1]"),
    "a field nobody knows": (_with("x", "remarks"), "document"),
    "an indicator's field nobody knows": (_with("x", "indicators", 0, "unite"), "indicators[0]"),
    "a band's field nobody knows": (
        _with(3, "groups", 0, "scores", "grip", 0, "poitns"),
        "groups[0].scores.grip",
    ),
    "an indicator twice": (_twice_measured(), "indicators"),
    "a weight of nothing": (_with({"grip": 0}, "groups", 0, "weights"), "groups[0].weights"),
    "a weight that takes away": (_with({"grip": -1}, "groups", 0, "weights"), "groups[0].weights"),
    "a grade nobody reaches": (_with(16, "grades", "excellent"), "groups[0]"),
    "a key twice": (_with("x", "name").replace('"name": "x"', '"name": "示例甲", "name": "示例乙"'), "document"),
}  # fmt: skip


@pytest.mark.parametrize("hole", HOLES)
def test_j17_a_standard_with_a_hole_is_refused_with_its_place(hole: str) -> None:
    text, where = HOLES[hole]
    with pytest.raises(RuleBroken) as refused:
        whole_standard("json", text)
    assert (refused.value.code, refused.value.status) == ("STANDARD_INVALID", 422)
    assert refused.value.facts["where"] == where
    assert refused.value.zh.startswith(f"文件有误（{where}）：")


def test_the_most_that_can_be_reached_is_enough() -> None:
    whole_standard("json", _with(15, "grades", "excellent"))


def test_the_example_is_whole_and_tells_its_gaps() -> None:
    assert whole_standard("toml", EXAMPLE) == standard_of("toml", EXAMPLE)
    assert age_gaps(standard_of("toml", EXAMPLE)) == []


def test_ages_between_groups_are_told_and_not_refused() -> None:
    older = whole_standard("json", _with(65, "groups", 2, "age_from"))
    assert age_gaps(older) == [AgeGap(Sex.MALE, 60, 64)]
    shorter = whole_standard("json", _with(70, "groups", 3, "age_to"))
    assert age_gaps(shorter) == [AgeGap(Sex.FEMALE, 71, 79)]


def test_a_sex_without_groups_is_a_gap_from_end_to_end() -> None:
    groups = tomllib.loads(EXAMPLE)["groups"]
    men = whole_standard("json", _with([groups[0], groups[2]], "groups"))
    assert age_gaps(men) == [AgeGap(Sex.FEMALE, 20, 79)]
