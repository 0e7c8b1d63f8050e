from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely

from gis.compute.parameters import SizeLimits
from gis.compute.tessellation import Tessellation, tessellate
from gis.compute.zones import Zone, attach_loose, grid_count, grid_count_of, steady_count, zones_of
from tests.gis.compute.tiny_zones import path
from tests.gis.compute.tiny_zones import zone as made_zone

NONE = np.zeros(0, dtype=object)
LIMITS = SizeLimits()


@pytest.mark.parametrize(
    ("units", "k", "towers"),
    [
        ([50] * 16, 2, 0),
        ([50] * 11, 2, 0),  # 550: two grids of 275 miss 400 by less than one of 550
        ([600], 1, 1),
        ([600, 50, 50], 2, 1),
        ([600, 50, 20], 1, 1),  # 70 left: below the hard minimum, no grid of its own
        ([900, 900], 2, 2),
        ([0, 0], 1, 0),
        ([440], 1, 0),
        ([441, 400], 2, 1),
    ],
)
def test_grids_are_counted_with_towers_apart(units: list[int], k: int, towers: int) -> None:
    count = grid_count(np.array(units), LIMITS)
    assert (count.k, count.towers) == (k, towers)


@pytest.mark.parametrize(
    ("units", "k"),
    [
        ([60, 600, 60], 1),  # 120 left, but on either side of the tower no grid can be made of 60
        ([99, 600, 99], 1),
        ([99, 600, 100], 2),
        ([100, 600, 100], 2),  # 200 left: one grid, as without pockets
        ([50, 50, 600, 99, 700], 3),
        ([90, 500, 90, 500, 90, 500, 90], 3),
        ([400, 500, 400], 3),
        ([440, 0, 440], 2),
        ([0, 500, 0], 1),
    ],
)
def test_homes_that_only_towers_connect_form_no_grid_together(units: list[int], k: int) -> None:
    assert grid_count_of(path(*units), LIMITS).k == k


@pytest.mark.parametrize(
    ("households", "old", "kept"),
    [
        (3_794, 9, 9),  # 422 each instead of 379: both in band
        (3_961, 9, 10),  # 440.1 each: out of band, and 10 grids are in
        (3_960, 9, 9),  # 440 each
        (1_777, 5, 5),  # 355 or 444: neither in band, and hardly a difference
        (2_000, 2, 5),
        (700, 1, 2),  # 700 in one, far worse than 350 each
    ],
)
def test_the_number_of_grids_of_the_plan_before_is_kept_while_it_is_good(
    households: int, old: int, kept: int
) -> None:
    units = np.full(20, households // 20)
    units[0] += households - units.sum()
    graph = path(*units.tolist())
    before = np.arange(20) * old // 20 + 7
    count = grid_count_of(graph, LIMITS)
    assert steady_count(graph, count, before, LIMITS).k == kept
    assert steady_count(graph, count, np.full(20, -1), LIMITS) == count


def test_the_plan_before_never_leaves_fewer_grids_than_towers_and_named_ones() -> None:
    graph = path(900, 200, 210, 900)
    count = grid_count_of(graph, LIMITS)
    assert count.k == 3
    assert steady_count(graph, count, np.array([0, 0, 1, 1]), LIMITS) == count
    named = made_zone([100] * 8, [(i, i + 1) for i in range(7)], anchors=(0, 3, 7))
    three = replace(grid_count_of(named, LIMITS), k=3)
    assert steady_count(named, three, np.array([0] * 4 + [1] * 4), LIMITS).k == 3


def test_without_towers_pockets_change_nothing() -> None:
    for units in ([50] * 16, [200, 0, 199], [430, 430, 0]):
        assert grid_count_of(path(*units), LIMITS) == grid_count(np.array(units), LIMITS)


def test_a_community_below_the_soft_minimum_is_one_grid() -> None:
    assert grid_count(np.array([299]), LIMITS, sole=True).k == 1
    assert grid_count(np.array([150, 149]), LIMITS, sole=True).k == 1


def test_there_are_never_more_grids_than_units_with_homes() -> None:
    assert grid_count(np.array([430, 430, 0, 0]), LIMITS).k == 2


def banks(town: Any, west: int) -> Tessellation:
    """The town's cells with 3,600 households on the east bank and `west` in one unit of the west bank."""
    cells = tessellate(town.ring, town.buildings, town.lattice, NONE, town.river.to_numpy())
    west_piece = cells.piece[int(np.argmin(shapely.get_x(shapely.centroid(cells.cells))))]
    west_units = np.flatnonzero(cells.piece == west_piece)
    east_units = np.flatnonzero((cells.piece != west_piece) & ~cells.is_water)
    households = np.zeros(len(cells.cells), dtype=np.int64)
    households[east_units[:90]] = 40
    households[west_units[0]] = west
    return replace(cells, households=households)


def zones_and_loose(cells: Tessellation, **options: bool) -> tuple[list[Zone], np.ndarray]:
    return zones_of(cells, LIMITS, np.full(len(cells.cells), -1), **options)


def test_two_banks_that_can_stand_alone_are_two_zones(town: Any) -> None:
    cells = banks(town, LIMITS.hard_min)
    zones, loose = zones_and_loose(cells)
    assert len(zones) == 2
    assert cells.is_water[loose].all()
    assert sum(z.households for z in zones) == cells.households.sum()


def test_a_bank_below_the_hard_minimum_is_joined_and_it_is_said(town: Any) -> None:
    zones, _ = zones_and_loose(banks(town, LIMITS.hard_min - 1))
    assert len(zones) == 1
    assert len(zones[0].pieces) == 2
    assert zones[0].reasons


def test_banks_join_for_balance_only_when_asked(town: Any) -> None:
    cells = banks(town, 200)
    assert len(zones_and_loose(cells)[0]) == 2
    assert len(zones_and_loose(cells, cross_for_balance=True)[0]) == 1


def test_homeless_land_and_water_join_the_grid_next_to_them(town: Any) -> None:
    cells = banks(town, 0)
    zones, loose = zones_and_loose(cells)
    label = np.full(len(cells.cells), -1)
    label[zones[0].units] = 0
    done = attach_loose(cells, label, loose)
    assert (done == 0).all()
    assert shapely.union_all(cells.cells[done == 0]).geom_type == "Polygon"


def test_zone_graphs_are_connected_and_symmetric(town: Any) -> None:
    for zone in zones_and_loose(banks(town, 60))[0]:
        graph = zone.graph
        rows = np.repeat(np.arange(len(zone.units)), np.diff(graph.indptr))
        pairs = set(zip(rows.tolist(), graph.indices.tolist(), strict=True))
        assert all((b, a) in pairs for a, b in pairs)
        reached, waiting = {0}, [0]
        while waiting:
            u = waiting.pop()
            for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
                if v not in reached:
                    reached.add(v)
                    waiting.append(v)
        assert len(reached) == len(zone.units)
