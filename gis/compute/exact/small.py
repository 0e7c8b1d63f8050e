"""The best cover of a small zone over all connected sets of a wanted size, as a division of the zone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.compute.bound.columns import Columns, sets_in_band
from gis.compute.bound.cover import Cover, Wanted
from gis.compute.bound.gates import gates_of
from gis.compute.bound.homes import Band, HomesGraph, homes_graph
from gis.compute.exact.realise import division_of
from gis.compute.lattice import FloatArray, IntArray
from gis.compute.parameters import PartitionParameters
from gis.compute.zones import GridCount, ZoneGraph

# A deviation up to this share is nobody's complaint; beyond, it costs so much per target, in grids' shapes.
FAR = 0.15
FAR_PRICE = 4.0


@dataclass(frozen=True)
class ExactEffort:
    """How hard a cover is sought: sets listed at most (a zone with more is no small one), branches, rounds.

    `widths`: deviations (share) of the size ranges tried one after the other, each at least the band.
    """

    sets: int = 2_500
    nodes: int = 20
    rounds: int = 4
    widths: tuple[float, ...] = (0.0, FAR, 0.2, 0.25, 0.35)


def best_small(
    graph: ZoneGraph,
    count: GridCount,
    parameters: PartitionParameters,
    effort: ExactEffort | None = None,
    alpha: float = 0.4,
) -> IntArray | None:
    """Return the best division found by covers, grid per unit 0…k-1, or None; the same for the same input.

    Sizes are widened step by step: all grids in band first, then all within 15 %, 20, 25, 35 %; inside a
    step most is α·(grids in band) + Σ PP − 4·Σ max(0, |dev| − 15 %). Units above the band are grids by themselves,
    which others join only where nothing else is left. None: the zone is too large for this, or has no such
    division. `count.k` grids with homes; the result is sound.
    """
    effort = effort or ExactEffort()
    homes = homes_graph(graph)
    if homes is None or count.k < 2 or _has_empty_anchors(graph):
        return None
    tower = homes.households > Band.of(parameters.limits).high
    plain = count.k - int(tower.sum())
    if plain < 1 or int((~tower).sum()) < plain:
        return None
    for width in dict.fromkeys(max(parameters.band, width) for width in effort.widths):
        columns = sets_in_band(homes, _range(parameters, width), effort.sets, tower)
        if columns is None:
            return None
        columns = _with_one_anchor(graph, homes, columns)
        if len(columns) < plain:
            continue
        wanted = Wanted(
            plain,
            _worth(graph, homes, columns, parameters, alpha),
            tower,
            FAR_PRICE / parameters.target * np.where(tower, 0, homes.households),
            tower | (bool(tower.any()) & (graph.anchor[homes.unit] < 0)),
            gates_of(graph, homes, columns),
            effort.nodes,
        )
        label = _realised(graph, homes, columns, Cover(homes, columns, wanted), count.k, effort)
        if label is not None:
            return label
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
    return Band(
        int(np.ceil(parameters.target * (1 - width - 1e-9))),
        int(np.floor(parameters.target * (1 + width + 1e-9))),
    )


def _realised(
    graph: ZoneGraph, homes: HomesGraph, columns: Columns, cover: Cover, k: int, effort: ExactEffort
) -> IntArray | None:
    for _ in range(effort.rounds):
        chosen = cover.best(effort.rounds)
        if chosen is None:
            return None
        sets = [columns.members[columns.start[s] : columns.start[s + 1]] for s in chosen]
        label, to_blame = division_of(graph, homes, sets, k)
        if label is not None:
            return label
        cover.forbid(chosen[to_blame])
    return None


def _worth(
    graph: ZoneGraph, homes: HomesGraph, columns: Columns, parameters: PartitionParameters, alpha: float
) -> FloatArray:
    """Return per set α if in band, plus its Polsby-Popper without the homeless land it still is to get."""
    count, units = len(columns), homes.unit[columns.members]
    of_set = np.repeat(np.arange(count), np.diff(columns.start))
    households = np.bincount(of_set, weights=graph.households[units], minlength=count)
    area = np.bincount(of_set, weights=graph.area_m2[units], minlength=count)
    border = np.bincount(of_set, weights=graph.perimeter_m[units], minlength=count)
    member = np.zeros(len(graph.households), dtype=bool)
    for s in range(count):
        own = units[columns.start[s] : columns.start[s + 1]]
        member[own] = True
        edges = np.concatenate([np.arange(graph.indptr[u], graph.indptr[u + 1]) for u in own])
        border[s] -= float(graph.length_m[edges[member[graph.indices[edges]]]].sum())
        member[own] = False
    deviation = np.abs(households / parameters.target - 1)
    in_band = deviation <= parameters.band + 1e-9
    compact = 4 * np.pi * area / np.maximum(border, 1e-9) ** 2
    return np.asarray(alpha * in_band + compact - FAR_PRICE * np.maximum(0, deviation - FAR))
