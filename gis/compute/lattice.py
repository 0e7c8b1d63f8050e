"""The lattice is longitude and latitude counted in whole ten-millionths of a degree, so that rounding is exact.

A stored coordinate has 7 decimals (about 1 cm). Noding, dissolving and comparing are done on the whole
numbers x = round(lon * 1e7), y = round(lat * 1e7): two polygons that share a border there share it to the
last bit, and dividing by 1e7 gives the very doubles that `np.round(lonlat, 7)` gives. Lengths and areas are
never measured here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from gis.compute.noding import bent_rings, noded_lines

STORED_CRS = "EPSG:4490"
UNITS_PER_DEGREE = 10_000_000
# One latitude step of the lattice; a longitude step is shorter by cos(latitude).
STEP_M = 0.0111

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
GeometryArray = NDArray[Any]


@lru_cache(maxsize=32)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


@dataclass(frozen=True)
class Lattice:
    """Translates geometries between the lattice and one metric CRS (EPSG code or WKT, axes east then north)."""

    metric_crs: str

    def to_metric_xy(self, xy: FloatArray) -> FloatArray:
        """Return metric coordinates of lattice coordinates, both (n, 2)."""
        x, y = _transformer(STORED_CRS, self.metric_crs).transform(
            xy[:, 0] / UNITS_PER_DEGREE, xy[:, 1] / UNITS_PER_DEGREE
        )
        return np.column_stack([x, y])

    def from_metric_xy(self, xy: FloatArray) -> FloatArray:
        """Return whole lattice coordinates of metric coordinates, both (n, 2)."""
        lon, lat = _transformer(self.metric_crs, STORED_CRS).transform(xy[:, 0], xy[:, 1])
        return np.rint(np.column_stack([lon, lat]) * UNITS_PER_DEGREE)

    def to_metric(self, geometries: GeometryArray) -> GeometryArray:
        """Return the geometries in metres; their order and kind stay."""
        return np.asarray(shapely.transform(np.asarray(geometries, dtype=object), self.to_metric_xy))

    def from_metric(self, geometries: GeometryArray) -> GeometryArray:
        """Return the geometries on the lattice; repeated vertices may appear where detail is below 1 cm."""
        return np.asarray(shapely.transform(np.asarray(geometries, dtype=object), self.from_metric_xy))


def to_lattice(lonlat: GeometryArray) -> GeometryArray:
    """Return lon-lat geometries in degrees on the lattice."""
    return np.asarray(
        shapely.transform(np.asarray(lonlat, dtype=object), lambda xy: np.rint(xy * UNITS_PER_DEGREE))
    )


def from_lattice(lattice: GeometryArray) -> GeometryArray:
    """Return lattice geometries in degrees of EPSG:4490 lon-lat, equal to themselves rounded to 7 decimals."""
    return np.asarray(
        shapely.transform(np.asarray(lattice, dtype=object), lambda xy: np.rint(xy) / UNITS_PER_DEGREE)
    )


def sum_per(owner: IntArray, values: FloatArray, count: int) -> FloatArray:
    """Return the sum of the values of each owner 0…count-1."""
    return np.bincount(owner, weights=values, minlength=count).astype(np.float64)


def joined(parts: GeometryArray, polygon: IntArray, count: int) -> GeometryArray:
    """Return one polygon, or multipolygon of several parts, for each of `count` numbers."""
    several = np.bincount(polygon, minlength=count) > 1
    whole = np.empty(count, dtype=object)
    whole[polygon] = parts
    for number in np.flatnonzero(several):
        whole[number] = shapely.MultiPolygon(list(parts[polygon == number]))
    return whole


def node_and_polygonize(lines: GeometryArray) -> GeometryArray:
    """Return the faces that lattice lines enclose, their vertices whole numbers and shared by both sides."""
    faces = shapely.get_parts(shapely.polygonize(noded_lines(lines)))
    order = np.lexsort(shapely.bounds(faces).T[::-1]) if len(faces) else np.zeros(0, dtype=np.int64)
    return np.asarray(faces[order])


# How near a cut may pass a corner before it is led through it: 3, 10 and 50 cm.
_CORNER_REACHES = (3.0, 9.0, 45.0)
# Where that does not save a corner, cuts stop this far from it: 1, 5 and 25 m.
_CORNER_GAPS = (90.0, 450.0, 2250.0)


def divide_keeping_corners(
    rims: GeometryArray, cuts: GeometryArray, frame: shapely.Geometry
) -> GeometryArray:
    """Return the faces between rims and cuts (lattice lines) in which every vertex of the frame still stands.

    A cut that meets the frame within a lattice unit or two of a vertex makes both its sides pass through one lattice
    point, and the tip beyond would be dropped: such a cut is led through the vertex itself. Where two cuts run along
    both sides of a sharp tip, they end before it.
    """
    faces = node_and_polygonize(np.concatenate([rims, cuts]))
    corners = np.unique(shapely.get_coordinates(frame), axis=0)
    is_sharp = _has_sharp_corner(frame)
    for reach in (*_CORNER_REACHES, *_CORNER_GAPS):
        lost = corners[~np.isin(pack(corners), _corners_held(faces, frame, is_sharp))]
        if len(lost) == 0:
            break
        if reach in _CORNER_GAPS:
            cuts = shapely.difference(cuts, shapely.multipoints(lost).buffer(reach, quad_segs=2))
            cuts = cuts[~shapely.is_empty(cuts)]
        else:
            cuts = shapely.snap(cuts, shapely.multipoints(lost), reach)
        faces = node_and_polygonize(np.concatenate([rims, cuts]))
    return faces


# Corners whose sides enclose less than 60 degrees.
_SHARP = 0.5


def _has_sharp_corner(frame: shapely.Geometry) -> bool:
    for ring in shapely.get_rings(shapely.get_parts(frame)):
        way = np.diff(shapely.get_coordinates(ring), axis=0)
        way = way / np.hypot(*way.T).clip(1e-9)[:, None]
        if (-(way * np.roll(way, -1, axis=0)).sum(axis=1) > _SHARP).any():
            return True
    return False


def _corners_held(faces: GeometryArray, frame: shapely.Geometry, is_sharp: bool) -> IntArray:
    """Return the packed vertices of the faces; of a frame with sharp corners those where the border of all turns.

    Where a sharp tip has become a mere line, some face still has its corner and the border has not.
    """
    if not is_sharp:
        return pack(shapely.get_coordinates(faces))
    segments = segments_of(faces_within(frame, faces)[0])
    count = len(segments.nodes)
    way, back = segments.start * count + segments.end, segments.end * count + segments.start
    return pack(segments.nodes[np.unique(segments.start[~np.isin(way, back)])])


def faces_within(polygon: shapely.Geometry, faces: GeometryArray) -> tuple[GeometryArray, GeometryArray]:
    """Return the faces (of `node_and_polygonize`) on the inner side of a polygon's noded border, and a spot in each."""
    spots = np.asarray(shapely.point_on_surface(faces))
    rim = shapely.boundary(polygon)
    shapely.prepare([polygon, rim])
    inside = shapely.contains(polygon, spots)
    # Noding moves the border by less than a lattice step: only spots that near may lie on its other side.
    near = np.flatnonzero(shapely.dwithin(rim, spots, 2.0))
    if len(near):
        inside[near] = shapely.contains(_bent_by_noding(polygon, faces), spots[near])
    return faces[inside], spots[inside]


