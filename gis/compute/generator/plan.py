"""Street plan of a generated city: cells cut into communities and blocks, then bent so that none is straight.

A convex outline is cut again and again by straight lines: first between counties, then streets/towns, then
communities, each in proportion to the land it is to have, and at last into blocks. Every cut is a street
of the class of its level. Nodes are shared by construction, so the bent plan is a coverage: no gaps, no
overlaps. Plan coordinates are metres around (0, 0).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

Ring = list[tuple[float, float]]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]
Names = npt.NDArray[np.str_]

# Longest straight stretch before bending: at 25 m the chord of the sharpest bend is 0.1 m off the arc.
BEND_STEP_M = 25.0
# Metric coordinates are rounded before and after bending, so that the last bit of a sine parts no neighbours.
MILLIMETRE = 3


@dataclass
class Cuts:
    """Street pieces cut so far in plan space, each with its class, and how crooked the next ones are to be.

    `crookedness` multiplies the turn of a cut, `least_share` is the least share of a block on one side of it.
    """

    lines: list[tuple[tuple[float, float], tuple[float, float]]] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    crookedness: float = 1.0
    least_share: float = 0.36

    def add(self, ends: tuple[tuple[float, float], tuple[float, float]] | None, street_class: str) -> None:
        """Remember one cut; a line that missed the cell is ignored."""
        if ends is not None:
            self.lines.append(ends)
            self.classes.append(street_class)


@dataclass(frozen=True)
class Plan:
    """A bent street plan: block faces with their community, and street edges with their class (metres)."""

    faces: Geometries
    face_community: Ints
    edges: Geometries
    edge_class: Names


def ring_area_m2(ring: Ring) -> float:
    """Area of a simple ring by the shoelace formula."""
    twice = 0.0
    for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True):
        twice += ax * by - bx * ay
    return abs(twice) / 2


def clip_ring(
    ring: Ring, normal: tuple[float, float], offset: float
) -> tuple[Ring, Ring, tuple[tuple[float, float], tuple[float, float]] | None]:
    """Cut a convex ring by the line normal·p = offset: the part below, the part above, and the cut itself."""
    below: Ring = []
    above: Ring = []
    crossings: list[tuple[float, float]] = []
    sides = [normal[0] * x + normal[1] * y - offset for x, y in ring]
    for i, point in enumerate(ring):
        j = (i + 1) % len(ring)
        (below if sides[i] <= 0 else above).append(point)
        if (sides[i] <= 0) != (sides[j] <= 0):
            t = sides[i] / (sides[i] - sides[j])
            crossing = (point[0] + t * (ring[j][0] - point[0]), point[1] + t * (ring[j][1] - point[1]))
            below.append(crossing)
            above.append(crossing)
            crossings.append(crossing)
    ends = (crossings[0], crossings[1]) if len(crossings) == 2 else None
    return below, above, ends


def _extent(ring: Ring, normal: tuple[float, float]) -> tuple[float, float]:
    reach = [normal[0] * x + normal[1] * y for x, y in ring]
    return min(reach), max(reach)


def cut_normal(ring: Ring, rng: np.random.Generator, jitter_deg: float) -> tuple[float, float]:
    """Direction across the longer of a cell's north-south and east-west reach, a few degrees off."""
    west, east = _extent(ring, (1.0, 0.0))
    south, north = _extent(ring, (0.0, 1.0))
    angle = 0.0 if (east - west) >= (north - south) * float(rng.uniform(0.9, 1.1)) else math.pi / 2
    angle += math.radians(float(np.clip(rng.normal(0.0, jitter_deg), -3 * jitter_deg, 3 * jitter_deg)))
    return math.cos(angle), math.sin(angle)


