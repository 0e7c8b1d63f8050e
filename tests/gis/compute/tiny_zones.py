"""Zones small enough to try every division of them: 9, 10 and 11 households are in band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from gis.compute.parameters import PartitionParameters
from gis.compute.zones import ZoneGraph

TINY = PartitionParameters(target=10, soft_min=7, soft_max=13, hard_min=3, hard_max=20, band=0.10)


def zone(households: list[int], borders: list[tuple[int, int]], anchors: tuple[int, ...] = ()) -> ZoneGraph:
    """Units of 900 m² with these households, neighbours over 30 m; `anchors` stand for named grids."""
    pairs = sorted({p for a, b in borders for p in ((a, b), (b, a)) if a != b})
    count = len(households)
    rows = np.array([a for a, _ in pairs], dtype=np.int64)
    anchor = np.full(count, -1, dtype=np.int64)
    anchor[list(anchors)] = np.arange(len(anchors))
    return ZoneGraph(
        indptr=np.searchsorted(rows, np.arange(count + 1)).astype(np.int64),
        indices=np.array([b for _, b in pairs], dtype=np.int64),
        length_m=np.full(len(pairs), 30.0),
        barrier_m=np.zeros(len(pairs)),
        households=np.array(households, dtype=np.int64),
        area_m2=np.full(count, 900.0),
        perimeter_m=np.full(count, 120.0),
        compound=np.full(count, -1, dtype=np.int64),
        anchor=anchor,
    )


def path(*households: int) -> ZoneGraph:
    """Units in a row."""
    return zone(list(households), [(i, i + 1) for i in range(len(households) - 1)])


@st.composite
def tiny_zones(draw: st.DrawFn) -> ZoneGraph:
    """Connected zones of two to eight units, some without homes, some above the band."""
    count = draw(st.integers(2, 8))
    size = st.one_of(st.integers(0, 11), st.integers(3, 6), st.just(0), st.integers(12, 25))
    households = draw(st.lists(size, min_size=count, max_size=count))
    if sum(households) == 0:
        households[0] = 5
    tree = [(draw(st.integers(0, i - 1)), i) for i in range(1, count)]
    unit = st.integers(0, count - 1)
    more = draw(st.lists(st.tuples(unit, unit), max_size=count))
    return zone(households, tree + more)


@st.composite
def anchored_zones(draw: st.DrawFn) -> ZoneGraph:
    """Tiny zones of which up to three units, with or without homes, stand for named grids."""
    graph = draw(tiny_zones())
    units = draw(st.lists(st.integers(0, len(graph.households) - 1), max_size=3, unique=True))
    anchor = np.full(len(graph.households), -1, dtype=np.int64)
    anchor[units] = np.arange(len(units))
    return replace(graph, anchor=anchor)


def divisions(graph: ZoneGraph, k: int) -> Iterator[tuple[np.ndarray, list[int]]]:
    """All contiguous divisions into exactly k parts, no two units above 11 and no two anchors in one: label, sizes.

    Each part has homes or an anchor, unless the zone has too few units with either.
    """
    homes, anchor = graph.households.tolist(), set(np.flatnonzero(graph.anchor >= 0).tolist())
    is_borne = len(anchor | set(np.flatnonzero(graph.households).tolist())) < k
    towers = [u for u, h in enumerate(homes) if h > 11]
    for label in _labels(len(homes), k):
        parts = [{u for u, p in enumerate(label) if p == part} for part in range(k)]
        sizes = [sum(homes[u] for u in part) for part in parts]
        apart = all(len({label[u] for u in units}) == len(units) for units in (towers, anchor))
        kept = is_borne or all(size > 0 or part & anchor for size, part in zip(sizes, parts, strict=True))
        if kept and apart and all(reached_from(min(part), graph, part) == part for part in parts):
            yield np.array(label), sizes


def _labels(count: int, k: int) -> Iterator[list[int]]:
    def rest(label: list[int], used: int) -> Iterator[list[int]]:
        if len(label) == count:
            if used == k:
                yield label
            return
        for part in range(min(used + 1, k)):
            yield from rest([*label, part], max(used, part + 1))

    yield from rest([], 0)


def reached_from(unit: int, graph: ZoneGraph, members: set[int]) -> set[int]:
    """The members that the unit, one of them, is connected with through members."""
    reached, waiting = {unit}, [unit]
    while waiting:
        u = waiting.pop()
        for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
            if v in members and v not in reached:
                reached.add(v)
                waiting.append(v)
    return reached
