"""One community's land is divided into grids of about 400 households that tile its frame.

The steps bear the names of the partition specification: tessellate, zones and k, starts, polish, polygons,
explain. Locked grids are taken out of the frame first, and what is left is divided land by land.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute import search, tessellation
from gis.compute.admission import Admitted, admitted
from gis.compute.explain import GridFigures, joined_figures, land_figures
from gis.compute.lattice import GeometryArray, IntArray
from gis.compute.locked import (
    Land,
    check_land_has_homes,
    land_of_buildings,
    lands_of,
    sharpened,
    straddling_notes,
    too_thin,
)
from gis.compute.offsets import farthest_from
from gis.compute.outcome import CommunityPartition, finished, one_grid, position_in
from gis.compute.parameters import PartitionParameters
from gis.compute.polygons import Homes, TilingBroken, draw_grids, tiles_exactly
from gis.compute.refusal import InputRefused
from gis.compute.search import divide
from gis.compute.tessellation import LandVanishes, Tessellation, tessellate
from gis.compute.ties import Tied, Wishes, before_of_groups, listed, tie, wish_of_units
from gis.compute.wishes import Place, check_wishes, pin_loose
from gis.compute.zones import Zone, attach_loose, steady_count, zones_of

__all__ = [
    "CommunityPartition",
    "Stopped",
    "go_on",
    "partition_community",
    "warm_up",
]


# Who moves one building by hand does not want its neighbours to be dealt anew: moves cost so many times more.
STEADIER = 8.0


def warm_up() -> None:
    """Compile all kernels (or load them from numba's cache) so that the first plan does not wait for it."""
    line = shapely.LineString([(0, 0), (1, 1)])
    farthest_from(line, line)
    tessellation.warm_up()
    search.warm_up()


class Stopped(Exception):
    """The caller's `should_stop` said to stop; nothing was written."""


def go_on(should_stop: Callable[[], bool] | None) -> None:
    """Raise Stopped if the caller wants no more."""
    if should_stop is not None and should_stop():
        raise Stopped


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
    work = _Work(given, wanted, Wishes.of(assigned, given.buildings.index), key, should_stop)
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


@dataclass(frozen=True)
class _Work:
    """Everything that is the same for all lands of one community."""

    given: Admitted
    wanted: PartitionParameters
    wishes: Wishes
    key: str
    should_stop: Callable[[], bool] | None


@dataclass(frozen=True)
class _Plot:
    """One land with its buildings (`rows` of the community's), cells, zones, loose units and wishes per unit.

    `before`: grid of the plan before per unit (-1 none); `cores`: named grid → the unit from which it goes on.
    """

    land: Land
    rows: IntArray
    tessellation: Tessellation
    zones: list[Zone]
    loose: IntArray
    wish: IntArray
    before: IntArray | None = None
    cores: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Labels:
    """Grid per unit of a plot, zone per grid, grid of each named grid, the tied zones, notes."""

    label: IntArray
    zone_of_grid: list[int]
    named: dict[int, int]
    tied: list[Tied]
    notes: list[str]


def _by_lands(work: _Work, lands: list[Land]) -> CommunityPartition:
    given = work.given
    shapes = given.lattice.from_metric(given.buildings.geometry.to_numpy())
    home = land_of_buildings(lands, shapely.point_on_surface(shapes))
    plots = []
    for number, land in enumerate(lands):
        go_on(work.should_stop)
        plots.append(_plot(work, land, np.flatnonzero(home == number)))
    _set_cores(work, plots)
    check_wishes(work.wishes, [_place(plot) for plot in plots])
    figures: list[GridFigures] = []
    seeds = 0
    for plot in plots:
        labels = _labelled(work, plot, seeds)
        seeds += len(plot.zones)
        figures.append(_figures(work, plot, labels, shapes[plot.rows]))
    joined = joined_figures(figures, given.buildings, work.wishes, given.previous)
    _check_tiling(joined.polygons, given.ring, joined.added)
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


def _check_tiling(polygons: GeometryArray, ring: shapely.Geometry, added: list[tuple[int, int]]) -> None:
    if not (shapely.coverage_is_valid(polygons) and tiles_exactly(polygons, ring, added)):
        raise TilingBroken("the grids of the lands do not tile the frame together")


def _place(plot: _Plot) -> Place:
    zone_of_unit = np.full(len(plot.tessellation.cells), -1, dtype=np.int64)
    for number, zone in enumerate(plot.zones):
        zone_of_unit[zone.units] = number
    if plot.land.is_locked:
        zones = np.zeros(len(plot.rows), dtype=np.int64)
        return Place(plot.rows, zones, is_locked=True, label=plot.land.label)
    cores = {number: int(zone_of_unit[unit]) for number, unit in plot.cores.items()}
    return Place(plot.rows, zone_of_unit[plot.tessellation.unit_of_building], cores)


def _plot(work: _Work, land: Land, rows: IntArray) -> _Plot:
    given, wanted = work.given, work.wanted
    buildings = given.buildings.iloc[rows]
    check_land_has_homes(land, int(buildings["households"].sum()))
    if land.is_locked:
        return _standing(work, land, rows)
    cells = _cut(work, land, buildings)
    units = len(cells.cells)
    compound = _compound_of_units(buildings, cells)
    zones, loose = zones_of(cells, wanted.limits, compound, cross_for_balance=wanted.cross_for_balance)
    wish = wish_of_units(work.wishes, rows, cells.unit_of_building, units)
    return _Plot(land, rows, cells, zones, loose, wish, _before_of_units(cells, given.previous))


def _cut(work: _Work, land: Land, buildings: gpd.GeoDataFrame) -> Tessellation:
    given, most = work.given, work.wanted.soft_max
    try:
        return tessellate(land.ring, buildings, given.lattice, given.streets, given.barriers, most)
    except LandVanishes as vanished:
        raise too_thin(land) from vanished


def _set_cores(work: _Work, plots: list[_Plot]) -> None:
    """Name the middle unit of every old grid that buildings are assigned to, so that it goes on where it was.

    Else the search might give the name to the grid around the assigned building, and to that one another's.
    """
    previous = work.given.previous
    for number, name in enumerate(work.wishes.names):
        if previous is None or name not in previous.index:
            continue
        old = int(np.flatnonzero(previous.index == name)[0])
        found = [
            (plot, unit)
            for plot in plots
            if plot.before is not None
            for unit in np.flatnonzero(
                (plot.before == old) & (plot.tessellation.households > 0) & np.isin(plot.wish, (-1, number))
            ).tolist()
        ]
        if not found:
            continue
        spots = np.array(
            [shapely.get_coordinates(shapely.centroid(p.tessellation.cells[u]))[0] for p, u in found]
        )
        weight = np.array([p.tessellation.households[u] for p, u in found], dtype=np.float64)
        away = np.hypot(*(spots - np.average(spots, axis=0, weights=weight)).T)
        plot, unit = found[int(np.lexsort((np.arange(len(found)), np.round(away)))[0])]
        plot.wish[unit] = number
        plot.cores[number] = unit


def _standing(work: _Work, land: Land, rows: IntArray) -> _Plot:
    """Return a locked grid cut into blocks only, which is enough to measure its borders."""
    given = work.given
    ring = given.lattice.to_metric(np.array([land.ring], dtype=object))
    spot = gpd.GeoDataFrame(
        {"households": [0]}, geometry=shapely.point_on_surface(ring), crs=given.buildings.crs
    )
    cells = _cut(work, land, spot)
    none = np.zeros(0, dtype=np.int64)
    return _Plot(land, rows, cells, [], none, np.full(len(cells.cells), -1, dtype=np.int64))


def _compound_of_units(buildings: gpd.GeoDataFrame, tessellation: Tessellation) -> IntArray:
    compound = np.full(len(tessellation.cells), -1, dtype=np.int64)
    if "compound" in buildings.columns:
        codes = pd.factorize(buildings["compound"], sort=False)[0]
        compound[tessellation.unit_of_building] = codes
    return compound


def _seed(seed: int, key: str, zone: int) -> int:
    return (seed + zlib.crc32(key.encode()) + 7919 * zone) % 2_000_000_011


def _labelled(work: _Work, plot: _Plot, seeds: int) -> _Labels:
    """Divide every zone of the plot, its named grids whole; a locked grid is one label."""
    units = len(plot.tessellation.cells)
    if plot.land.is_locked:
        return _Labels(np.zeros(units, dtype=np.int64), [-1], {}, [], [])
    before = plot.before
    result = _Labels(np.full(units, -1, dtype=np.int64), [], {}, [], [])
    for number, zone in enumerate(plot.zones):
        go_on(work.should_stop)
        tied = tie(zone.graph, zone.count, plot.wish[zone.units], work.wishes.names, work.wanted.limits)
        old = None if before is None else _before_of_tied(work, tied, zone, before)
        if old is not None and work.wanted.stability > 0:
            tied = replace(tied, count=steady_count(tied.graph, tied.count, old, work.wanted.limits))
        wanted = work.wanted
        if old is not None and (tied.graph.anchor >= 0).any():
            wanted = replace(wanted, stability=wanted.stability * STEADIER)
        division = divide(tied.graph, tied.count, wanted, _seed(wanted.seed, work.key, seeds + number), old)
        first = len(result.zone_of_grid)
        result.label[zone.units] = tied.expanded(division.label) + first
        result.named.update({n: g + first for n, g in tied.grid_of_name(division.label).items()})
        result.zone_of_grid.extend([number] * division.k)
        result.tied.append(tied)
        result.notes.extend(f"分区{number + 1}：{text}" for text in tied.notes)
    _check_named_apart(result.named, work.wishes)
    pinned = pin_loose(plot.tessellation, result.label, plot.loose, plot.wish, result.named, work.wishes)
    label = attach_loose(plot.tessellation, pinned, np.flatnonzero(pinned < 0))
    return replace(result, label=label)


def _check_named_apart(named: dict[int, int], wishes: Wishes) -> None:
    """Refuse wishes that the search could not keep apart: it ended with fewer grids than are named."""
    sharing: dict[int, list[Hashable]] = {}
    for number, grid in sorted(named.items()):
        sharing.setdefault(grid, []).append(wishes.names[number])
    merged = next((names for names in sharing.values() if len(names) > 1), None)
    if merged is None:
        return
    raise InputRefused(
        "ASSIGNMENT_TOO_MANY_GRIDS",
        zh=f"手工指定的网格 {listed(merged)} 无法各成一个网格：此处户数或地块不够分成 {len(named)} 个指定网格",
        en=f"the grids {listed(merged)} named by hand cannot stand apart: the households or the land here do not "
        f"make {len(named)} named grids",
        remedy_zh="请减少手工指定的网格数，或改指定其中一些建筑",
        remedy_en="name fewer grids by hand, or assign some of the buildings otherwise",
        facts={"grids": [str(name) for name in merged], "named": len(named)},
    )


def _before_of_units(tessellation: Tessellation, previous: gpd.GeoDataFrame | None) -> IntArray | None:
    """Return the position of the grid of the plan before in which each unit's middle lies (-1 none)."""
    if previous is None or previous.empty:
        return None
    return position_in(previous, shapely.point_on_surface(tessellation.cells))


def _before_of_tied(work: _Work, tied: Tied, zone: Zone, before: IntArray) -> IntArray:
    """Return the plan before per tied unit; a grid named after an old one is that old one."""
    old = before_of_groups(tied.group, before[zone.units], zone.graph.households)
    previous = work.given.previous
    assert previous is not None
    for unit in np.flatnonzero(tied.graph.anchor >= 0):
        name = work.wishes.names[int(tied.graph.anchor[unit])]
        if name in previous.index:
            old[unit] = int(np.flatnonzero(previous.index == name)[0])
    return old


def _figures(work: _Work, plot: _Plot, labels: _Labels, shapes: GeometryArray) -> GridFigures:
    """Draw the grids of a plot from west to east and measure them."""
    count = len(labels.zone_of_grid)
    tessellation, buildings = plot.tessellation, work.given.buildings.iloc[plot.rows]
    label, order, middle = _west_to_east(tessellation, labels.label, count)
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
    rank = np.argsort(order)
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


def _west_to_east(
    tessellation: Tessellation, label: IntArray, count: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Return labels renumbered by the middle of each grid's homes, the old number of each new one, the middles."""
    middle = shapely.get_coordinates(shapely.centroid(tessellation.cells))
    weight = tessellation.households + 1e-6
    size = np.bincount(label, weights=weight, minlength=count)
    x = np.bincount(label, weights=weight * middle[:, 0], minlength=count) / size
    y = np.bincount(label, weights=weight * middle[:, 1], minlength=count) / size
    order = np.lexsort((-np.round(y), np.round(x)))
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    places = np.column_stack([np.round(x), np.round(y)])[order].astype(np.int64)
    return rank[label], order, places
