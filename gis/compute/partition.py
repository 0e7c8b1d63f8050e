"""One community's land is divided into grids of about 400 households that tile its frame.

The steps bear the names of the partition specification: tessellate, zones and k, starts, polish, polygons,
explain.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.lattice import GeometryArray, IntArray, Lattice, to_lattice
from gis.compute.metric import require_metric
from gis.compute.outcome import CommunityPartition, finished, one_grid, position_in
from gis.compute.parameters import PartitionParameters, SizeLimits
from gis.compute.polygons import Homes, draw_grids
from gis.compute.quality import Reason, measure_grids
from gis.compute.search import divide, warm_up
from gis.compute.tessellation import Tessellation, tessellate
from gis.compute.zones import Zone, attach_loose, zones_of

__all__ = [
    "CommunityPartition",
    "Stopped",
    "go_on",
    "partition_community",
    "warm_up",
]


class Stopped(Exception):
    """The caller's `should_stop` said to stop; nothing was written."""


def go_on(should_stop: Callable[[], bool] | None) -> None:
    """Raise Stopped if the caller wants no more."""
    if should_stop is not None and should_stop():
        raise Stopped


def partition_community(
    frame: shapely.Geometry,
    buildings: gpd.GeoDataFrame,
    *,
    metric_crs: str,
    streets: gpd.GeoSeries | None = None,
    barriers: gpd.GeoSeries | None = None,
    parameters: PartitionParameters | None = None,
    previous: gpd.GeoDataFrame | None = None,
    key: str = "",
    should_stop: Callable[[], bool] | None = None,
) -> CommunityPartition:
    """Return the grids of one urban community.

    `frame`: lon-lat polygon of `frames.build_frames(...).lonlat` (its vertices are the only places where grid
    borders meet it). `buildings`: metric points, footprints or compounds of this community, columns
    `households` (whole numbers, none missing) and, if wanted, `compound`. `streets`, `barriers`: metric
    lines; barriers may be polygons (water). `previous`: grids of the plan before (EPSG:4490; index = label).
    `key`: the community's code; with the parameters' seed it fixes all chance. The same input gives the same
    bytes. Raises InputRefused("DEGREES_NOT_METRES"), Stopped.
    """
    wanted = parameters or PartitionParameters()
    require_metric(buildings)
    go_on(should_stop)
    lattice = Lattice(metric_crs)
    ring = to_lattice(np.array([frame], dtype=object))[0]
    total = int(buildings["households"].sum())
    if total < wanted.soft_min:
        return one_grid(ring, buildings, lattice, wanted, previous, total)
    tessellation = tessellate(
        ring, buildings, lattice, _metric_lines(streets), _metric_lines(barriers), wanted.soft_max
    )
    go_on(should_stop)
    compound = _compound_of_units(buildings, tessellation)
    zones, loose = zones_of(tessellation, wanted.limits, compound, cross_for_balance=wanted.cross_for_balance)
    before = _before_of_units(tessellation, previous)
    label = np.full(len(tessellation.cells), -1, dtype=np.int64)
    zone_of_grid: list[int] = []
    for number, zone in enumerate(zones):
        go_on(should_stop)
        division = divide(
            zone.graph,
            zone.count,
            wanted,
            _seed(wanted.seed, key, number),
            None if before is None else before[zone.units],
        )
        label[zone.units] = division.label + len(zone_of_grid)
        zone_of_grid.extend([number] * division.k)
    label = attach_loose(tessellation, label, loose)
    return _drawn(ring, buildings, tessellation, label, zones, zone_of_grid, wanted, previous)


def _metric_lines(lines: gpd.GeoSeries | None) -> GeometryArray:
    if lines is None or len(lines) == 0:
        return np.zeros(0, dtype=object)
    require_metric(lines)
    return np.asarray(lines.to_numpy(), dtype=object)


def _seed(seed: int, key: str, zone: int) -> int:
    return (seed + zlib.crc32(key.encode()) + 7919 * zone) % 2_000_000_011


def _compound_of_units(buildings: gpd.GeoDataFrame, tessellation: Tessellation) -> IntArray:
    compound = np.full(len(tessellation.cells), -1, dtype=np.int64)
    if "compound" in buildings.columns:
        codes = pd.factorize(buildings["compound"], sort=False)[0]
        compound[tessellation.unit_of_building] = codes
    return compound


