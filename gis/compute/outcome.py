"""What a division of one community into grids is asked to be, and what it hands back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.identity import match_grids
from gis.compute.lattice import STORED_CRS, GeometryArray, IntArray, Lattice, from_lattice, to_lattice
from gis.compute.parameters import PartitionParameters
from gis.compute.plan_quality import quality_report
from gis.compute.quality import Reason, measure_grids, moved_households
from gis.compute.ties import Wishes

GRID_COLUMNS = (
    "households", "buildings", "deviation", "size_class", "area_m2", "perimeter_m", "compactness", "reock",
    "street_share", "barrier_m", "compounds_split", "moved_households", "zone", "inherits", "locked", "assigned",
    "name", "reasons",
)  # fmt: skip


@dataclass(frozen=True)
class CommunityPartition:
    """The grids of one community.

    `grids`: EPSG:4490, 7 decimals, index 0…n-1 from west to east, columns `GRID_COLUMNS`; `reasons` is a
    tuple of `quality.Reason`, `inherits` the label of the grid of the plan before that it takes over, or
    None; `locked` whether it stays from the plan before, `assigned` the number of buildings given to it by
    hand, `name` the label it is locked or named under. `assignment`: building → grid, indexed like the
    buildings. `zones`: one row per zone (zone, k,
    towers, households, attainable_deviation, grids_in_band, reasons). `quality`: JSON-ready report. `notes`:
    in Chinese.
    """

    grids: gpd.GeoDataFrame
    assignment: pd.Series
    zones: pd.DataFrame
    quality: dict[str, Any]
    notes: list[str]


def one_grid(
    ring: shapely.Geometry,
    buildings: gpd.GeoDataFrame,
    lattice: Lattice,
    wanted: PartitionParameters,
    previous: gpd.GeoDataFrame | None,
    total: int,
    wishes: Wishes | None = None,
) -> CommunityPartition:
    """Return the whole frame as the one grid of a community without homes or below the soft minimum."""
    reason = Reason.NO_HOMES if total == 0 else Reason.SOLE_GRID
    polygons = np.array([ring], dtype=object)
    metric = lattice.to_metric(polygons)
    building_grid = np.zeros(len(buildings), dtype=np.int64)
    rows = measure_grids(metric, np.zeros(0, dtype=np.int64), buildings, building_grid, wanted.limits)
    rows["zone"] = 0
    zones = pd.DataFrame(
        [
            {
                "zone": 0, "k": 1, "towers": 0, "households": total,
                "attainable_deviation": abs(total / wanted.target - 1),
                "grids_in_band": int(rows["size_class"].iloc[0] == "band"), "reasons": (reason,),
            }
        ]
    )  # fmt: skip
    fixed: dict[int, Any] = {}
    if wishes is not None and wishes.names:
        rows["assigned"], rows["name"] = int((wishes.wish >= 0).sum()), wishes.names[0]
        if previous is not None and wishes.names[0] in previous.index:
            fixed[0] = wishes.names[0]
    return finished(polygons, rows, [(reason,)], buildings, building_grid, zones, previous, [], fixed=fixed)


def finished(
    polygons: GeometryArray,
    rows: pd.DataFrame,
    reasons: list[tuple[Reason, ...]],
    buildings: gpd.GeoDataFrame,
    building_grid: IntArray,
    zones: pd.DataFrame,
    previous: gpd.GeoDataFrame | None,
    notes: list[str],
    *,
    fixed: dict[int, Any] | None = None,
) -> CommunityPartition:
    """Return the outcome of a division: figures, assignment, what each grid takes over, report.

    `polygons` (lattice), `rows`, `reasons`: one per grid; `fixed`: grid → label of `previous` it is bound to take over.
    """
    assignment = pd.Series(building_grid, index=buildings.index, name="grid", dtype=np.int64)
    rows = rows.copy()
    rows["moved_households"] = 0
    inherits: dict[int, Any] = dict(fixed or {})
    for column, usual in (("locked", False), ("assigned", 0), ("name", None)):
        if column not in rows.columns:
            rows[column] = pd.Series(
                [usual] * len(rows), index=rows.index, dtype=None if usual is not None else object
            )
    if previous is not None and len(previous) and len(buildings):
        old = _old_grid_of_buildings(buildings, previous)
        households = buildings["households"]
        inherits = match_grids(assignment, old, households, fixed=inherits)
        rows["moved_households"] = rows.index.map(
            moved_households(households, assignment, old, inherits)
        ).fillna(0)
        rows["moved_households"] = rows["moved_households"].astype(np.int64)
    rows["inherits"] = pd.Series([inherits.get(g) for g in range(len(rows))], index=rows.index, dtype=object)
    rows["reasons"] = pd.Series(reasons, index=rows.index, dtype=object)
    grids = gpd.GeoDataFrame(rows.loc[:, list(GRID_COLUMNS)], geometry=from_lattice(polygons), crs=STORED_CRS)
    quality = quality_report(grids, zones, notes)
    quality["kept"] = {
        "locked": int(grids["locked"].sum()),
        "assigned": int(grids["assigned"].sum()),
        "moved_households": int(grids["moved_households"].sum()),
    }
    return CommunityPartition(grids, assignment, zones, quality, notes)


def _old_grid_of_buildings(buildings: gpd.GeoDataFrame, previous: gpd.GeoDataFrame) -> pd.Series:
    spots = buildings.geometry.representative_point().to_crs(STORED_CRS).to_numpy()
    position = position_in(previous, to_lattice(spots))
    labels = previous.index.to_numpy()
    values = [labels[p] if p >= 0 else None for p in position]
    return pd.Series(values, index=buildings.index, dtype=object)


def position_in(previous: gpd.GeoDataFrame, spots: GeometryArray) -> IntArray:
    old = to_lattice(previous.geometry.to_crs(STORED_CRS).to_numpy())
    before = np.full(len(spots), -1, dtype=np.int64)
    row, grid = shapely.STRtree(old).query(spots, predicate="intersects")
    for r, g in sorted(zip(row.tolist(), grid.tolist(), strict=True), reverse=True):
        before[r] = g
    return before
