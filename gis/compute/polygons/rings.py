"""Rings of grids as lists of lattice nodes, edited together so that both sides of a border stay alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from operator import eq

import numpy as np
import shapely

from gis.compute.lattice import GeometryArray, IntArray, joined
from gis.compute.polygons.tiling import Node

Edge = tuple[Node, Node]


class Rings:
    """All rings of some polygons: shells counter-clockwise, holes clockwise, the last node not repeated."""

    def __init__(self, polygons: GeometryArray) -> None:
        oriented = shapely.orient_polygons(polygons)
        parts, owner = shapely.get_parts(oriented, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        nodes = list(map(tuple, np.rint(xy).astype(np.int64).tolist()))
        ends = np.searchsorted(ring, np.arange(len(rings) + 1)).tolist()
        self._count = len(polygons)
        self._rings: list[list[Node]] = [nodes[a : b - 1] for a, b in pairwise(ends)]
        self._part: list[int] = part.tolist()
        self._owner_of_part = owner
        self._arrays: list[IntArray | None] = [None] * len(rings)
        self._where: dict[Node, set[int]] = defaultdict(set)
        for r, members in enumerate(self._rings):
            for node in members:
                self._where[node].add(r)

    def outer_nodes(self) -> set[Node]:
        """Return the ends of all edges that no other ring runs back along."""
        edges: set[Edge] = set()
        for ring in self._rings:
            edges.update(zip(ring, ring[1:] + ring[:1], strict=True))
        return {node for a, b in edges if (b, a) not in edges for node in (a, b)}

    def times(self, node: Node) -> int:
        """Return how often a node occurs in the rings."""
        return sum(self._rings[r].count(node) for r in self._where[node])

    def edges_at(self, node: Node) -> list[Edge]:
        """Return the directed edges that begin or end at a node."""
        edges = []
        for r in sorted(self._where[node]):
            ring = self._rings[r]
            for i, n in enumerate(ring):
                if n == node:
                    edges += [(ring[i - 1], n), (n, ring[(i + 1) % len(ring)])]
        return edges

    def neighbours(self, node: Node) -> set[Node]:
        """Return the nodes joined to a node."""
        return {a if b == node else b for a, b in self.edges_at(node)}

    def segments_near(self, path: list[Node], gone: set[Node]) -> IntArray:
        """Return all segments (n, 4) whose boxes meet the path's and that end in none of the nodes gone."""
        xs, ys = zip(*path, strict=True)
        segments = np.concatenate([self._segments(r) for r in range(len(self._rings))])
        x, y = segments[:, 0::2], segments[:, 1::2]
        near = (x.min(axis=1) <= max(xs)) & (x.max(axis=1) >= min(xs))
        near &= (y.min(axis=1) <= max(ys)) & (y.max(axis=1) >= min(ys))
        segments = segments[near]
        for a, b in gone:
            at_start = (segments[:, 0] == a) & (segments[:, 1] == b)
            at_end = (segments[:, 2] == a) & (segments[:, 3] == b)
            segments = segments[~(at_start | at_end)]
        return segments

    def _segments(self, r: int) -> IntArray:
        known = self._arrays[r]
        if known is None:
            nodes = np.array(self._rings[r], dtype=np.int64).reshape(-1, 2)
            known = np.hstack([nodes, np.roll(nodes, -1, axis=0)])
            self._arrays[r] = known
        return known

    def replace(
        self,
        change: Mapping[Node, tuple[Node, ...]],
        turned_at: Node | None = None,
        towards: Node | None = None,
    ) -> None:
        """Put other nodes in the place of some; those of `turned_at` turn round where the ring goes on `towards`."""
        touched = set().union(*(self._where[node] for node in change))
        for r in touched:
            ring = self._rings[r]
            moved: list[Node] = []
            before = 0
            for i in [i for i, n in enumerate(ring) if n in change]:
                moved += ring[before:i]
                instead = change[ring[i]]
                turned = ring[i] == turned_at and ring[(i + 1) % len(ring)] == towards
                moved.extend(reversed(instead) if turned else instead)
                before = i + 1
            moved += ring[before:]
            self._put(r, _without_spikes(moved) if _has_spikes(moved) else moved)

    def _put(self, r: int, ring: list[Node]) -> None:
        was, now = set(self._rings[r]), set(ring)
        for node in was - now:
            self._where[node].discard(r)
        for node in now - was:
            self._where[node].add(r)
        self._rings[r] = ring
        self._arrays[r] = None

    def polygons(self) -> GeometryArray:
        """Return the polygons that the rings now bound."""
        kept: list[list[Node]] = []
        part_of: list[int] = []
        gone: set[int] = set()
        for r, (ring, part) in enumerate(zip(self._rings, self._part, strict=True)):
            is_shell = r == 0 or self._part[r - 1] != part
            if is_shell and len(ring) < 3:
                gone.add(part)
            if len(ring) >= 3 and part not in gone:
                kept.append(ring)
                part_of.append(part)
        xy = np.array([node for ring in kept for node in ring], dtype=np.float64)
        rings = shapely.linearrings(xy, indices=np.repeat(np.arange(len(kept)), [len(r) for r in kept]))
        parts, number = np.unique(part_of, return_inverse=True)
        return joined(shapely.polygons(rings, indices=number), self._owner_of_part[parts], self._count)


def _has_spikes(ring: list[Node]) -> bool:
    """Say whether a node stands twice in a row or the ring turns straight back anywhere."""
    return any(map(eq, ring, ring[1:] + ring[:1])) or any(map(eq, ring, ring[2:] + ring[:2]))


def _without_spikes(ring: list[Node]) -> list[Node]:
    """Return the ring without repeated nodes and without ways out and straight back."""
    changed = True
    while changed and len(ring) >= 3:
        changed = False
        kept: list[Node] = []
        for n in ring:
            if kept and kept[-1] == n:
                changed = True
            elif len(kept) >= 2 and kept[-2] == n:
                kept.pop()
                changed = True
            else:
                kept.append(n)
        while len(kept) >= 3 and kept[0] == kept[-1]:
            kept.pop()
            changed = True
        if len(kept) >= 3 and kept[-1] == kept[1]:
            kept = kept[1:]
            changed = True
        elif len(kept) >= 3 and kept[0] == kept[-2]:
            kept.pop()
            changed = True
        ring = kept
    return ring