def _bent_by_noding(polygon: shapely.Geometry, faces: GeometryArray) -> shapely.Geometry:
    """Return the polygon as noding bent it: each border segment passes through the lattice points whose pixel it meets.

    `faces` are what `node_and_polygonize` made of its border and other lines. A sliver between the border and a line
    that runs along it may lie on either side of the straight border; of the bent one it lies on one side only.
    """
    xy = shapely.get_coordinates(faces)
    nodes = xy[np.unique(pack(xy), return_index=True)[1]]
    parts = shapely.get_parts(polygon)
    rings, part = shapely.get_rings(parts, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    bent_xy, ring = bent_rings(corners, ring, nodes)
    # A hole, or an island, may have closed; a ring ends where it began.
    real = np.bincount(ring, minlength=len(rings)) > 3
    shell = np.diff(part, prepend=-1) != 0
    real &= real[shell][np.cumsum(shell) - 1]
    kept = real[ring]
    closed = shapely.linearrings(bent_xy[kept], indices=np.unique(ring[kept], return_inverse=True)[1])
    bent = shapely.polygons(closed, indices=np.unique(part[real], return_inverse=True)[1])
    broken = ~shapely.is_valid(bent)
    bent[broken] = shapely.make_valid(bent[broken])
    return bent[0] if len(bent) == 1 else shapely.union_all(bent)


@dataclass(frozen=True)
class Segments:
    """Every border segment of a set of polygons on the lattice, as seen from the polygon on each side.

    `start`, `end` are node numbers, `owner` the polygon; `nodes` (n, 2) holds the coordinates of the nodes.
    """

    nodes: FloatArray
    start: IntArray
    end: IntArray
    owner: IntArray


def pack(xy: FloatArray) -> IntArray:
    """Return one whole number per lattice coordinate; equal numbers mean equal places (any place on Earth)."""
    whole = np.rint(xy).astype(np.int64)
    return np.asarray((whole[:, 0] + 1_800_000_000) * (1 << 31) + whole[:, 1] + 900_000_000)


def segments_of(polygons: GeometryArray) -> Segments:
    """Return the directed segments of polygons or multipolygons, without zero-length ones.

    Polygons are oriented first (shell counter-clockwise), so in a valid coverage each inner segment appears
    once in each direction and each outer segment once only.
    """
    oriented = shapely.orient_polygons(np.asarray(polygons, dtype=object))
    parts, part_owner = shapely.get_parts(oriented, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    xy, ring_index = shapely.get_coordinates(rings, return_index=True)
    keys, ids = np.unique(pack(xy), return_inverse=True)
    nodes = np.zeros((len(keys), 2))
    nodes[ids] = np.rint(xy)
    inside = ring_index[1:] == ring_index[:-1]
    start, end = ids[:-1][inside], ids[1:][inside]
    owner = part_owner[ring_part[ring_index[:-1][inside]]]
    real = start != end
    return Segments(
        nodes, start[real].astype(np.int64), end[real].astype(np.int64), owner[real].astype(np.int64)
    )
