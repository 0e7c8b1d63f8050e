"""Every grid and zone is explained in figures, with the reasons why it misses what was wanted.

Point 10 of the partition specification.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.lattice import FloatArray, GeometryArray, IntArray, sum_per
from gis.compute.parameters import SIMPLIFY_M, SizeLimits
from gis.compute.tessellation import Tessellation


class Reason(StrEnum):
    """Why a grid is not as wanted; the texts stand in `REASON_TEXTS`."""

    NO_HOMES = "no_homes"
    SOLE_GRID = "sole_grid"
    TOWER = "tower"
    ZONE_UNATTAINABLE = "zone_unattainable"
    NOT_FOUND = "not_found"
    CROSSES_BARRIER = "crosses_barrier"
    NOT_CONTIGUOUS = "not_contiguous"
    LOCKED = "locked"
    BESIDE_LOCKED = "beside_locked"
    ASSIGNED = "assigned"
    GROUP = "group"
    GROUPS_MERGED = "groups_merged"
    WITHOUT_GROUP = "without_group"


REASON_TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.NO_HOMES: ("本社区没有住户，整体为一个网格", "the community has no homes: one grid"),
    Reason.SOLE_GRID: ("社区户数不足，整体为一个网格", "the community is small: one grid"),
    Reason.TOWER: ("单栋楼（小区）户数已超过目标，单独成网格", "one building alone exceeds the target"),
    Reason.ZONE_UNATTAINABLE: (
        "屏障之间的户数不能平均分到目标范围",
        "the homes between the barriers cannot be split evenly into the band",
    ),
    Reason.NOT_FOUND: ("未找到更均衡又连片的划分", "no better balanced contiguous division was found"),
    Reason.CROSSES_BARRIER: (
        "屏障一侧户数不足以单独成网格，只能跨屏障",
        "one side of the barrier is too small for a grid of its own",
    ),
    Reason.NOT_CONTIGUOUS: ("所含土地本身不相连", "the land it has to hold is not connected"),
    Reason.LOCKED: ("已锁定，沿用原方案的边界", "locked: it stays as it was"),
    Reason.BESIDE_LOCKED: (
        "锁定网格之间余下的户数不能平均分到目标范围",
        "the homes left between locked grids cannot be split evenly into the band",
    ),
    Reason.ASSIGNED: ("手工指定的建筑须在同一网格", "buildings were assigned to it by hand"),
    Reason.GROUP: ("以村民小组为单位，不拆分", "a villager group is never split"),
    Reason.GROUPS_MERGED: ("村民小组户数过少，与相邻小组合并", "a very small villager group was merged"),
    Reason.WITHOUT_GROUP: ("未归入村民小组的土地和住户", "land and homes of no villager group"),
}


def polsby_popper(metric: GeometryArray) -> FloatArray:
    """Return 4π·area / perimeter² per polygon: 1 for a circle, π/4 for a square."""
    length = shapely.length(metric)
    return np.asarray(4 * np.pi * shapely.area(metric) / np.maximum(length, 1e-9) ** 2)


def reock(metric: GeometryArray) -> FloatArray:
    """Return area / area of the smallest enclosing circle per polygon."""
    circle = np.pi * shapely.minimum_bounding_radius(metric) ** 2
    return np.asarray(shapely.area(metric) / np.maximum(circle, 1e-9))


def size_class(households: int, limits: SizeLimits) -> str:
    """Return `band`, `soft`, `hard` or `outside` (the hard limits) for a grid of so many households."""
    if abs(households / limits.target - 1) <= limits.band + 1e-9:
        return "band"
    if limits.soft_min <= households <= limits.soft_max:
        return "soft"
    return "hard" if limits.hard_min <= households <= limits.hard_max else "outside"


def measure_grids(
    metric: GeometryArray,
    label: IntArray,
    buildings: pd.DataFrame,
    building_grid: IntArray,
    limits: SizeLimits,
    tessellation: Tessellation | None = None,
) -> pd.DataFrame:
    """Return one row of figures per grid polygon.

    `metric`: grids in metres; `label`: grid per unit; `building_grid`: grid per building. Columns:
    households, buildings, deviation (share of the target, signed), size_class, area_m2, perimeter_m,
    compactness (Polsby-Popper of the land, water left out), reock, street_share (of the border), barrier_m
    (inside), compounds_split.
    """
    count = len(metric)
    households = np.bincount(building_grid, weights=buildings["households"], minlength=count).astype(np.int64)
    land = _land(metric, label, tessellation)
    street, barrier = _street_and_barrier(label, count, tessellation)
    frame = pd.DataFrame(index=pd.RangeIndex(count, name="grid"))
    frame["households"] = households
    frame["buildings"] = np.bincount(building_grid, minlength=count).astype(np.int64)
    frame["deviation"] = households / limits.target - 1
    frame["size_class"] = [size_class(int(h), limits) for h in households]
    frame["area_m2"] = shapely.area(metric)
    frame["perimeter_m"] = shapely.length(metric)
    frame["compactness"] = polsby_popper(land)
    frame["reock"] = reock(land)
    frame["street_share"] = np.round(street, 6)
    frame["barrier_m"] = np.round(barrier, 3)
    frame["compounds_split"] = compounds_split(buildings, building_grid, count)
    return frame


def _land(metric: GeometryArray, label: IntArray, tessellation: Tessellation | None) -> GeometryArray:
    """Return the grids without their water; slivers along a straightened shore are no land."""
    if tessellation is None or not tessellation.is_water.any():
        return metric
    land = metric.copy()
    for grid in np.unique(label[tessellation.is_water]):
        wet = tessellation.cells[tessellation.is_water & (label == grid)]
        dry = shapely.difference(metric[grid], shapely.union_all(tessellation.lattice.to_metric(wet)))
        dry = dry.buffer(-SIMPLIFY_M, join_style="mitre").buffer(SIMPLIFY_M, join_style="mitre")
        if not dry.is_empty:
            land[grid] = dry
    return land


def _street_and_barrier(
    label: IntArray, count: int, tessellation: Tessellation | None
) -> tuple[FloatArray, FloatArray]:
    """Return per grid the share of its border on a street or barrier, and the barrier metres inside it."""
    if tessellation is None:
        return np.zeros(count), np.zeros(count)
    pairs = tessellation.adjacency
    left, right = label[pairs.left], label[pairs.right]
    border = sum_per(label, tessellation.ring_m, count)
    along = sum_per(label, tessellation.ring_street_m, count)
    differ = left != right
    lined = np.minimum(pairs.street_m + pairs.barrier_m, pairs.length_m)
    for side in (left, right):
        border += sum_per(side[differ], pairs.length_m[differ], count)
        along += sum_per(side[differ], lined[differ], count)
    dry = ~tessellation.is_water[pairs.left] & ~tessellation.is_water[pairs.right] & ~differ
    barrier = sum_per(left[dry], pairs.barrier_m[dry], count)
    return along / np.maximum(border, 1e-9), barrier


def compounds_split(buildings: pd.DataFrame, building_grid: IntArray, count: int) -> IntArray:
    """Return per grid the number of compounds it shares with another grid."""
    split = np.zeros(count, dtype=np.int64)
    if "compound" not in buildings.columns:
        return split
    frame = pd.DataFrame({"compound": buildings["compound"].to_numpy(), "grid": building_grid}).dropna()
    pairs = frame.drop_duplicates()
    shared = pairs[pairs.duplicated("compound", keep=False)]
    for grid, number in shared["grid"].value_counts().items():
        split[int(str(grid))] = number
    return split


def moved_households(
    households: pd.Series, grid: pd.Series, old: pd.Series, inherited: dict[int, Any]
) -> dict[int, int]:
    """Return per new grid the households that came from another old grid than the one it takes over."""
    moved: dict[int, int] = {}
    for number, members in grid.groupby(grid):
        was = old.reindex(members.index)
        strangers = was.notna() & (was != inherited.get(int(str(number))))
        moved[int(str(number))] = int(households.loc[members.index][strangers.to_numpy()].sum())
    return moved


def summary(grids: pd.DataFrame, zones: pd.DataFrame) -> dict[str, Any]:
    """Return the figures of a whole plan, plain values only, fit for JSON."""
    count = len(grids)
    in_band = int((grids["size_class"] == "band").sum())
    attainable = zones.set_index("zone")["attainable_deviation"] if len(zones) else pd.Series(dtype=float)
    return {
        "grids": count,
        "households": int(grids["households"].sum()),
        "in_band": in_band,
        "in_band_share": round(in_band / count, 4) if count else 0.0,
        "worst_deviation": round(float(grids["deviation"].abs().max()), 4) if count else 0.0,
        "outside_hard_limits": int((grids["size_class"] == "outside").sum()),
        "mean_compactness": round(float(grids["compactness"].mean()), 4) if count else 0.0,
        "mean_reock": round(float(grids["reock"].mean()), 4) if count else 0.0,
        "barrier_m": round(float(grids["barrier_m"].sum()), 1),
        "compounds_split": int((grids["compounds_split"] > 0).sum()),
        "worst_attainable_deviation": round(float(attainable.max()), 4) if len(attainable) else 0.0,
    }


def reason_texts(reasons: Sequence[Reason]) -> tuple[list[str], list[str]]:
    """Return the Chinese and the English texts of the reasons."""
    return [REASON_TEXTS[r][0] for r in reasons], [REASON_TEXTS[r][1] for r in reasons]


def quality_report(grids: gpd.GeoDataFrame, zones: pd.DataFrame, notes: Sequence[str]) -> dict[str, Any]:
    """Return the whole report of a run as JSON-ready values: summary, rows per grid and zone, histogram,
    notes.
    """
    rows = grids.drop(columns=grids.geometry.name)
    edges = np.linspace(-1, 1, 21)
    return {
        "summary": summary(rows, zones),
        "grids": [{k: _plain(v) for k, v in row.items()} for row in rows.reset_index().to_dict("records")],
        "zones": [{k: _plain(v) for k, v in row.items()} for row in zones.to_dict("records")],
        "deviation_histogram": {
            "edges": [round(float(e), 2) for e in edges],
            "counts": np.histogram(np.clip(rows["deviation"], -1, 1), edges)[0].tolist(),
        },
        "notes": list(notes),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 6)
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else value
