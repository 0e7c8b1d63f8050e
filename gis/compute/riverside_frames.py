"""Frames of a riverside city: land and water, compounds, buildings, streets, barriers and sites from map features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.crs.systems import STORAGE_DECIMALS, STORAGE_EPSG
from gis.compute.generator.plan import Geometries
from gis.compute.riverside_cleaning import polygons_by_id

RIVER_KINDS = ("water", "riverbank")
MAIN_CLASSES = ("motorway", "trunk", "primary")
BLOCK_CLASSES = (*MAIN_CLASSES, "secondary", "tertiary", "residential", "unclassified", "living_street")
WALK_CLASSES = (*BLOCK_CLASSES, "service", "pedestrian", "footway", "path", "steps", "cycleway")
SITE_KINDS = {"pitch": 60, "fitness": 80, "park": 200, "recreation_ground": 100, "stadium": 400, "garden": 60}
LEAST_SITE_M2 = 800.0
# Land pieces below this (piers, islets of rounding) go to the larger piece beside them or are dropped.
LEAST_LAND_M2 = 5_000.0


@dataclass(frozen=True)
class Ground:
    """Land and water of the extent in metres, with the land's pieces between the waters."""

    extent: shapely.Polygon
    water: gpd.GeoDataFrame
    pieces: Geometries
    land: shapely.Geometry


def ground_between_rivers(water: gpd.GeoDataFrame, extent: shapely.Polygon) -> Ground:
    """Rivers (connected water of a hectare and more) and the land pieces between them."""
    surfaces = water[water.geom_type.isin(["Polygon", "MultiPolygon"]) & water["kind"].isin(RIVER_KINDS)]
    united = shapely.union_all(shapely.set_precision(surfaces.geometry.to_numpy(), 0.02))
    # Tile edges leave cracks of centimetres between the pieces of a river: close them.
    closed = shapely.buffer(shapely.buffer(united, 0.5, join_style="mitre"), -0.5, join_style="mitre")
    rivers = [part for part in shapely.get_parts(closed) if part.area >= 10_000]
    river = shapely.intersection(shapely.union_all(rivers), extent)
    pieces = np.array(
        [part for part in shapely.get_parts(shapely.difference(extent, river)) if part.area >= LEAST_LAND_M2],
        dtype=object,
    )
    named = surfaces.assign(name=surfaces["name"].fillna("")).dissolve("name").reset_index()
    named = named.set_geometry(named.geometry.intersection(river)).explode(ignore_index=True)
    named = named[(named.geom_type == "Polygon") & (named.area > 1.0)][["name", "geometry"]]
    return Ground(extent, named, pieces, shapely.union_all(pieces))


def compounds_frame(
    landuse: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, land: shapely.Geometry
) -> gpd.GeoDataFrame:
    """Residential grounds, united by id and cut to the land."""
    grounds = polygons_by_id(landuse[landuse["kind"] == "residential"])
    grounds = grounds.set_geometry(grounds.geometry.intersection(land))
    grounds = grounds[~grounds.is_empty].explode(ignore_index=True)
    grounds = grounds[(grounds.geom_type == "Polygon") & (grounds.area > 100)].reset_index(drop=True)
    return gpd.GeoDataFrame(
        {
            "compound_id": _feature_ids(grounds["osm_id"]),
            "name": grounds["name"].fillna("").astype(object),
            "community_code": _community_of(grounds, communities),
        },
        geometry=grounds.geometry,
    )


def _feature_ids(osm_ids: pd.Series) -> list[str]:
    """OSM ids as text; a second part of the same id gets "-2"."""
    turn = osm_ids.groupby(osm_ids).cumcount() + 1
    return [f"{int(i)}" if n == 1 else f"{int(i)}-{n}" for i, n in zip(osm_ids, turn, strict=True)]


