"""A small zone is divided as well as trying everything would."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.exact import ExactEffort, best_small, mend
from gis.compute.starts import is_sound
from gis.compute.zones import GridCount, ZoneGraph
from tests.gis.compute.tiny_zones import TINY, divisions, path, tiny_zones, zone


def sizes_of(graph: ZoneGraph, label: np.ndarray) -> list[int]:
    return sorted(np.bincount(label, weights=graph.households).astype(int).tolist())


@settings(max_examples=80, deadline=None)
@given(tiny_zones(), st.integers(2, 4))
def test_all_grids_are_in_band_wherever_that_can_be(graph: ZoneGraph, k: int) -> None:
    if k > int((graph.households > 0).sum()):
        return
    label = best_small(graph, GridCount(k, 0, 0.0), TINY)
    tower = graph.households > 11
    plain = [h for s in divisions(graph, k) for h in [[x for x in s[1] if x <= 11 or not tower.any()]]]
    possible = any(all(9 <= h <= 11 for h in s) and len(s) == k for s in plain) and not tower.any()
    if label is None:
        # Ways over homeless land may be missed; without any, nothing is.
        assert not (possible and (graph.households > 0).all())
        return
    assert is_sound(graph, label, k)
    assert len({int(label[u]) for u in np.flatnonzero(tower)}) == int(tower.sum())
    if possible and (graph.households > 0).all():
        assert all(9 <= h <= 11 for h in sizes_of(graph, label))


def test_grids_meet_over_land_without_homes_and_take_it_in() -> None:
    graph = path(4, 0, 6, 0, 5, 0, 5)
    label = best_small(graph, GridCount(2, 0, 0.0), TINY)
    assert label is not None
    assert sizes_of(graph, label) == [10, 10]
    assert label[1] == label[0] == label[2]


def test_homes_between_towers_join_one_of_them() -> None:
    graph = path(30, 2, 40, 10)
    label = best_small(graph, GridCount(3, 2, 0.0), TINY)
    assert label is not None
    assert sizes_of(graph, label) in ([10, 30, 42], [10, 32, 40])


def test_two_named_grids_are_never_one() -> None:
    graph = zone([5, 5, 5, 5], [(0, 1), (1, 2), (2, 3), (3, 0)], anchors=(0, 1))
    label = best_small(graph, GridCount(2, 0, 0.0), TINY)
    assert label is not None
    assert label[0] != label[1]


@pytest.mark.parametrize("effort", [ExactEffort(sets=2), ExactEffort(widths=(0.0,))])
def test_a_zone_too_large_or_out_of_range_is_left_to_the_search(effort: ExactEffort) -> None:
    graph = path(*[1] * 40) if effort.sets == 2 else path(7, 7)
    assert best_small(graph, GridCount(4 if effort.sets == 2 else 2, 0, 0.0), TINY, effort) is None


def test_grids_out_of_band_are_mended_with_their_neighbours_and_the_others_stay() -> None:
    graph = path(5, 5, 5, 5, 5, 5, 5, 5)
    label = np.array([0, 0, 1, 2, 2, 2, 3, 3])
    done = mend(graph, label, 4, TINY)
    assert is_sound(graph, done, 4)
    assert sizes_of(graph, done) == [10, 10, 10, 10]
    assert (done[[0, 1, 6, 7]] == label[[0, 1, 6, 7]]).all()


@settings(max_examples=60, deadline=None)
@given(tiny_zones(), st.integers(2, 4))
def test_mending_never_loses_a_grid_in_band(graph: ZoneGraph, k: int) -> None:
    for label, sizes in divisions(graph, min(k, int((graph.households > 0).sum()))):
        done = mend(graph, label, len(sizes), TINY)
        assert is_sound(graph, done, len(sizes))
        assert sum(9 <= h <= 11 for h in sizes_of(graph, done)) >= sum(9 <= h <= 11 for h in sizes)
        break
