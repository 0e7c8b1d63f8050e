"""Every grid and zone is explained in figures, with the reasons why it misses what was wanted.

Point 10 of the partition specification.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

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
    NOT_POSSIBLE = "not_possible"
    SPARES_OTHERS = "spares_others"
    SPARES_FARTHEST = "spares_farthest"
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
    Reason.NOT_POSSIBLE: (
        "已证明：任何连片划分都不会有更多网格达标",
        "proven: no contiguous division has more grids in band",
    ),
    Reason.SPARES_OTHERS: (
        "已证明：要有更多网格达标，须有别的网格突破软限制",
        "proven: more grids in band would push another one outside the soft limits",
    ),
    Reason.SPARES_FARTHEST: (
        "已证明：要有更多网格达标，须有网格比现在最差的偏得更远",
        "proven: more grids in band would push one farther off than any is now",
    ),
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
    if "compound" not in buildings.columns or count == 0:
        return np.zeros(count, dtype=np.int64)
    code = pd.factorize(buildings["compound"], sort=False)[0]
    pairs = np.unique(code[code >= 0] * count + building_grid[code >= 0])
    grids_of = np.bincount(pairs // count)
    shared = pairs[grids_of[pairs // count] > 1]
    return np.bincount(shared % count, minlength=count).astype(np.int64)


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


def reason_texts(reasons: Sequence[Reason]) -> tuple[list[str], list[str]]:
    """Return the Chinese and the English texts of the reasons."""
    return [REASON_TEXTS[r][0] for r in reasons], [REASON_TEXTS[r][1] for r in reasons]
