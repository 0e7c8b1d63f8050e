"""J17: a standard is a document, read whole or refused with the place of its fault."""

from __future__ import annotations

import copy
import json
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from grids.wellness.rules import standard as module
from grids.wellness.rules.standard import Grade, Sex, standard_of
from wangge.errors import RuleBroken

EXAMPLE = (Path(module.__file__).parent / "example_standard.toml").read_text("utf-8")


def document() -> dict[str, Any]:
    return tomllib.loads(EXAMPLE)


def loaded(**changes: Any) -> Any:
    return standard_of("json", json.dumps({**document(), **changes}, default=str))


def test_the_example_says_that_it_is_one() -> None:
    found = standard_of("toml", EXAMPLE)
    assert found.is_example
    assert "示例" in found.name
    assert "虚构" in found.source
    assert found.valid_from == date(2020, 1, 1)
    assert [grade for grade, _ in found.grades] == [Grade.EXCELLENT, Grade.GOOD, Grade.PASS]
    assert {group.sex for group in found.groups} == {Sex.MALE, Sex.FEMALE}


def test_json_and_toml_say_the_same() -> None:
    assert loaded() == standard_of("toml", EXAMPLE)


def test_weights_default_to_one() -> None:
    groups = document()["groups"]
    groups[0]["weights"] = {"grip": "0.4"}
    found = loaded(groups=groups)
    assert found.groups[0].weights == {
        "grip": Decimal("0.4"), "sit_and_reach": Decimal(1), "one_leg_stand": Decimal(1),
    }  # fmt: skip


def _without(*path: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document())
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return changed


def _with(value: Any, *path: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document())
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


BAND = [{"from": "1", "points": 1}]
SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "no code": (_without("code"), "code"),
    "an example without its mark": (_with("体质标准", "name"), "name"),
    "no source": (_with(" ", "source"), "source"),
    "no day": (_with("soon", "valid_from"), "valid_from"),
    "no indicators": (_with([], "indicators"), "indicators"),
    "range the wrong way": (_with("0", "indicators", 0, "highest"), "indicators[0]"),
    "a range that is no number": (_with("wide", "indicators", 0, "highest"), "indicators[0].highest"),
    "a range without end": (_with("Infinity", "indicators", 0, "highest"), "indicators[0].highest"),
    "places": (_with(9, "indicators", 0, "places"), "indicators[0].places"),
    "sex": (_with("any", "groups", 0, "sex"), "groups[0].sex"),
    "ages the wrong way": (_with(10, "groups", 0, "age_to"), "groups[0]"),
    "ages that overlap": (_with(60, "groups", 0, "age_to"), "groups"),
    "unknown item": (_with(BAND, "groups", 0, "scores", "speed"), "groups[0].scores.speed"),
    "first band too late": (
        _with([{"from": "5", "points": 1}], "groups", 0, "scores", "grip"),
        "groups[0].scores.grip",
    ),
    "bands that fall": (
        _with([*BAND, {"from": "1", "points": 2}], "groups", 0, "scores", "grip"),
        "groups[0].scores.grip",
    ),
    "a band nobody reaches": (
        _with([*BAND, {"from": "121", "points": 2}], "groups", 0, "scores", "grip"),
        "groups[0].scores.grip",
    ),
    "grades": (_without("grades", "good"), "grades"),
    "grades the wrong way": (_with(14, "grades", "good"), "grades"),
    "weights of nothing": (_with({"speed": 1}, "groups", 0, "weights"), "groups[0].weights"),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_j17_standard_invalid_names_the_place(fault: str) -> None:
    spoilt, where = SPOILT[fault]
    with pytest.raises(RuleBroken) as refused:
        standard_of("json", json.dumps(spoilt, default=str))
    assert (refused.value.code, refused.value.facts["where"]) == ("STANDARD_INVALID", where)
    assert where in refused.value.zh


@pytest.mark.parametrize(
    ("form", "text"), [("json", "{"), ("json", "[]"), ("toml", "= 1"), ("json", "[" * 90000)]
)
def test_what_is_no_document(form: str, text: str) -> None:
    with pytest.raises(RuleBroken, match="STANDARD_INVALID"):
        standard_of(form, text)
