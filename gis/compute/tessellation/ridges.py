"""Ridges part the land of different buildings: the Voronoi borders of their sites, enclosure by enclosure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import Delaunay, QhullError

from gis.compute.lattice import FloatArray, GeometryArray, IntArray
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
    apart = _far_apart(sites, blocks)
    ends, left, right = _voronoi(sites.xy + apart, owner, sites.enclosure)
    enclosure = sites.enclosure[left]
    ends = ends - apart[left][:, None, :]
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


def _far_apart(sites: Sites, blocks: Blocks) -> FloatArray:
    """Return a shift per site that moves the enclosures so far apart that one diagram serves them all.

    They stand in the squares of a board, each square six times as wide as the widest enclosure: a place in
    one enclosure is nearer to all sites of its own than to any other.
    """
    numbers, at = np.unique(sites.enclosure, return_inverse=True)
    box = blocks.box[numbers]
    wide = 6.0 * max(float((box[:, 2:] - box[:, :2]).max()), 10.0)
    columns = int(np.ceil(np.sqrt(len(numbers))))
    square = np.column_stack([np.arange(len(numbers)) % columns, np.arange(len(numbers)) // columns])
    return np.asarray((square * wide - (box[:, :2] + box[:, 2:]) / 2)[at])


def _voronoi(xy: FloatArray, owner: IntArray, enclosure: IntArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Return the Voronoi edges (m, 2, 2) between sites of different owners in one enclosure, and the two sites.

    Eight sites far outside close all regions, so that every edge has two ends.
    """
    count = len(xy)
    middle = (xy.min(axis=0) + xy.max(axis=0)) / 2
    reach = max(float(np.ptp(xy, axis=0).max()), 1.0) * 20 + 2000.0
    far = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1], [0, -1.5], [0, 1.5], [-1.5, 0], [1.5, 0]]) * reach
    points = np.vstack([xy - middle, far])
    try:
        diagram = Delaunay(points)
    except QhullError:
        diagram = Delaunay(points, qhull_options="Qbb Qc Qz QJ")
    triangle, beside = diagram.simplices.astype(np.int64), diagram.neighbors
    sides = []
    for corner in range(3):
        a, b = triangle[:, (corner + 1) % 3], triangle[:, (corner + 2) % 3]
        other = beside[:, corner]
        keep = (other > np.arange(len(triangle))) & (np.maximum(a, b) < count)
        rows = np.flatnonzero(keep)
        a, b = a[rows], b[rows]
        differ = (owner[a] != owner[b]) & (enclosure[a] == enclosure[b])
        sides.append((rows[differ], other[rows[differ]], a[differ], b[differ]))
    one, two, left, right = (np.concatenate(part) for part in zip(*sides, strict=True))
    centre = _circumcentres(points, triangle) + middle
    return np.stack([centre[one], centre[two]], axis=1), left, right


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
    bundles = shapely.multilinestrings(shapely.linestrings(ends[order]), indices=pair)
    lines, bundle = shapely.get_parts(shapely.line_merge(bundles), return_index=True)
    nearest = np.minimum.reduceat(span[order], np.flatnonzero(new))[bundle]
    tolerance = np.minimum(_STRAIGHTEN * nearest, _STRAIGHTEN_MOST_M)
    bent = (shapely.get_num_points(lines) > 2) & ~shapely.is_closed(lines)
    lines[bent] = shapely.simplify(lines[bent], tolerance[bent], preserve_topology=False)
    enclosure, low, high = keys[:, new][:, bundle]
    return Ridges(np.asarray(lines), enclosure, low, high)
