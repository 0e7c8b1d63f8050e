"""One community from the given to the finished plan: locked grids are taken out, what is left is divided by lands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute import search, tessellation
from gis.compute.admission import admitted
from gis.compute.explain import GridFigures, joined_figures
from gis.compute.locked import Land, land_of_buildings, lands_of, straddling_notes
from gis.compute.offsets import farthest_from
from gis.compute.outcome import CommunityPartition, finished, one_grid
from gis.compute.parameters import PartitionParameters
from gis.compute.partition.division import labelled
from gis.compute.partition.drawn import check_tiling, figures_of
from gis.compute.partition.plots import place_of, plot_of, set_cores
from gis.compute.partition.work import Work, go_on
from gis.compute.ties import Wishes
from gis.compute.wishes import check_wishes


def warm_up() -> None:
    """Compile all kernels (or load them from numba's cache) so that the first plan does not wait for it."""
    line = shapely.LineString([(0, 0), (1, 1)])
    farthest_from(line, line)
    tessellation.warm_up()
    search.warm_up()


def partition_community(
    frame: shapely.Geometry,
    buildings: gpd.GeoDataFrame,
    *,
    metric_crs: str,
    streets: gpd.GeoSeries | None = None,
    barriers: gpd.GeoSeries | None = None,
    parameters: PartitionParameters | None = None,
    previous: gpd.GeoDataFrame | None = None,
    locked: Collection[Hashable] = (),
    assigned: pd.Series | None = None,
    key: str = "",
    should_stop: Callable[[], bool] | None = None,
) -> CommunityPartition:
    """Return the grids of one urban community.

    `frame`: lon-lat polygon of `frames.build_frames(...).lonlat` (its vertices are the only places where grid
    borders meet it). `buildings`: metric points, footprints or compounds of this community, columns
    `households` (whole numbers, none missing) and, if wanted, `compound`. `streets`, `barriers`: metric
    lines; barriers may be polygons (water). `previous`: grids of the plan before (EPSG:4490; index = label).
    `locked`: labels of `previous` that stay to the last bit, with whoever stands in them. `assigned`: building →
    label of `previous` or a new name: the same name ends in one grid, different names in different ones. `key`:
    the community's code; with the parameters' seed it fixes all chance. The same input gives the same bytes.
    Raises Stopped and InputRefused: what `admitted`, `lands_of`, `too_thin`, `Wishes.of`, `check_wishes` and
    `tie` raise; ASSIGNMENT_TOO_MANY_GRIDS also where the search cannot keep the named grids apart.
    """
    wanted = parameters or PartitionParameters()
    given = admitted(
        frame, buildings, metric_crs=metric_crs, streets=streets, barriers=barriers, previous=previous
    )
    work = Work(given, wanted, Wishes.of(assigned, given.buildings.index), key, should_stop)
    lands = lands_of(given.ring, given.previous, locked, given.lattice)
    total = int(given.buildings["households"].sum())
    if total < wanted.soft_min and not locked and len(work.wishes.names) <= 1:
        result = one_grid(
            given.ring, given.buildings, given.lattice, wanted, given.previous, total, work.wishes
        )
    else:
        result = _by_lands(work, lands)
    result.notes[:0] = given.notes
    return replace(result, assignment=result.assignment.reindex(buildings.index))


def _by_lands(work: Work, lands: list[Land]) -> CommunityPartition:
    given = work.given
    shapes = given.lattice.from_metric(given.buildings.geometry.to_numpy())
    home = land_of_buildings(lands, shapely.point_on_surface(shapes))
    plots = []
    for number, land in enumerate(lands):
        go_on(work.should_stop)
        plots.append(plot_of(work, land, np.flatnonzero(home == number)))
    set_cores(work, plots)
    check_wishes(work.wishes, [place_of(plot) for plot in plots])
    figures: list[GridFigures] = []
    seeds = 0
    for plot in plots:
        labels = labelled(work, plot, seeds)
        seeds += len(plot.zones)
        figures.append(figures_of(work, plot, labels, shapes[plot.rows]))
    joined = joined_figures(figures, given.buildings, work.wishes, given.previous)
    check_tiling(joined.polygons, given.ring, joined.added)
    notes = [*joined.notes, *straddling_notes(lands, home, shapes, given.buildings.index)]
    return finished(
        joined.polygons,
        joined.rows,
        joined.reasons,
        given.buildings,
        joined.building_grid,
        joined.zones,
        given.previous,
        notes,
        fixed=joined.fixed,
    )
