"""Homes that borders are to leave whole."""

from __future__ import annotations

import numpy as np
import shapely

from gis.compute.lattice import STEP_M, GeometryArray, IntArray
from gis.compute.tessellation import CUT_DEPTH_M


class Homes:
    """Footprints or points (lattice) with the grid of each, which borders are to leave whole.

    The rim that the border between touching houses wanders over does not count; it is only taken off where a
    border comes that near.
    """

    def __init__(self, shapes: GeometryArray, grid: IntArray) -> None:
        self.shapes = np.asarray(shapes, dtype=object)
        self.grid = grid
        self._tree = shapely.STRtree(self.shapes)
        self._core: dict[int, shapely.Geometry] = {}

    @staticmethod
    def none() -> Homes:
        """Return no homes at all."""
        return Homes(np.zeros(0, dtype=object), np.zeros(0, dtype=np.int64))

    @staticmethod
    def of(shapes: GeometryArray, grid: IntArray) -> Homes:
        """Return the homes with these shapes (lattice), each in its grid."""
        return Homes(shapes, grid)

    def astray(self, grids: GeometryArray) -> int:
        """Return how many of them do not lie wholly in their grid."""
        if len(self.grid) == 0:
            return 0
        shapely.prepare(grids)
        near = np.flatnonzero(~shapely.covers(grids[self.grid], self.shapes))
        return int((~shapely.covers(grids[self.grid[near]], self._cores(near))).sum())

    def met_by(self, geometry: shapely.Geometry) -> IntArray:
        """Return the numbers of the homes that a geometry meets."""
        rows = np.sort(self._tree.query(geometry, predicate="intersects"))
        return np.asarray(rows[shapely.intersects(self._cores(rows), geometry)])

    def _cores(self, rows: IntArray) -> GeometryArray:
        """Return the homes without their rims; a point, or a house as narrow as its rims, is left as it is."""
        new = np.array([row for row in rows.tolist() if row not in self._core], dtype=np.int64)
        if len(new):
            shapes = self.shapes[new]
            core = shapely.buffer(shapes, -CUT_DEPTH_M / STEP_M)
            core = np.where(shapely.is_empty(core), shapely.point_on_surface(shapes), core)
            self._core.update(zip(new.tolist(), core, strict=True))
        found = np.empty(len(rows), dtype=object)
        found[:] = [self._core[row] for row in rows.tolist()]
        return found
