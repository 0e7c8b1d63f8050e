from dataclasses import replace

import numpy as np
import pytest

from gis.compute.parameters import PartitionParameters
from gis.compute.search import divide, warm_up
from gis.compute.search.pick import grids_in_band
from gis.compute.starts import is_sound
from gis.compute.zones import GridCount, grid_count
from tests.gis.compute.search.squares import LIMITS, homes_of, some_zone, squares

FAST = PartitionParameters(preset="fast")


@pytest.mark.parametrize("preset", ["fast", "standard", "best"])
def test_division_is_the_same_twice_and_sound(preset: str) -> None:
    graph, k, _ = some_zone(5)
    count = grid_count(graph.households, LIMITS)
    first, again = (divide(graph, count, PartitionParameters(preset=preset), 9) for _ in range(2))
    assert (first.label == again.label).all()
    assert first.k == k
    assert is_sound(graph, first.label, k)


def test_uniform_homes_all_come_into_the_band() -> None:
    graph = squares(12, 12, np.full(144, 25))
    found = divide(graph, grid_count(graph.households, LIMITS), FAST, 1)
    assert (np.abs(homes_of(graph, found.label) / 400 - 1) <= 0.10).all()


def test_a_plan_before_that_still_holds_is_not_touched_and_stability_holds_people() -> None:
    graph = squares(12, 12, np.full(144, 25))
    count = grid_count(graph.households, LIMITS)
    before = divide(graph, count, FAST, 1).label
    again = divide(graph, count, FAST, 99, before + 40)
    assert len({(int(a), int(b)) for a, b in zip(before, again.label, strict=True)}) == count.k
    changed = replace(graph, households=np.where(before == 0, 33, graph.households).astype(np.int64))
    kept = {}
    for price in (0.0, 30.0):
        label = divide(changed, count, replace(FAST, stability=price), 3, before).label
        kept[price] = int(changed.households[label == before].sum())
    assert kept[30.0] > kept[0.0]


def test_a_small_change_moves_few_people_and_loses_no_grid_in_band() -> None:
    """Six towns of 16 grids, one unit in twenty has a fifth more households."""
    moved, people = 0, 0
    for seed in range(4, 10):
        graph = squares(16, 16, np.random.default_rng(seed).integers(10, 40, 256))
        count = grid_count(graph.households, LIMITS)
        before = divide(graph, count, FAST, 1).label
        homes = graph.households.copy()
        homes[::20] = homes[::20] * 6 // 5
        changed = replace(graph, households=homes)
        after = divide(changed, count, FAST, 2, before).label
        in_band = [grids_in_band(changed, label, count.k, LIMITS) for label in (before, after)]
        assert in_band[1] >= in_band[0]
        moved, people = moved + int(homes[after != before].sum()), people + int(homes.sum())
    assert moved <= 0.015 * people


@pytest.mark.parametrize("factor", [1.3, 0.7])
def test_where_the_number_of_grids_changes_most_people_stay(factor: float) -> None:
    graph = squares(12, 12, np.full(144, 25))
    count = grid_count(graph.households, LIMITS)
    before = divide(graph, count, FAST, 1).label
    changed = replace(graph, households=np.rint(graph.households * factor).astype(np.int64))
    anew = grid_count(changed.households, LIMITS)
    found = divide(changed, anew, FAST, 2, before)
    assert found.k == anew.k != count.k
    assert is_sound(changed, found.label, found.k)
    assert grids_in_band(changed, found.label, found.k, LIMITS) == found.k
    same = np.array([np.bincount(found.label[before == part]).max() for part in range(count.k)])
    assert same.sum() >= 0.6 * 144


def test_fewer_homes_than_grids_lower_the_number_of_grids() -> None:
    graph = squares(4, 4, np.array([500, *[0] * 14, 500]))
    assert divide(graph, GridCount(5, 0, 0.0), FAST, 1).k == 2


def test_anchored_units_stand_alone_in_grids_of_their_own() -> None:
    graph = squares(8, 8, np.full(64, 25))
    anchor = np.full(64, -1)
    anchor[[0, 1, 9]] = [4, 2, 11]
    graph = replace(graph, anchor=anchor, households=np.where(anchor == 2, 0, graph.households))
    found = divide(graph, GridCount(4, 0, 0.0), FAST, 1)
    assert is_sound(graph, found.label, 4)
    assert len(np.unique(found.label[anchor >= 0])) == 3


def test_there_are_never_fewer_grids_than_anchors() -> None:
    graph = squares(4, 4, np.array([500, *[0] * 14, 500]))
    anchor = np.full(16, -1)
    anchor[[4, 5, 6]] = [0, 1, 2]
    found = divide(replace(graph, anchor=anchor), GridCount(3, 2, 0.0), FAST, 1)
    assert found.k == 3
    assert len(np.unique(found.label[4:7])) == 3


def test_warm_up_compiles_without_complaint() -> None:
    warm_up()


@pytest.mark.parametrize(("seed", "worst"), [(8, 420), (9, 420), (3, 440)], ids=["can", "can too", "cannot"])
def test_the_best_preset_keeps_a_margin_in_band_where_that_can_be(seed: int, worst: int) -> None:
    """All units have 20, 40, 60 or 80 households, so that below 440 comes 420; the third town has 1,700 for four grids."""
    graph = squares(6, 6, np.random.default_rng(seed).integers(1, 5, 36) * 20)
    found = divide(graph, grid_count(graph.households, LIMITS), PartitionParameters(preset="best"), 1)
    homes = homes_of(graph, found.label)
    assert (homes.min() >= 360, homes.max()) == (True, worst)
    assert is_sound(graph, found.label, found.k)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_unit_that_fills_the_band_by_itself_throws_no_grid_out_of_it(seed: int) -> None:
    homes = np.full((8, 8), 24)
    homes[:4, :4] = 1
    homes[1, 1] = 440
    graph = squares(8, 8, homes.ravel())
    count = grid_count(graph.households, LIMITS)
    found = divide(graph, count, PartitionParameters(preset="best"), seed)
    assert grids_in_band(graph, found.label, found.k, LIMITS) == count.k == 4


def test_a_zone_that_only_the_end_of_the_band_allows_is_divided_without_a_margin() -> None:
    graph = squares(8, 11, np.full(88, 10))
    best = PartitionParameters(preset="best")
    assert homes_of(graph, divide(graph, GridCount(2, 0, 0.1), best, 1).label).tolist() == [440, 440]