def _offset_for_share(ring: Ring, normal: tuple[float, float], share: float) -> float:
    low, high = _extent(ring, normal)
    wanted = share * ring_area_m2(ring)
    for _ in range(30):
        middle = (low + high) / 2
        below, _, _ = clip_ring(ring, normal, middle)
        if len(below) >= 3 and ring_area_m2(below) >= wanted:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def split_by_land(
    ring: Ring,
    land: Sequence[tuple[Hashable, float, bool]],
    street_class: str,
    rng: np.random.Generator,
    cuts: Cuts,
) -> dict[Hashable, Ring]:
    """Cut a convex cell into one cell per (key, land wanted, lies outside): outside ones away from (0, 0)."""
    if len(land) == 1:
        return {land[0][0]: ring}
    total = sum(item[1] for item in land)
    running = np.cumsum([item[1] for item in land])[:-1]
    at = int(np.argmin(np.abs(running - total / 2))) + 1
    normal = cut_normal(ring, rng, 6.0 * cuts.crookedness)
    low, high = _extent(ring, normal)
    outside_last = any(item[2] for item in land[at:]) or bool(rng.random() < 0.5)
    if outside_last and (low + high) < 0:
        normal = (-normal[0], -normal[1])
    first, last, ends = clip_ring(
        ring, normal, _offset_for_share(ring, normal, float(running[at - 1] / total))
    )
    cuts.add(ends, street_class)
    cells = split_by_land(first, land[:at], street_class, rng, cuts)
    return cells | split_by_land(last, land[at:], street_class, rng, cuts)


def split_blocks(
    ring: Ring, block_m2: float, classes: Sequence[str], rng: np.random.Generator, cuts: Cuts, depth: int = 0
) -> None:
    """Cut a cell into blocks of roughly `block_m2`; `classes` names the streets from the first cut on."""
    if ring_area_m2(ring) < block_m2 * float(rng.uniform(1.0, 1.9)):
        return
    normal = cut_normal(ring, rng, 5.0 * cuts.crookedness)
    low, high = _extent(ring, normal)
    share = float(rng.uniform(cuts.least_share, 1 - cuts.least_share))
    below, above, ends = clip_ring(ring, normal, low + (high - low) * share)
    cuts.add(ends, classes[min(depth, len(classes) - 1)])
    split_blocks(below, block_m2, classes, rng, cuts, depth + 1)
    split_blocks(above, block_m2, classes, rng, cuts, depth + 1)


def irregular_outline(area_m2: float, rng: np.random.Generator) -> Ring:
    """A convex outline of the given area, wider than high, with unequal sides."""
    angles = np.sort(np.linspace(0, 2 * np.pi, 11, endpoint=False) + rng.uniform(-0.22, 0.22, 11))
    radii = rng.uniform(0.86, 1.0, 11) / np.maximum(np.abs(np.cos(angles)), np.abs(np.sin(angles))) ** 0.6
    points = np.column_stack([1.18 * radii * np.cos(angles), radii * np.sin(angles)])
    hull = shapely.convex_hull(shapely.multipoints(points))
    scaled = shapely.get_coordinates(hull)[:-1] * math.sqrt(area_m2 / float(shapely.area(hull)))
    return [(float(x), float(y)) for x, y in scaled]


@dataclass(frozen=True)
class Bend:
    """A smooth displacement of the plane; the sum of its slopes stays below 0.7, so it never folds over."""

    waves: Floats

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Bend:
        """Draw waves of 0.9 to 9 km; columns: amplitude in x and y, wave vector, phase in x and y."""
        rows = []
        for length_m, slope in ((9000.0, 0.17), (4300.0, 0.17), (2100.0, 0.12), (900.0, 0.06)):
            heading = float(rng.uniform(0, 2 * np.pi))
            k = 2 * np.pi / (length_m * float(rng.uniform(0.85, 1.15)))
            phases = rng.uniform(0, 2 * np.pi, 2)
            amplitude = slope / k
            rows.append(
                [amplitude, amplitude, k * np.cos(heading), k * np.sin(heading), phases[0], phases[1]]
            )
        return cls(np.array(rows))

    def __call__(self, xy: Floats) -> Floats:
        """Bend plan coordinates (n, 2); rounded to the millimetre on both sides."""
        flat = np.round(xy, MILLIMETRE)
        bent = flat.copy()
        for amplitude_x, amplitude_y, kx, ky, phase_x, phase_y in self.waves:
            along = flat[:, 0] * kx + flat[:, 1] * ky
            bent[:, 0] += amplitude_x * np.sin(along + phase_x)
            bent[:, 1] += amplitude_y * np.sin(along + phase_y)
        return np.asarray(np.round(bent, MILLIMETRE), dtype=np.float64)

    def apply(self, geometries: Geometries) -> Geometries:
        """Bend lines, or polygons without holes, after setting vertices every 25 m or closer."""
        owner_xy, owner = shapely.get_coordinates(geometries, return_index=True)
        xy, index = densify(owner_xy, owner, BEND_STEP_M)
        bent = self(xy)
        if shapely.get_dimensions(geometries[0]) == 1:
            return np.asarray(shapely.linestrings(bent, indices=index))
        return np.asarray(shapely.polygons(shapely.linearrings(bent, indices=index)))


