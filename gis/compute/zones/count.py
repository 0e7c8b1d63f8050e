"""How many grids some units are to form, towers apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gis.compute.lattice import IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.zones.graph import ZoneGraph


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
    tower = graph.households > limits.target * (1 + limits.band)
    pocket = _pockets(graph, ~tower)
    homes = np.bincount(pocket[~tower], weights=graph.households[~tower]).astype(np.int64)
    dwellings = np.bincount(pocket[~tower], weights=graph.households[~tower] > 0).astype(np.int64)
    room = int(np.minimum(homes // limits.hard_min, dwellings).sum())
    if plain <= room:
        return count
    if room == 0:
        return GridCount(count.towers, count.towers, 0.0)
    rest = int(homes.sum())
    return replace(count, k=count.towers + room, attainable=abs(rest / room - limits.target) / limits.target)


def _pockets(graph: ZoneGraph, member: np.ndarray) -> IntArray:
    """Return a number per unit, equal for members connected through members."""
    rows = np.repeat(np.arange(len(member)), np.diff(graph.indptr))
    inside = member[rows] & member[graph.indices]
    links = csr_array(
        (np.ones(int(inside.sum()), dtype=np.int8), (rows[inside], graph.indices[inside])),
        shape=(len(member), len(member)),
    )
    return connected_components(links, directed=False)[1].astype(np.int64)
