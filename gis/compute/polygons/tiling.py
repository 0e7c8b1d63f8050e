"""Polygons tile a frame exactly when their inner borders cancel pairwise and its ring is left."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import shapely

from gis.compute.lattice import GeometryArray, IntArray, pack, segments_of

Node = tuple[int, int]


def tiles_exactly(polygons: GeometryArray, frame: shapely.Geometry, added: list[Node] | None = None) -> bool:
    """Say whether inner borders cancel pairwise and what is left is the frame's ring, vertex for vertex.

    Lattice geometries. `added` lists vertices the frame's ring is allowed to have gained.
    """
    outer = outer_edges(polygons)
    ring = outer_edges(np.array([frame], dtype=object))
    if not added:
        return bool(np.array_equal(outer, ring))
    extra = set(pack(np.array(added, dtype=np.float64)).tolist())
    return _without(extra, outer) == Counter(map(tuple, ring.tolist()))


def _without(extra: set[int], outer: IntArray) -> Counter[tuple[int, ...]]:
    """Return the edges with the extra nodes taken out of the ring."""
    follow: dict[int, list[int]] = defaultdict(list)
    for a, b in outer.tolist():
        follow[a].append(b)
    joined: Counter[tuple[int, ...]] = Counter()
    for a, b in outer.tolist():
        if a in extra:
            continue
        end = b
        for _ in range(len(extra) + 1):
            if end not in extra or len(follow[end]) != 1:
                break
            end = follow[end][0]
        joined[(a, end)] += 1
    return joined


def outer_edges(polygons: GeometryArray) -> IntArray:
    """Return the directed edges (n, 2; nodes as `pack` numbers them, sorted) that no other polygon runs back along."""
    segments = segments_of(polygons)
    node = pack(segments.nodes)
    count = len(node)
    forward, times = np.unique(segments.start * count + segments.end, return_counts=True)
    start, end = forward // count, forward % count
    back = end * count + start
    at = np.minimum(np.searchsorted(forward, back), len(forward) - 1)
    rest = times - np.where(forward[at] == back, times[at], 0)
    left = np.repeat(np.flatnonzero(rest > 0), rest[rest > 0])
    edges = np.column_stack([node[start[left]], node[end[left]]])
    return np.asarray(edges[np.lexsort(edges.T[::-1])])
