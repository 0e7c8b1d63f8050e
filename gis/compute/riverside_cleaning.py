"""Cleaning of a building layer that came as cut map tiles, every repair counted.

Nothing is mended in silence: each function counts what it touched, and `Repairs` carries the counts to the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.generator.plan import Geometries
from gis.compute.metric import require_metric

# Web map tiles of this zoom are the pieces the layer was cut into.
TILE_ZOOM = 16
# A footprint smaller than this is a kiosk or a left-over of a tile cut.
LEAST_FOOTPRINT_M2 = 12.0
# Two footprints that share this much of the smaller one are one building drawn twice.
SAME_BUILDING_SHARE = 0.8


@dataclass
class Repairs:
    """What was mended, by count, and what was found and left: for the report and for whoever asks later."""

    rows_read: int = 0
    joined_pieces: int = 0
    joined_buildings: int = 0
    still_in_pieces: int = 0
    parts_inside_buildings: int = 0
    heights_not_positive: int = 0
    heights_missing: int = 0
    drawn_twice: int = 0
    overlaps_trimmed: int = 0
    on_water: int = 0
    cut_off_water: int = 0
    outside_extent: int = 0
    cut_at_extent: int = 0
    too_small: int = 0
    shorter_than_recorded: int = 0
    missing_tiles: int = 0
    compounds_without_buildings: int = 0
    buildings_kept: int = 0
    notes: list[str] = field(default_factory=list)


def tile_of(lon: float, lat: float) -> tuple[int, int]:
    """Column and row of the web map tile that holds a lon-lat point."""
    size = 2**TILE_ZOOM
    row = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * size
    return int((lon + 180) / 360 * size), int(row)


def tile_polygon(column: int, row: int) -> shapely.Polygon:
    """Lon-lat box of a web map tile."""
    size = 2**TILE_ZOOM
    west, east = (edge / size * 360 - 180 for edge in (column, column + 1))
    south, north = (
        float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * edge / size))))) for edge in (row + 1, row)
    )
    return shapely.box(west, south, east, north)


def empty_tiles(layers: Sequence[gpd.GeoDataFrame], extent: shapely.Polygon) -> Geometries:
    """Tiles of the extent (lon-lat) in which no layer has anything: they were never fetched.

    Give layers that are cut at tile edges; whole buildings spill over from the tiles beside.
    """
    west, south, east, north = extent.bounds
    inset = 1e-4
    first, last = tile_of(west + inset, north - inset), tile_of(east - inset, south + inset)
    columns, rows = range(first[0], last[0] + 1), range(first[1], last[1] + 1)
    tiles = np.array([tile_polygon(column, row) for column in columns for row in rows], dtype=object)
    inner = shapely.buffer(tiles, -inset, join_style="mitre")
    shapes = np.concatenate([layer.geometry.to_numpy() for layer in layers])
    filled = np.unique(shapely.STRtree(shapes).query(inner, predicate="intersects")[0])
    return tiles[np.setdiff1d(np.arange(len(tiles)), filled)]


def join_pieces(pieces: gpd.GeoDataFrame, repairs: Repairs) -> gpd.GeoDataFrame:
    """One row per id: pieces cut at tile edges united, attributes from the first that has any."""
    require_metric(pieces)
    counts = pieces["osm_id"].value_counts()
    repairs.joined_pieces = int(counts[counts > 1].sum())
    repairs.joined_buildings = int((counts > 1).sum())
    joined = pieces.dissolve("osm_id", aggfunc="first", sort=False).reset_index()
    repairs.still_in_pieces = int((joined.geom_type == "MultiPolygon").sum())
    return joined.explode(ignore_index=True)


def drop_parts(buildings: gpd.GeoDataFrame, repairs: Repairs) -> gpd.GeoDataFrame:
    """Without building parts, which lie inside their building and would count its floors twice."""
    parts = buildings["kind"] == "building_part"
    repairs.parts_inside_buildings = int(parts.sum())
    return buildings[~parts].reset_index(drop=True)


def mend_heights(buildings: gpd.GeoDataFrame, repairs: Repairs) -> gpd.GeoDataFrame:
    """Heights of 0 and below become unknown."""
    impossible = buildings["height"] <= 0
    repairs.heights_not_positive = int(impossible.sum())
    return buildings.assign(height=buildings["height"].mask(impossible))


def part_overlaps(buildings: gpd.GeoDataFrame, repairs: Repairs) -> gpd.GeoDataFrame:
    """Footprints that no longer overlap: twins dropped, other overlaps taken off the larger footprint."""
    require_metric(buildings)
    shapes = buildings.geometry.to_numpy().copy()
    size = shapely.area(shapes)
    left, right = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    inner, outer = shapely.STRtree(shapes).query(shapes, predicate="within")
    pairs = {
        (int(min(a, b)), int(max(a, b)))
        for a, b in zip([*left, *inner], [*right, *outer], strict=True)
        if a != b
    }
    dropped: set[int] = set()
    for a, b in sorted(pairs):
        small, large = (a, b) if size[a] <= size[b] else (b, a)
        if small in dropped or large in dropped:
            continue
        common = shapely.area(shapely.intersection(shapes[small], shapes[large]))
        if common >= SAME_BUILDING_SHARE * size[small]:
            dropped.add(small)
        elif common > 0.01:
            shapes[large] = largest_part(shapely.difference(shapes[large], shapes[small]))
            repairs.overlaps_trimmed += 1
    repairs.drawn_twice = len(dropped)
    keep = np.setdiff1d(np.arange(len(shapes)), sorted(dropped))
    return buildings.set_geometry(gpd.GeoSeries(shapes, crs=buildings.crs)).iloc[keep].reset_index(drop=True)


def largest_part(geometry: shapely.Geometry) -> shapely.Polygon:
    """The largest polygon of a geometry."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    return max(parts, key=lambda part: float(part.area)) if parts else shapely.Polygon()


