"""What a plan of a city is worth, by shapely and numpy alone: nothing here is the engine's own arithmetic.

A grid is in band within 10 % of 400 households. A zone is what the engine calls one (land of a community between its
barriers): its households and grids are counted here again. It is attainable where its households without single units
above the band, split evenly over its other grids, come into the band. A grid that holds such a unit (a tower of
more than 440 households, or footprints drawn over each other that hold as many together) is counted apart: no method
can mend it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

TARGET, BAND, HARD_MIN = 400, 0.10, 100
# Footprints that share this much of the smaller one are one unit, as in the engine.
OVERLAP_SHARE = 0.2
# A border may wander over the common wall of touching houses by this much.
WALL_M = 0.2
CUT_M2 = 0.05
STRADDLES_M2 = 0.5


@dataclass(frozen=True)
class Town:
    """What is divided, in metres: community polygons, footprints with households and community, barriers."""

    communities: np.ndarray
    footprints: np.ndarray
    households: np.ndarray
    community: np.ndarray
    barriers: np.ndarray


@dataclass(frozen=True)
class Plan:
    """A division: grid polygons in degrees and in metres, community and zone of each, grid of each building or -1."""

    lonlat: np.ndarray
    metric: np.ndarray
    community: np.ndarray
    zone: np.ndarray
    grid: np.ndarray


@dataclass(frozen=True)
class Score:
    """All figures of one plan; `out_attainable` and `worst_attainable` leave out the grids around one large unit."""

    grids: int
    in_band: int
    in_band_share: float
    out_attainable: int
    attainable_grids: int
    around_large_units: int
    out_whole_city: int
    worst_attainable: float
    worst: float
    polsby_popper: float
    reock: float
    not_contiguous: int
    empty: int
    cross_community: int
    cross_barrier_without_need: int
    buildings_lost: int
    households_lost: int
    footprints_cut: int
    coverage_valid: bool
    area_gap: float


def score(town: Town, plan: Plan) -> Score:
    """Measure a plan."""
    count = len(plan.metric)
    placed = plan.grid >= 0
    homes = np.bincount(plan.grid[placed], town.households[placed], count)
    deviation = np.abs(homes / TARGET - 1)
    in_band = deviation <= BAND + 1e-9
    unit = _large_units(town)
    large = np.zeros(count, dtype=bool)
    large[plan.grid[placed & (unit >= 0)]] = True
    attainable = _attainable(town, plan, unit) & ~large
    area, rim = shapely.area(plan.metric), shapely.length(plan.metric)
    circle = np.pi * shapely.minimum_bounding_radius(plan.metric) ** 2
    return Score(
        grids=count,
        in_band=int(in_band.sum()),
        in_band_share=float(in_band.mean()),
        out_attainable=int((attainable & ~in_band).sum()),
        attainable_grids=int(attainable.sum()),
        around_large_units=int(large.sum()),
        out_whole_city=int((~in_band).sum()),
        worst_attainable=float(deviation[attainable].max(initial=0.0)),
        worst=float(deviation.max(initial=0.0)),
        polsby_popper=float((4 * np.pi * area / rim**2).mean()),
        reock=float((area / circle).mean()),
        not_contiguous=_scattered(town, plan),
        empty=int((np.bincount(plan.grid[placed], minlength=count) == 0).sum() + ((homes <= 0).sum())),
        cross_community=_cross_community(town, plan),
        cross_barrier_without_need=_cross_barrier(town, plan),
        buildings_lost=int((~placed).sum()),
        households_lost=int(town.households.sum() - homes.sum()),
        footprints_cut=_cut(town, plan),
        coverage_valid=bool(shapely.coverage_is_valid(plan.lonlat)),
        area_gap=_area_gap(town, plan),
    )


def _large_units(town: Town) -> np.ndarray:
    """The unit of each footprint where it holds more households than the band allows, else -1."""
    unit = _units(town.footprints)
    size = np.bincount(unit, town.households)
    return np.where(size[unit] > TARGET * (1 + BAND), unit, -1)


def _units(footprints: np.ndarray) -> np.ndarray:
    """A number per footprint, equal for those that largely stand on the same ground."""
    left, right = shapely.STRtree(footprints).query(footprints, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    common = shapely.area(shapely.intersection(footprints[left], footprints[right]))
    smaller = np.minimum(shapely.area(footprints[left]), shapely.area(footprints[right]))
    same = (common > 0) & (common >= OVERLAP_SHARE * smaller)
    unit = np.arange(len(footprints))
    for _ in range(len(footprints)):
        low = np.minimum(unit[left[same]], unit[right[same]])
        before = unit.copy()
        np.minimum.at(unit, left[same], low)
        np.minimum.at(unit, right[same], low)
        if (unit == before).all():
            break
    return unit


def _attainable(town: Town, plan: Plan, unit: np.ndarray) -> np.ndarray:
    """Per grid: whether its zone without large units, split evenly over the grids left, comes into the band."""
    zones = int(plan.zone.max()) + 1
    placed = plan.grid >= 0
    zone = plan.zone[plan.grid]
    plain = placed & (unit < 0)
    rest = np.bincount(zone[plain], town.households[plain], zones)
    large = np.unique(np.column_stack([zone, unit])[placed & (unit >= 0)], axis=0)
    grids = np.bincount(plan.zone, minlength=zones) - np.bincount(large[:, 0], minlength=zones)
    even = rest / np.maximum(grids, 1)
    return np.asarray(np.abs(even / TARGET - 1) <= BAND + 1e-9)[plan.zone]


def _scattered(town: Town, plan: Plan) -> int:
    """Grids in several parts, where their community is in one."""
    parts = shapely.get_num_geometries(plan.metric)
    whole = shapely.get_num_geometries(town.communities) == 1
    return int(((parts > 1) & whole[plan.community]).sum())


def _cross_community(town: Town, plan: Plan) -> int:
    """Grids that reach into another community by more than rounding, or hold a building of another one."""
    beyond = shapely.area(shapely.difference(plan.metric, town.communities[plan.community]))
    reaches = beyond > 1e-6 * shapely.area(plan.metric) + 0.5
    placed = np.flatnonzero(plan.grid >= 0)
    foreign = plan.community[plan.grid[placed]] != town.community[placed]
    reaches[plan.grid[placed[foreign]]] = True
    return int(reaches.sum())


def _cross_barrier(town: Town, plan: Plan) -> int:
    """Grids with homes on several sides of which more than one could stand alone (100 households and more)."""
    found = 0
    touched = np.unique(shapely.STRtree(town.barriers).query(town.communities, predicate="intersects")[0])
    for number in touched.tolist():
        rows = np.flatnonzero((town.community == number) & (plan.grid >= 0) & (town.households > 0))
        if len(rows) == 0:
            continue
        side = _side_of(town, number, rows)
        alone = np.bincount(side, town.households[rows]) >= HARD_MIN
        pairs = np.unique(np.column_stack([plan.grid[rows], side])[alone[side]], axis=0)
        found += int((np.bincount(pairs[:, 0]) > 1).sum()) if len(pairs) else 0
    return found


def _side_of(town: Town, number: int, rows: np.ndarray) -> np.ndarray:
    """Side of the barriers, 0…, on which each building of a community stands."""
    land = town.communities[number]
    near = town.barriers[shapely.STRtree(town.barriers).query(land, predicate="intersects")]
    flat = shapely.get_dimensions(near) == 2
    lines = np.concatenate([near[~flat], shapely.boundary(near[flat]), [shapely.boundary(land)]])
    noded = shapely.union_all(shapely.intersection(lines, shapely.buffer(land, 1.0)), grid_size=0.001)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return np.asarray(
        shapely.STRtree(faces).nearest(shapely.point_on_surface(town.footprints[rows])), dtype=np.int64
    )


def _cut(town: Town, plan: Plan) -> int:
    """Footprints a grid's border cuts.

    Apart: those that reach over their community's line, those a barrier crosses, and ground shared with a house of
    another grid.
    """
    rows = np.flatnonzero(plan.grid >= 0)
    shapes, own = town.footprints[rows], plan.metric[plan.grid[rows]]
    shapely.prepare(own)
    loose = ~shapely.covers(own, shapes)
    rows, shapes, own = rows[loose], shapes[loose], own[loose]
    inner = shapely.buffer(shapes, -WALL_M)
    inner = np.where(shapely.is_empty(inner), shapes, inner)
    cut = shapely.area(shapely.difference(inner, own)) > CUT_M2
    land = town.communities[town.community[rows]]
    cut &= shapely.area(shapely.difference(shapes, land)) < STRADDLES_M2
    if len(town.barriers):
        cut[np.unique(shapely.STRtree(town.barriers).query(shapes, predicate="intersects")[0])] = False
    return sum(not _shares_ground(town, plan, int(i)) for i in rows[cut])


def _shares_ground(town: Town, plan: Plan, building: int) -> bool:
    shape = town.footprints[building]
    others = shapely.STRtree(town.footprints).query(shape, predicate="intersects")
    others = others[plan.grid[others] != plan.grid[building]]
    return bool((shapely.area(shapely.intersection(town.footprints[others], shape)) > 0.01).any())


def _area_gap(town: Town, plan: Plan) -> float:
    """Largest relative difference between the grids' area and the community's, of any community and of all."""
    wanted = shapely.area(town.communities)
    found = np.bincount(plan.community, shapely.area(plan.metric), len(wanted))
    whole = abs(found.sum() - wanted.sum()) / wanted.sum()
    return float(max(whole, np.max(np.abs(found - wanted) / wanted)))
