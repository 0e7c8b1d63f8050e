"""First divisions of a zone into k contiguous parts: METIS seeds, farthest-seed growth, and the plan before.

Point 4 of the partition specification. Every start returned is contiguous, has k parts, and each part has
homes wherever the zone has enough units with homes; METIS answers that break this are repaired or dropped.
"""

from __future__ import annotations

import heapq
import math

import numpy as np
import pymetis
from numpy.typing import NDArray

from gis.compute.lattice import IntArray
from gis.compute.zones import ZoneGraph, induced

UFACTORS = (20, 50, 100, 30)


def metis_starts(graph: ZoneGraph, k: int, count: int, seed: int, target: int) -> list[IntArray]:
    """Return up to `count` repaired METIS divisions, the same for the same seed; fewer where METIS fails."""
    starts: list[IntArray] = []
    if k < 2:
        return starts
    adjacency = pymetis.CSRAdjacency(graph.indptr.tolist(), graph.indices.tolist())
    # A tower counts as one full grid: METIS cannot balance parts around a unit larger than a part.
    weights = np.minimum(graph.households, target).tolist()
    cut = np.maximum(1, np.rint(graph.length_m)).astype(np.int64).tolist()
    for number in range(count):
        options = pymetis.Options(
            seed=(seed + number) % 2_000_000_000, ufactor=UFACTORS[number % 4], contig=1
        )
        try:
            _, parts = pymetis.part_graph(
                k, adjacency=adjacency, vweights=weights, eweights=cut, options=options, recursive=False
            )
        except RuntimeError:
            continue
        label = repaired(graph, np.asarray(parts, dtype=np.int64), k)
        if label is not None:
            starts.append(label)
    return starts


def growth_start(graph: ZoneGraph, k: int, full: float = math.inf) -> IntArray:
    """Return a division grown from k seeds far from each other, always the part with fewest homes first.

    Anchored units come first among the seeds, then units of more than `full` households.
    """
    seeds = _far_seeds(graph, k, full)
    label = np.full(len(graph.households), -1, dtype=np.int64)
    homes = np.zeros(k, dtype=np.int64)
    fronts: list[list[tuple[float, int]]] = [[] for _ in range(k)]
    for part, seed in enumerate(seeds):
        _take(graph, seed, part, label, homes, fronts[part])
    for _ in range(len(label) * 2):
        ready = [(int(homes[p]), p) for p in range(k) if _live_front(fronts[p], label)]
        if not ready:
            break
        part = min(ready)[1]
        _take(graph, heapq.heappop(fronts[part])[1], part, label, homes, fronts[part])
    return label


def _take(
    graph: ZoneGraph, unit: int, part: int, label: IntArray, homes: IntArray, front: list[tuple[float, int]]
) -> None:
    label[unit] = part
    homes[part] += graph.households[unit]
    for e in range(int(graph.indptr[unit]), int(graph.indptr[unit + 1])):
        other = int(graph.indices[e])
        if label[other] < 0:
            heapq.heappush(front, (-float(graph.length_m[e]), other))


def _live_front(front: list[tuple[float, int]], label: IntArray) -> bool:
    while front and label[front[0][1]] >= 0:
        heapq.heappop(front)
    return bool(front)


def _far_seeds(graph: ZoneGraph, k: int, full: float) -> list[int]:
    """Return the anchored units and k units in all: the largest first, then each farthest (in steps) from the rest."""
    homes = np.flatnonzero((graph.households > 0) | (graph.anchor >= 0))
    if len(homes) < k:
        homes = np.arange(len(graph.households))
    by_size = homes[np.lexsort((homes, -graph.households[homes]))]
    anchored = graph.anchor[by_size] >= 0
    wanted = np.concatenate(
        [by_size[anchored], by_size[~anchored & (graph.households[by_size] > full)], by_size[~anchored][:1]]
    )
    seeds = list(dict.fromkeys(wanted.tolist()))[:k]
    away = np.minimum.reduce([_steps_from(graph, seed) for seed in seeds])
    while len(seeds) < k:
        open_homes = homes[~np.isin(homes, seeds)]
        order = np.lexsort((open_homes, -graph.households[open_homes], -away[open_homes]))
        seeds.append(int(open_homes[order[0]]))
        away = np.minimum(away, _steps_from(graph, seeds[-1]))
    return seeds


def _steps_from(graph: ZoneGraph, unit: int) -> IntArray:
    away = np.full(len(graph.households), np.iinfo(np.int32).max, dtype=np.int64)
    away[unit] = 0
    ring = [unit]
    while ring:
        following = []
        for u in ring:
            for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
                if away[v] > away[u] + 1:
                    away[v] = away[u] + 1
                    following.append(v)
        ring = following
    return away


