"""Ridges part the land of different buildings: the Voronoi borders of their sites, enclosure by enclosure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import Delaunay, QhullError

from gis.compute.lattice import FloatArray, GeometryArray, IntArray
from gis.compute.tessellation.chains import joined_lines
from gis.compute.tessellation.enclosures import Enclosures
from gis.compute.tessellation.sites import Sites

# Ridges are clipped a little beyond their enclosure so that noding finds the crossing.
OVERSHOOT_M = 0.1
# The wiggles of a ridge are straightened up to this part of the distance between the sites on its two sides.
_STRAIGHTEN = 0.1
_STRAIGHTEN_MOST_M = 1.5


@dataclass(frozen=True)
class Ridges:
    """Metric lines, each between two groups of buildings in one enclosure."""

    lines: GeometryArray
    enclosure: IntArray
    left: IntArray
    right: IntArray

    def some(self, keep: np.ndarray) -> Ridges:
        """Return the ridges that a mask picks."""
        return Ridges(self.lines[keep], self.enclosure[keep], self.left[keep], self.right[keep])

    def and_more(self, more: Ridges) -> Ridges:
        """Return these and more ridges."""
        mine, other = vars(self).values(), vars(more).values()
        return Ridges(*(np.concatenate(pair) for pair in zip(mine, other, strict=True)))

    @staticmethod
    def none() -> Ridges:
        """Return no ridge."""
        number = np.zeros(0, dtype=np.int64)
        return Ridges(np.zeros(0, dtype=object), number, number, number)


class Blocks:
    """The enclosures as ridges are clipped to them."""

    def __init__(self, enclosures: Enclosures) -> None:
        self._reach = shapely.buffer(enclosures.metric_faces, OVERSHOOT_M, quad_segs=1)
        shapely.prepare(self._reach)
        self.box = shapely.bounds(self._reach)

    def clip(self, ridges: Ridges) -> Ridges:
        """Return the ridges without what lies outside their enclosure."""
        lines = ridges.lines.copy()
        beyond = ~shapely.contains_properly(self._reach[ridges.enclosure], lines)
        lines[beyond] = shapely.intersection(lines[beyond], self._reach[ridges.enclosure[beyond]])
        parts, row = shapely.get_parts(lines, return_index=True)
        real = (shapely.get_dimensions(parts) == 1) & (shapely.length(parts) > 0)
        kept = ridges.some(row[real])
        return Ridges(parts[real], kept.enclosure, kept.left, kept.right)


def ridges_between(sites: Sites, group: IntArray, blocks: Blocks) -> Ridges:
    """Return the ridges between the sites of different groups (`group`: per building), clipped and straightened."""
    sites = _where_groups_meet(sites, group)
    if len(sites.xy) == 0:
        return Ridges.none()
    owner = group[sites.building]
    ends, left, right = _voronoi(sites.xy, owner, sites.enclosure)
    enclosure = sites.enclosure[left]
    ends, inside = _cut_to_box(ends, blocks.box[enclosure])
    ends, left, right, enclosure = ends[inside], left[inside], right[inside], enclosure[inside]
    span = np.hypot(*(sites.xy[left] - sites.xy[right]).T)
    return blocks.clip(_chains(ends, span, enclosure, owner[left], owner[right]))


def _where_groups_meet(sites: Sites, group: IntArray) -> Sites:
    """Return the sites of enclosures in which more than one group stands."""
    if len(sites.xy) == 0:
        return sites
    count = int(sites.enclosure.max()) + 1
    owner = group[sites.building]
    low = np.full(count, np.iinfo(np.int64).max)
    high = np.full(count, -1)
    np.minimum.at(low, sites.enclosure, owner)
    np.maximum.at(high, sites.enclosure, owner)
    return sites.some((low < high)[sites.enclosure])


def _voronoi(xy: FloatArray, owner: IntArray, enclosure: IntArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Return the Voronoi edges (m, 2, 2) between sites of different owners in one enclosure, and the two sites."""
    points, triangle, beside = _triangles(xy, enclosure)
    owner = np.concatenate([owner, np.full(len(points) - len(xy), -1)])
    centre = _circumcentres(points, triangle)
    number = np.arange(len(triangle))
    sides = []
    for corner in range(3):
        a, b = triangle[:, (corner + 1) % 3], triangle[:, (corner + 2) % 3]
        other = beside[:, corner]
        between = (other > number) & (owner[a] != owner[b]) & (owner[a] >= 0) & (owner[b] >= 0)
        rows = np.flatnonzero(between)
        sides.append((rows, other[rows], a[rows], b[rows]))
    one, two, left, right = (np.concatenate(part) for part in zip(*sides, strict=True))
    return np.stack([centre[one], centre[two]], axis=1), left, right


