"""Grid polygons are the dissolved cells of each grid, drawn so that they tile the frame to the last bit.

Point 8 of the partition specification. All work is on the lattice. Grid borders end on frame vertices only,
so the community next door needs no new vertex: a border that meets the frame between two vertices is led to
one of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely

from gis.compute.lattice import GeometryArray, IntArray, pack, segments_of
from gis.compute.parameters import SIMPLIFY_M
from gis.compute.refusal import EngineFault

# Borders between touching houses wander by this much around the common wall.
CUT_DEPTH_M = 0.2
# How many vertices of a border may be dropped next to the frame to find a way that crosses nothing.
_LONGEST_SHORTCUT = 4
# Where a straight border may bend before it reaches the frame: 6, 3 and 1 m away.
_KNEES = (540.0, 270.0, 90.0)
_UNIT = 0.0111

Node = tuple[int, int]


@dataclass(frozen=True)
class DrawnGrids:
    """Grid polygons on the lattice, one per label, and the frame vertices that had to be added (normally
    none).
    """

    polygons: GeometryArray
    added_vertices: tuple[Node, ...]


def draw_grids(
    cells: GeometryArray,
    label: IntArray,
    count: int,
    frame: shapely.Geometry,
    *,
    homes: Homes | None = None,
    simplify_m: float = SIMPLIFY_M,
) -> DrawnGrids:
    """Return `count` polygons (lattice) that tile the frame: `label` says which grid each cell belongs to.

    A border is straightened and led to the frame so that no more of the `homes` than before leave their grid,
    where that can be helped. Raises TilingBroken if the polygons do not tile the frame exactly, which would
    be a fault of this program.
    """
    dissolved = np.empty(count, dtype=object)
    for grid in range(count):
        dissolved[grid] = shapely.coverage_union_all(cells[label == grid])
    homes = homes or Homes.none()
    allowed = homes.astray(dissolved)
    best: tuple[int, GeometryArray] | None = None
    for tolerance in dict.fromkeys((simplify_m, simplify_m / 2, simplify_m / 8, 0.0)):
        drawing = _Drawing(_simplified(dissolved, tolerance), frame, homes)
        drawing.lead_to_frame()
        polygons = drawing.polygons()
        if not drawing.added and _is_good(polygons, frame, []):
            astray = homes.astray(polygons)
            if best is None or astray < best[0]:
                best = (astray, polygons)
            if astray <= allowed:
                break
    if best is not None:
        return DrawnGrids(best[1], ())
    drawing = _Drawing(dissolved, frame, homes)
    drawing.keep_crossings()
    polygons = drawing.polygons()
    if not _is_good(polygons, frame, drawing.added):
        raise TilingBroken("the grids do not tile the frame")
    return DrawnGrids(polygons, tuple(drawing.added))


@dataclass(frozen=True)
class Homes:
    """Footprints or points (lattice) with the grid of each, which borders are to leave whole."""

    shapes: GeometryArray
    grid: IntArray

    @staticmethod
    def none() -> Homes:
        """Return no homes at all."""
        return Homes(np.zeros(0, dtype=object), np.zeros(0, dtype=np.int64))

    @staticmethod
    def of(shapes: GeometryArray, grid: IntArray) -> Homes:
        """Return the homes without the rim that the border between touching houses wanders over."""
        shrunk = np.asarray(shapes, dtype=object).copy()
        solid = shapely.area(shrunk) > 0
        shrunk[solid] = shapely.buffer(shrunk[solid], -CUT_DEPTH_M / _UNIT)
        left = ~shapely.is_empty(shrunk)
        return Homes(shrunk[left], grid[left])

    def astray(self, grids: GeometryArray) -> int:
        """Return how many of them do not lie wholly in their grid."""
        shapely.prepare(grids)
        return int((~shapely.covers(grids[self.grid], self.shapes)).sum()) if len(self.grid) else 0


class TilingBroken(EngineFault):
    """Grid polygons overlap or leave a gap; a fault of this program, never of the input."""


def _simplified(dissolved: GeometryArray, tolerance_m: float) -> GeometryArray:
    if tolerance_m <= 0:
        return dissolved
    simple = shapely.coverage_simplify(dissolved, tolerance_m / _UNIT, simplify_boundary=False)
    return simple if shapely.is_valid(simple).all() and shapely.coverage_is_valid(simple) else dissolved


def _is_good(polygons: GeometryArray, frame: shapely.Geometry, added: list[Node]) -> bool:
    return bool(
        shapely.is_valid(polygons).all()
        and not shapely.is_empty(polygons).any()
        and shapely.coverage_is_valid(polygons)
        and tiles_exactly(polygons, frame, added)
    )


def tiles_exactly(polygons: GeometryArray, frame: shapely.Geometry, added: list[Node] | None = None) -> bool:
    """Say whether inner borders cancel pairwise and what is left is the frame's ring, vertex for vertex.

    Lattice geometries. `added` lists vertices the frame's ring is allowed to have gained.
    """
    outer = _uncancelled(polygons)
    ring = _uncancelled(np.array([frame], dtype=object))
    if not added:
        return outer == ring
    extra = set(added)
    follow: dict[Node, list[Node]] = defaultdict(list)
    for (a, b), times in outer.items():
        follow[a].extend([b] * times)
    joined: Counter[tuple[Node, Node]] = Counter()
    for (a, b), times in outer.items():
        if a in extra:
            continue
        end = b
        for _ in range(len(extra) + 1):
            if end not in extra or len(follow[end]) != 1:
                break
            end = follow[end][0]
        joined[(a, end)] += times
    return joined == ring


def _uncancelled(polygons: GeometryArray) -> Counter[tuple[Node, Node]]:
    segments = segments_of(polygons)
    nodes = [(int(x), int(y)) for x, y in segments.nodes]
    count = len(nodes)
    forward, times = np.unique(segments.start * count + segments.end, return_counts=True)
    edges = dict(zip(forward.tolist(), times.tolist(), strict=True))
    left: Counter[tuple[Node, Node]] = Counter()
    for key, number in edges.items():
        a, b = divmod(key, count)
        rest = number - edges.get(b * count + a, 0)
        if rest > 0:
            left[(nodes[a], nodes[b])] = rest
    return left


@dataclass(frozen=True)
class _Way:
    """How a border reaches the frame: at `target`, leaving out `dropped` vertices or bending at `knee`."""

    target: Node
    dropped: tuple[Node, ...] = ()
    knee: Node | None = None


def _on_the_way(node: Node, to: Node, units: float) -> Node | None:
    """Return the place `units` along from `node` to `to`, or None where they are too close."""
    length = _squared(node, to) ** 0.5
    if length < 1.5 * units:
        return None
    share = units / length
    return round(node[0] + (to[0] - node[0]) * share), round(node[1] + (to[1] - node[1]) * share)


class _Drawing:
    """Rings of all grids as lists of lattice nodes, edited together so that both sides of a border stay
    alike.
    """

    def __init__(self, grids: GeometryArray, frame: shapely.Geometry, homes: Homes) -> None:
        self._rings: list[list[Node]] = []
        self._owner: list[tuple[int, int, bool]] = []
        for grid, shape in enumerate(shapely.orient_polygons(grids)):
            for part, polygon in enumerate(shapely.get_parts(shape)):
                for number, ring in enumerate([polygon.exterior, *polygon.interiors]):
                    xy = np.rint(shapely.get_coordinates(ring)[:-1]).astype(np.int64)
                    self._rings.append([(int(x), int(y)) for x, y in xy])
                    self._owner.append((grid, part, number == 0))
        self._count = len(grids)
        self._frame_nodes = set(pack(shapely.get_coordinates(frame)).tolist())
        self._homes = shapely.STRtree(homes.shapes)
        self.added: list[Node] = []

    def _is_frame_node(self, node: Node) -> bool:
        return int(pack(np.array([node], dtype=np.float64))[0]) in self._frame_nodes

    def _border_nodes(self) -> list[Node]:
        """Return nodes on the outer ring that the frame does not have, in a fixed order."""
        seen: Counter[tuple[Node, Node]] = Counter()
        for ring in self._rings:
            for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
                seen[(a, b)] += 1
        outer = {n for (a, b) in seen if (b, a) not in seen for n in (a, b)}
        return sorted(n for n in outer if not self._is_frame_node(n))

    def keep_crossings(self) -> None:
        """Leave borders where they meet the frame and note the vertices this adds to its ring."""
        self.added = self._border_nodes()

    def lead_to_frame(self) -> None:
        """Lead every border that ends between two frame vertices to one of them."""
        for _ in range(4):
            waiting = self._border_nodes()
            if not waiting:
                break
            # A node of one grid alone is no border's end: the frame's own edge comes back without it.
            touched = Counter(n for ring in self._rings for n in ring)
            self._replace({n: () for n in waiting if touched[n] == 1})
            for node in waiting:
                if touched[node] > 1:
                    self._settle(node)
        self.added = self._border_nodes()

    def _settle(self, node: Node) -> None:
        places = [(r, i) for r, ring in enumerate(self._rings) for i, n in enumerate(ring) if n == node]
        edges = Counter(e for r, i in places for e in self._edges_at(r, i))
        outer = [a if b == node else b for (a, b) in edges if (b, a) not in edges]
        inner = sorted({a if b == node else b for (a, b) in edges if (b, a) in edges})
        if not inner:
            self._replace({node: ()})
            return
        if len(outer) != 2:
            return
        ways = self._ways(node, outer, inner)
        for spare_homes in (True, False):
            for way in ways:
                if self._is_free(node, way, inner, spare_homes):
                    self._go(node, way, inner)
                    return

    def _edges_at(self, r: int, i: int) -> list[tuple[Node, Node]]:
        ring = self._rings[r]
        return [(ring[i - 1], ring[i]), (ring[i], ring[(i + 1) % len(ring)])]

    def _ways(self, node: Node, outer: list[Node], inner: list[Node]) -> list[_Way]:
        """Return ways to reach a frame vertex, from the mildest change on."""
        ends = sorted(outer, key=lambda n: (_squared(n, node), n))
        ways = [_Way(end) for end in ends]
        if len(inner) == 1:
            knees = [k for units in _KNEES if (k := _on_the_way(node, inner[0], units)) is not None]
            ways.extend(_Way(end, knee=knee) for knee in knees for end in ends)
            chain = self._chain(node, inner[0])
            for longest in range(1, len(chain) + 1):
                ways.extend(_Way(end, tuple(chain[:longest])) for end in ends)
        return ways

    def _chain(self, node: Node, following: Node) -> list[Node]:
        """Return vertices after `node` along its border that only two grids share, so that they may go."""
        chain: list[Node] = []
        before, at = node, following
        for _ in range(_LONGEST_SHORTCUT):
            near = self._neighbours(at)
            if len(near) != 2 or self._is_frame_node(at):
                break
            chain.append(at)
            before, at = at, next(n for n in near if n != before)
        return chain

    def _neighbours(self, node: Node) -> set[Node]:
        found: set[Node] = set()
        for ring in self._rings:
            for i, n in enumerate(ring):
                if n == node:
                    found.update((ring[i - 1], ring[(i + 1) % len(ring)]))
        return found

    def _is_free(self, node: Node, way: _Way, inner: list[Node], spare_homes: bool) -> bool:
        """Say whether the changed borders cross no other border (exact whole-number test) and sweep over no
        home.
        """
        gone = {node, *way.dropped}
        starts = sorted(self._neighbours(way.dropped[-1]) - gone) if way.dropped else inner
        segments = self._segments_without(gone)
        for start in starts:
            path = [start, way.target] if way.knee is None else [start, way.knee, way.target]
            for a, b in pairwise(path):
                if a == b or _hits(a, b, segments):
                    return False
            if spare_homes and self._cuts_more(path, [start, *reversed(way.dropped), node]):
                return False
        return True

    def _cuts_more(self, path: list[Node], old: list[Node]) -> bool:
        """Say whether the way from the border's old course to the new one sweeps over a home."""
        swept = shapely.Polygon([*path, *reversed(old[1:])])
        now = self._homes.query(shapely.make_valid(swept), predicate="intersects")
        return bool(
            len(np.setdiff1d(now, self._homes.query(shapely.LineString(old), predicate="intersects")))
        )

    def _go(self, node: Node, way: _Way, inner: list[Node]) -> None:
        change: dict[Node, tuple[Node, ...]] = {d: () for d in way.dropped}
        change[node] = (way.target,)
        if way.knee is not None:
            change[node] = (way.knee, way.target)
        self._replace(change, inner[0] if way.knee is not None else None, node)

    def _segments_without(self, gone: set[Node]) -> IntArray:
        edges = {
            (min(a, b), max(a, b))
            for ring in self._rings
            for a, b in zip(ring, ring[1:] + ring[:1], strict=True)
            if a not in gone and b not in gone
        }
        return np.array([[*a, *b] for a, b in sorted(edges)], dtype=np.int64).reshape(-1, 4)

    def _replace(
        self, change: dict[Node, tuple[Node, ...]], inner: Node | None = None, bent: Node | None = None
    ) -> None:
        """Put other nodes in the place of some; those of `bent` turn round where the ring goes on to `inner`."""
        for r, ring in enumerate(self._rings):
            if change.keys().isdisjoint(ring):
                continue
            moved: list[Node] = []
            for i, n in enumerate(ring):
                instead = change.get(n, (n,))
                turned = n == bent and ring[(i + 1) % len(ring)] == inner
                moved.extend(reversed(instead) if turned else instead)
            self._rings[r] = _without_spikes(moved)

    def polygons(self) -> GeometryArray:
        shells: dict[tuple[int, int], list[Node]] = {}
        holes: dict[tuple[int, int], list[list[Node]]] = defaultdict(list)
        for ring, (grid, part, is_shell) in zip(self._rings, self._owner, strict=True):
            if len(ring) < 3:
                continue
            if is_shell:
                shells[(grid, part)] = ring
            else:
                holes[(grid, part)].append(ring)
        result = np.empty(self._count, dtype=object)
        for grid in range(self._count):
            parts = [
                shapely.Polygon(shell, holes[key]) for key, shell in sorted(shells.items()) if key[0] == grid
            ]
            result[grid] = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
        return result