def _community_of(frame: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> list[str]:
    """Code of the community a feature's inner point lies in, or of the nearest."""
    nearest = shapely.STRtree(communities.geometry.to_numpy()).nearest(
        frame.representative_point().to_numpy()
    )
    return [str(code) for code in communities["code"].to_numpy()[nearest]]


def buildings_frame(
    buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Buildings with their ids, community and compound."""
    middles = buildings.representative_point().to_numpy()
    found, ground = shapely.STRtree(compounds.geometry.to_numpy()).query(middles, predicate="intersects")
    compound = np.full(len(buildings), None, dtype=object)
    compound[found[::-1]] = compounds["compound_id"].to_numpy()[ground[::-1]]
    return gpd.GeoDataFrame(
        {
            "building_id": _feature_ids(buildings["osm_id"]),
            "community_code": _community_of(buildings, communities),
            "name": buildings["name"].fillna("").astype(object),
            "use": buildings["use"],
            "use_source": buildings["use_source"],
            "form": "osm",
            "floors": buildings["floors"],
            "height_m": buildings["height_m"],
            "height_source": buildings["height_source"],
            "compound_id": compound,
            "villager_group": None,
            "households": buildings["households"].astype("Int64"),
            "households_source": buildings["households_source"],
        },
        geometry=buildings.geometry,
    )


def above_ground(roads: gpd.GeoDataFrame) -> pd.Series:
    """Rows that are neither a tunnel nor a ramp named after one: nobody walks there."""
    return roads["is_tunnel"].isna() & ~roads["name"].fillna("").str.contains("隧道")


def streets_frame(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lines a person can walk along: no tunnel, rail or ferry."""
    walkable = roads[roads["kind_detail"].isin(WALK_CLASSES) & above_ground(roads)]
    lines = walkable.explode(ignore_index=True)
    lines = lines[(lines.geom_type == "LineString") & (lines.length > 0.01)].reset_index(drop=True)
    return gpd.GeoDataFrame(
        {
            "street_id": [f"S{number:06d}" for number in range(1, len(lines) + 1)],
            "name": lines["name"].fillna("").astype(object),
            "street_class": lines["kind_detail"].astype(object),
            "is_bridge": lines["is_bridge"].notna(),
        },
        geometry=lines.geometry,
    )


def barriers_frame(ground: Ground, roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Rivers as polygons, main roads above ground as lines."""
    main = roads[roads["kind_detail"].isin(MAIN_CLASSES) & above_ground(roads)].explode(ignore_index=True)
    kinds = ["water"] * len(ground.water) + ["main_road"] * len(main)
    names = [*ground.water["name"], *main["name"].fillna("")]
    columns = {"barrier_id": [f"B{n:04d}" for n in range(1, len(kinds) + 1)], "kind": kinds, "name": names}
    return gpd.GeoDataFrame(columns, geometry=[*ground.water.geometry, *main.geometry], crs=roads.crs)


def sites_frame(layers: Mapping[str, gpd.GeoDataFrame], communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sports grounds, parks and fitness rooms of the map, each once, on land."""
    columns = ["osm_id", "kind", "name", "geometry"]
    areas = polygons_by_id(layers["landuse"][layers["landuse"]["kind"].isin(SITE_KINDS)])
    areas = areas[areas.area >= LEAST_SITE_M2]
    areas = areas.set_geometry(areas.representative_point())[columns]
    points = layers["pois"][layers["pois"]["kind"].isin(SITE_KINDS) & (layers["pois"]["kind"] != "garden")][
        columns
    ]
    sites = pd.concat([areas, points[~points["osm_id"].isin(areas["osm_id"])]], ignore_index=True)
    sites = gpd.GeoDataFrame(sites, crs=communities.crs).drop_duplicates("osm_id")
    sites = sites[sites.within(shapely.union_all(communities.geometry.to_numpy()))].reset_index(drop=True)
    endings = {
        "pitch": "球场",
        "fitness": "健身房",
        "park": "公园",
        "recreation_ground": "绿地",
        "garden": "花园",
    }
    unnamed = [f"未命名{endings.get(kind, '场地')}{n:02d}" for n, kind in enumerate(sites["kind"], start=1)]
    return gpd.GeoDataFrame(
        {
            "site_id": [f"F{number:05d}" for number in range(1, len(sites) + 1)],
            "name": sites["name"].fillna(pd.Series(unnamed, dtype=object)),
            "kind": sites["kind"].astype(object),
            "capacity": sites["kind"].map(SITE_KINDS).astype("int64"),
            "community_code": _community_of(sites, communities),
        },
        geometry=sites.geometry,
    )


def stored(frame: gpd.GeoDataFrame, label: str) -> gpd.GeoDataFrame:
    """Lon-lat at 7 decimals with the label."""
    moved = frame.assign(label=label).to_crs(STORAGE_EPSG)
    shapes = shapely.transform(moved.geometry.to_numpy(), lambda xy: np.round(xy, STORAGE_DECIMALS))
    return moved.set_geometry(gpd.GeoSeries(shapes, index=moved.index, crs=STORAGE_EPSG))
