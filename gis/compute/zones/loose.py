"""Loose units: water and land without homes beyond a barrier, which hold no grid of their own."""

from __future__ import annotations

import numpy as np
import shapely

from gis.compute.lattice import IntArray
from gis.compute.tessellation import Tessellation


def loose_stretches(tessellation: Tessellation, loose: np.ndarray) -> IntArray:
    """Return a number per unit, equal for loose units connected through loose units (-1 for the others)."""
    pairs = tessellation.adjacency
    both = loose[pairs.left] & loose[pairs.right]
    parent = np.arange(len(loose))

    def root(u: int) -> int:
        while parent[u] != u:
            parent[u] = parent[parent[u]]
            u = int(parent[u])
        return u

    for a, b in zip(pairs.left[both].tolist(), pairs.right[both].tolist(), strict=True):
        ra, rb = root(a), root(b)
        parent[max(ra, rb)] = min(ra, rb)
    return np.array([root(u) if loose[u] else -1 for u in range(len(loose))], dtype=np.int64)


def attach_loose(tessellation: Tessellation, label: IntArray, loose: IntArray) -> IntArray:
    """Return the labels with every loose unit given to the neighbouring grid it borders on the longest.

    `label`: grid per unit, -1 for the loose ones. Loose units join one by one, longest border first, so that
    a grid stays in one piece; an islet that touches nothing joins the nearest grid.
    """
    label = label.copy()
    pairs = tessellation.adjacency
    waiting = set(loose.tolist())
    order = np.lexsort((pairs.right, pairs.left, -pairs.length_m))
    links: dict[int, list[tuple[int, float]]] = {}
    for i in order.tolist():
        a, b, metres = int(pairs.left[i]), int(pairs.right[i]), float(pairs.length_m[i])
        links.setdefault(a, []).append((b, metres))
        links.setdefault(b, []).append((a, metres))
    while waiting:
        offers: list[tuple[float, int, int]] = []
        for u in sorted(waiting):
            border: dict[int, float] = {}
            for v, metres in links.get(u, []):
                if label[v] >= 0:
                    border[int(label[v])] = border.get(int(label[v]), 0.0) + metres
            if border:
                grid = min(border, key=lambda g: (-border[g], g))
                offers.append((-border[grid], u, grid))
        if not offers:
            _attach_islets(tessellation, label, waiting)
            return label
        # All offers of one round at once: each unit borders on a grid already drawn, so none is cut off.
        for _, u, grid in sorted(offers):
            label[u] = grid
            waiting.discard(u)
    return label


def _attach_islets(tessellation: Tessellation, label: IntArray, waiting: set[int]) -> None:
    drawn = np.flatnonzero(label >= 0)
    tree = shapely.STRtree(tessellation.cells[drawn])
    for u in sorted(waiting):
        label[u] = label[drawn[int(tree.nearest(tessellation.cells[u]))]]
