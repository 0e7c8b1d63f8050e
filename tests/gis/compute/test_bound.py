"""No contiguous division has more grids in band than the bound says: tried against all divisions of tiny zones."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.bound import CHEAP, EXACT, Proof, bound_of
from gis.compute.bound.cheap import out_of_reach
from gis.compute.bound.columns import sets_in_band
from gis.compute.bound.gates import gates_of
from gis.compute.bound.homes import Band, homes_graph
from gis.compute.parameters import SizeLimits
from gis.compute.zones import GridCount, ZoneGraph
from tests.gis.compute.tiny_zones import TINY, anchored_zones, divisions, path, reached_from, tiny_zones, zone

LIMITS = TINY.limits


def count(k: int) -> GridCount:
    return GridCount(k, 0, 0.0)


def all_near_but_towers(graph: ZoneGraph, label: np.ndarray, sizes: list[int], off: int) -> bool:
    towers = set(label[graph.households > 11].tolist())
    return all(10 - off <= size <= 10 + off for part, size in enumerate(sizes) if part not in towers)


def gates_in_plain_words(graph: ZoneGraph, sets: list[set[int]]) -> set[tuple[int, int]]:
    """Unit without homes and number of a set that falls apart without it."""
    land = set(np.flatnonzero(graph.households == 0).tolist())
    return {
        (unit, number)
        for number, members in enumerate(sets)
        for unit in land
        if not members <= reached_from(min(members), graph, (members | land) - {unit})
    }


@settings(max_examples=100, deadline=None)
@given(anchored_zones(), st.integers(1, 4))
def test_no_division_beats_the_bound(graph: ZoneGraph, k: int) -> None:
    sizes = [s for _, s in divisions(graph, k)]
    if not sizes:
        return
    best = max(sum(9 <= h <= 11 for h in s) for s in sizes)
    least = min(max(abs(h - 10) for h in s if h > 0) for s in sizes) / 10
    cheap, exact = (bound_of(graph, count(k), LIMITS, effort) for effort in (CHEAP, EXACT))
    assert best <= exact.in_band_at_most <= cheap.in_band_at_most
    assert exact.worst_at_least <= least + 1e-9
    if exact.in_band_if_soft is not None:
        soft = [s for s in divisions(graph, k) if all_near_but_towers(graph, *s, 3)]
        assert max((sum(9 <= h <= 11 for h in s) for _, s in soft), default=0) <= exact.in_band_if_soft
    near = bound_of(graph, count(k), LIMITS, EXACT, off=4).in_band_if_as_near
    if near is not None:
        kept = [s for label, s in divisions(graph, k) if all_near_but_towers(graph, label, s, 4)]
        assert max((sum(9 <= h <= 11 for h in s) for s in kept), default=0) <= near
    if (graph.households > 0).all() and (graph.anchor >= 0).sum() <= 1:
        # Only ways over homeless land and named grids are taken more lightly than they are: without any, this is
        # the best there is.
        assert exact.in_band_at_most == best
    for reached in range(best + 1):
        assert bound_of(graph, count(k), LIMITS, EXACT, reached=reached).in_band_at_most >= best


@pytest.mark.parametrize(
    ("graph", "k", "at_most", "proof"),
    [
        (path(10, 10), 2, 2, Proof.COUNT),
        (path(10, 14), 2, 1, Proof.TOWERS),
        (path(8, 15, 8), 2, 0, Proof.REACH),  # 15 is no part of the band and stands between the others
        (path(5, 5, 5, 5, 4), 3, 2, Proof.SUMS),
        (path(8, 8, 2), 2, 1, Proof.REACH),  # the first 8 is next to the other one only
        (zone([5, 5, 5, 5], [(0, 1), (0, 2), (0, 3)]), 3, 1, Proof.JOINTS),  # all need the one in the middle
        (path(9, 2, 9), 2, 2, Proof.COUNT),
        (path(9, 1, 1, 9), 2, 2, Proof.COUNT),
    ],
)
def test_what_limits_a_zone_is_told(graph: ZoneGraph, k: int, at_most: int, proof: Proof) -> None:
    found = bound_of(graph, count(k), LIMITS, EXACT)
    assert (found.in_band_at_most, found.proof) == (at_most, proof)


def test_a_named_grid_without_homes_leaves_the_others_fewer() -> None:
    # Three grids of which one is a place without homes: 10 | 6 + 4 | 0.
    graph = zone([10, 6, 4, 0], [(0, 1), (1, 2), (2, 3)], anchors=(3,))
    found = bound_of(graph, count(3), LIMITS, EXACT)
    assert (found.in_band_at_most, found.is_listed, found.in_band_if_soft) == (2, False, None)
    many = 1_500
    wide = zone([5] * many + [0], [(i, many) for i in range(many)], anchors=(many,))
    assert bound_of(wide, count(1_000), LIMITS, EXACT).in_band_at_most == 833  # 7500 // 9, not 812 of 1000


def test_a_target_far_above_all_households_costs_nothing() -> None:
    homes = homes_graph(zone([5, 5, 30], [(0, 1)]))
    assert homes is not None
    assert out_of_reach(homes, Band(20, 2_000_000_000)).tolist() == [True, True, False]
    assert out_of_reach(homes, Band(1_800_000_000, 2_200_000_000)).all()


def test_two_grids_cannot_pass_the_same_gate() -> None:
    # Four homes of 5 around one square: each pair of opposite ones would need the square to itself, and who is left
    # over is a grid each.
    star = zone([5, 5, 5, 5, 0], [(4, 0), (4, 1), (4, 2), (4, 3)])
    for effort in (EXACT, replace(EXACT, ways=0)):
        for k in (2, 3):
            best = max(sum(9 <= h <= 11 for h in sizes) for _, sizes in divisions(star, k))
            assert bound_of(star, count(k), LIMITS, effort).in_band_at_most == (best if effort.ways else 1)


def test_a_larger_number_of_sets_is_not_listed() -> None:
    homes = homes_graph(path(*[1] * 60))
    assert homes is not None
    nobody = np.zeros(60, dtype=bool)
    assert sets_in_band(homes, Band(9, 11), 10, nobody) is None
    listed = sets_in_band(homes, Band(9, 11), 1000, nobody)
    assert listed is not None
    assert len(listed) == 52 + 51 + 50


@settings(max_examples=40, deadline=None)
@given(tiny_zones())
def test_compiled_kernels_give_the_answers_of_their_plain_text(graph: ZoneGraph) -> None:
    from gis.compute.bound import cheap, columns, gates

    homes, band = homes_graph(graph), Band.of(LIMITS)
    assert homes is not None
    dead = out_of_reach(homes, band)
    plain = cheap._out_of_reach.py_func(homes.indptr, homes.indices, homes.households, band.low, band.high)
    assert (dead == plain).all()
    listed = sets_in_band(homes, band, 500, dead)
    assert listed is not None
    kept, used, start, members = columns._enumerate.py_func(homes, dead, (band.low, band.high), 500, 12)
    assert (listed.start == start[: kept + 1]).all()
    assert (listed.members == members[:used]).all()
    units = homes.unit[listed.members]
    rows, sets = gates._gates.py_func(graph.indptr, graph.indices, graph.households, listed.start, units)
    held = [set(own.tolist()) for own in np.split(units, listed.start[1:-1])] if len(listed) else []
    expected = gates_in_plain_words(graph, held)
    assert sorted(zip(rows.tolist(), sets.tolist(), strict=True)) == sorted(expected)
    table = scipy.sparse.csr_array(
        (np.ones(len(rows)), (rows, sets)), shape=(len(graph.households), len(listed))
    )
    shared = table.toarray()[table.sum(axis=1) > 1]
    assert gates_of(graph, homes, listed).toarray().tolist() == shared.tolist()


def test_the_band_includes_its_ends() -> None:
    assert Band.of(SizeLimits()) == Band(360, 440)
    assert Band.of(LIMITS) == Band(9, 11)


def test_a_zone_with_too_many_homes_around_one_stretch_is_bounded_by_its_sums_alone() -> None:
    many = 1_500
    graph = zone([5] * many + [0], [(i, many) for i in range(many)])
    assert homes_graph(graph) is None
    found = bound_of(graph, count(750), LIMITS, EXACT)
    assert (found.in_band_at_most, found.proof, found.is_listed) == (750, Proof.COUNT, False)
    assert bound_of(zone([0, 0], [(0, 1)]), count(1), LIMITS).in_band_at_most == 0
