"""The shipped Lujiazui set, as it came, goes through the intake and is divided soundly: dirt is named, never lost.

Data: © OpenStreetMap contributors, ODbL, through Tilezen.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from gis.compute.city import CityLayers, finish_city, partition_city, prepare_city
from gis.compute.crs.systems import zone_for
from gis.compute.households import households_of_buildings
from gis.compute.intake import IntakeOptions, read_layer
from gis.compute.parameters import PartitionParameters
from tests.gis.compute.soundness import faults

LUJIAZUI = Path(__file__).resolve().parents[3] / "data" / "shanghai_lujiazui_tilezen.gpkg"
QUARTERS = ("west south", "west north", "east south", "east north")


def quarters(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Four made-up communities whose lines run straight through houses and the river."""
    west, south, east, north = shapely.box(*buildings.total_bounds).buffer(1e-4).bounds
    x, y = (west + east) / 2, (south + north) / 2
    boxes = [shapely.box(a, b, c, d) for a, c in ((west, x), (x, east)) for b, d in ((south, y), (y, north))]
    return gpd.GeoDataFrame({"code": QUARTERS, "name": QUARTERS}, geometry=boxes, crs=4490)


def layers(part: str | None) -> CityLayers:
    buildings = read_layer(LUJIAZUI, "buildings").frame
    homes = households_of_buildings(buildings.to_crs(zone_for(121.5)))
    buildings["households"] = homes["households"]
    communities = quarters(buildings)
    if part is not None:
        communities = communities[communities["code"] == part]
        inside = buildings.to_crs(zone_for(121.5)).representative_point().to_crs(4490)
        buildings = buildings[inside.within(communities.union_all())]
    return CityLayers(
        communities,
        buildings,
        read_layer(LUJIAZUI, "streets", IntakeOptions(layer="roads")).frame,
        read_layer(LUJIAZUI, "barriers", IntakeOptions(layer="water")).frame,
    )


def check_divided(given: CityLayers, preset: str) -> None:
    city = prepare_city(given)
    parts = list(partition_city(city, PartitionParameters(preset=preset), processes=1))
    plan = finish_city(city, parts)
    assert plan.check.holds, plan.check
    assert plan.check.buildings == len(given.buildings)
    assert plan.check.households == given.buildings["households"].sum()
    for part in parts:
        own = city.buildings.loc[part.partition.assignment.index]
        frame = city.frames.lonlat.geometry[part.key]
        assert faults(frame, own, part.partition, city.frames.metric_crs) == []


def test_a_quarter_of_it_is_divided_soundly() -> None:
    check_divided(layers("east south"), "fast")


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["fast", "standard"])
def test_all_of_it_is_divided_soundly(preset: str) -> None:
    check_divided(layers(None), preset)
