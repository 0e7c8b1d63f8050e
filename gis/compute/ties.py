"""Buildings assigned to grids by hand stay together: their units are tied into one before the search.

Units named for the same grid are joined by shortest paths through free units and contracted into one anchored
unit, so that every division the search may find has each named grid whole and apart from the others. The
division is expanded afterwards.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gis.compute.lattice import FloatArray, IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.refusal import InputRefused
from gis.compute.zones import GridCount, ZoneGraph, grid_count_of

_NAMED = 5


@dataclass(frozen=True)
class Wishes:
    """Which building belongs to which named grid: `wish` per building is a position in `names`, -1 for none."""

    names: tuple[Hashable, ...]
    wish: IntArray
    buildings: pd.Index

    @staticmethod
    def of(assigned: pd.Series | None, buildings: pd.Index) -> Wishes:
        """Return the wishes for these buildings, names in order of their text.

        `assigned`: building → label, missing for none. Raises InputRefused: ASSIGNMENT_REPEATED where
        a building is named twice, ASSIGNMENT_UNKNOWN_BUILDING where it is not there.
        """
        named = pd.Series(dtype=object) if assigned is None else assigned.dropna()
        _check_named_once(named.index)
        strange = named.index.difference(buildings)
        if len(strange):
            raise InputRefused(
                "ASSIGNMENT_UNKNOWN_BUILDING",
                zh=f"手工指定的 {len(strange)} 栋建筑不在本社区：{listed(strange)}",
                en=f"{len(strange)} buildings assigned by hand are not in this community: {listed(strange)}",
                remedy_zh="请核对建筑编号",
                remedy_en="check the buildings' ids",
                facts={"buildings": [str(b) for b in strange[:50]]},
            )
        names = tuple(sorted(named.unique(), key=str))
        number = {name: i for i, name in enumerate(names)}
        wish = named.map(number).reindex(buildings)
        return Wishes(names, wish.fillna(-1).to_numpy(dtype=np.int64), buildings)

    def of_grid(self, number: int) -> pd.Index:
        """Return the buildings wanted in one named grid."""
        return self.buildings[self.wish == number]


def _check_named_once(buildings: pd.Index) -> None:
    twice = buildings[buildings.duplicated()].unique()
    if len(twice) == 0:
        return
    raise InputRefused(
        "ASSIGNMENT_REPEATED",
        zh=f"{len(twice)} 栋建筑被手工指定了不止一次：{listed(twice)}",
        en=f"{len(twice)} buildings are assigned by hand more than once: {listed(twice)}",
        remedy_zh="请为每栋建筑只指定一个网格",
        remedy_en="name each building once",
        facts={"buildings": [str(building) for building in twice[:50]]},
    )


def listed(things: Sequence[Hashable] | pd.Index) -> str:
    """Return the first few of them for a message."""
    text = "、".join(str(thing) for thing in things[:_NAMED])
    return f"{text}…" if len(things) > _NAMED else text


def wish_of_units(wishes: Wishes, rows: IntArray, unit_of_building: IntArray, units: int) -> IntArray:
    """Return the named grid of each unit (-1 none); `rows` are the places of the buildings in `wishes`.

    Raises InputRefused("ASSIGNMENT_SHARED_UNIT") where buildings that share a cell are named for different grids.
    """
    wish = np.full(units, -1, dtype=np.int64)
    for row, unit in zip(rows.tolist(), unit_of_building.tolist(), strict=True):
        wanted = int(wishes.wish[row])
        if wanted < 0 or wish[unit] == wanted:
            continue
        if wish[unit] >= 0:
            together = wishes.buildings[rows[unit_of_building == unit]]
            raise InputRefused(
                "ASSIGNMENT_SHARED_UNIT",
                zh=f"建筑 {listed(together)} 轮廓重叠，不能分到不同的网格 {wishes.names[int(wish[unit])]} 与 "
                f"{wishes.names[wanted]}",
                en=f"buildings {listed(together)} overlap and cannot belong to the different grids "
                f"{wishes.names[int(wish[unit])]} and {wishes.names[wanted]}",
                remedy_zh="请把它们指定到同一个网格，或修正建筑轮廓",
                remedy_en="name one grid for all of them, or correct their footprints",
                facts={"buildings": [str(b) for b in together]},
            )
        wish[unit] = wanted
    return wish


@dataclass(frozen=True)
class Tied:
    """A zone's graph with the units of each named grid in one; `group` is the new unit of each old one."""

    graph: ZoneGraph
    count: GridCount
    group: IntArray
    notes: tuple[str, ...] = ()

    def expanded(self, label: IntArray) -> IntArray:
        """Return the grid of each old unit."""
        return label[self.group]

    def grid_of_name(self, label: IntArray) -> dict[int, int]:
        """Return named grid → grid in this division (of the new units)."""
        at = np.flatnonzero(self.graph.anchor >= 0)
        return {int(self.graph.anchor[u]): int(label[u]) for u in at}


