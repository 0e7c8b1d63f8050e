"""The best cover of a small zone over all connected sets of a wanted size, as a division of the zone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from gis.compute.bound.columns import Columns, sets_in_band
from gis.compute.bound.gates import gates_of
from gis.compute.bound.homes import Band, HomesGraph, homes_graph
from gis.compute.bound.proven_cover import ProvenCover, Wanted
from gis.compute.exact.realise import division_of
from gis.compute.lattice import FloatArray, IntArray
from gis.compute.parameters import PartitionParameters
from gis.compute.zones import GridCount, ZoneGraph

# A deviation up to this share is nobody's complaint; beyond, it costs so much per target, in grids' shapes.
FAR = 0.15
FAR_PRICE = 4.0
# Divisions are compared by whole hundredths of their worst deviation: what is rounded down to one belongs to it.
NEARLY = 0.004


@dataclass(frozen=True)
class ExactEffort:
    """How hard a cover is sought: sets listed at most (a zone with more is no small one), sets looked at, rounds.

    `widths`: deviations (share) of the size ranges tried one after the other, each at least the band.
    """

    sets: int = 2_500
    looks: int = 2_000_000
    rounds: int = 4
    widths: tuple[float, ...] = (0.0, FAR, 0.2, 0.25, 0.35, 0.5)


def best_small(
    graph: ZoneGraph,
    count: GridCount,
    parameters: PartitionParameters,
    effort: ExactEffort | None = None,
    alpha: float = 0.4,
) -> IntArray | None:
    """Return the best division found by covers, grid per unit 0…k-1, or None; the same for the same input.

    Sizes are widened step by step: all grids in band first, then all within 15 %, 20, 25, 35, 50 %, and back by
    hundredths to the narrowest range that can be kept; inside it most is α·(grids in band) + Σ PP −
    4·Σ max(0, |dev| − 15 %). Units above the band are grids by themselves, which others join only where nothing
    else is left. None: the zone is too large for this, or has no such division. `count.k` grids with homes; the
    result is sound.
    """
    effort = effort or ExactEffort()
    homes = homes_graph(graph)
    if homes is None or count.k < 2 or _has_empty_anchors(graph):
        return None
    tower = homes.households > Band.of(parameters.limits).high
    plain = count.k - int(tower.sum())
    if plain < 1 or int((~tower).sum()) < plain:
        return None
    asked = _Asked(graph, homes, tower, count.k, parameters, effort, alpha)
    widths = list(dict.fromkeys(max(parameters.band, width) for width in effort.widths))
    for number, width in enumerate(widths):
        columns = _columns(asked, width)
        if columns is None:
            return None
        label = _covered(asked, columns, width)
        if label is not None:
            return _narrowest(asked, max(FAR, widths[number - 1]), width, label) if number else label
    return None


@dataclass(frozen=True)
class _Asked:
    """A zone to be covered by k grids, those around towers among them."""

    graph: ZoneGraph
    homes: HomesGraph
    tower: np.ndarray
    k: int
    parameters: PartitionParameters
    effort: ExactEffort
    alpha: float


def _narrowest(asked: _Asked, narrow: float, wide: float, label: IntArray) -> IntArray:
    """Return the division, which keeps the wide range, or that of the narrowest range of whole hundredths above the
    narrow one, which has none.
    """
    low, high = round(100 * narrow), round(100 * wide)
    while high - low > 1:
        width = (low + high) // 2 / 100
        columns = _columns(asked, width)
        found = None if columns is None else _covered(asked, columns, width)
        if found is None:
            low = round(100 * width)
        else:
            high, label = round(100 * width), found
    return label


def _columns(asked: _Asked, width: float) -> Columns | None:
    """Return the sets within the width that hold at most one named unit, None if there are too many."""
    sizes = _range(asked.parameters, width)
    columns = sets_in_band(asked.homes, sizes, asked.effort.sets, asked.tower)
    return None if columns is None else _with_one_anchor(asked.graph, asked.homes, columns)


def _covered(asked: _Asked, columns: Columns, width: float) -> IntArray | None:
    """Return the best division of the zone by these sets, None where none was found."""
    graph, homes, tower = asked.graph, asked.homes, asked.tower
    plain = asked.k - int(tower.sum())
    if len(columns) < plain:
        return None
    wanted = Wanted(
        plain,
        _worth(graph, homes, columns, asked.parameters, asked.alpha),
        tower,
        FAR_PRICE / asked.parameters.target * np.where(tower, 0, homes.households),
        tower | (bool(tower.any()) & (graph.anchor[homes.unit] < 0)),
        gates_of(graph, homes, columns),
    )
    cover = ProvenCover(homes, columns, wanted, _range(asked.parameters, width), asked.effort.looks)
    for _ in range(asked.effort.rounds):
        chosen = cover.best().chosen
        if chosen is None:
            return None
        sets = [columns.members[columns.start[s] : columns.start[s + 1]] for s in chosen]
        label, to_blame = division_of(graph, homes, sets, asked.k)
        if label is not None:
            return label
        cover.bar(chosen[to_blame])
    return None


def _has_empty_anchors(graph: ZoneGraph) -> bool:
    return bool(((graph.anchor >= 0) & (graph.households == 0)).any())


def _with_one_anchor(graph: ZoneGraph, homes: HomesGraph, columns: Columns) -> Columns:
    """Return the sets that hold at most one unit that stands for a named grid."""
    size = np.diff(columns.start)
    of_set = np.repeat(np.arange(len(columns)), size)
    anchors = np.bincount(of_set, graph.anchor[homes.unit[columns.members]] >= 0, minlength=len(columns))
    keep = anchors <= 1
    start = np.concatenate([[0], np.cumsum(size[keep])]).astype(np.int64)
    return Columns(start, columns.members[keep[of_set]])


def _range(parameters: PartitionParameters, width: float) -> Band:
    if width > parameters.band:
        width += NEARLY
    return Band(
        int(np.ceil(parameters.target * (1 - width - 1e-9))),
        int(np.floor(parameters.target * (1 + width + 1e-9))),
    )


def _worth(
    graph: ZoneGraph, homes: HomesGraph, columns: Columns, parameters: PartitionParameters, alpha: float
) -> FloatArray:
    """Return per set α if in band, plus its Polsby-Popper without the homeless land it still is to get."""
    count, units = len(columns), homes.unit[columns.members]
    of_set = np.repeat(np.arange(count), np.diff(columns.start))
    households = np.bincount(of_set, weights=graph.households[units], minlength=count)
    area = np.bincount(of_set, weights=graph.area_m2[units], minlength=count)
    border = np.bincount(of_set, weights=graph.perimeter_m[units], minlength=count)
    number = len(graph.households)
    held = csr_array((np.ones(len(units)), units, columns.start), shape=(count, number))
    metres = csr_array((graph.length_m, graph.indices, graph.indptr), shape=(number, number))
    border -= np.asarray((held @ metres).multiply(held).sum(axis=1)).ravel()
    deviation = np.abs(households / parameters.target - 1)
    in_band = deviation <= parameters.band + 1e-9
    compact = 4 * np.pi * area / np.maximum(border, 1e-9) ** 2
    return np.asarray(alpha * in_band + compact - FAR_PRICE * np.maximum(0, deviation - FAR))
