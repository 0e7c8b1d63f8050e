"""Every figure bears a Chinese name with its unit and an English one; the measure and whose data it is are told."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from instructors.assignment.rules.figure_words import (
    _RUN,
    attribution_of,
    label,
    method_of,
    method_told,
    percent,
    policy_told,
    run_lines,
    study_lines,
)
from instructors.assignment.rules.site_assignment import AssignmentFigures

STUDY: dict[str, Any] = {
    "households": 600, "covered_today": 200, "covered_then": 450, "bound": 460, "proof": "bound",
    "households_by_method": {"radius": 200, "network": 400}, "sites": 3, "possible_places": 9, "walk_minutes": 15.0,
    "reach_m": 1200.0, "radius_m": 1000.0,
}  # fmt: skip


def test_j20_a_label_is_chinese_with_its_unit_and_english_behind() -> None:
    assert label("户数", "households", "户") == "户数（户） / households"
    assert label("结果质量", "quality") == "结果质量 / quality"


def test_j20_the_lines_of_a_study_tell_counts_shares_and_the_measure() -> None:
    told = dict(study_lines(STUDY))
    assert told["现在步行可达率（%） / share within reach today"] == 33.33
    assert told["新增站点后步行可达率（%） / share within reach with the new sites"] == 75.0
    assert told["按沿道路测算的户数（户） / households measured along streets"] == 400
    assert told["按直线测算的户数（户） / households measured as the crow flies"] == 200
    assert told["步行速度（米/分钟） / pace"] == 80.0
    assert told["结果质量 / quality"] == "已给出上界 / within a known bound"
    assert not any(isinstance(value, dict | list) for value in told.values())


@pytest.mark.parametrize(("by_method", "method"), [
    ({"network": 5}, "network"), ({"radius": 5}, "radius"), ({"network": 5, "radius": 1}, "mixed"),
    ({"network": 5, "radius": 0}, "network"), ({}, "none"),
])  # fmt: skip
def test_j20_the_measure_is_the_one_that_households_were_measured_by(by_method: dict, method: str) -> None:
    assert method_of(by_method) == method


def test_j20_the_measure_is_told_with_distance_pace_and_households() -> None:
    zh, en = method_told(STUDY)
    assert zh == "沿道路步行 15 分钟（80 米/分钟，1200 米）以内：400 户；直线 1000 米以内：200 户"
    assert en == (
        "15 minutes on foot along streets (80 m/min, 1200 m): 400 households; "
        "within 1000 m as the crow flies: 200 households"
    )


def test_j20_versions_of_policy_are_told_by_name() -> None:
    assert policy_told("coverage.radius_m@2 coverage.walk_minutes@1") == (
        "直线半径第 2 版、步行时间第 1 版",
        "radius version 2, walk version 1",
    )
    assert policy_told("coverage.walk_speed_") == ("coverage.walk_speed_",) * 2, (
        "cut short in earlier versions"
    )
    assert policy_told("") == ("", "")


@pytest.mark.parametrize(("told", "owed"), [
    ("建筑、道路 © OpenStreetMap contributors", "© OpenStreetMap contributors, ODbL"),
    ("来源：openstreetmap", "© OpenStreetMap contributors, ODbL"), ("演示几何为生成数据", ""), ("", ""),
])  # fmt: skip
def test_j20_whose_licence_asks_for_it_is_named(told: str, owed: str) -> None:
    assert attribution_of(told) == owed


def test_j20_without_a_whole_there_is_no_share() -> None:
    assert (percent(1, 0), percent(1, 3), percent(3, 3)) == (None, 33.33, 100)


def test_s07_every_figure_of_an_assignment_has_a_name() -> None:
    named = {*_RUN, "gap", "sessions", "steps"}
    assert {each.name for each in fields(AssignmentFigures)} <= named


def test_s07_the_lines_of_a_run_are_words_and_plain_values() -> None:
    figures = {
        "needs": 3, "asked_places": 4, "is_proven": True, "gap": 0.01234, "sessions": {"10": 1, "2": 5},
        "left_out": {"no_free_times": 2}, "reach": {"method": "radius", "by_method": {"radius": 7}, "minutes": 15.0},
        "steps": [{"name": "cover", "rows": 7, "columns": 9, "rounds": 1, "value": -4.0}], "needs_outside_hours": [3, 8],
    }  # fmt: skip
    lines = list(run_lines(figures))
    told = dict(lines)
    assert told["已证明最优 / proven optimal"] == "是 / yes"
    assert told["与最优的差距至多（%） / gap to the best at most"] == 1.234
    assert told["未参与计算：没有登记空闲时间（人） / not considered: no free times are recorded"] == 2
    assert told["站点可达户数按直线测算（户） / households measured as the crow flies"] == 7
    assert told["求解步骤：覆盖户数 / step: households"] == "7 行 × 9 列，1 轮，目标值 -4.0"
    assert told["在站点开放时间之外的需求编号 / needs outside opening hours"] == "3、8"
    sessions = [value for name, value in lines if name.startswith("每周 ")]
    assert sessions == [5, 1], "2 before 10"
    assert len(told) == len(lines), "no label stands twice"
