"""Points 2 and 3 of the partition specification for one land: its cells, its zones, and what was wished of them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.lattice import IntArray
from gis.compute.locked import Land, check_land_has_homes, too_thin
from gis.compute.outcome import position_in
from gis.compute.partition.work import Plot, Work
from gis.compute.tessellation import LandVanishes, Tessellation, tessellate
from gis.compute.ties import wish_of_units
from gis.compute.wishes import Place
from gis.compute.zones import zones_of


def plot_of(work: Work, land: Land, rows: IntArray) -> Plot:
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
    return Plot(land, rows, cells, zones, loose, wish, _before_of_units(cells, given.previous))


def _standing(work: Work, land: Land, rows: IntArray) -> Plot:
    """Return a locked grid cut into blocks only, which is enough to measure its borders."""
    given = work.given
    ring = given.lattice.to_metric(np.array([land.ring], dtype=object))
    spot = gpd.GeoDataFrame(
        {"households": [0]}, geometry=shapely.point_on_surface(ring), crs=given.buildings.crs
    )
    cells = _cut(work, land, spot)
    none = np.zeros(0, dtype=np.int64)
    return Plot(land, rows, cells, [], none, np.full(len(cells.cells), -1, dtype=np.int64))


def _cut(work: Work, land: Land, buildings: gpd.GeoDataFrame) -> Tessellation:
    given, most = work.given, work.wanted.soft_max
    try:
        return tessellate(land.ring, buildings, given.lattice, given.streets, given.barriers, most)
    except LandVanishes as vanished:
        raise too_thin(land) from vanished


def _compound_of_units(buildings: gpd.GeoDataFrame, tessellation: Tessellation) -> IntArray:
    compound = np.full(len(tessellation.cells), -1, dtype=np.int64)
    if "compound" in buildings.columns:
        codes = pd.factorize(buildings["compound"], sort=False)[0]
        compound[tessellation.unit_of_building] = codes
    return compound


def _before_of_units(tessellation: Tessellation, previous: gpd.GeoDataFrame | None) -> IntArray | None:
    """Return the position of the grid of the plan before in which each unit's middle lies (-1 none)."""
    if previous is None or previous.empty:
        return None
    return position_in(previous, shapely.point_on_surface(tessellation.cells))


def set_cores(work: Work, plots: list[Plot]) -> None:
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


def place_of(plot: Plot) -> Place:
    zone_of_unit = np.full(len(plot.tessellation.cells), -1, dtype=np.int64)
    for number, zone in enumerate(plot.zones):
        zone_of_unit[zone.units] = number
    if plot.land.is_locked:
        zones = np.zeros(len(plot.rows), dtype=np.int64)
        return Place(plot.rows, zones, is_locked=True, label=plot.land.label)
    cores = {number: int(zone_of_unit[unit]) for number, unit in plot.cores.items()}
    return Place(plot.rows, zone_of_unit[plot.tessellation.unit_of_building], cores)
