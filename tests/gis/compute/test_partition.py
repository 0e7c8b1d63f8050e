import hashlib
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gis.compute.frames import assign_communities, build_frames
from gis.compute.households import spread_by_largest_remainder
from gis.compute.parameters import PartitionParameters
from gis.compute.partition import CommunityPartition, Stopped, partition_community
from gis.compute.quality import Reason
from gis.compute.refusal import InputRefused
from gis.compute.topology import check_plan
from gis.compute.workers import CommunityInput, partition_communities

FAST = PartitionParameters(preset="fast")


def divided(town: Any, buildings: gpd.GeoDataFrame | None = None, **options: Any) -> CommunityPartition:
    settings = {
        "streets": town.streets,
        "barriers": town.river,
        "parameters": FAST,
        "key": "410802001001",
        **options,
    }
    frame = town.buildings if buildings is None else buildings
    return partition_community(town.frame, frame, metric_crs=town.crs, **settings)


def digest(result: CommunityPartition) -> str:
    return hashlib.sha256(
        b"".join(result.grids.geometry.to_wkb()) + result.assignment.to_numpy().tobytes()
    ).hexdigest()


@pytest.fixture(scope="module")
def plan(town: Any) -> CommunityPartition:
    return divided(town)


def test_the_hard_zeros_hold(town: Any, plan: CommunityPartition) -> None:
    grids = plan.grids
    assert grids.crs.to_epsg() == 4490
    assert (grids.geom_type == "Polygon").all()
    assert (grids["households"] > 0).all()
    assert grids["households"].sum() == town.buildings["households"].sum()
    assert plan.assignment.index.equals(town.buildings.index)
    assert grids.union_all().symmetric_difference(town.frame).area == 0
    findings = check_plan(
        grids, town.frame, metric_crs=town.crs, households=grids["households"], assignment=plan.assignment
    )
    assert [f for f in findings if f.hard] == []
    assert not any(Reason.CROSSES_BARRIER in r for r in grids["reasons"])


def test_no_grid_has_land_on_both_banks(town: Any, plan: CommunityPartition) -> None:
    river = town.river.iloc[0]
    homes = town.buildings[~town.buildings.intersects(river)]
    west = homes.geometry.centroid.x < river.centroid.x
    both = homes.assign(west=west, grid=plan.assignment[homes.index])[homes["households"] > 0]
    assert (both.groupby("grid")["west"].nunique() == 1).all()


def test_grids_come_into_the_band_and_run_from_west_to_east(town: Any, plan: CommunityPartition) -> None:
    assert (plan.grids["size_class"] == "band").mean() >= 0.9
    assert plan.zones["k"].sum() == len(plan.grids)
    assert plan.grids.geometry.representative_point().x.iloc[[0, -1]].is_monotonic_increasing


def test_the_same_input_gives_the_same_bytes_and_another_key_another_plan(
    town: Any, plan: CommunityPartition
) -> None:
    assert digest(divided(town)) == digest(plan)
    assert digest(divided(town, key="410802001002")) != digest(plan)


def test_a_plan_before_is_kept_whatever_the_seed(town: Any, plan: CommunityPartition) -> None:
    again = divided(town, previous=plan.grids, parameters=PartitionParameters(preset="fast", seed=77))
    assert again.grids["inherits"].tolist() == list(range(len(plan.grids)))
    assert (again.assignment == plan.assignment).mean() > 0.99


def test_points_and_compounds_serve_as_units(town: Any) -> None:
    points = town.buildings.set_geometry(town.buildings.geometry.representative_point())
    result = divided(town, points)
    assert result.grids["households"].sum() == points["households"].sum()
    assert result.grids.union_all().symmetric_difference(town.frame).area == 0


def test_a_community_without_homes_is_one_grid_and_says_so(town: Any) -> None:
    for buildings in (town.buildings.assign(households=0), town.buildings.iloc[:0]):
        result = divided(town, buildings)
        assert result.grids["reasons"].tolist() == [(Reason.NO_HOMES,)]
        assert result.grids.geometry.iloc[0].equals(town.frame)


@pytest.mark.parametrize(("households", "reason"), [(299, Reason.SOLE_GRID), (300, None)])
def test_a_community_below_the_soft_minimum_is_one_grid(
    town: Any, households: int, reason: Reason | None
) -> None:
    spread = spread_by_largest_remainder(households, np.ones(len(town.buildings)))
    result = divided(town, town.buildings.assign(households=spread), barriers=None)
    assert len(result.grids) == 1
    assert (reason in result.grids["reasons"].iloc[0]) is (reason is not None)


