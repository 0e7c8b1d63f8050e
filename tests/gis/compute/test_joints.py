"""What the joints of a zone cost: tried against all divisions of tiny zones, where 9, 10 and 11 are in band."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.bound import EXACT, Proof, bound_of
from gis.compute.bound.homes import Band
from gis.compute.bound.joints import Allowed, least_out_of_band
from gis.compute.zones import GridCount, ZoneGraph
from tests.gis.compute.tiny_zones import TINY, divisions, path, tiny_zones, zone

BAND = Band(9, 11)
FREE = Band(1, 1_000)


def allowed(k: int, near: Band = FREE, most: int = 10) -> Allowed:
    return Allowed(k, BAND, near, most)


def out_of_band(graph: ZoneGraph, label: np.ndarray, sizes: list[int], near: Band) -> int | None:
    """How many grids without a unit above the band are out of it; None if one is not near."""
    towers = set(label[graph.households > BAND.high].tolist())
    plain = [size for part, size in enumerate(sizes) if part not in towers]
    if any(not near.low <= size <= near.high for size in plain):
        return None
    return sum(not BAND.low <= size <= BAND.high for size in plain)


def fewest_out(graph: ZoneGraph, k: int, near: Band) -> int | None:
    found = [out_of_band(graph, label, sizes, near) for label, sizes in divisions(graph, k)]
    return min((out for out in found if out is not None), default=None)


def has_homes_for(graph: ZoneGraph, k: int) -> bool:
    """Whether each of k grids has homes, and none holds two units above the band."""
    housed = graph.households > 0
    return k <= int(housed.sum()) and int((graph.households > BAND.high).sum()) <= k


@settings(max_examples=300, deadline=None)
@given(tiny_zones(), st.integers(1, 4), st.sampled_from([FREE, Band(6, 14), Band(9, 11), Band(3, 25)]))
def test_no_division_has_fewer_out_of_band(graph: ZoneGraph, k: int, near: Band) -> None:
    fewest = fewest_out(graph, k, near)
    if fewest is None or not has_homes_for(graph, k):
        return
    found = least_out_of_band(graph, allowed(k, near))
    assert found is not None
    assert found <= fewest
    if fewest:
        # Asked only whether there are fewer, it says no more than that there are not.
        assert least_out_of_band(graph, allowed(k, near, fewest - 1)) in range(found, fewest + 1)


@st.composite
def trees(draw: st.DrawFn) -> ZoneGraph:
    """Zones whose units all are joints or tips."""
    count = draw(st.integers(2, 8))
    households = draw(st.lists(st.integers(0, 11), min_size=count, max_size=count))
    return zone(households, [(draw(st.integers(0, i - 1)), i) for i in range(1, count)])


@settings(max_examples=200, deadline=None)
@given(trees(), st.integers(1, 4), st.sampled_from([FREE, Band(6, 14)]))
def test_between_joints_alone_nothing_is_taken_lightly(graph: ZoneGraph, k: int, near: Band) -> None:
    fewest = fewest_out(graph, k, near)
    if has_homes_for(graph, k):
        assert least_out_of_band(graph, allowed(k, near)) == (11 if fewest is None else fewest)


def star(centre: int, tips: list[int], rest: list[int]) -> ZoneGraph:
    """Tips around one unit, which is also next to the first and last of a ring."""
    first = 1 + len(tips)
    ring = list(range(first, first + len(rest)))
    borders = [(0, 1 + i) for i in range(len(tips))] + [(0, ring[0]), (0, ring[-1])]
    return zone([centre, *tips, *rest], borders + list(itertools.pairwise(ring)))


@pytest.mark.parametrize(
    ("graph", "k", "out"),
    [
        (star(0, [5, 6], [5, 5, 5, 5]), 3, 0),  # 5 + 0 + 6 in one
        (star(0, [5, 6, 4], [5, 5, 5, 5, 1]), 3, 1),  # two of the tips fit, the third is alone or too much
        (star(0, [5, 6, 4], [5, 5, 5, 5, 1]), 4, 1),
        (star(0, [6, 5], [3] * 8), 4, 1),  # 11 in the middle leave 24 for three grids
        (star(1, [7, 7, 7], [5, 5, 5, 5]), 4, 2),  # 7 + 1 + 7 and 7
        (path(4, 0, 4, 0, 4), 1, 1),
    ],
)
def test_tips_of_a_star_cannot_all_stand_with_its_middle(graph: ZoneGraph, k: int, out: int) -> None:
    assert least_out_of_band(graph, allowed(k)) == out
    assert fewest_out(graph, k, FREE) == out


def test_how_near_the_others_keep_may_cost_more() -> None:
    # Alone the tip of 3 is one grid out of band, far off; nearer there are two.
    graph = star(0, [8, 3, 3], [5, 5, 5, 5])
    for near in (FREE, Band(6, 14)):
        assert least_out_of_band(graph, allowed(3, near)) == fewest_out(graph, 3, near)


def test_a_large_zone_is_decided_where_no_sets_can_be_listed() -> None:
    # 300 homes in a ring, three tips on one unit without homes: one tip stays alone.
    graph = star(0, [8, 9, 8], [1] * 300)
    found = bound_of(graph, GridCount(32, 0, 0.0), TINY.limits, EXACT)
    assert (found.in_band_at_most, found.proof) == (31, Proof.JOINTS)


def test_a_thousand_joints_in_a_row_are_no_depth_to_fall_into() -> None:
    assert least_out_of_band(path(*[5] * 1_000), allowed(500, most=0), effort=10_000_000) == 0
    assert least_out_of_band(path(*[8] * 40), allowed(20, most=0)) == 1


def test_what_takes_too_long_or_is_in_pieces_is_not_known() -> None:
    graph = star(0, [5, 6, 4], [5, 5, 5, 5, 1])
    assert least_out_of_band(graph, allowed(3), effort=5) is None
    assert least_out_of_band(zone([5, 5, 5], [(0, 1)]), allowed(2)) is None


def test_effort_ends_the_weighing_also_where_no_number_of_grids_can_be() -> None:
    """Two rings at one unit, far too many households for two grids."""
    sides = [range(1, 41), range(41, 91)]
    borders = [pair for side in sides for pair in itertools.pairwise([0, *side, 0])]
    graph = zone([5] * 91, borders)
    close = allowed(2, near=BAND)
    assert least_out_of_band(graph, close) == close.most + 1
    assert least_out_of_band(graph, close, effort=20) is None