def _before_of_units(tessellation: Tessellation, previous: gpd.GeoDataFrame | None) -> IntArray | None:
    """Return the position of the grid of the plan before in which each unit's middle lies (-1 none)."""
    if previous is None or previous.empty:
        return None
    return position_in(previous, shapely.point_on_surface(tessellation.cells))


def _drawn(
    ring: shapely.Geometry,
    buildings: gpd.GeoDataFrame,
    tessellation: Tessellation,
    label: IntArray,
    zones: list[Zone],
    zone_of_grid: list[int],
    wanted: PartitionParameters,
    previous: gpd.GeoDataFrame | None,
) -> CommunityPartition:
    count = len(zone_of_grid)
    label, order = _west_to_east(tessellation, label, count)
    zone_of = np.array(zone_of_grid, dtype=np.int64)[order]
    building_grid = label[tessellation.unit_of_building]
    shapes = tessellation.lattice.from_metric(shapely.force_2d(buildings.geometry.to_numpy()))
    drawn = draw_grids(
        tessellation.cells,
        label,
        count,
        ring,
        homes=Homes.of(shapes, building_grid),
        simplify_m=wanted.simplify_m,
    )
    metric = tessellation.lattice.to_metric(drawn.polygons)
    rows = measure_grids(metric, label, buildings, building_grid, wanted.limits, tessellation)
    rows["zone"] = zone_of
    reasons = _reasons(rows, drawn.polygons, zones, zone_of, tessellation, label, wanted.limits)
    notes = list(tessellation.notes)
    if drawn.added_vertices:
        notes.append(f"社区边框上新增了 {len(drawn.added_vertices)} 个顶点")
    table = _zone_table(zones, rows, notes)
    return finished(drawn.polygons, rows, reasons, buildings, building_grid, table, previous, notes)


def _west_to_east(tessellation: Tessellation, label: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Return labels renumbered by the middle of each grid's homes, and the old number of each new one."""
    middle = shapely.get_coordinates(shapely.centroid(tessellation.cells))
    weight = tessellation.households + 1e-6
    size = np.bincount(label, weights=weight, minlength=count)
    x = np.bincount(label, weights=weight * middle[:, 0], minlength=count) / size
    y = np.bincount(label, weights=weight * middle[:, 1], minlength=count) / size
    order = np.lexsort((-np.round(y), np.round(x)))
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    return rank[label], order


def _zone_table(zones: list[Zone], rows: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    table = []
    for number, zone in enumerate(zones):
        own = rows[rows["zone"] == number]
        notes.extend(f"分区{number + 1}：{text}" for text in zone.reasons)
        table.append(
            {
                "zone": number, "k": len(own), "towers": zone.count.towers, "households": zone.households,
                "attainable_deviation": zone.count.attainable,
                "grids_in_band": int((own["size_class"] == "band").sum()), "reasons": zone.reasons,
            }
        )  # fmt: skip
    return pd.DataFrame(table)


def _reasons(
    rows: pd.DataFrame,
    polygons: GeometryArray,
    zones: list[Zone],
    zone_of: IntArray,
    tessellation: Tessellation,
    label: IntArray,
    limits: SizeLimits,
) -> list[tuple[Reason, ...]]:
    found: list[tuple[Reason, ...]] = []
    largest = np.zeros(len(rows), dtype=np.int64)
    np.maximum.at(largest, label, tessellation.households)
    homes = tessellation.households > 0
    for grid in range(len(rows)):
        zone = zones[int(zone_of[grid])]
        reasons: list[Reason] = []
        if rows["size_class"].iloc[grid] != "band":
            if largest[grid] > limits.target * (1 + limits.band):
                reasons.append(Reason.TOWER)
            elif zone.count.attainable > limits.band:
                reasons.append(Reason.ZONE_UNATTAINABLE)
            else:
                reasons.append(Reason.NOT_FOUND)
        sides = np.unique(tessellation.piece[homes & (label == grid)])
        if len(sides) > 1:
            reasons.append(Reason.CROSSES_BARRIER)
        if polygons[grid].geom_type == "MultiPolygon":
            reasons.append(Reason.NOT_CONTIGUOUS)
        found.append(tuple(reasons))
    return found
