from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gis.compute.parameters import PartitionParameters
from gis.compute.partition import partition_community
from gis.compute.topology import Finding, check_plan


@pytest.fixture(scope="module")
def grids(town: Any) -> gpd.GeoDataFrame:
    return partition_community(
        town.frame, town.buildings, metric_crs=town.crs, parameters=PartitionParameters(preset="fast")
    ).grids


def found(town: Any, grids: gpd.GeoDataFrame, **options: Any) -> list[Finding]:
    return check_plan(grids, town.frame, metric_crs=town.crs, **options)


def codes(findings: list[Finding]) -> set[str]:
    return {f.code for f in findings}


def with_shape(grids: gpd.GeoDataFrame, label: int, shape: shapely.Geometry) -> gpd.GeoDataFrame:
    changed = grids.copy()
    changed.loc[label, "geometry"] = shape
    return changed


def test_a_drawn_plan_is_sound(town: Any, grids: gpd.GeoDataFrame) -> None:
    assert found(town, grids) == []


def test_a_missing_grid_is_a_gap_with_its_area_and_place(town: Any, grids: gpd.GeoDataFrame) -> None:
    gap = [f for f in found(town, grids.drop(index=3)) if f.code == "GRID_GAP"]
    assert gap[0].area_m2 == pytest.approx(grids.loc[3, "area_m2"], rel=1e-3)
    assert grids.geometry[3].contains(shapely.Point(gap[0].place))


def test_a_grid_drawn_too_large_overlaps_and_leaves_the_community(town: Any, grids: gpd.GeoDataFrame) -> None:
    large = with_shape(grids, 0, grids.geometry[0].buffer(0.0003))
    assert codes(found(town, large)) >= {"GRID_OVERLAP", "GRID_OUTSIDE"}


def test_a_vertex_off_by_one_rounding_step_is_a_seam_not_a_gap(town: Any, grids: gpd.GeoDataFrame) -> None:
    ring = np.array(grids.geometry[0].exterior.coords)
    ring[4, 0] += 1e-7
    moved = with_shape(grids, 0, shapely.Polygon(np.round(ring, 7)))
    assert codes(found(town, moved)) == {"GRID_SEAM"}


def test_two_parts_are_told_but_do_not_forbid(town: Any, grids: gpd.GeoDataFrame) -> None:
    far = max(grids.index[1:], key=lambda g: grids.geometry[0].distance(grids.geometry[g]))
    joined = with_shape(
        grids.drop(index=far), 0, shapely.MultiPolygon([grids.geometry[0], grids.geometry[far]])
    )
    findings = found(town, joined)
    assert [(f.code, f.grids, f.hard) for f in findings] == [("NOT_CONTIGUOUS", (0,), False)]


def test_a_bow_tie_and_an_empty_shape_are_invalid(town: Any, grids: gpd.GeoDataFrame) -> None:
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    for shape in (bow, shapely.Polygon(), shapely.Point(1, 1)):
        assert codes(found(town, with_shape(grids, 0, shape))) == {"GRID_INVALID"}


@pytest.mark.parametrize(
    ("households", "code", "hard"),
    [
        (0, "GRID_EMPTY", True), (99, "GRID_SIZE", True), (100, "GRID_SIZE_SOFT", False), (299, "GRID_SIZE_SOFT", False),
        (300, None, False), (500, None, False), (501, "GRID_SIZE_SOFT", False), (800, "GRID_SIZE_SOFT", False),
        (801, "GRID_SIZE", True),
    ],
)  # fmt: skip
def test_sizes_exactly_at_and_past_the_limits(
    town: Any, grids: gpd.GeoDataFrame, households: int, code: str | None, hard: bool
) -> None:
    counts = pd.Series(400, index=grids.index)
    counts[0] = households
    expected = [] if code is None else [(code, (0,), hard)]
    assert [(f.code, f.grids, f.hard) for f in found(town, grids, households=counts)] == expected


def test_the_sole_grid_of_a_community_may_have_any_size(town: Any, grids: gpd.GeoDataFrame) -> None:
    sole = gpd.GeoDataFrame(geometry=[town.frame], crs="EPSG:4490")
    assert found(town, sole, households=pd.Series([7])) == []


def test_village_grids_have_no_size_rule_but_must_have_homes(town: Any, grids: gpd.GeoDataFrame) -> None:
    counts = pd.Series(40, index=grids.index)
    assert found(town, grids, households=counts, rural=True) == []
    counts[2] = 0
    assert codes(found(town, grids, households=counts, rural=True)) == {"GRID_EMPTY"}


def test_lost_buildings_are_found(town: Any, grids: gpd.GeoDataFrame) -> None:
    assignment = pd.Series([0, 1, np.nan, 999], index=list("abcd"))
    lost = found(town, grids, assignment=assignment)
    assert codes(lost) == {"BUILDING_LOST"}
    assert "c" in lost[0].zh and "d" in lost[0].zh
