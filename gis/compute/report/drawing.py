"""Shapes become short path data in whole metres of one picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.compute.report.values import Box

Shapes = npt.NDArray[np.object_]

_MARGIN = 0.02
# Wiggles finer than this are not seen on a screen; the coarsest keeps a city of a thousand communities small.
_TOLERANCES_M = (1.0, 2.0, 4.0, 8.0, 16.0)
_MOST_VERTICES = 240_000


@dataclass(frozen=True)
class Sheet:
    """Where a picture lies: metric east of its left edge and north of its upper edge, and its size in metres."""

    east: float
    north: float
    box: Box

    def path(self, shape: shapely.Geometry | None) -> str:
        """Path data of a polygon or line; "" for what vanishes at whole metres."""
        if shape is None or shape.is_empty:
            return ""
        return "".join(self._rings(shapely.get_parts(shape)))

    def _rings(self, parts: Iterable[shapely.Geometry]) -> Iterable[str]:
        for part in parts:
            if part.geom_type == "Polygon":
                yield _ring(self._whole(part.exterior), closed=True)
                yield from (_ring(self._whole(hole), closed=True) for hole in part.interiors)
            elif part.geom_type in ("LineString", "LinearRing"):
                yield _ring(self._whole(part), closed=False)

    def _whole(self, line: shapely.Geometry) -> npt.NDArray[np.int64]:
        xy = shapely.get_coordinates(line)
        return np.rint(np.column_stack([xy[:, 0] - self.east, self.north - xy[:, 1]])).astype(np.int64)

    def spot(self, point: shapely.Geometry) -> tuple[int, int]:
        """A point in whole metres of the picture."""
        return round(float(point.x) - self.east), round(self.north - float(point.y))

    def box_of(self, shape: shapely.Geometry, margin: float = 0.06) -> Box:
        """The box around a shape, a little wider than it."""
        west, south, east, north = shapely.bounds(shape)
        more = margin * max(east - west, north - south, 1.0)
        left, top = round(west - more - self.east), round(self.north - north - more)
        return Box(left, top, round(east - west + 2 * more), round(north - south + 2 * more))


def sheet_for(shapes: Shapes) -> Sheet:
    """The sheet that holds all shapes, with a small margin."""
    west, south, east, north = shapely.total_bounds(shapes)
    more = _MARGIN * max(east - west, north - south, 1.0)
    box = Box(0, 0, int(np.ceil(east - west + 2 * more)), int(np.ceil(north - south + 2 * more)))
    return Sheet(float(west - more), float(north + more), box)


def _ring(xy: npt.NDArray[np.int64], *, closed: bool) -> str:
    """One ring or line as a start and steps, repeated points left out."""
    moved = np.ones(len(xy), dtype=bool)
    moved[1:] = (np.diff(xy, axis=0) != 0).any(axis=1)
    xy = xy[moved]
    if closed and len(xy) > 1 and (xy[0] == xy[-1]).all():
        xy = xy[:-1]
    if len(xy) < (3 if closed else 2):
        return ""
    steps = np.diff(xy, axis=0).ravel().tolist()
    joined = "".join(f"{step}" if step < 0 else f" {step}" for step in steps)
    return f"M{xy[0, 0]} {xy[0, 1]}l{joined.lstrip()}{'z' if closed else ''}"


def simplified_tiling(polygons: Shapes) -> Shapes:
    """The polygons of a tiling with fewer vertices and borders that still meet."""
    if len(polygons) == 0:
        return polygons
    shown = polygons
    for tolerance in _TOLERANCES_M:
        # The tolerance of a coverage is the square root of the smallest area worth a vertex.
        shown = shapely.coverage_simplify(polygons, tolerance)
        if int(shapely.get_num_coordinates(shown).sum()) <= _MOST_VERTICES:
            return np.asarray(shown)
    return np.asarray(shown)


def simplified_lines(lines: Shapes, most: int = _MOST_VERTICES) -> Shapes:
    """Lines or free areas with fewer vertices; the longest ones where even that is too much."""
    shown = lines
    for tolerance in _TOLERANCES_M[1:]:
        shown = shapely.simplify(lines, tolerance, preserve_topology=False)
        shown = shown[~shapely.is_empty(shown)]
        if int(shapely.get_num_coordinates(shown).sum()) <= most:
            return np.asarray(shown)
    order = np.argsort(-shapely.length(shown), kind="stable")
    kept = np.cumsum(shapely.get_num_coordinates(shown)[order]) <= most
    return np.asarray(shown[np.sort(order[kept])])


def lines_per_area(lines: Shapes, areas: Shapes) -> list[Shapes]:
    """The parts of the lines in each area."""
    found: list[Shapes] = [np.zeros(0, dtype=object)] * len(areas)
    if len(lines) == 0:
        return found
    area, line = shapely.STRtree(lines).query(areas, predicate="intersects")
    parts = shapely.intersection(lines[line], areas[area])
    parts = np.where(shapely.covered_by(lines[line], areas[area]), lines[line], parts)
    for at in range(len(areas)):
        own = (
            parts[area == at]
            if len(area) < 50_000
            else parts[np.searchsorted(area, at) : np.searchsorted(area, at + 1)]
        )
        own = own[np.isin(shapely.get_dimensions(own), (1,)) & ~shapely.is_empty(own)]
        found[at] = own
    return found


def borders_between(polygons: Shapes) -> Shapes:
    """The lines that two polygons of a tiling share, each once."""
    if len(polygons) < 2:
        return np.zeros(0, dtype=object)
    whole = shapely.boundary(shapely.coverage_union_all(polygons))
    inner = shapely.difference(shapely.union_all(shapely.boundary(polygons)), whole)
    return np.asarray(shapely.get_parts(shapely.line_merge(inner)))


def joined_path(sheet: Sheet, shapes: Sequence[shapely.Geometry] | Shapes) -> str:
    """Path data of many shapes as one."""
    return "".join(sheet.path(shape) for shape in shapes)
