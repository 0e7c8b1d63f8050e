"""What `coverage` and `site` share: how far one walks, the streets, the sites, and the ground of their maps."""

from __future__ import annotations

import argparse

import geopandas as gpd
import numpy as np
import shapely

from gis.compute.commands.layer import Layer
from gis.compute.coverage import WalkRules, walk_graph
from gis.compute.report.drawing import Sheet, joined_path, sheet_for, simplified_lines
from gis.compute.report.values import Ground, Words
from gis.compute.street_graph import StreetGraph

_MOST_HOUSES = 150_000
_AROUND_M = 400.0


def walk_rules(options: argparse.Namespace) -> WalkRules:
    """The walk the options ask for."""
    minutes = options.minutes if options.distance is None else options.distance / options.speed
    return WalkRules(minutes=minutes, metres_per_minute=options.speed, radius_m=options.radius)


def reach_words(rules: WalkRules) -> Words:
    """The reach in words."""
    return (
        f"步行 {rules.minutes:g} 分钟（{rules.reach_m:.0f} 米）",
        f"{rules.minutes:g} minutes on foot ({rules.reach_m:.0f} m)",
    )


def places(layer: Layer, column: str, metric_crs: str) -> gpd.GeoDataFrame:
    """Sites or candidates in metres with a unique text in `column` and their `name`."""
    frame = layer.frame
    names = frame["name"].fillna("").astype(str)
    refs = frame["ref"].fillna("").astype(str) if "ref" in frame.columns else names.where(names == "", "")
    numbers = [f"{at:04d}" for at in range(1, len(frame) + 1)]
    ids = refs if (refs != "").all() and refs.is_unique else names
    if not ((ids != "").all() and ids.is_unique):
        ids = names.copy()
        ids[:] = numbers
    metric = frame.geometry.to_crs(metric_crs)
    return gpd.GeoDataFrame(
        {column: ids.to_numpy(), "name": names.where(names != "", ids).to_numpy()},
        geometry=metric.to_numpy(),
        crs=metric_crs,
    )


def street_network(layer: Layer | None, metric_crs: str, rules: WalkRules) -> StreetGraph | None:
    """The streets as a graph, or None without streets."""
    return None if layer is None else walk_graph(layer.frame[["geometry"]].to_crs(metric_crs), rules)


def ground_of(
    homes: gpd.GeoDataFrame, within: np.ndarray, streets: Layer | None, outlines: gpd.GeoSeries | None
) -> tuple[Sheet, Ground]:
    """The picture's sheet and what lies under it; `homes` in metres, `within`: which of them are in reach."""
    crs = homes.crs
    shapes = np.asarray(homes.geometry.to_numpy(), dtype=object)
    rings = shapes if outlines is None else np.asarray(outlines.to_crs(crs).to_numpy(), dtype=object)
    sheet = sheet_for(rings)
    west, south, east, north = shapely.total_bounds(rings)
    lines = np.zeros(0, dtype=object)
    if streets is not None:
        box = shapely.box(west, south, east, north).buffer(_AROUND_M)
        lines = shapely.intersection(
            np.asarray(streets.frame.geometry.to_crs(crs).to_numpy(), dtype=object), box
        )
        lines = simplified_lines(lines[~shapely.is_empty(lines)])
    houses = _houses(shapes)
    return sheet, Ground(
        box=sheet.box,
        streets=joined_path(sheet, lines),
        covered=joined_path(sheet, houses[within]),
        uncovered=joined_path(sheet, houses[~within]),
        outlines="" if outlines is None else joined_path(sheet, shapely.simplify(rings, 4.0)),
    )


def _houses(shapes: np.ndarray) -> np.ndarray:
    """Footprints plain enough for a picture; a point becomes a small square; none for very many."""
    if len(shapes) > _MOST_HOUSES:
        return np.full(len(shapes), None, dtype=object)
    drawn = shapely.simplify(shapes, 1.5)
    points = shapely.get_dimensions(shapes) == 0
    drawn[points] = shapely.buffer(shapes[points], 6.0, cap_style="square")
    return np.asarray(drawn)
