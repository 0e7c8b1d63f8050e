"""Grids are drawn from their cells, straightened as far as no home is cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gis.compute.lattice import STEP_M, GeometryArray, IntArray
from gis.compute.parameters import SIMPLIFY_M
from gis.compute.polygons.homes import Homes
from gis.compute.polygons.leading import Leading
from gis.compute.polygons.tiling import Node, tiles_exactly
from gis.compute.refusal import EngineFault


@dataclass(frozen=True)
class DrawnGrids:
    """Grid polygons on the lattice, one per label, and the frame vertices that had to be added (normally
    none).
    """

    polygons: GeometryArray
    added_vertices: tuple[Node, ...]


class TilingBroken(EngineFault):
    """Grid polygons overlap or leave a gap; a fault of this program, never of the input."""


def draw_grids(
    cells: GeometryArray,
    label: IntArray,
    count: int,
    frame: shapely.Geometry,
    *,
    homes: Homes | None = None,
    simplify_m: float = SIMPLIFY_M,
) -> DrawnGrids:
    """Return `count` polygons (lattice) that tile the frame: `label` says which grid each cell belongs to.

    A border is straightened and led to the frame so that no more of the `homes` than before leave their grid,
    where that can be helped. Raises TilingBroken if the polygons do not tile the frame exactly, which would
    be a fault of this program.
    """
    dissolved = np.empty(count, dtype=object)
    for grid in range(count):
        dissolved[grid] = shapely.coverage_union_all(cells[label == grid])
    homes = homes or Homes.none()
    allowed = homes.astray(dissolved)
    best: tuple[int, GeometryArray] | None = None
    for tolerance in dict.fromkeys((simplify_m, simplify_m / 2, simplify_m / 8, 0.0)):
        leading = Leading(_simplified(dissolved, tolerance), frame, homes)
        leading.lead_to_frame()
        polygons = _untangled(leading.polygons())
        if not leading.added and _is_good(polygons, frame, []):
            astray = homes.astray(polygons)
            if best is None or astray < best[0]:
                best = (astray, polygons)
            if astray <= allowed:
                break
    if best is not None:
        return DrawnGrids(best[1], ())
    leading = Leading(dissolved, frame, homes)
    leading.keep_crossings()
    polygons = leading.polygons()
    if not _is_good(polygons, frame, leading.added):
        raise TilingBroken("the grids do not tile the frame")
    return DrawnGrids(polygons, tuple(leading.added))


def _untangled(polygons: GeometryArray) -> GeometryArray:
    """Return the polygons with rings that come back to one of their vertices taken apart there.

    Such a ring is left where a crack along the frame closes; its border stays, only the reading changes.
    """
    polygons = polygons.copy()
    for at in np.flatnonzero(~shapely.is_valid(polygons)):
        apart = shapely.make_valid(polygons[at], method="structure", keep_collapsed=False)
        if apart.geom_type == polygons[at].geom_type:
            polygons[at] = apart
    return polygons


def _simplified(dissolved: GeometryArray, tolerance_m: float) -> GeometryArray:
    if tolerance_m <= 0:
        return dissolved
    simple = shapely.coverage_simplify(dissolved, tolerance_m / STEP_M, simplify_boundary=False)
    return simple if shapely.is_valid(simple).all() and shapely.coverage_is_valid(simple) else dissolved


def _is_good(polygons: GeometryArray, frame: shapely.Geometry, added: list[Node]) -> bool:
    return bool(
        shapely.is_valid(polygons).all()
        and not shapely.is_empty(polygons).any()
        and tiles_exactly(polygons, frame, added)
        and shapely.coverage_is_valid(polygons)
    )