def tie(
    graph: ZoneGraph, count: GridCount, wish: IntArray, names: Sequence[Hashable], limits: SizeLimits
) -> Tied:
    """Return the zone with the units of every named grid contracted into one anchored unit.

    `wish`: named grid per unit (position in `names`), -1 for free ones. The number of grids grows where more are
    named. Raises InputRefused: ASSIGNMENT_NOT_CONNECTED, ASSIGNMENT_TOO_LARGE, ASSIGNMENT_TOO_MANY_GRIDS.
    """
    wanted = [int(w) for w in np.unique(wish[wish >= 0])]
    if not wanted:
        return Tied(graph, count, np.arange(len(wish), dtype=np.int64))
    owner = _connected(graph, wish, wanted, names)
    for number in wanted:
        _check_size(graph, owner == number, names[number], limits)
    group, tied = _contracted(graph, owner, wanted)
    recounted = _count(tied, count, len(wanted), limits)
    notes: tuple[str, ...] = ()
    if recounted.k > count.k:
        notes = (f"手工指定的网格较多，网格数由 {count.k} 增为 {recounted.k}",)
    return Tied(tied, recounted, group, notes)


def _count(tied: ZoneGraph, count: GridCount, named: int, limits: SizeLimits) -> GridCount:
    """Return the number of grids of the tied units, raised to the number of named ones where that is more."""
    plain = grid_count_of(tied, limits)
    tower = tied.households > limits.target * (1 + limits.band)
    least = int((tower | (tied.anchor >= 0)).sum())
    # A whole community that stays below the soft minimum is one grid, whatever its units would allow.
    k = max(plain.k if count.k > 1 else count.k, least)
    if k <= plain.k:
        return replace(plain, k=k)
    rest = k - plain.towers
    homes = int(tied.households[~tower].sum())
    if rest > 0 and homes < limits.hard_min * rest:
        raise InputRefused(
            "ASSIGNMENT_TOO_MANY_GRIDS",
            zh=f"此处 {homes} 户不够 {rest} 个网格（手工指定了 {named} 个），每个至少 {limits.hard_min} 户",
            en=f"{homes} households are too few for {rest} grids ({named} are named by hand) of at least "
            f"{limits.hard_min}",
            remedy_zh="请减少手工指定的网格数",
            remedy_en="name fewer grids by hand",
            facts={"households": homes, "grids": rest, "named": named},
        )
    return GridCount(k, plain.towers, abs(homes / max(1, rest) - limits.target) / limits.target)


def _check_size(graph: ZoneGraph, member: np.ndarray, name: Hashable, limits: SizeLimits) -> None:
    homes = graph.households[member]
    if int(homes.sum()) <= limits.hard_max or int((homes > 0).sum()) <= 1:
        return
    raise InputRefused(
        "ASSIGNMENT_TOO_LARGE",
        zh=f"手工指定到网格 {name} 的建筑及其连接处共 {int(homes.sum())} 户，超过上限 {limits.hard_max}",
        en=f"the buildings assigned to grid {name} and what connects them hold {int(homes.sum())} households, "
        f"above {limits.hard_max}",
        remedy_zh="请减少指定到该网格的建筑",
        remedy_en="assign fewer buildings to it",
        facts={"grid": str(name), "households": int(homes.sum()), "hard_max": limits.hard_max},
    )


# ---- Paths -------------------------------------------------------------------------------------------------


def _connected(graph: ZoneGraph, wish: IntArray, wanted: list[int], names: Sequence[Hashable]) -> IntArray:
    """Return the named grid of each unit, the units on the paths between named ones included.

    Grids are connected one after the other; one that finds its way barred by another's path goes first next time.
    """
    order = list(wanted)
    for _ in range(2 * len(wanted) + 1):
        owner = wish.copy()
        failed = next((n for n in order if not _grow(graph, owner, n)), None)
        if failed is None:
            return owner
        if order[0] == failed:
            break
        order.remove(failed)
        order.insert(0, failed)
    raise _barred(graph, wish, order[0], names)


def _barred(graph: ZoneGraph, wish: IntArray, number: int, names: Sequence[Hashable]) -> InputRefused:
    open_to_all = np.where(wish == number, number, -1)
    _grow(graph, open_to_all, number)
    crossed = np.unique(wish[(open_to_all == number) & (wish >= 0) & (wish != number)])
    others = [names[int(n)] for n in crossed] or [n for i, n in enumerate(names) if i != number]
    return InputRefused(
        "ASSIGNMENT_NOT_CONNECTED",
        zh=f"手工指定到网格 {names[number]} 的建筑不能连成一片：被网格 {listed(others)} 的建筑隔开",
        en=f"the buildings assigned to grid {names[number]} cannot be joined: those of {listed(others)} lie between",
        remedy_zh="请改指定其中一些建筑，或放开隔在中间的建筑",
        remedy_en="assign some of them otherwise, or free the buildings in between",
        facts={"grid": str(names[number]), "between": [str(n) for n in others]},
    )