# Eight sites far outside close all regions of an enclosure, so that every edge has two ends.
_FAR = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1], [0, -1.5], [0, 1.5], [-1.5, 0], [1.5, 0]])


def _triangles(xy: FloatArray, enclosure: IntArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Return the Delaunay triangles (m, 3) of each enclosure, the triangles beside them, and all points.

    The points are the sites and then the far ones; the neighbour across the side opposite to a corner stands
    in that corner's place, -1 for none.
    """
    order = np.argsort(enclosure, kind="stable")
    first = np.flatnonzero(np.diff(enclosure[order], prepend=-1))
    points, triangles, beside = [xy], [], []
    known, made = len(xy), 0
    for rows in np.split(order, first[1:]):
        own = xy[rows]
        middle = (own.min(axis=0) + own.max(axis=0)) / 2
        reach = max(float(np.ptp(own, axis=0).max()), 1.0) * 20 + 2000.0
        diagram = _delaunay(np.vstack([own - middle, _FAR * reach]))
        number = np.concatenate([rows, np.arange(known, known + len(_FAR))])
        points.append(_FAR * reach + middle)
        triangles.append(number[diagram.simplices])
        beside.append(np.where(diagram.neighbors < 0, -1, diagram.neighbors + made))
        known += len(_FAR)
        made += len(diagram.simplices)
    return np.vstack(points), np.vstack(triangles), np.vstack(beside)


def _delaunay(points: FloatArray) -> Delaunay:
    try:
        return Delaunay(points)
    except QhullError:
        return Delaunay(points, qhull_options="Qbb Qc Qz QJ")


def _circumcentres(points: FloatArray, triangle: IntArray) -> FloatArray:
    a = points[triangle[:, 0]]
    b, c = points[triangle[:, 1]] - a, points[triangle[:, 2]] - a
    twice = 2 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    twice = np.where(np.abs(twice) < 1e-12, 1e-12, twice)
    bb, cc = (b * b).sum(axis=1), (c * c).sum(axis=1)
    x = (c[:, 1] * bb - b[:, 1] * cc) / twice
    y = (b[:, 0] * cc - c[:, 0] * bb) / twice
    return a + np.column_stack([x, y])


def _cut_to_box(ends: FloatArray, box: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """Return the segments cut to their boxes (Liang and Barsky), and which of them are left.

    An end within its box stays the same to the last bit, so that edges go on meeting there.
    """
    start, step = ends[:, 0], ends[:, 1] - ends[:, 0]
    first, last = np.zeros(len(ends)), np.ones(len(ends))
    outside = np.zeros(len(ends), dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        for axis in (0, 1):
            low = (box[:, axis] - start[:, axis]) / step[:, axis]
            high = (box[:, axis + 2] - start[:, axis]) / step[:, axis]
            moving = step[:, axis] != 0
            first = np.where(moving, np.maximum(first, np.minimum(low, high)), first)
            last = np.where(moving, np.minimum(last, np.maximum(low, high)), last)
            still = ~moving
            outside |= still & ((start[:, axis] < box[:, axis]) | (start[:, axis] > box[:, axis + 2]))
    cut = ends.copy()
    late, early = first > 0, last < 1
    cut[late, 0] = (start + first[:, None] * step)[late]
    cut[early, 1] = (start + last[:, None] * step)[early]
    long = np.hypot(*(cut[:, 0] - cut[:, 1]).T) > 1e-9
    return cut, (first < last) & ~outside & long


def _chains(ends: FloatArray, span: FloatArray, enclosure: IntArray, one: IntArray, two: IntArray) -> Ridges:
    """Return the edges between the same two groups joined to lines and straightened."""
    if len(ends) == 0:
        return Ridges.none()
    low, high = np.minimum(one, two), np.maximum(one, two)
    order = np.lexsort((high, low, enclosure))
    keys = np.stack([enclosure, low, high])[:, order]
    new = np.concatenate([[True], (keys[:, 1:] != keys[:, :-1]).any(axis=0)])
    pair = np.cumsum(new) - 1
    nearest = np.minimum.reduceat(span[order], np.flatnonzero(new))
    lines, bundle = joined_lines(ends[order], pair, np.minimum(_STRAIGHTEN * nearest, _STRAIGHTEN_MOST_M))
    enclosure, low, high = keys[:, new][:, bundle]
    return Ridges(lines, enclosure, low, high)
