from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.compute.quality import Reason
from gis.compute.refusal import InputRefused
from gis.compute.rural import partition_rural
from gis.compute.topology import check_plan


def village(town: Any) -> gpd.GeoDataFrame:
    """The town's houses as six villager groups in a 3 × 2 pattern."""
    x, y = town.buildings.geometry.centroid.x, town.buildings.geometry.centroid.y
    column = np.minimum(2, (3 * (x - x.min()) / (np.ptp(x) + 1)).astype(int))
    row = (y > y.mean()).astype(int)
    return town.buildings.assign(
        villager_group=[f"第{r * 3 + c + 1}村民小组" for c, r in zip(column, row, strict=True)]
    )


def group_polygons(town: Any) -> gpd.GeoDataFrame:
    west, south, east, north = town.buildings.total_bounds + np.array([-30, -30, 30, 30])
    xs, ys = np.linspace(west, east, 4), np.linspace(south, north, 3)
    boxes = [
        shapely.box(xs[c] + 1, ys[r] + 1, xs[c + 1] - 1, ys[r + 1] - 1) for r in range(2) for c in range(3)
    ]
    return gpd.GeoDataFrame(index=[f"第{i + 1}村民小组" for i in range(6)], geometry=boxes, crs=town.crs)


def test_each_group_is_one_grid_formed_from_the_cells_of_its_houses(town: Any) -> None:
    homes = village(town)
    result = partition_rural(town.frame, homes, metric_crs=town.crs, streets=town.streets)
    assert len(result.grids) == 6
    groups = homes["villager_group"].groupby(result.assignment).nunique()
    assert (groups == 1).all()
    assert all(Reason.GROUP in r for r in result.grids["reasons"])
    findings = check_plan(
        result.grids, town.frame, metric_crs=town.crs, households=result.grids["households"],
        assignment=result.assignment, rural=True,
    )  # fmt: skip
    assert findings == []


def test_group_polygons_become_grids_and_the_land_between_them_is_shared_out(town: Any) -> None:
    result = partition_rural(town.frame, town.buildings, metric_crs=town.crs, groups=group_polygons(town))
    assert len(result.grids) == 6
    assert result.grids.union_all().symmetric_difference(town.frame).area == 0
    assert result.grids["households"].sum() == town.buildings["households"].sum()
    assert sorted(n for names in result.grids["villager_groups"] for n in names) == sorted(
        group_polygons(town).index
    )
    assert any("并入相邻小组" in note for note in result.notes)


def test_overlapping_groups_are_refused_with_names(town: Any) -> None:
    groups = group_polygons(town)
    groups.loc["第1村民小组", "geometry"] = groups.geometry.iloc[0].buffer(20)
    with pytest.raises(InputRefused) as refused:
        partition_rural(town.frame, town.buildings, metric_crs=town.crs, groups=groups)
    assert refused.value.code == "GROUP_OVERLAP"
    assert "第1村民小组" in str(refused.value.facts["names"])


@pytest.mark.parametrize(("below", "grids"), [(39, 6), (41, 5)])
def test_a_tiny_group_joins_its_neighbour_only_below_the_limit_and_says_so(
    town: Any, below: int, grids: int
) -> None:
    homes = village(town)
    tiny = homes["villager_group"] == "第6村民小组"
    homes.loc[tiny, "households"] = 0
    homes.loc[homes.index[tiny][0], "households"] = 40
    result = partition_rural(town.frame, homes, metric_crs=town.crs, merge_below=below)
    assert len(result.grids) == grids
    merged = [
        names
        for names, why in zip(result.grids["villager_groups"], result.grids["reasons"], strict=True)
        if Reason.GROUPS_MERGED in why
    ]
    assert [len(names) for names in merged] == ([] if grids == 6 else [2])


def test_houses_of_no_group_join_the_group_around_them(town: Any) -> None:
    homes = village(town)
    homes.loc[homes.index[:5], "villager_group"] = None
    result = partition_rural(town.frame, homes, metric_crs=town.crs)
    assert result.grids["households"].sum() == homes["households"].sum()
    assert any("没有村民小组" in note for note in result.notes)


def test_a_village_without_any_group_is_one_grid(town: Any) -> None:
    result = partition_rural(town.frame, town.buildings, metric_crs=town.crs)
    assert len(result.grids) == 1
    assert result.notes