def _grow(graph: ZoneGraph, owner: IntArray, number: int) -> bool:
    """Join the units of one named grid within `owner` over the free units with the fewest households.

    False, and what was joined so far, where there is no way.
    """
    waiting = set(np.flatnonzero(owner == number).tolist())
    tree = {min(waiting)}
    waiting -= tree
    while waiting:
        path = _nearest(graph, owner, number, tree, waiting)
        if path is None:
            return False
        owner[path] = number
        tree.update(path)
        waiting.difference_update(path)
    return True


def _nearest(
    graph: ZoneGraph, owner: IntArray, number: int, tree: set[int], waiting: set[int]
) -> list[int] | None:
    """Return the cheapest path of free units from the tree to a waiting one, that one included."""
    queue: list[tuple[int, int, int]] = [(0, u, -1) for u in sorted(tree)]
    came: dict[int, int] = {}
    while queue:
        cost, unit, via = heapq.heappop(queue)
        if unit in came:
            continue
        came[unit] = via
        if unit in waiting:
            path = [unit]
            while (unit := came[unit]) >= 0 and unit not in tree:
                path.append(unit)
            return path
        for v in graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]].tolist():
            if v not in came and owner[v] in (-1, number):
                step = 0 if owner[v] == number else 1 + int(graph.households[v])
                heapq.heappush(queue, (cost + step, v, unit))
    return None


# ---- Contraction -------------------------------------------------------------------------------------------


def _contracted(graph: ZoneGraph, owner: IntArray, wanted: list[int]) -> tuple[IntArray, ZoneGraph]:
    """Return the new unit of each old one and the graph of the new ones, in the order of their first old unit."""
    key = np.arange(len(owner))
    for number in wanted:
        members = np.flatnonzero(owner == number)
        key[members] = members[0]
    firsts, group = np.unique(key, return_inverse=True)
    group = group.astype(np.int64)
    count = len(firsts)
    rows = np.repeat(np.arange(len(owner)), np.diff(graph.indptr))
    left, right = group[rows], group[graph.indices]
    within = left == right
    inner = np.bincount(left[within], weights=graph.length_m[within], minlength=count)
    pairs, of = np.unique(left[~within] * count + right[~within], return_inverse=True)
    length = np.bincount(of, weights=graph.length_m[~within], minlength=len(pairs))
    barrier = np.bincount(of, weights=graph.barrier_m[~within], minlength=len(pairs))
    anchor = np.full(count, -1, dtype=np.int64)
    for number in wanted:
        anchor[group[np.flatnonzero(owner == number)[0]]] = number
    changes: dict[str, Any] = {
        "indptr": np.searchsorted(pairs // count, np.arange(count + 1)).astype(np.int64),
        "indices": (pairs % count).astype(np.int64),
        "length_m": length,
        "barrier_m": barrier,
        "households": np.bincount(group, weights=graph.households, minlength=count).astype(np.int64),
        "area_m2": _sum(group, graph.area_m2, count),
        # Each inner border was counted from both sides, and stands in the graph from both sides too.
        "perimeter_m": _sum(group, graph.perimeter_m, count) - inner,
        "compound": _common(group, graph.compound, count),
        "centre_m": _middles(graph, group, count),
        "anchor": anchor,
    }
    return group, replace(graph, **changes)


def _middles(graph: ZoneGraph, group: IntArray, count: int) -> FloatArray | None:
    if graph.centre_m is None:
        return None
    area = np.maximum(_sum(group, graph.area_m2, count), 1e-9)
    moments = [_sum(group, graph.area_m2 * graph.centre_m[:, axis], count) / area for axis in (0, 1)]
    return np.column_stack(moments)


def _sum(group: IntArray, values: FloatArray, count: int) -> FloatArray:
    return np.bincount(group, weights=values, minlength=count).astype(np.float64)


def _common(group: IntArray, values: IntArray, count: int) -> IntArray:
    """Return the value of each group where all its members have the same one, else -1."""
    low = np.full(count, np.iinfo(np.int64).max, dtype=np.int64)
    high = np.full(count, -1, dtype=np.int64)
    np.minimum.at(low, group, values)
    np.maximum.at(high, group, values)
    return np.where(low == high, high, -1)


def before_of_groups(group: IntArray, before: IntArray, households: IntArray) -> IntArray:
    """Return the grid of the plan before of each new unit: that of most of its households (-1 none)."""
    count = int(group.max()) + 1
    result = np.full(count, -1, dtype=np.int64)
    frame = pd.DataFrame({"group": group, "before": before, "homes": households + 1e-6})
    sums = frame[frame["before"] >= 0].groupby(["group", "before"], sort=True)["homes"].sum().reset_index()
    best = sums.sort_values(["group", "homes", "before"], ascending=[True, False, True]).drop_duplicates(
        "group"
    )
    result[best["group"].to_numpy()] = best["before"].to_numpy()
    return result
