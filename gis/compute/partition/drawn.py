"""Points 8 and 10 of the partition specification for one land: its grids are drawn and measured."""

from __future__ import annotations

import numpy as np
import shapely

from gis.compute.explain import GridFigures, land_figures
from gis.compute.lattice import GeometryArray
from gis.compute.locked import sharpened
from gis.compute.ordering import west_to_east
from gis.compute.partition.work import Labels, Plot, Work
from gis.compute.polygons import Homes, TilingBroken, draw_grids, tiles_exactly


def figures_of(work: Work, plot: Plot, labels: Labels, shapes: GeometryArray) -> GridFigures:
    """Draw the grids of a plot from west to east and measure them."""
    count = len(labels.zone_of_grid)
    tessellation, buildings = plot.tessellation, work.given.buildings.iloc[plot.rows]
    weight = tessellation.households.astype(np.float64) + 1e-6
    order, rank, middle = west_to_east(tessellation.cells, weight, labels.label, count)
    label = rank[labels.label]
    if plot.land.is_locked:
        polygons, added = np.array([plot.land.ring], dtype=object), list[tuple[int, int]]()
        building_grid = np.zeros(len(plot.rows), dtype=np.int64)
    else:
        building_grid = label[tessellation.unit_of_building]
        drawn = draw_grids(
            tessellation.cells,
            label,
            count,
            plot.land.ring,
            homes=Homes.of(shapes, building_grid),
            simplify_m=work.wanted.simplify_m,
        )
        polygons, added = sharpened(drawn.polygons, plot.land.needles), list(drawn.added_vertices)
    return land_figures(
        GridFigures(
            land=plot.land,
            rows_of_buildings=plot.rows,
            tessellation=tessellation,
            zones=plot.zones,
            tied=labels.tied,
            polygons=polygons,
            added=added,
            label=label,
            building_grid=building_grid,
            zone_of=np.array(labels.zone_of_grid, dtype=np.int64)[order],
            named={name: int(rank[grid]) for name, grid in labels.named.items()},
            middle=middle,
            notes=[*tessellation.notes, *labels.notes],
        ),
        buildings,
        work.wanted.limits,
        work.wanted.preset,
    )


def check_tiling(polygons: GeometryArray, ring: shapely.Geometry, added: list[tuple[int, int]]) -> None:
    if not (shapely.coverage_is_valid(polygons) and tiles_exactly(polygons, ring, added)):
        raise TilingBroken("the grids of the lands do not tile the frame together")
