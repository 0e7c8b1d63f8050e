"""What every division of a community must be, tested without the engine's own arithmetic wherever there is another way.

`faults` returns sentences, none for a sound division; tests say `assert faults(…) == []`.
"""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import shapely

from gis.compute.outcome import CommunityPartition
from gis.compute.quality import Reason
from gis.compute.topology import check_plan

# Findings of `check_plan` that a division may have where towers or barriers leave no choice.
UNAVOIDABLE = {"GRID_SIZE", "GRID_SIZE_SOFT", "NOT_CONTIGUOUS"}
# A border may wander over the common wall of touching houses by this much.
WALL_M = 0.2
# Where the shore is straightened, what stands this close to it may come to lie beyond.
SHORE_M = 2.0


def faults(
    frame: shapely.Geometry, buildings: gpd.GeoDataFrame, drawn: CommunityPartition, crs: str
) -> list[str]:
    """Return everything wrong with the grids of one community.

    A locked grid is what it was: it belongs to no zone, and may have lost its homes or lie in several parts.
    """
    return [
        *_tiling(frame, drawn, crs),
        *_people(buildings, drawn),
        *_zones(drawn),
        *_contiguity(frame, drawn),
    ]


def _locked(drawn: CommunityPartition) -> np.ndarray:
    return drawn.grids["locked"].to_numpy(dtype=bool)


def _tiling(frame: shapely.Geometry, drawn: CommunityPartition, crs: str) -> Iterator[str]:
    """The checker of plans, and beside it sums of areas: no overlap and no gap is left to compensate another."""
    grids = drawn.grids
    if grids.crs.to_epsg() != 4490:
        yield "the grids are not in EPSG:4490"
    shapes = grids.geometry.to_numpy()
    if not shapely.is_valid(shapes).all() or shapely.is_empty(shapes).any():
        yield "a grid is invalid or empty"
    coordinates = shapely.get_coordinates(shapes)
    if (coordinates != np.round(coordinates, 7)).any():
        yield "coordinates have more than seven decimals"
    for finding in check_plan(grids, frame, metric_crs=crs, assignment=drawn.assignment):
        if finding.code not in UNAVOIDABLE:
            yield f"{finding.code}: {finding.en}"
    # On whole numbers, where intersections of borders that coincide are exact.
    whole = shapely.transform(shapes, lambda xy: np.rint(xy * 1e7))
    land = shapely.transform(frame, lambda xy: np.rint(xy * 1e7))
    if shapely.symmetric_difference(shapely.union_all(whole), land).area > 0:
        yield "the union of the grids is not the frame"
    if abs(shapely.area(whole).sum() - land.area) > 1e-9 * land.area:
        yield "the areas of the grids do not sum to the frame's"


def _people(buildings: gpd.GeoDataFrame, drawn: CommunityPartition) -> Iterator[str]:
    grids, assignment = drawn.grids, drawn.assignment
    if not assignment.index.equals(buildings.index):
        yield "the assignment does not follow the buildings"
        return
    place = assignment.to_numpy()
    if len(place) and (place.min() < 0 or place.max() >= len(grids)):
        yield "a building is in no grid"
        return
    homes = np.bincount(place, weights=buildings["households"].to_numpy(), minlength=len(grids))
    if (homes != grids["households"].to_numpy()).any():
        yield "households of the grids are not those of their buildings"
    if (np.bincount(place, minlength=len(grids)) != grids["buildings"].to_numpy()).any():
        yield "buildings of the grids are not those assigned"
    if len(grids) > 1 and (grids["households"] <= 0)[~_locked(drawn)].any():
        yield "a grid is empty"


def _zones(drawn: CommunityPartition) -> Iterator[str]:
    drawn_anew = drawn.grids[~_locked(drawn)]
    if (drawn.grids["zone"][_locked(drawn)] != -1).any():
        yield "a locked grid belongs to a zone"
    counts = drawn_anew["zone"].value_counts()
    zones = drawn.zones.set_index("zone")
    if set(counts.index) != set(zones.index):
        yield "grids and zones do not agree"
    elif (zones["k"] != counts.reindex(zones.index)).any():
        yield "a zone has not the number of grids it should have"
    elif (zones["households"] != drawn_anew.groupby("zone")["households"].sum().reindex(zones.index)).any():
        yield "households of the zones are not those of their grids"


def _contiguity(frame: shapely.Geometry, drawn: CommunityPartition) -> Iterator[str]:
    """A grid in several parts says so, and there is none where the community is one piece of land."""
    for grid, shape in drawn.grids.geometry[~_locked(drawn)].items():
        scattered = shape.geom_type != "Polygon"
        said = Reason.NOT_CONTIGUOUS in drawn.grids["reasons"][grid]
        # Locked grids may cut the land beside them apart; then the grids there say so.
        if scattered and frame.geom_type == "Polygon" and not _locked(drawn).any():
            yield f"grid {grid} is scattered over one piece of land"
        if scattered and not said and len(drawn.grids) > 1:
            yield f"grid {grid} is scattered and does not say so"


def cut_footprints(
    frame: shapely.Geometry,
    buildings: gpd.GeoDataFrame,
    drawn: CommunityPartition,
    barriers: gpd.GeoSeries | None,
) -> list[object]:
    """Return the footprints that a border cuts where none had to, and the points that lie in another grid.

    Apart: what reaches over the community's line, what a barrier crosses, and what shares ground with a house of
    another grid.
    """
    crs = buildings.crs
    land = gpd.GeoSeries([frame], crs=4490).to_crs(crs).iloc[0]
    grids = drawn.grids.geometry.to_crs(crs).to_numpy()
    shapes = shapely.make_valid(buildings.geometry.to_numpy())
    place = drawn.assignment.to_numpy()
    inner = shapely.buffer(shapes, -WALL_M)
    inner = np.where(shapely.is_empty(inner), shapes, inner)
    beyond = shapely.difference(inner, grids[place])
    astray = (shapely.area(shapes) == 0) & (shapely.distance(grids[place], shapes) > WALL_M)
    suspects = np.flatnonzero(((shapely.area(beyond) > 0.05) | astray) & shapely.covers(land, shapes))
    walls = (
        shapely.union_all(np.array([b for b in barriers if b is not None])) if barriers is not None else None
    )
    return [
        buildings.index[i]
        for i in suspects
        if (walls is None or shapes[i].distance(walls) > SHORE_M) and not _shares_ground(i, shapes, place)
    ]


def _shares_ground(i: int, shapes: np.ndarray, place: np.ndarray) -> bool:
    others = np.flatnonzero(place != place[i])
    return bool((shapely.area(shapely.intersection(shapes[others], shapes[i])) > 0.01).any())