def _squared(a: Node, b: Node) -> int:
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2


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


def _hits(a: Node, b: Node, segments: IntArray) -> bool:
    """Say whether segment a–b meets any of the segments elsewhere than in a common end point; exact."""
    if len(segments) == 0:
        return False
    ax, ay = a
    bx, by = b
    cx, cy, dx, dy = segments.T
    near = (
        (np.minimum(cx, dx) <= max(ax, bx)) & (np.maximum(cx, dx) >= min(ax, bx))
        & (np.minimum(cy, dy) <= max(ay, by)) & (np.maximum(cy, dy) >= min(ay, by))
    )  # fmt: skip
    cx, cy, dx, dy = cx[near], cy[near], dx[near], dy[near]
    side_c = np.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
    side_d = np.sign((bx - ax) * (dy - ay) - (by - ay) * (dx - ax))
    side_a = np.sign((dx - cx) * (ay - cy) - (dy - cy) * (ax - cx))
    side_b = np.sign((dx - cx) * (by - cy) - (dy - cy) * (bx - cx))
    meets = (side_c * side_d <= 0) & (side_a * side_b <= 0)
    c_is_end = ((cx == ax) & (cy == ay)) | ((cx == bx) & (cy == by))
    d_is_end = ((dx == ax) & (dy == ay)) | ((dx == bx) & (dy == by))
    # Sharing exactly one end point and not lying on one line is the only innocent way to meet.
    innocent = (c_is_end ^ d_is_end) & ~((side_c == 0) & (side_d == 0))
    # On one line, with one common end, the other ends must lie on opposite sides of it.
    ex, ey = np.where(c_is_end, dx, cx), np.where(c_is_end, dy, cy)
    sx, sy = np.where(c_is_end, cx, dx), np.where(c_is_end, cy, dy)
    other_x, other_y = np.where((sx == ax) & (sy == ay), bx, ax), np.where((sx == ax) & (sy == ay), by, ay)
    apart = (ex - sx) * (other_x - sx) + (ey - sy) * (other_y - sy) < 0
    innocent |= (c_is_end ^ d_is_end) & (side_c == 0) & (side_d == 0) & apart
    return bool((meets & ~innocent).any())
