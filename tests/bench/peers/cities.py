"""The cities grids are measured on: generated ones nobody tuned on, and the real sets with assumed households.

Real footprints: © OpenStreetMap contributors, ODbL. The Chengdu and Baoshan files are not part of the project; where
they are missing the two cities are left out, and the bench says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.city import CityLayers
from gis.compute.generator.profiles import profile_city
from gis.compute.riverside import load_riverside
from gis.compute.riverside_communities import common_sides, merge_blocks, street_blocks
from gis.compute.stand_ins import compounds_standing_in

ROOT = Path(__file__).resolve().parents[3]
REAL_DATA = Path(os.environ.get("WANGGE_REAL_DATA", ROOT.parent / "shared" / "data"))
# Assumed of the real sets: floors where none are tagged, gross floor area per household, floor area over the
# ground of a compound whose buildings nobody drew. With the product's ratio of 2 nearly every compound of
# Chengdu would be larger than a grid and nothing would be left to divide.
ASSUMED_FLOORS = 6
FLOOR_M2_PER_HOUSEHOLD = 118.0
COMPOUND_FLOOR_RATIO = 1.0
MAIN_STREETS = ("motorway", "trunk", "primary")
BLOCK_STREETS = (*MAIN_STREETS, "secondary", "tertiary", "residential", "unclassified", "living_street")
COMMUNITY_HOUSEHOLDS = (900, 2600)


@dataclass(frozen=True)
class BenchCity:
    """A city by name; `layers` makes it."""

    name: str
    layers: Callable[[], CityLayers]


def cities(training: bool) -> list[BenchCity]:
    """The five generated kinds (unseen seeds, or those used for tuning) and the real sets that are there."""
    first = 1 if training else 9001
    found = [
        generated("slab_town", first, 110_000),
        generated("tower_city", first if training else 9002, 150_000),
        generated("old_town", first if training else 9003, 80_000),
        generated("villages", first if training else 9004, 120_000),
        generated("mixed", first if training else 9005, 150_000),
        BenchCity("lujiazui", _lujiazui),
    ]
    for name, metric_crs in (("chengdu_jinniu", "EPSG:32648"), ("shanghai_baoshan_shu", "EPSG:32651")):
        path = REAL_DATA / f"{name}.gpkg"
        if path.exists():
            found.append(BenchCity(name, lambda path=path, crs=metric_crs: _sparse_map(path, crs)))
        else:
            print(f"{name}: {path} is not there, left out")
    return found


def generated(profile: str, seed: int, households: int) -> BenchCity:
    """A city of a generated kind; villages of villager groups are left out, their town is kept."""

    def layers() -> CityLayers:
        city = profile_city(profile, seed, households)
        urban = city.communities[city.communities["kind"] == "urban"]
        homes = city.buildings[city.buildings["community_code"].isin(urban["code"])]
        return CityLayers(
            urban, homes.reset_index(drop=True), city.streets, city.barriers, None, city.compounds
        )

    return BenchCity(f"{profile}_{seed}", layers)


def _lujiazui() -> CityLayers:
    city = load_riverside(ROOT / "data" / "shanghai_lujiazui_tilezen.gpkg")
    return CityLayers(city.communities, city.buildings, city.streets, city.barriers, None, city.compounds)


def _sparse_map(path: Path, metric_crs: str) -> CityLayers:
    """A real map with few buildings: compounds stand in for theirs, communities are made of street blocks."""
    layer = {
        name: gpd.read_file(path, layer=name).to_crs(metric_crs) for name in gpd.list_layers(path)["name"]
    }
    homes = _dwellings(layer["buildings"], layer["residential"])
    water = layer["water"].geometry[layer["water"].geom_type.isin(["Polygon", "MultiPolygon"])]
    extent = shapely.buffer(shapely.box(*homes.total_bounds), 150.0, join_style="mitre")
    streets = layer["roads"][layer["roads"]["highway"].isin(BLOCK_STREETS)].clip(extent)
    main = streets.geometry[streets["highway"].isin(MAIN_STREETS)]
    rail = layer["rail"].geometry[layer["rail"].geom_type == "LineString"]
    barriers = gpd.GeoSeries(pd.concat([water, rail, main]), crs=metric_crs).clip(extent)
    communities = _communities(homes, streets.geometry, main, extent)
    return CityLayers(
        communities,
        homes,
        streets[["geometry"]].explode(ignore_index=True),
        gpd.GeoDataFrame(geometry=barriers[~barriers.is_empty].explode(ignore_index=True)),
    )


def _dwellings(buildings: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    others = ("commercial", "retail", "civic", "transportation", "stadium", "hospital", "parking")
    lived_in = buildings[~buildings["building"].isin(others)].reset_index(drop=True)
    floors = pd.to_numeric(lived_in["building:levels"], errors="coerce").fillna(ASSUMED_FLOORS)
    standing = compounds.loc[compounds_standing_in(compounds.geometry, lived_in.geometry).standing]
    area = np.concatenate([lived_in.area * floors, standing.area * COMPOUND_FLOOR_RATIO])
    shapes = [*lived_in.geometry, *standing.geometry]
    ids = [*lived_in["osm_id"], *standing["osm_id"]]
    return gpd.GeoDataFrame(
        {"building_id": ids, "households": np.rint(area / FLOOR_M2_PER_HOUSEHOLD).astype(np.int64)},
        geometry=shapes,
        crs=buildings.crs,
    )


def _communities(
    homes: gpd.GeoDataFrame, streets: gpd.GeoSeries, main: gpd.GeoSeries, extent: shapely.Polygon
) -> gpd.GeoDataFrame:
    blocks = street_blocks(extent, streets.to_numpy())
    tree = shapely.STRtree(blocks)
    block = tree.nearest(homes.representative_point().to_numpy())
    sizes = np.bincount(block, homes["households"], minlength=len(blocks)).astype(np.float64)
    sides = common_sides(blocks, shapely.buffer(shapely.union_all([*main, extent.boundary]), 1.0))
    number = merge_blocks(blocks, sizes, np.zeros(len(blocks), np.int64), sides, *COMMUNITY_HOUSEHOLDS)
    shapes = [shapely.coverage_union_all(blocks[number == i]) for i in range(int(number.max()) + 1)]
    codes = [f"99020100{i:04d}" for i in range(1, len(shapes) + 1)]
    frame = gpd.GeoDataFrame({"code": codes, "name": codes, "kind": "urban"}, geometry=shapes, crs=homes.crs)
    stored = frame.to_crs("EPSG:4490")
    rounded = shapely.transform(stored.geometry.to_numpy(), lambda xy: np.round(xy, 7))
    return stored.set_geometry(gpd.GeoSeries(rounded, crs=stored.crs))
