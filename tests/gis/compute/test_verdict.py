"""The verdict on a zone holds what the bound proves, in both languages."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.bound import CHEAP, EXACT, Bound, BoundEffort, Proof, bound_of
from gis.compute.parameters import PRESET_NAMES
from gis.compute.refusal import EngineFault
from gis.compute.search import divide
from gis.compute.verdict import EFFORTS, Verdict, ZoneVerdict, zone_verdict
from gis.compute.zones import GridCount, ZoneGraph, grid_count_of
from tests.gis.compute.tiny_zones import TINY, anchored_zones, path, zone


def verdict(graph: ZoneGraph, *label: int) -> ZoneVerdict:
    k = max(label) + 1
    return zone_verdict(graph, GridCount(k, 0, 0.0), np.array(label), TINY.limits, EXACT)


def test_a_zone_all_in_band_is_optimal_without_any_search() -> None:
    found = verdict(path(10, 10), 0, 1)
    assert (found.verdict, found.gap, found.in_band) == (Verdict.OPTIMAL, 0.0, 2)
    assert found.words == ("2 个网格全部达标", "all 2 grids are in band")


def test_a_zone_that_cannot_be_better_is_optimal() -> None:
    assert verdict(zone([5, 5, 5, 5], [(0, 1), (0, 2), (0, 3)]), 0, 0, 1, 2).verdict is Verdict.OPTIMAL


def test_a_worse_division_is_told_how_far_it_is_off() -> None:
    found = verdict(path(5, 5, 5, 5), 0, 0, 0, 1)
    assert (found.verdict, found.gap) == (Verdict.WITHIN, 1.0)


def test_more_in_band_only_by_leaving_the_soft_limits_is_said() -> None:
    # 8 | 8 keeps the soft limits (7 to 13) with no grid in band; 6 | 10 has one, but 6 is too few.
    graph = path(6, 2, 4, 4)
    found = verdict(graph, 0, 0, 1, 1)
    assert (found.bound.in_band_at_most, found.bound.in_band_if_soft) == (1, 0)
    assert (found.verdict, found.gap) == (Verdict.OPTIMAL_IF_SOFT, 0.0)
    assert verdict(graph, 0, 1, 1, 1).verdict is Verdict.OPTIMAL


def test_more_in_band_only_with_a_grid_farther_off_is_said() -> None:
    # 6 | 6 has no grid in band; 2 | 10 and 9 | 3 have one, and one farther off than 6.
    found = verdict(path(2, 4, 3, 3), 0, 0, 1, 1)
    assert (found.bound.in_band_at_most, found.bound.in_band_if_as_near) == (1, 0)
    assert (found.verdict, found.gap) == (Verdict.OPTIMAL_IF_AS_NEAR, 0.0)


def test_a_zone_too_large_to_list_is_unproven() -> None:
    ring = [(i, (i + 1) % 24) for i in range(24)]
    graph, label = zone([1] * 24, ring), np.repeat([0, 1], [5, 19])
    found = zone_verdict(graph, GridCount(2, 0, 0.0), label, TINY.limits, BoundEffort(sets=10))
    assert found.verdict is Verdict.UNPROVEN
    assert found.bound.in_band_at_most == 1


def test_of_a_larger_zone_too_its_joints_may_tell() -> None:
    # Sixty homes in a ring and three tips on one unit without homes, of which two at most can be in one grid.
    ring = [(i, (i + 1) % 60) for i in range(60)]
    graph = zone([1] * 60 + [0, 8, 9, 8], [*ring, (60, 0), (60, 61), (60, 62), (60, 63)])
    label = np.append(np.repeat([0, 1, 2, 3, 4, 5], 10), [0, 0, 6, 7])
    found = zone_verdict(graph, GridCount(8, 0, 0.0), label, TINY.limits, BoundEffort(sets=10))
    assert (found.verdict, found.in_band) == (Verdict.WITHIN, 6)
    assert found.bound.in_band_at_most == 7


@pytest.mark.parametrize("kind", list(Verdict))
def test_every_verdict_speaks_both_languages(kind: Verdict) -> None:
    found = verdict(path(5, 5, 5, 5), 0, 0, 0, 1)
    zh, en = ZoneVerdict(kind, found.bound, found.in_band).words
    assert zh
    assert en.isascii()


def test_every_preset_has_its_effort() -> None:
    assert set(EFFORTS) == set(PRESET_NAMES)
    assert EFFORTS["fast"] == CHEAP


@settings(max_examples=60, deadline=None)
@given(anchored_zones(), st.integers(0, 99))
def test_the_search_never_beats_the_proof(graph: ZoneGraph, seed: int) -> None:
    count = grid_count_of(graph, TINY.limits)
    found = divide(graph, count, replace(TINY, preset="fast"), seed)
    count = replace(count, k=found.k)
    told = zone_verdict(graph, count, found.label, TINY.limits)
    assert told.in_band <= told.bound.in_band_at_most
    towers = found.label[graph.households > 11]
    if len(np.unique(towers)) == len(towers):
        # Asked without the plan at hand: a bound that was told of it could not be below it.
        assert told.in_band <= bound_of(graph, count, TINY.limits, EXACT, reached=-1).in_band_at_most


def test_a_sound_division_that_beats_the_proof_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gis.compute.verdict.bound_of", lambda *_, **__: Bound(1, 0.0, Proof.PACKING))
    with pytest.raises(EngineFault, match="2 grids of a zone are in band, at most 1"):
        verdict(path(10, 10), 0, 1)


def test_a_division_the_proof_is_not_about_is_unproven() -> None:
    # Both towers in one grid: of divisions that keep them apart, one grid of three can be in band.
    found = verdict(path(14, 14, 10, 10), 0, 0, 1, 2)
    assert (found.verdict, found.in_band, found.bound.in_band_at_most) == (Verdict.UNPROVEN, 2, 3)
