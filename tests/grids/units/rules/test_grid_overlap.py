"""Shared land, forgotten land and foreign land are each named with their place."""

from __future__ import annotations

from grids.units.rules.grid_overlap import (
    GridOverlap,
    StrayLand,
    gap_refusals,
    outside_refusals,
    overlap_refusals,
)

PLACE = (113.24, 35.24)


def test_every_overlap_is_a_refusal_of_its_own() -> None:
    refusals = overlap_refusals([GridOverlap("A1", "A2", 12.34, PLACE), GridOverlap("A1", "A3", 0.01, PLACE)])
    assert [(refusal.code, refusal.status) for refusal in refusals] == [("GRID_OVERLAP", 422)] * 2
    assert refusals[0].zh == "网格A1与网格A2重叠12.3平方米"
    assert refusals[0].facts["place"] == list(PLACE)


def test_grids_that_share_a_line_only_do_not_overlap() -> None:
    assert overlap_refusals([GridOverlap("A1", "A2", 0.0, PLACE)]) == []


def test_gaps_and_land_outside_have_their_own_codes() -> None:
    stray = [StrayLand("甲", 5.0, PLACE), StrayLand("乙", 0.0, PLACE)]
    assert [refusal.code for refusal in gap_refusals(stray)] == ["GRID_GAP"]
    assert [refusal.code for refusal in outside_refusals(stray)] == ["GRID_OUTSIDE_COMMUNITY"]