def keep_on_land(
    buildings: gpd.GeoDataFrame, water: shapely.Geometry, extent: shapely.Geometry, repairs: Repairs
) -> gpd.GeoDataFrame:
    """Buildings with their middle on land inside the extent, cut back to it."""
    middles = buildings.representative_point()
    inside = middles.within(extent)
    repairs.outside_extent = int((~inside).sum())
    buildings = buildings[inside]
    afloat = buildings.area - buildings.difference(water).area > 0.5 * buildings.area
    repairs.on_water = int(afloat.sum())
    buildings = buildings[~afloat]
    repairs.cut_off_water = int(buildings.intersects(water).sum())
    repairs.cut_at_extent = int((~buildings.within(extent)).sum())
    cut = shapely.intersection(shapely.difference(buildings.geometry.to_numpy(), water), extent)
    shapes = [largest_part(shape) for shape in cut]
    buildings = buildings.set_geometry(gpd.GeoSeries(shapes, crs=buildings.crs, index=buildings.index))
    small = buildings.area < LEAST_FOOTPRINT_M2
    repairs.too_small = int(small.sum())
    return buildings[~small].reset_index(drop=True)


def count_shorter(buildings: gpd.GeoDataFrame, lat: float, repairs: Repairs) -> None:
    """Count footprints under nine tenths of the area recorded for them: a piece is in a tile that is missing.

    The recorded area is in Web Mercator square metres, which are 1/cos² of the latitude too large.
    """
    recorded = buildings["area"] * np.cos(np.radians(lat)) ** 2
    repairs.shorter_than_recorded = int((buildings.geometry.area < 0.9 * recorded).sum())


def clean_buildings(
    pieces: gpd.GeoDataFrame, water: shapely.Geometry, extent: shapely.Geometry, lat: float
) -> tuple[gpd.GeoDataFrame, Repairs]:
    """All repairs in order; `pieces`, `water` and `extent` in one metric CRS.

    Columns read: osm_id, kind, height, area. Returns single, disjoint polygons on land and the counts.
    """
    require_metric(pieces)
    repairs = Repairs(rows_read=len(pieces))
    buildings = join_pieces(mend_heights(pieces, repairs), repairs)
    count_shorter(buildings, lat, repairs)
    buildings = drop_parts(buildings, repairs)
    buildings = keep_on_land(buildings, water, extent, repairs)
    buildings = part_overlaps(buildings, repairs)
    repairs.heights_missing = int(buildings["height"].isna().sum())
    repairs.buildings_kept = len(buildings)
    return buildings, repairs


def polygons_by_id(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Polygons united by id, with the first known value of every column."""
    polygons = features[features.geom_type.isin(["Polygon", "MultiPolygon"])]
    keyed = polygons.assign(
        osm_id=polygons["osm_id"].fillna(pd.Series(-np.arange(1, len(polygons) + 1), polygons.index))
    )
    return keyed.dissolve("osm_id", aggfunc="first").reset_index()