def repaired(graph: ZoneGraph, label: IntArray, k: int) -> IntArray | None:
    """Return the division with stray parts given to neighbours (-1: unit to be placed), or None if a part is empty.

    Of each part the component with the anchor, else with most homes, stays; the rest joins, unit by unit, the
    neighbouring part with the fewest homes. A part without homes or anchor counts as empty.
    """
    label = label.copy()
    component = _components_of(graph, label)
    for part in range(k):
        inside = np.flatnonzero(label == part)
        if len(inside) == 0:
            return None
        numbers = np.unique(component[inside])
        weight = [
            ((graph.anchor[own] >= 0).any(), int(graph.households[own].sum()), -int(c))
            for c in numbers
            for own in [inside[component[inside] == c]]
        ]
        main = numbers[max(range(len(weight)), key=weight.__getitem__)]
        label[inside[component[inside] != main]] = -1
    _place(graph, label, k)
    return None if (label < 0).any() or not _has_homes(graph, label, k).all() else label


def _has_homes(graph: ZoneGraph, label: IntArray, k: int) -> NDArray[np.bool_]:
    """Return per part whether it has homes or is anchored."""
    kept = (graph.households > 0) | (graph.anchor >= 0)
    return np.bincount(label[kept], minlength=k) > 0


def _components_of(graph: ZoneGraph, label: IntArray) -> IntArray:
    component = np.full(len(label), -1, dtype=np.int64)
    for start in range(len(label)):
        if component[start] >= 0:
            continue
        component[start] = start
        waiting = [start]
        while waiting:
            u = waiting.pop()
            for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
                if component[v] < 0 and label[v] == label[u]:
                    component[v] = start
                    waiting.append(v)
    return component


def _place(graph: ZoneGraph, label: IntArray, k: int) -> None:
    homes = np.bincount(label[label >= 0], weights=graph.households[label >= 0], minlength=k)
    waiting = set(np.flatnonzero(label < 0).tolist())
    for _ in range(len(label)):
        if not waiting:
            return
        best: tuple[float, int, int] | None = None
        for u in waiting:
            for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
                if label[v] >= 0:
                    offer = (float(homes[label[v]]), u, int(label[v]))
                    best = offer if best is None or offer < best else best
        if best is None:
            return
        _, u, part = best
        label[u] = part
        homes[part] += graph.households[u]
        waiting.discard(u)


def is_sound(graph: ZoneGraph, label: IntArray, k: int) -> bool:
    """Say whether the division has k parts, each connected, with one anchor at most and with homes or an anchor.

    Parts without homes are borne where the zone has fewer units with homes than parts.
    """
    if len(label) == 0 or label.min() < 0 or label.max() >= k or len(np.unique(label)) != k:
        return False
    component = _components_of(graph, label)
    if len(np.unique(component)) != k:
        return False
    if np.bincount(label[graph.anchor >= 0], minlength=k).max() > 1:
        return False
    kept = (graph.households > 0) | (graph.anchor >= 0)
    return bool(_has_homes(graph, label, k).all() or kept.sum() < k)


def warm_start(graph: ZoneGraph, before: IntArray, k: int) -> IntArray | None:
    """Return the plan before (any numbers, -1 none) as a start of k parts, or None where it is no help.

    Parts keep their order. Where k has changed, the largest part is split or the smallest one joined to a
    neighbour, as often as needed; the others stay as they are.
    """
    old = np.unique(before[(before >= 0) & (graph.households > 0)])
    if len(old) < 1:
        return None
    place = np.minimum(np.searchsorted(old, before), len(old) - 1)
    label = repaired(graph, np.where((before >= 0) & (old[place] == before), place, -1), len(old))
    for parts in range(len(old), k):
        label = None if label is None else _one_split(graph, label, parts)
    for parts in range(len(old), k, -1):
        label = None if label is None else _one_joined(graph, label, parts)
    return label if label is not None and is_sound(graph, label, k) else None


def _one_split(graph: ZoneGraph, label: IntArray, k: int) -> IntArray | None:
    """Return the division with its largest part that can be split in two; the new part is number k."""
    homes = np.bincount(label, weights=graph.households, minlength=k)
    for part in np.lexsort((np.arange(k), -homes)).tolist():
        units = np.flatnonzero(label == part)
        if (graph.households[units] > 0).sum() < 2:
            continue
        inner = induced(graph, units)
        halves = growth_start(inner, 2)
        anchored = inner.anchor >= 0
        kept = int(halves[anchored][0]) if anchored.any() else int(halves[0])
        label = label.copy()
        label[units[halves != kept]] = k
        return label
    return None


def _one_joined(graph: ZoneGraph, label: IntArray, k: int) -> IntArray | None:
    """Return the division with its smallest part that may join a neighbour joined to the smallest one."""
    homes = np.bincount(label, weights=graph.households, minlength=k)
    anchors = np.bincount(label[graph.anchor >= 0], minlength=k)
    row = np.repeat(np.arange(len(label)), np.diff(graph.indptr))
    pairs = np.unique(np.column_stack([label[row], label[graph.indices]]), axis=0)
    pairs = pairs[(pairs[:, 0] != pairs[:, 1]) & (anchors[pairs].sum(axis=1) < 2)]
    if len(pairs) == 0:
        return None
    best = pairs[np.lexsort((pairs[:, 1], homes[pairs[:, 1]], pairs[:, 0], homes[pairs[:, 0]]))[0]]
    low, high = int(best.min()), int(best.max())
    label = np.where(label == high, low, label)
    return np.asarray(label - (label > high), dtype=np.int64)
