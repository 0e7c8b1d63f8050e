"""Lines are noded: pixels of vertices and crossings, lines led through those they meet, split where they share one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gis.compute.noding.cells import Cells
from gis.compute.noding.meeting import meetings
from gis.compute.noding.pixels import pixels_met
from gis.compute.noding.splitting import edge_keys, split_at_nodes

if TYPE_CHECKING:
    from gis.compute.lattice import FloatArray, GeometryArray, IntArray

# The product of two distances, and the number of two coordinates, have to fit 64 bits.
_WIDEST = 1 << 29


def noded_lines(lines: GeometryArray) -> GeometryArray:
    """Return the noded lines, each once and from node to node; coordinates that are no whole numbers are left to GEOS."""
    parts = _single(np.asarray(lines, dtype=object))
    xy, line = shapely.get_coordinates(parts, return_index=True)
    if len(xy) == 0 or (np.rint(xy) != xy).any() or np.ptp(xy, axis=0).max() > _WIDEST:
        return np.asarray(shapely.get_parts(shapely.union_all(lines, grid_size=1.0)))
    again = (line[1:] == line[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)
    kept = np.concatenate([[True], ~again])
    xy, line = xy[kept], line[kept]
    origin = xy.min(axis=0)
    places, way, first = _noded((xy - origin).astype(np.int64), line, origin)
    index = np.repeat(np.arange(len(first) - 1), np.diff(first))
    return np.asarray(shapely.linestrings(places[way] + origin, indices=index))


def _single(lines: GeometryArray) -> GeometryArray:
    """Return the lines with collections taken apart, in their order."""
    several = shapely.get_type_id(lines) > 2
    if not several.any():
        return lines
    parts, of = shapely.get_parts(lines[several], return_index=True)
    order = np.argsort(np.concatenate([np.flatnonzero(~several), np.flatnonzero(several)[of]]), kind="stable")
    return _single(np.concatenate([lines[~several], parts])[order])


def _noded(xy: IntArray, line: IntArray, origin: FloatArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Return the pixels' places (m, 2), and the noded lines as numbers of places `way[first[i]:first[i + 1]]`."""
    goes_on = np.append(line[1:] == line[:-1], False)
    segment = np.flatnonzero(goes_on)
    ends = np.hstack([xy[segment], xy[segment + 1]])
    cells = Cells(ends, xy.max(axis=0))
    parted, parted_at, crosses = meetings(ends, cells.starts, cells.held, float(origin[0]), float(origin[1]))
    places, pixel, is_node = _pixels(xy, np.floor(parted_at[crosses] + 0.5).astype(np.int64))
    own = np.column_stack([pixel[segment], pixel[segment + 1]])
    through, met = pixels_met(
        ends, own, cells.starts, cells.held, places, *cells.sorted(places), *_along(ends, parted, parted_at)
    )
    is_node[met] = True
    way, first = split_at_nodes(pixel, goes_on, segment[through], met, places, is_node)
    one, two = edge_keys(way, first)
    real = np.flatnonzero(one >= 0)
    kept = real[np.sort(np.unique(one[real] * len(places) + two[real], return_index=True)[1])]
    size = np.diff(first)[kept]
    begin = np.concatenate([[0], np.cumsum(size)])
    at = np.repeat(first[kept] - begin[:-1], size) + np.arange(begin[-1])
    return places.astype(np.float64), way[at], begin


def _pixels(vertices: IntArray, crossings: IntArray) -> tuple[IntArray, IntArray, np.ndarray]:
    """Return the places of the pixels, sorted, the pixel of each vertex, and which pixels are nodes so far."""
    xy = np.concatenate([vertices, crossings])
    key, pixel, times = np.unique(xy[:, 0] * (1 << 31) + xy[:, 1], return_inverse=True, return_counts=True)
    is_node = times > 1
    is_node[pixel[len(vertices) :]] = True
    return np.column_stack([key >> 31, key & ((1 << 31) - 1)]), pixel[: len(vertices)], is_node


def _along(ends: IntArray, segment: IntArray, place: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the places along each segment, each once, and where those of each segment begin."""
    way = (ends[segment, 2:] - ends[segment, :2]).astype(np.float64)
    ahead = np.where(way < 0, -1.0, 1.0) * place
    steep = np.abs(way[:, 1]) > np.abs(way[:, 0])
    first, then = np.where(steep, ahead[:, 1], ahead[:, 0]), np.where(steep, ahead[:, 0], ahead[:, 1])
    order = np.lexsort((then, first, segment))
    segment, place = segment[order], place[order]
    new = np.ones(len(segment), dtype=bool)
    new[1:] = (segment[1:] != segment[:-1]) | (place[1:] != place[:-1]).any(axis=1)
    return place[new], np.searchsorted(segment[new], np.arange(len(ends) + 1))
