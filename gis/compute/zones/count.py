"""How many grids some units are to form, towers apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.zones.graph import ZoneGraph, parts_of

# The number of grids of the plan before may be worse by this deviation (share) before people are moved for it.
STEADY_SLACK = 0.05


@dataclass(frozen=True)
class GridCount:
    """How many grids some units are to form: `towers` of them are single units above the band.

    `attainable` is the deviation from the target (share) of the rest if it were split evenly.
    """

    k: int
    towers: int
    attainable: float


def grid_count(households: IntArray, limits: SizeLimits, *, sole: bool = False) -> GridCount:
    """Return the tower-aware number of grids for units with these households.

    `sole`: the units are a whole community; below the soft minimum it is one grid.
    """
    total = int(households.sum())
    if total <= 0 or (sole and total < limits.soft_min):
        return GridCount(1, 0, abs(total - limits.target) / limits.target)
    tower = households > limits.target * (1 + limits.band)
    towers = int(tower.sum())
    rest = total - int(households[tower].sum())
    dwelling_units = int(((households > 0) & ~tower).sum())
    if rest == 0 or (towers and rest < limits.hard_min):
        return GridCount(max(1, towers), towers, 0.0)
    options = sorted({max(1, rest // limits.target), rest // limits.target + 1})
    plain = min(options, key=lambda k: (abs(rest / k - limits.target), k))
    plain = max(1, min(plain, dwelling_units))
    return GridCount(towers + plain, towers, abs(rest / plain - limits.target) / limits.target)


def grid_count_of(graph: ZoneGraph, limits: SizeLimits, *, sole: bool = False) -> GridCount:
    """Return the tower-aware number of grids for the units of a graph.

    As `grid_count`, but no more grids beside the towers than the pockets between them can hold with the hard
    minimum each: homes that only towers connect form no grid together and join those. `sole` as there.
    """
    count = grid_count(graph.households, limits, sole=sole)
    plain = count.k - count.towers
    if count.towers == 0 or plain == 0:
        return count
    room = _room(graph, limits)
    if plain <= room:
        return count
    if room == 0:
        return GridCount(count.towers, count.towers, 0.0)
    return _with_plain(graph, count, room, limits)


def steady_count(graph: ZoneGraph, count: GridCount, before: IntArray, limits: SizeLimits) -> GridCount:
    """Return the number of grids of the plan before where that is still good, else `count`.

    `before`: grid of the plan before per unit, -1 none. Still good: the households beside the towers, split
    evenly, come into band, or neither number brings them there and the old one is worse by no more than
    `STEADY_SLACK`; and every tower and named grid still has one to itself.
    """
    old = len(np.unique(before[(before >= 0) & (graph.households > 0)]))
    tower = graph.households > limits.target * (1 + limits.band)
    plain = old - count.towers
    least = int((tower | (graph.anchor >= 0)).sum())
    if old == count.k or plain < 1 or old < least or count.k == count.towers:
        return count
    if plain > max(_room(graph, limits), count.k - count.towers):
        return count
    kept = _with_plain(graph, count, plain, limits)
    in_band = limits.band + 1e-9
    if kept.attainable <= in_band or in_band < count.attainable >= kept.attainable - STEADY_SLACK:
        return kept
    return count


def _room(graph: ZoneGraph, limits: SizeLimits) -> int:
    """Return how many grids the pockets between the towers can hold with the hard minimum each."""
    plain = graph.households <= limits.target * (1 + limits.band)
    pocket = parts_of(graph.indptr, graph.indices, plain)[plain]
    homes = np.bincount(pocket, weights=graph.households[plain]).astype(np.int64)
    dwellings = np.bincount(pocket, weights=graph.households[plain] > 0).astype(np.int64)
    return int(np.minimum(homes // limits.hard_min, dwellings).sum())


def _with_plain(graph: ZoneGraph, count: GridCount, plain: int, limits: SizeLimits) -> GridCount:
    """Return the count with so many grids beside the towers."""
    rest = int(graph.households[graph.households <= limits.target * (1 + limits.band)].sum())
    off = abs(rest / plain - limits.target) / limits.target
    return GridCount(count.towers + plain, count.towers, off)
