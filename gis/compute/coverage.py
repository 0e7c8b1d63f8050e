"""Households within a walk of a fitness site, along streets where there are streets, else by radius.

Distance of a building = straight from its centroid to the nearest street + along streets + straight from the street
to the site. Buildings and sites meet the street where they are, not at the nearest crossing. One Dijkstra run from all
sites at once gives every building its nearest site. Walking ignores one-way rules; lines that cross are taken to meet,
bridges too, and water is crossed only where a street crosses it. All frames in metres (one Gauss-Krüger zone);
15 minutes at 80 m/min are 1,200 m, the radius is 1,000 m. The order of rows changes no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gis.compute.metric import require_metric
from gis.compute.refusal import InputRefused
from gis.compute.street_chart import PER_M, Spots
from gis.compute.street_graph import StreetGraph, street_graph
from gis.compute.street_search import Walkways, nearest_place, on_street, reached_homes, walkways

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NETWORK = "network"
RADIUS = "radius"
# What a limit is held to: rounding of lengths to micrometres must not shut out whoever lives exactly at it.
SLACK_M = 1e-4
# Pairs of site and home are held for this many sites at once.
SITES_AT_ONCE = 256
NO_PAIRS = pd.DataFrame({"site": np.zeros(0, np.int64), "home": np.zeros(0, np.int64), "metres": np.zeros(0)})


@dataclass(frozen=True)
class WalkRules:
    """Numbers of the 15-minute circle, all policy parameters.

    A dead end within `snap_m` of another street meets it. A building farther than `far_m` from every street, or a city
    without streets, is judged by `radius_m` as the crow flies. Street fragments under `least_network_m` in all that
    touch no other street are left out. Beyond `limit_m` no distance is given (or beyond the reach, if that is farther).
    """

    minutes: float = 15.0
    metres_per_minute: float = 80.0
    radius_m: float = 1_000.0
    snap_m: float = 2.0
    far_m: float = 200.0
    least_network_m: float = 500.0
    limit_m: float = 5_000.0

    def __post_init__(self) -> None:
        if min(self.minutes, self.metres_per_minute, self.radius_m, self.limit_m) <= 0:
            raise ValueError("minutes, pace, radius and limit are above zero")
        if min(self.snap_m, self.far_m, self.least_network_m) < 0:
            raise ValueError("distances are not negative")

    @property
    def reach_m(self) -> float:
        """How far the walk goes along streets."""
        return self.minutes * self.metres_per_minute

    @property
    def horizon_m(self) -> float:
        """How far anything is measured."""
        return max(self.limit_m, self.reach_m, self.radius_m)


Streets: TypeAlias = gpd.GeoDataFrame | StreetGraph | None


def walk_graph(streets: gpd.GeoDataFrame, rules: WalkRules) -> StreetGraph:
    """The graph of a street layer as the rules want it: to be made once where several questions are asked."""
    return street_graph(streets, snap_m=rules.snap_m, least_network_m=rules.least_network_m)


def walks_to_sites(
    buildings: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, streets: Streets, rules: WalkRules | None = None
) -> pd.DataFrame:
    """Nearest site and distance of every building; index of the buildings.

    `sites` needs `site_id` and point geometry (of other shapes the centroid counts); `streets` are lines, a finished
    graph of them in the same CRS, or None. Columns: site_id (None beyond the limit; of sites equally near the lowest),
    distance_m (NaN beyond it), method ("network" or "radius"), covered (distance within reach_m on the network,
    radius_m by radius; exactly at the limit is covered). Raises InputRefused for degrees, for frames of different CRS,
    for missing geometry and for sites without ids.
    """
    rules = rules or WalkRules()
    ground = _ground(buildings, sites, streets, rules)
    distance = np.full(len(buildings), np.inf)
    nearest = np.full(len(buildings), -1, dtype=np.int64)
    if ground.ways is not None:
        micrometres, nearest = nearest_place(
            ground.ways, ground.places, ground.homes, rules.horizon_m + SLACK_M
        )
        distance = np.where(nearest >= 0, micrometres / PER_M, np.inf)
    _fly(ground, rules, distance, nearest)
    site_ids = np.array([*ground.site_ids, None], dtype=object)
    return pd.DataFrame(
        {
            "site_id": site_ids[nearest],
            "distance_m": np.where(np.isfinite(distance), distance, np.nan),
            "method": np.where(ground.walkers, NETWORK, RADIUS),
            "covered": distance <= _reach_of(ground.walkers, rules),
        },
        index=buildings.index,
    )


@dataclass(frozen=True)
class _Ground:
    """Homes and sites (sorted by id) as points, their spots on the streets, and which homes walk on streets."""

    home_xy: Floats
    site_xy: Floats
    site_ids: npt.NDArray[np.object_]
    ways: Walkways | None
    homes: Spots
    places: Spots
    walkers: npt.NDArray[np.bool_]


def _ground(
    buildings: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    streets: Streets,
    rules: WalkRules,
    column: str = "site_id",
) -> _Ground:
    home_xy, site_xy = _points(buildings), _points(sites)
    site_ids, order = _ids(sites, column, site_xy)
    site_xy = site_xy[order]
    _check_same_crs(buildings, sites, streets)
    graph = walk_graph(streets, rules) if isinstance(streets, gpd.GeoDataFrame) else streets
    if graph is None or len(graph.length_m) == 0:
        nowhere = Spots(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
        return _Ground(home_xy, site_xy, site_ids, None, nowhere, nowhere, np.zeros(len(home_xy), dtype=bool))
    ways = walkways(graph)
    homes = on_street(ways, home_xy, rules.far_m)
    places = on_street(ways, site_xy, rules.horizon_m)
    return _Ground(home_xy, site_xy, site_ids, ways, homes, places, homes.edge >= 0)


def _points(frame: gpd.GeoDataFrame) -> Floats:
    """Centroids as coordinates."""
    require_metric(frame)
    shapes = frame.geometry.to_numpy()
    bad = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if bad.any():
        row = int(np.argmax(bad)) + 1
        raise InputRefused(
            "GEOMETRY_MISSING",
            zh=f"第 {row} 行没有几何",
            en=f"row {row} has no geometry",
            remedy_zh="请补全几何或删除该行",
            remedy_en="give the row a geometry or remove it",
            row=row,
            facts={"rows": int(bad.sum())},
        )
    xy = shapely.get_coordinates(shapely.centroid(shapes))
    if not np.isfinite(xy).all():
        row = int(np.argmin(np.isfinite(xy).all(axis=1))) + 1
        raise InputRefused(
            "COORDINATES_NOT_FINITE",
            zh=f"第 {row} 行的坐标不是有效数字",
            en=f"row {row} has coordinates that are not finite numbers",
            remedy_zh="请修复或删除该要素",
            remedy_en="repair or remove that feature",
            row=row,
        )
    return np.asarray(xy)


def _ids(frame: gpd.GeoDataFrame, column: str, xy: Floats) -> tuple[npt.NDArray[np.object_], Ints]:
    """The ids in rising order (numbers as numbers, others as text; of equal ids the more western place) and that
    order.
    """
    if column not in frame or bool(frame[column].isna().any()):
        row = int(np.argmax(frame[column].isna().to_numpy())) + 1 if column in frame else None
        raise InputRefused(
            "SITE_ID_MISSING",
            zh=f"缺少编号字段 {column}" if row is None else f"第 {row} 行的 {column} 为空",
            en=f"the column {column} is missing" if row is None else f"row {row} has no {column}",
            remedy_zh=f"请为每个站点填写 {column}",
            remedy_en=f"give every site its {column}",
            row=row,
            field=column,
        )
    ids = frame[column]
    keys = ids if pd.api.types.is_numeric_dtype(ids) else ids.astype(str)
    _, rank = np.unique(keys.to_numpy(), return_inverse=True)
    order = np.lexsort((xy[:, 1], xy[:, 0], rank.ravel()))
    return ids.to_numpy(dtype=object)[order], order


def _check_same_crs(buildings: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, streets: Streets) -> None:
    for other in (sites, streets):
        if isinstance(other, gpd.GeoDataFrame) and other.crs != buildings.crs:
            raise InputRefused(
                "MIXED_CRS",
                zh="建筑、站点与道路的坐标系不同",
                en="buildings, sites and streets have different coordinate systems",
                remedy_zh="请先统一坐标系",
                remedy_en="bring them into one coordinate system first",
                facts={"buildings": str(buildings.crs), "other": str(other.crs)},
            )


def _reach_of(walkers: npt.NDArray[np.bool_], rules: WalkRules) -> Floats:
    """How far each home reaches, the slack included."""
    return np.where(walkers, rules.reach_m, rules.radius_m) + SLACK_M


def _fly(ground: _Ground, rules: WalkRules, distance: Floats, nearest: Ints) -> None:
    """Fill distance and nearest of buildings without streets by the straight line."""
    fliers = np.flatnonzero(~ground.walkers)
    if len(fliers) == 0 or len(ground.site_xy) == 0:
        return
    (flier, site), metres = shapely.STRtree(shapely.points(ground.site_xy)).query_nearest(
        shapely.points(ground.home_xy[fliers]),
        max_distance=rules.horizon_m + SLACK_M,
        return_distance=True,
    )
    # Last come, last written: of sites equally near the lowest stays.
    order = np.lexsort((-site, flier))
    distance[fliers[flier[order]]] = metres[order]
    nearest[fliers[flier[order]]] = site[order]


def coverage_by(buildings: pd.DataFrame, walks: pd.DataFrame, key: str | None) -> pd.DataFrame:
    """Households covered per value of a column of the buildings (grid, community), or of all with key None.

    `buildings` has `households` (0 and more) and the key; `walks` comes from `walks_to_sites` on the same index.
    Rows by key (or the one row "all"), columns households, covered_households, share (NaN without households),
    mean_distance_m (by households, over those with a distance; to the millimetre), radius_households (judged by radius, because
    there were no streets) and method ("network", "radius", or "mixed"). Buildings without a key are left out.
    """
    households = households_of(buildings)
    walks = _walks_of(buildings, walks)
    finite = walks["distance_m"].notna()
    radius = walks["method"] == RADIUS
    table = pd.DataFrame(
        {
            "households": households,
            "covered_households": households.where(walks["covered"], 0.0),
            "radius_households": households.where(radius, 0.0),
            "counted": households.where(finite, 0.0),
            "walked": (households * walks["distance_m"].where(finite, 0.0)),
            "buildings": 1,
            "radius_buildings": radius.astype("int64"),
        }
    )
    groups = pd.Series("all", index=buildings.index) if key is None else buildings[key]
    sums = table.groupby(groups).sum()
    with_homes = sums["households"].where(sums["households"] > 0)
    methods = [sums["radius_buildings"] == 0, sums["radius_buildings"] == sums["buildings"]]
    return pd.DataFrame(
        {
            "households": sums["households"].round().astype("int64"),
            "covered_households": sums["covered_households"].round().astype("int64"),
            "share": sums["covered_households"] / with_homes,
            "mean_distance_m": (sums["walked"] / sums["counted"].where(sums["counted"] > 0)).round(3),
            "radius_households": sums["radius_households"].round().astype("int64"),
            "method": np.select(methods, [NETWORK, RADIUS], "mixed"),
        },
        index=sums.index,
    )


def coverage_at(
    buildings: pd.DataFrame,
    walks: pd.DataFrame,
    key: str | None,
    minutes: Sequence[float] = (5, 10, 15, 20),
    rules: WalkRules | None = None,
) -> pd.DataFrame:
    """Households covered within several walks at once, from the same measured walks; arguments as in `coverage_by`.

    Rows by (key or "all", minutes), columns households, covered_households, share. On the network a walk of m minutes
    reaches m times the pace of `rules`; where the radius counts it shrinks and grows in proportion to the minutes.
    Raises ValueError for minutes beyond what was measured.
    """
    rules = rules or WalkRules()
    if min(minutes, default=0) < 0 or max(minutes, default=0) * rules.metres_per_minute > rules.horizon_m:
        raise ValueError(f"walks were measured up to {rules.horizon_m:g} m")
    walks = _walks_of(buildings, walks)
    radius = (walks["method"] == RADIUS).to_numpy()
    tables = []
    for length in minutes:
        reach_m = np.where(radius, rules.radius_m * length / rules.minutes, length * rules.metres_per_minute)
        within = walks.assign(covered=walks["distance_m"].to_numpy() <= reach_m + SLACK_M)
        table = coverage_by(buildings, within, key)[["households", "covered_households", "share"]]
        name = table.index.name or "key"
        table.index = pd.MultiIndex.from_product([table.index, [length]], names=[name, "minutes"])
        tables.append(table)
    return pd.concat(tables).sort_index()


def households_of(buildings: pd.DataFrame) -> pd.Series:
    """The households column as floats. Raises InputRefused where it is missing, no number or negative."""
    given = buildings["households"] if "households" in buildings else pd.Series(np.nan, index=buildings.index)
    households = pd.to_numeric(given, errors="coerce").astype("float64")
    bad = ~(np.isfinite(households) & (households >= 0))
    if bad.any():
        row = int(np.argmax(bad.to_numpy())) + 1
        raise InputRefused(
            "HOUSEHOLDS_UNUSABLE",
            zh=f"第 {row} 行的户数为空或为负",
            en=f"row {row} has missing or negative households",
            remedy_zh="请填写不小于 0 的户数",
            remedy_en="give every building a number of households, 0 or more",
            row=row,
            field="households",
            facts={"rows": int(bad.sum())},
        )
    return households


def _walks_of(buildings: pd.DataFrame, walks: pd.DataFrame) -> pd.DataFrame:
    return walks if walks.index.equals(buildings.index) else walks.loc[buildings.index]


def sites_in_reach(
    buildings: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    streets: Streets,
    *,
    key: str,
    rules: WalkRules | None = None,
) -> pd.DataFrame:
    """Every site that some building of a grid (or of another key) reaches: one row per (key, site).

    Columns: the key, site_id, distance_m (from the grid's nearest building), households (of the grid that reach the
    site). Sorted by key, then distance. Grids that reach no site have no row; buildings without a key are left out.
    """
    rules = rules or WalkRules()
    ground = _ground(buildings, sites, streets, rules)
    households = households_of(buildings).to_numpy()
    keys = buildings[key].to_numpy()
    tables = [_sites_by_key(ground, pairs, keys, households) for pairs in _pairs_in_reach(ground, rules)]
    table = (
        pd.concat(tables, ignore_index=True) if tables else _sites_by_key(ground, NO_PAIRS, keys, households)
    )
    table.columns = pd.Index([key, "site_id", "distance_m", "households"])
    return table.sort_values([key, "distance_m", "site_id"], ignore_index=True)


def _sites_by_key(
    ground: _Ground, pairs: pd.DataFrame, keys: npt.NDArray[np.object_], households: Floats
) -> pd.DataFrame:
    home = pairs["home"].to_numpy()
    found = pd.DataFrame(
        {
            "key": keys[home],
            "site_id": ground.site_ids[pairs["site"]],
            "distance_m": pairs["metres"],
            "households": households[home],
        }
    )
    grouped = found.groupby(["key", "site_id"], as_index=False).agg(
        {"distance_m": "min", "households": "sum"}
    )
    return grouped.assign(households=grouped["households"].round().astype("int64"))


def pairs_in_reach(
    buildings: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, streets: Streets, rules: WalkRules, *, column: str
) -> tuple[npt.NDArray[np.object_], pd.DataFrame]:
    """Ids of the sites in rising order, and every pair within reach: columns site (position among the ids), home
    (row of the buildings), metres; sorted by site, then home. Raises InputRefused as `walks_to_sites` does.
    """
    ground = _ground(buildings, sites, streets, rules, column)
    return ground.site_ids, pd.concat([NO_PAIRS, *_pairs_in_reach(ground, rules)], ignore_index=True)


def _pairs_in_reach(ground: _Ground, rules: WalkRules) -> Iterator[pd.DataFrame]:
    """The pairs within reach, some sites at a time."""
    fliers = np.flatnonzero(~ground.walkers)
    tree = shapely.STRtree(shapely.points(ground.home_xy[fliers]))
    for first in range(0, len(ground.site_xy), SITES_AT_ONCE):
        some = slice(first, first + SITES_AT_ONCE)
        site, flier = tree.query(
            shapely.points(ground.site_xy[some]), predicate="dwithin", distance=rules.radius_m + SLACK_M
        )
        home = fliers[flier]
        metres = np.hypot(*(ground.home_xy[home] - ground.site_xy[some][site]).T)
        if ground.ways is not None:
            places = Spots(*(values[some] for values in ground.places))
            pairs = reached_homes(ground.ways, places, ground.homes, rules.reach_m + SLACK_M)
            site, home = np.concatenate([site, pairs[:, 0]]), np.concatenate([home, pairs[:, 1]])
            metres = np.concatenate([metres, pairs[:, 2] / PER_M])
        order = np.lexsort((home, site))
        yield pd.DataFrame({"site": site[order] + first, "home": home[order], "metres": metres[order]})
