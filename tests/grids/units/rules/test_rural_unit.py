"""Villager groups stay whole, and merging them needs a reason."""

from __future__ import annotations

from grids.units.rules.rural_unit import RuralGrid, rural_refusals


def grid(label: str, *groups: str, reason: str = "") -> RuralGrid:
    return RuralGrid(label, frozenset(groups), reason)


def test_one_group_one_grid_is_fine() -> None:
    assert rural_refusals([grid("G1", "一组"), grid("G2", "二组")]) == []


def test_a_split_group_is_refused_once_with_all_its_grids() -> None:
    refusals = rural_refusals([grid("G1", "一组"), grid("G2", "一组"), grid("G3", "一组")])
    assert [refusal.code for refusal in refusals] == ["RURAL_UNIT"]
    assert refusals[0].zh.startswith("农村以村民小组为单位")
    assert refusals[0].facts == {"villager_group": "一组", "grids": ["G1", "G2", "G3"]}


def test_merging_needs_a_reason_and_blanks_are_none() -> None:
    assert rural_refusals([grid("G1", "一组", "二组", reason="两组共28户")]) == []
    refusals = rural_refusals([grid("G1", "一组", "二组", reason="  ")])
    assert [refusal.code for refusal in refusals] == ["RURAL_MERGE_REASON"]


def test_splitting_and_merging_are_both_said() -> None:
    refusals = rural_refusals([grid("G1", "一组", "二组"), grid("G2", "二组")])
    assert [refusal.code for refusal in refusals] == ["RURAL_UNIT", "RURAL_MERGE_REASON"]


def test_a_reason_does_not_allow_a_split() -> None:
    refusals = rural_refusals([grid("G1", "一组", reason="河"), grid("G2", "一组", reason="河")])
    assert [refusal.code for refusal in refusals] == ["RURAL_UNIT"]
