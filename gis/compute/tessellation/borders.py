"""Border segments of faces on the lattice, each with the faces on its two sides, measured in metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.compute.lattice import FloatArray, GeometryArray, IntArray, Lattice, segments_of

# A segment lies on a line when its middle is this close: noding on the lattice moves a line by 1 cm at most.
ON_LINE_M = 0.05


@dataclass(frozen=True)
class Borders:
    """All directed border segments of some faces; `start`, `end` index `nodes_m` (metres), `owner` is the face.

    `first[i]` and `second[i]` are the two directions of an inner segment, `lone` the segments with a face on
    one side only.
    """

    nodes_m: FloatArray
    start: IntArray
    end: IntArray
    owner: IntArray
    length_m: FloatArray
    first: IntArray
    second: IntArray
    lone: IntArray

    def middle(self, segments: IntArray) -> FloatArray:
        """Return the middles of some segments."""
        return (self.nodes_m[self.start[segments]] + self.nodes_m[self.end[segments]]) / 2

    def signed_area_m2(self) -> FloatArray:
        """Return per segment its share of its face's area (positive: shells run counter-clockwise)."""
        a = self.nodes_m[self.start] - self.nodes_m[0]
        b = self.nodes_m[self.end] - self.nodes_m[0]
        return np.asarray((a[:, 0] * b[:, 1] - b[:, 0] * a[:, 1]) / 2)


def borders_of(faces: GeometryArray, lattice: Lattice) -> Borders:
    """Return the borders of lattice polygons that form a coverage."""
    segments = segments_of(faces)
    nodes = lattice.to_metric_xy(segments.nodes)
    delta = nodes[segments.start] - nodes[segments.end]
    count = len(segments.nodes)
    key = np.minimum(segments.start, segments.end) * count + np.maximum(segments.start, segments.end)
    order = np.argsort(key, kind="stable")
    same = key[order][1:] == key[order][:-1]
    first, second = order[:-1][same], order[1:][same]
    lone = np.ones(len(key), dtype=bool)
    lone[first] = lone[second] = False
    return Borders(
        nodes_m=nodes,
        start=segments.start,
        end=segments.end,
        owner=segments.owner,
        length_m=np.hypot(delta[:, 0], delta[:, 1]),
        first=first,
        second=second,
        lone=np.flatnonzero(lone),
    )


def on_lines(places: FloatArray, lines: GeometryArray) -> np.ndarray:
    """Say for each place (metres) whether it lies on one of the lines."""
    found = np.zeros(len(places), dtype=bool)
    if len(lines) and len(places):
        near = shapely.STRtree(lines).query(shapely.points(places), predicate="dwithin", distance=ON_LINE_M)
        found[near[0]] = True
    return found
