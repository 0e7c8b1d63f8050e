"""The bench's scorer finds what is wrong with a plan, and the peers' runner keeps its budget."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from tests.bench.peers import run
from tests.bench.peers.score import Plan, Town, score
from tests.bench.peers.table import faults

# Two communities of 200 × 100 m side by side, each with four houses in a row; the second has a tower.
WEST, EAST = shapely.box(0, 0, 200, 100), shapely.box(200, 0, 400, 100)
MIDDLES = [20, 80, 120, 180, 220, 280, 320, 380]
HOUSES = np.array([shapely.box(x - 8, 42, x + 8, 58) for x in MIDDLES], dtype=object)
NO_BARRIERS = np.array([], dtype=object)


@pytest.fixture
def town() -> Town:
    return Town(
        communities=np.array([WEST, EAST], dtype=object),
        footprints=HOUSES,
        households=np.array([200, 200, 150, 350, 700, 0, 200, 210]),
        community=np.array([0, 0, 0, 0, 1, 1, 1, 1]),
        barriers=NO_BARRIERS,
    )


@pytest.fixture
def plan() -> Plan:
    squares = np.array([shapely.box(x, 0, x + 100, 100) for x in (0, 100, 200, 300)], dtype=object)
    return Plan(
        lonlat=squares,
        metric=squares,
        community=np.array([0, 0, 1, 1]),
        zone=np.array([0, 0, 1, 1]),
        grid=np.repeat([0, 1, 2, 3], 2),
    )


def test_a_sound_plan_is_counted_and_measured(town: Town, plan: Plan) -> None:
    found = score(town, plan)
    assert (found.grids, found.in_band, found.out_whole_city) == (4, 2, 2)
    # 900 households in two grids are 12.5 % off: that zone cannot be in band; of the other only the tower is out.
    assert (found.attainable_grids, found.out_attainable, found.around_large_units) == (1, 0, 1)
    assert found.worst_attainable == pytest.approx(0.025)
    assert found.worst == pytest.approx(0.75)
    assert found.polsby_popper == pytest.approx(np.pi / 4)
    assert found.reock == pytest.approx(2 / np.pi)
    assert found.coverage_valid
    assert found.area_gap == 0
    assert faults(vars(found)) == 0


def test_a_zone_out_of_band_without_need_counts(town: Town, plan: Plan) -> None:
    lighter = replace(town, households=np.array([200, 120, 150, 350, 700, 0, 200, 210]))
    found = score(lighter, plan)
    assert (found.attainable_grids, found.out_attainable) == (3, 2)
    assert found.worst_attainable == pytest.approx(0.25)


def test_lost_buildings_and_households_are_counted(town: Town, plan: Plan) -> None:
    found = score(town, replace(plan, grid=np.array([0, 0, 1, -1, 2, 2, 3, 3])))
    assert (found.buildings_lost, found.households_lost) == (1, 350)


def test_a_gap_an_overlap_and_an_empty_grid_are_seen(town: Town, plan: Plan) -> None:
    shapes = plan.metric.copy()
    shapes[1] = shapely.box(110, 0, 200, 100)
    found = score(town, replace(plan, metric=shapes, lonlat=shapes))
    assert found.area_gap == pytest.approx(1000 / 20_000)
    shapes = plan.metric.copy()
    shapes[1] = shapely.box(90, 0, 200, 100)
    assert not score(town, replace(plan, metric=shapes, lonlat=shapes)).coverage_valid
    assert score(town, replace(plan, grid=np.array([0, 0, 0, 0, 2, 2, 3, 3]))).empty == 2


def test_scattered_and_foreign_land_is_seen(town: Town, plan: Plan) -> None:
    shapes = plan.metric.copy()
    shapes[0] = shapely.box(0, 0, 90, 100).union(shapely.box(95, 0, 100, 100))
    shapes[2] = shapely.box(195, 0, 300, 100)
    found = score(town, replace(plan, metric=shapes))
    assert (found.not_contiguous, found.cross_community) == (1, 1)


def test_a_border_through_a_house_is_seen_and_one_over_its_wall_is_not(town: Town, plan: Plan) -> None:
    shapes = plan.metric.copy()
    shapes[0], shapes[1] = shapely.box(0, 0, 80, 100), shapely.box(80, 0, 200, 100)
    assert score(town, replace(plan, metric=shapes)).footprints_cut == 1
    shapes[0], shapes[1] = shapely.box(0, 0, 87.9, 100), shapely.box(87.9, 0, 200, 100)
    assert score(town, replace(plan, metric=shapes)).footprints_cut == 0


def test_a_grid_over_a_barrier_is_at_fault_only_where_both_sides_could_stand_alone(
    town: Town, plan: Plan
) -> None:
    rail = np.array([shapely.LineString([(50, -10), (50, 110)])], dtype=object)
    assert score(replace(town, barriers=rail), plan).cross_barrier_without_need == 1
    few = np.array([90, 310, 150, 350, 700, 0, 200, 210])
    assert score(replace(town, barriers=rail, households=few), plan).cross_barrier_without_need == 0
    dead_end = np.array([shapely.LineString([(50, -10), (50, 50)])], dtype=object)
    assert score(replace(town, barriers=dead_end), plan).cross_barrier_without_need == 0


def test_footprints_on_the_same_ground_are_one_large_unit(town: Town, plan: Plan) -> None:
    over = HOUSES.copy()
    over[1] = over[0]
    heavy = replace(town, footprints=over, households=np.array([300, 300, 150, 250, 100, 310, 200, 210]))
    assert score(heavy, plan).around_large_units == 1


def test_the_runner_draws_until_its_seconds_are_used_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = iter(np.arange(0, 100, 0.5).tolist())
    monkeypatch.setattr(run.time, "process_time", lambda: next(clock))
    turn = [np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]), np.array([0, 1, 1, 0])]
    monkeypatch.setitem(run.PEERS, "fake", lambda _: iter(turn * 20))
    ring = run.RING_OF_FOUR
    np.savez(
        tmp_path / "zones.npz", units=[4, 4], links=[8, 8], k=[2, 1], budget_s=[3.0, 3.0],
        indptr=np.tile(ring.indptr, 2), indices=np.tile(ring.indices, 2), cut=np.tile(ring.cut, 2),
        weight=np.tile(ring.weight, 2),
    )  # fmt: skip
    run.main("fake", str(tmp_path / "zones.npz"), str(tmp_path / "answer.npz"))
    answer = np.load(tmp_path / "answer.npz")
    assert answer["draws"].tolist() == [6, 0]
    assert answer["cpu_s"].tolist() == [3.0, 0.0]
    # The same division under other names is kept once.
    assert answer["kept"].tolist() == [2, 0]
    assert answer["labels"].tolist() == [0, 0, 1, 1, 0, 1, 1, 0]