def densify(xy: Floats, owner: Ints, step_m: float) -> tuple[Floats, Ints]:
    """Vertices at least every `step_m` along each owner's line.

    Every segment is divided from its smaller end, whichever way it runs, so that two blocks get the same
    points on their common side to the last bit (`shapely.segmentize` does not promise that).
    """
    start, stop = xy[:-1], xy[1:]
    same = owner[:-1] == owner[1:]
    count = np.where(same, np.maximum(1, np.ceil(np.hypot(*(stop - start).T) / step_m)), 1).astype(np.int64)
    segment = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(segment)) - np.repeat(np.cumsum(count) - count, count)
    swap = (start[:, 0] > stop[:, 0]) | ((start[:, 0] == stop[:, 0]) & (start[:, 1] > stop[:, 1]))
    low, high = np.where(swap[:, None], stop, start), np.where(swap[:, None], start, stop)
    parts = count[segment]
    share = np.where(swap[segment], parts - step, step) / parts
    points = low[segment] + share[:, None] * (high - low)[segment]
    first = step == 0
    points[first] = start[segment[first]]
    return np.vstack([points, xy[-1:]]), np.append(owner[segment], owner[-1])


def wandering_line(
    outline: Ring, heading_deg: float, swing_m: float, off_m: float, rng: np.random.Generator
) -> Ring:
    """A smooth line right through the outline: a river with `swing_m` of meander, a railway with little."""
    reach = max(math.hypot(x, y) for x, y in outline) * 1.2
    along = np.arange(-reach, reach, 40.0)
    across = off_m + swing_m * (
        np.sin(along / float(rng.uniform(520, 640)) + float(rng.uniform(0, 6)))
        + 0.6 * np.sin(along / float(rng.uniform(1500, 1900)) + float(rng.uniform(0, 6)))
    )
    heading = math.radians(heading_deg)
    x = along * math.cos(heading) - across * math.sin(heading)
    y = along * math.sin(heading) + across * math.cos(heading)
    return [(float(a), float(b)) for a, b in zip(x, y, strict=True)]


def polyline_cuts(points: Ring, outline: Ring) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """The pieces of a polyline inside the outline, as two-point cuts."""
    inside = shapely.intersection(shapely.linestrings(points), shapely.polygons(outline))
    pieces = []
    for part in shapely.get_parts(inside):
        xy = [(float(x), float(y)) for x, y in shapely.get_coordinates(part)]
        pieces.extend(list(pairwise(xy)))
    return pieces


def bend_plan(outline: Ring, cells: Mapping[int, Ring], cuts: Cuts, bend: Bend) -> Plan:
    """Node all cuts, make faces, give each the community whose cell it lies in, and bend the whole."""
    rim = shapely.linearrings(outline)
    lines = shapely.linestrings(np.array(cuts.lines, dtype=np.float64))
    noded = shapely.union_all(
        np.append(lines, shapely.linestrings(shapely.get_coordinates(rim))), grid_size=1e-3
    )
    edges = shapely.get_parts(noded)
    faces = shapely.get_parts(shapely.polygonize(edges))
    middle = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    classes = np.array(cuts.classes)[shapely.STRtree(lines).nearest(middle)]
    classes[shapely.distance(middle, rim) < 0.05] = "rim"
    keys = np.array(list(cells))
    cell_polygons = shapely.polygons([shapely.linearrings(cells[int(key)]) for key in keys])
    owner = keys[shapely.STRtree(cell_polygons).nearest(shapely.point_on_surface(faces))]
    order = np.lexsort(
        (shapely.get_y(shapely.centroid(faces)), shapely.get_x(shapely.centroid(faces)), owner)
    )
    edge_order = np.lexsort((shapely.get_y(middle), shapely.get_x(middle)))
    return Plan(
        faces=bend.apply(faces[order]),
        face_community=owner[order].astype(np.int64),
        edges=bend.apply(edges[edge_order]),
        edge_class=classes[edge_order],
    )
