"""Borders that end between two vertices of the frame are led to one of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from gis.compute.lattice import GeometryArray, pack
from gis.compute.polygons.crossing import hits
from gis.compute.polygons.homes import Homes
from gis.compute.polygons.rings import Rings
from gis.compute.polygons.tiling import Node, outer_edges

# How many vertices of a border may be dropped next to the frame to find a way that crosses nothing.
_LONGEST_SHORTCUT = 4
# Where a straight border may bend before it reaches the frame: 6, 3 and 1 m away.
_KNEES = (540.0, 270.0, 90.0)
_PASSES = 4


@dataclass(frozen=True)
class _Way:
    """How a border reaches the frame: at `target`, leaving out `dropped` vertices or bending at `knee`."""

    target: Node
    dropped: tuple[Node, ...] = ()
    knee: Node | None = None


class Leading:
    """Leads the borders of some grids to the vertices of their frame; `added` are nodes that are left over."""

    def __init__(self, grids: GeometryArray, frame: shapely.Geometry, homes: Homes) -> None:
        self._grids = grids
        self._homes = homes
        self.added: list[Node] = []
        frame_xy = np.rint(shapely.get_coordinates(frame)).astype(np.int64)
        outer = np.unique(outer_edges(grids))
        self._is_open = bool((~np.isin(outer, pack(frame_xy))).any())
        self._frame_nodes: set[Node] = set(map(tuple, frame_xy.tolist())) if self._is_open else set()
        self._rings = Rings(grids) if self._is_open else None

    def _border_nodes(self, rings: Rings) -> list[Node]:
        """Return nodes on the outer ring that the frame does not have, in a fixed order."""
        return sorted(rings.outer_nodes() - self._frame_nodes)

    def keep_crossings(self) -> None:
        """Leave borders where they meet the frame and note the vertices this adds to its ring."""
        self.added = [] if self._rings is None else self._border_nodes(self._rings)

    def lead_to_frame(self) -> None:
        """Lead every border that ends between two frame vertices to one of them."""
        rings = self._rings
        if rings is None:
            return
        waiting = self._border_nodes(rings)
        for _ in range(_PASSES):
            # A node of one grid alone is no border's end: the frame's own edge comes back without it.
            ends = [node for node in waiting if rings.times(node) > 1]
            rings.replace({node: () for node in set(waiting).difference(ends)})
            for node in ends:
                self._settle(rings, node)
            waiting = self._border_nodes(rings)
            if not waiting:
                break
        self.added = waiting

    def polygons(self) -> GeometryArray:
        """Return the grids as they are now."""
        return self._grids if self._rings is None else self._rings.polygons()

    def _settle(self, rings: Rings, node: Node) -> None:
        edges = Counter(rings.edges_at(node))
        outer = [a if b == node else b for (a, b) in edges if (b, a) not in edges]
        inner = sorted({a if b == node else b for (a, b) in edges if (b, a) in edges})
        if not inner:
            rings.replace({node: ()})
            return
        if len(outer) != 2:
            return
        ways = self._ways(rings, node, outer, inner)
        for spare_homes in (True, False):
            for way in ways:
                if self._is_free(rings, node, way, inner, spare_homes):
                    _go(rings, node, way, inner)
                    return

    def _ways(self, rings: Rings, node: Node, outer: list[Node], inner: list[Node]) -> list[_Way]:
        """Return ways to reach a frame vertex, from the mildest change on."""
        ends = sorted(outer, key=lambda n: (_squared(n, node), n))
        ways = [_Way(end) for end in ends]
        if len(inner) == 1:
            knees = [k for units in _KNEES if (k := _on_the_way(node, inner[0], units)) is not None]
            ways.extend(_Way(end, knee=knee) for knee in knees for end in ends)
            chain = self._chain(rings, node, inner[0])
            for longest in range(1, len(chain) + 1):
                ways.extend(_Way(end, tuple(chain[:longest])) for end in ends)
        return ways

    def _chain(self, rings: Rings, node: Node, following: Node) -> list[Node]:
        """Return vertices after `node` along its border that only two grids share, so that they may go."""
        chain: list[Node] = []
        before, at = node, following
        for _ in range(_LONGEST_SHORTCUT):
            near = rings.neighbours(at)
            if len(near) != 2 or at in self._frame_nodes:
                break
            chain.append(at)
            before, at = at, next(n for n in near if n != before)
        return chain

    def _is_free(self, rings: Rings, node: Node, way: _Way, inner: list[Node], spare_homes: bool) -> bool:
        """Say whether the changed borders cross no other border (exact whole-number test) and sweep over no
        home.
        """
        gone = {node, *way.dropped}
        starts = sorted(rings.neighbours(way.dropped[-1]) - gone) if way.dropped else inner
        for start in starts:
            path = [start, way.target] if way.knee is None else [start, way.knee, way.target]
            segments = rings.segments_near(path, gone)
            if any(a == b or hits(a, b, segments) for a, b in pairwise(path)):
                return False
            if spare_homes and self._cuts_more(path, [start, *reversed(way.dropped), node]):
                return False
        return True

    def _cuts_more(self, path: list[Node], old: list[Node]) -> bool:
        """Say whether the way from the border's old course to the new one sweeps over a home."""
        swept = shapely.make_valid(shapely.Polygon([*path, *reversed(old[1:])]))
        met = self._homes.met_by(swept)
        return bool(len(met) and len(np.setdiff1d(met, self._homes.met_by(shapely.LineString(old)))))


def _go(rings: Rings, node: Node, way: _Way, inner: list[Node]) -> None:
    change: dict[Node, tuple[Node, ...]] = {dropped: () for dropped in way.dropped}
    if way.knee is None:
        rings.replace({**change, node: (way.target,)})
    else:
        rings.replace({**change, node: (way.knee, way.target)}, turned_at=node, towards=inner[0])


def _squared(a: Node, b: Node) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


def _on_the_way(node: Node, to: Node, units: float) -> Node | None:
    """Return the place `units` along from `node` to `to`, or None where they are too close."""
    length = _squared(node, to) ** 0.5
    if length < 1.5 * units:
        return None
    share = units / length
    return round(node[0] + (to[0] - node[0]) * share), round(node[1] + (to[1] - node[1]) * share)
