"""Enclosures are the blocks between the community's ring, its streets and its barriers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gis.compute.lattice import (
    GeometryArray,
    IntArray,
    Lattice,
    divide_keeping_corners,
    faces_within,
)
from gis.compute.tessellation.borders import borders_of, on_lines
from gis.compute.tessellation.cells import PASSABLE_M, LandVanishes

# Lines are looked for this far around the ring.
_AROUND_M = 20.0


@dataclass(frozen=True)
class Lines:
    """Streets, barrier lines (rims of barrier polygons too) and water faces of one community, in metres."""

    streets: GeometryArray
    barriers: GeometryArray
    water: GeometryArray

    @staticmethod
    def of(
        frame: shapely.Geometry, lattice: Lattice, streets: GeometryArray, barriers: GeometryArray
    ) -> Lines:
        """Return the lines within 20 m of the frame (lattice); streets and barriers in metres."""
        ring = lattice.to_metric(np.array([frame], dtype=object))[0]
        near = shapely.buffer(ring, _AROUND_M)
        shapely.prepare(near)
        barriers = _near(barriers, near)
        dimension = shapely.get_dimensions(barriers)
        water = shapely.make_valid(barriers[dimension == 2]) if (dimension == 2).any() else barriers[:0]
        rims = shapely.boundary(water)
        return Lines(
            streets=_clipped_lines(_near(streets, near), near),
            barriers=_clipped_lines(np.concatenate([barriers[dimension == 1], rims]), near),
            water=water,
        )


def _near(geometries: GeometryArray, area: shapely.Geometry) -> GeometryArray:
    found = np.asarray(geometries, dtype=object)
    found = found[~(shapely.is_missing(found) | shapely.is_empty(found))]
    return shapely.force_2d(found[shapely.intersects(area, found)]) if len(found) else found


def _clipped_lines(lines: GeometryArray, area: shapely.Geometry) -> GeometryArray:
    if len(lines) == 0:
        return lines
    beyond = ~shapely.covers(area, lines)
    lines[beyond] = shapely.intersection(lines[beyond], area)
    parts = shapely.get_parts(lines)
    parts = shapely.get_parts(parts[shapely.get_dimensions(parts) == 1])
    return np.asarray(parts[shapely.length(parts) > 0])


@dataclass(frozen=True)
class Enclosures:
    """Blocks between streets and barriers; `bank` numbers the land between barriers, the same for all its
    blocks.
    """

    lattice_faces: GeometryArray
    metric_faces: GeometryArray
    is_water: np.ndarray
    bank: IntArray


def enclose(frame: shapely.Geometry, lattice: Lattice, lines: Lines) -> Enclosures:
    """Return the enclosures of a frame (lattice), at least one; raises LandVanishes."""
    cuts = lattice.from_metric(np.concatenate([lines.streets, lines.barriers]))
    faces = divide_keeping_corners(np.array([shapely.boundary(frame)], dtype=object), cuts, frame)
    faces, spots = faces_within(frame, faces)
    if len(faces) == 0:
        raise LandVanishes("noding leaves no face within the frame")
    metric = lattice.to_metric(faces)
    water = np.zeros(len(faces), dtype=bool)
    if len(lines.water):
        spots = lattice.to_metric(spots)
        water[shapely.STRtree(lines.water).query(spots, predicate="within")[0]] = True
    return Enclosures(faces, metric, water, _banks(faces, lattice, lines))


def _banks(faces: GeometryArray, lattice: Lattice, lines: Lines) -> IntArray:
    if len(faces) == 1 or len(lines.barriers) == 0:
        return np.zeros(len(faces), dtype=np.int64)
    borders = borders_of(faces, lattice)
    open_m = np.where(
        on_lines(borders.middle(borders.first), lines.barriers), 0.0, borders.length_m[borders.first]
    )
    a, b = borders.owner[borders.first], borders.owner[borders.second]
    pair, of = np.unique(np.minimum(a, b) * len(faces) + np.maximum(a, b), return_inverse=True)
    passable = pair[np.bincount(of, weights=open_m, minlength=len(pair)) > PASSABLE_M]
    return components(len(faces), passable // len(faces), passable % len(faces))


def components(count: int, left: IntArray, right: IntArray) -> IntArray:
    """Return the number of the connected component of each of `count` nodes."""
    order = np.argsort(left, kind="stable")
    starts = np.searchsorted(left[order], np.arange(count + 1))
    graph = csr_array((np.ones(len(left)), right[order], starts), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1]).astype(np.int64)