def test_a_tower_above_the_hard_maximum_is_a_grid_by_itself(town: Any) -> None:
    buildings = town.buildings.copy()
    buildings.loc[100, "households"] = 1200
    grid = divided(town, buildings, barriers=None)
    tower = grid.grids.loc[grid.assignment[100]]
    assert tower["households"] == 1200
    assert Reason.TOWER in tower["reasons"]


def test_stopping_and_degrees(town: Any) -> None:
    with pytest.raises(Stopped):
        divided(town, should_stop=lambda: True)
    with pytest.raises(InputRefused, match="DEGREES_NOT_METRES"):
        divided(town, town.buildings.to_crs("EPSG:4490"))


def test_parameters_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="limits"):
        PartitionParameters(soft_min=450)
    with pytest.raises(ValueError, match="preset"):
        PartitionParameters(preset="slow")


def test_named_grids_that_the_search_cannot_keep_apart_are_refused(
    town: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_grid(graph: Any, *_: object) -> Any:
        return SimpleNamespace(label=np.zeros(len(graph.households), dtype=np.int64), k=1)

    monkeypatch.setattr("gis.compute.partition.division.divide", one_grid)
    homes = town.buildings
    west, east = (homes.index[homes.geometry.centroid.x.argsort().iloc[at]] for at in (0, -1))
    with pytest.raises(InputRefused) as refused:
        divided(town, barriers=None, assigned=pd.Series({west: "甲", east: "乙"}))
    assert refused.value.code == "ASSIGNMENT_TOO_MANY_GRIDS"
    assert refused.value.facts == {"grids": ["乙", "甲"], "named": 2}
    assert "乙" in refused.value.zh and refused.value.remedy_zh


@pytest.fixture(scope="module")
def quarter(town: Any) -> tuple[list[CommunityInput], str]:
    """Four communities in a square, the town's houses among them."""
    west, south, east, north = town.buildings.total_bounds + np.array([-20, -20, 20, 20])
    x, y = (west + east) / 2, (south + north) / 2
    boxes = [
        shapely.box(west, south, x, y),
        shapely.box(x, south, east, y + 13),
        shapely.box(west, y, x, north),
        shapely.box(x, y + 13, east, north),
    ]
    frames = build_frames(
        gpd.GeoDataFrame({"name": list("甲乙丙丁")}, geometry=boxes, crs=town.crs), town.crs
    )
    home = assign_communities(town.buildings, frames).community
    inputs = [
        CommunityInput(i, frames.lonlat.geometry[i], town.buildings[home == i], town.streets, town.river)
        for i in frames.lonlat.index
    ]
    return inputs, town.crs


def test_many_communities_tile_together_and_report_progress(
    quarter: tuple[list[CommunityInput], str],
) -> None:
    inputs, crs = quarter
    done = list(partition_communities(inputs, metric_crs=crs, parameters=FAST))
    assert [(p.key, p.done, p.total) for p in done] == [(i, i + 1, 4) for i in range(4)]
    shapes = np.concatenate([p.partition.grids.geometry.to_numpy() for p in done])
    assert shapely.coverage_is_valid(shapes)


def test_drawing_one_community_anew_leaves_the_others_to_the_last_bit(
    quarter: tuple[list[CommunityInput], str],
) -> None:
    inputs, crs = quarter
    first = [p.partition for p in partition_communities(inputs, metric_crs=crs, parameters=FAST)]
    again = replace(
        inputs[2],
        buildings=inputs[2].buildings.assign(
            households=inputs[2].buildings["households"].iloc[::-1].to_numpy()
        ),
        previous=first[2].grids,
        locked=(0,),
    )
    (redrawn,) = partition_communities([again], metric_crs=crs, parameters=FAST)
    shapes = [part.grids.geometry.to_numpy() for part in first]
    assert {g.wkb for g in redrawn.partition.grids.geometry} != {g.wkb for g in shapes[2]}
    shapes[2] = redrawn.partition.grids.geometry.to_numpy()
    assert shapely.coverage_is_valid(np.concatenate(shapes))
    together = list(partition_communities([*inputs[:2], again, inputs[3]], metric_crs=crs, parameters=FAST))
    assert [digest(part.partition) for part in together] == [
        digest(part) for part in (*first[:2], redrawn.partition, first[3])
    ]


@pytest.mark.slow
def test_the_number_of_processes_does_not_change_the_plan(quarter: tuple[list[CommunityInput], str]) -> None:
    inputs, crs = quarter
    runs = [
        [
            digest(p.partition)
            for p in partition_communities(inputs, metric_crs=crs, parameters=FAST, processes=n)
        ]
        for n in (1, 2)
    ]
    assert runs[0] == runs[1]
