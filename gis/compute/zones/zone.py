"""The zones of a community: units, graph, number of grids, and what must be said about each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.tessellation import Tessellation
from gis.compute.zones.count import GridCount, grid_count_of
from gis.compute.zones.graph import ZoneGraph, graph_of
from gis.compute.zones.loose import loose_stretches
from gis.compute.zones.pieces import merge_pieces


@dataclass(frozen=True)
class Zone:
    """Unit numbers of one zone (into the tessellation), its graph, its grid count, and what must be said
    about it.
    """

    units: IntArray
    graph: ZoneGraph
    count: GridCount
    pieces: tuple[int, ...]
    reasons: tuple[str, ...]

    @property
    def households(self) -> int:
        """The zone's households."""
        return int(self.graph.households.sum())


def zones_of(
    tessellation: Tessellation,
    limits: SizeLimits,
    compound: IntArray,
    *,
    cross_for_balance: bool = False,
) -> tuple[list[Zone], IntArray]:
    """Return the zones of a community and its loose units (water, land without homes beyond a barrier).

    `compound`: per unit, -1 for none. Zones are ordered by their smallest unit. No zones: a community without
    homes.
    """
    piece = tessellation.piece
    count = int(piece.max()) + 1 if len(piece) else 0
    homes = np.bincount(piece[piece >= 0], weights=tessellation.households[piece >= 0], minlength=count)
    housed = np.flatnonzero(homes > 0)
    if len(housed) == 0:
        return [], np.arange(len(piece))
    blocks = merge_pieces(tessellation, housed, limits, cross_for_balance)
    zones = []
    taken = np.zeros(len(piece), dtype=bool)
    for block in blocks:
        zone = _zone(tessellation, block, limits, compound, sole=len(blocks) == 1)
        taken[zone.units] = True
        zones.append(zone)
    zones.sort(key=lambda z: int(z.units[0]))
    return zones, np.flatnonzero(~taken)


def _zone(
    tessellation: Tessellation, block: tuple[int, ...], limits: SizeLimits, compound: IntArray, *, sole: bool
) -> Zone:
    housed = np.isin(tessellation.piece, block)
    units = np.flatnonzero(housed)
    reasons: list[str] = []
    if len(block) > 1:
        units, bridged = _with_bridges(tessellation, housed)
        reasons.append("屏障一侧户数不足以单独成网格，跨屏障合并")
        if not bridged:
            reasons.append("社区由不相连的地块组成，网格可能不连片")
    graph = graph_of(tessellation, units, compound)
    count = grid_count_of(graph, limits, sole=sole)
    if sole and int(graph.households.sum()) < limits.soft_min:
        reasons.append(f"社区不足{limits.soft_min}户，整体为一个网格")
    return Zone(units.astype(np.int64), graph, count, block, tuple(reasons))


def _with_bridges(tessellation: Tessellation, housed: np.ndarray) -> tuple[IntArray, bool]:
    """Return the housed units plus the loose ones needed to connect them, and whether that connected them."""
    if _is_connected(tessellation, housed):
        return np.flatnonzero(housed), True
    stretch = loose_stretches(tessellation, ~_all_homes(tessellation))
    member = housed.copy()
    pairs = tessellation.adjacency
    touching: dict[int, set[int]] = {}
    for a, b in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True):
        for loose, land in ((a, b), (b, a)):
            if stretch[loose] >= 0 and housed[land]:
                touching.setdefault(int(stretch[loose]), set()).add(int(tessellation.piece[land]))
    for number, pieces in sorted(touching.items()):
        if len(pieces) > 1:
            member |= stretch == number
    return np.flatnonzero(member), _is_connected(tessellation, member)


def _all_homes(tessellation: Tessellation) -> np.ndarray:
    """Return which units lie in a piece that has homes."""
    piece = tessellation.piece
    homes = np.bincount(piece[piece >= 0], weights=tessellation.households[piece >= 0], minlength=1)
    return (piece >= 0) & (homes[np.maximum(piece, 0)] > 0)


def _is_connected(tessellation: Tessellation, member: np.ndarray) -> bool:
    stretch = loose_stretches(tessellation, member)
    return len(np.unique(stretch[member])) <= 1
