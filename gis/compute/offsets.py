"""How far the vertices of one line lie off another that runs nearly the same way."""

from __future__ import annotations

import numpy as np
import shapely
from numba import njit

from gis.compute.lattice import FloatArray

# Vertices further off are left to GEOS, so that only what is near is compared.
_NEAR_M = 8.0


def farthest_from(line: shapely.Geometry, other: shapely.Geometry) -> float:
    """Return the largest distance (m) from a vertex of a line to the other line."""
    xy = shapely.get_coordinates(line)
    corners, part = shapely.get_coordinates(shapely.get_parts(other), return_index=True)
    goes_on = np.flatnonzero(part[1:] == part[:-1])
    way = np.hstack([corners[goes_on], corners[goes_on + 1]])
    by_x = np.argsort(np.minimum(way[:, 0], way[:, 2]), kind="stable")
    widest = float(np.abs(way[:, 2] - way[:, 0]).max())
    off = offsets(xy, np.ascontiguousarray(way[by_x]), widest, _NEAR_M)
    far = np.isinf(off)
    off[far] = shapely.distance(shapely.points(xy[far]), other)
    return float(off.max())


@njit(cache=True)
def offsets(xy: FloatArray, way: FloatArray, widest: float, reach: float) -> FloatArray:  # pragma: no cover
    """Return the distance from each place to the nearest segment (ax, ay, bx, by), infinite beyond the reach.

    The segments are sorted by their western ends, none spans more than `widest` from west to east.
    """
    west = np.minimum(way[:, 0], way[:, 2])
    found = np.empty(len(xy))
    for p in range(len(xy)):
        x, y = xy[p, 0], xy[p, 1]
        best = np.inf
        most = reach
        for s in range(np.searchsorted(west, x - reach - widest), np.searchsorted(west, x + reach)):
            ax, ay, bx, by = way[s, 0], way[s, 1], way[s, 2], way[s, 3]
            if max(ax, bx) < x - most or min(ay, by) > y + most or max(ay, by) < y - most:
                continue
            wx, wy = bx - ax, by - ay
            squared = wx * wx + wy * wy
            share = ((x - ax) * wx + (y - ay) * wy) / squared if squared > 0 else 0.0
            if share <= 0.0:
                off = np.sqrt((x - ax) * (x - ax) + (y - ay) * (y - ay))
            elif share >= 1.0:
                off = np.sqrt((x - bx) * (x - bx) + (y - by) * (y - by))
            else:
                off = abs(((ay - y) * wx - (ax - x) * wy) / squared) * np.sqrt(squared)
            if off <= most:
                best = most = off
        found[p] = best
    return found
