"""Households within a walk of a fitness site, along streets where there are streets, else by radius.

Distance of a building = straight from its centroid to the nearest street + along streets + straight from the street
to the site. Buildings and sites meet the street where they are, not at the nearest crossing. One Dijkstra run from all
sites at once gives every building its nearest site. Walking ignores one-way rules; lines that cross are taken to meet,
bridges too. All frames in metres (one Gauss-Krüger zone); 15 minutes at 80 m/min are 1,200 m, the radius is 1,000 m.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra

from gis.compute.metric import require_metric
from gis.compute.refusal import InputRefused
from gis.compute.street_graph import Attached, Spots, StreetGraph, attach, matrix, on_street, street_graph

Floats = npt.NDArray[np.float64]

NETWORK = "network"
RADIUS = "radius"
# Rows of distances held at once when every site is followed on its own: 64 × 300,000 nodes are 150 MB.
SITES_AT_ONCE = 64


@dataclass(frozen=True)
class WalkRules:
    """Numbers of the 15-minute circle, all policy parameters.

    A dead end within `snap_m` of another street meets it. A building farther than `far_m` from every street, or a city
    without streets, is judged by `radius_m` as the crow flies. Street fragments under `least_network_m` in all that
    touch no other street are left out. Beyond `limit_m` no distance is given.
    """

    minutes: float = 15.0
    metres_per_minute: float = 80.0
    radius_m: float = 1_000.0
    snap_m: float = 2.0
    far_m: float = 200.0
    least_network_m: float = 500.0
    limit_m: float = 5_000.0

    @property
    def reach_m(self) -> float:
        """How far the walk goes along streets."""
        return self.minutes * self.metres_per_minute


def walks_to_sites(
    buildings: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame | None,
    rules: WalkRules | None = None,
) -> pd.DataFrame:
    """Nearest site and distance of every building; index of the buildings.

    `sites` needs `site_id` and point geometry (of other shapes the centroid counts); `streets` are lines, or None.
    Columns: site_id (None beyond `limit_m`), distance_m (NaN beyond it), method ("network" or "radius"),
    covered (distance within reach_m on the network, radius_m by radius; exactly at the limit is covered).
    Raises InputRefused for degrees, for frames of different CRS and for missing geometry.
    """
    rules = rules or WalkRules()
    homes, goals = _points(buildings), _points(sites)
    attached = _attached(buildings, sites, streets, goals, rules)
    distance = np.full(len(homes), np.inf)
    nearest = np.full(len(homes), -1, dtype=np.int64)
    walkers = np.zeros(len(homes), dtype=bool)
    if attached is not None:
        spots = on_street(attached.streets, homes)
        walkers = spots.offset_m <= rules.far_m
        _follow_streets(attached, spots, rules, distance, nearest)
    if len(goals):
        _fly(homes, goals, ~walkers, rules, distance, nearest)
    site_ids = np.array([*sites["site_id"], None], dtype=object)
    reach = np.where(walkers, rules.reach_m, rules.radius_m)
    return pd.DataFrame(
        {
            "site_id": site_ids[nearest],
            "distance_m": np.where(np.isfinite(distance), distance, np.nan),
            "method": np.where(walkers, NETWORK, RADIUS),
            "covered": distance <= reach + 1e-6,
        },
        index=buildings.index,
    )


def _points(frame: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    require_metric(frame)
    shapes = frame.geometry.to_numpy()
    bad = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if bad.any():
        row = int(np.argmax(bad)) + 1
        raise InputRefused(
            "GEOMETRY_MISSING",
            zh=f"第 {row} 行没有几何",
            en=f"row {row} has no geometry",
            row=row,
            facts={"rows": int(bad.sum())},
        )
    return np.asarray(shapely.centroid(shapes))


def _attached(
    buildings: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame | None,
    goals: npt.NDArray[np.object_],
    rules: WalkRules,
) -> Attached | None:
    """The street graph with the sites joined to it; None where there are no streets."""
    for other in (sites, streets):
        if other is not None and other.crs != buildings.crs:
            raise InputRefused(
                "MIXED_CRS",
                zh="建筑、站点与道路的坐标系不同",
                en="buildings, sites and streets have different coordinate systems",
                facts={"buildings": str(buildings.crs), "other": str(other.crs)},
            )
    if streets is None or len(streets) == 0:
        return None
    graph = street_graph(streets, snap_m=rules.snap_m, least_network_m=rules.least_network_m)
    return attach(graph, goals) if len(graph.length_m) else None


def _follow_streets(
    attached: Attached, spots: Spots, rules: WalkRules, distance: Floats, nearest: npt.NDArray[np.int64]
) -> None:
    """Fill distance and nearest of all homes from one Dijkstra run over all sites."""
    if len(attached.node) == 0:
        return
    reached, _, source = dijkstra(
        matrix(attached.graph),
        directed=False,
        indices=attached.node,
        min_only=True,
        limit=rules.limit_m,
        return_predecessors=True,
    )
    metres, end = _from_street_ends(attached.streets, spots, reached[None, :])
    site_of_node = np.full(len(attached.graph.nodes), -1, dtype=np.int64)
    site_of_node[attached.node[::-1]] = np.arange(len(attached.node))[::-1]
    within = metres[0] <= rules.limit_m
    distance[:] = np.where(within, metres[0], np.inf)
    nearest[:] = np.where(within, site_of_node[np.where(within, source[end[0]], 0)], -1)


def _from_street_ends(
    streets: StreetGraph, spots: Spots, reached: Floats
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Distance of every home by the nearer end of its street edge, per row of `reached`, and that end's node."""
    start, stop = streets.start[spots.edge], streets.stop[spots.edge]
    by_start = reached[:, start] + spots.along_m
    by_stop = reached[:, stop] + (streets.length_m[spots.edge] - spots.along_m)
    return np.minimum(by_start, by_stop) + spots.offset_m, np.where(by_start <= by_stop, start, stop)


def _fly(
    homes: npt.NDArray[np.object_],
    goals: npt.NDArray[np.object_],
    fliers: npt.NDArray[np.bool_],
    rules: WalkRules,
    distance: Floats,
    nearest: npt.NDArray[np.int64],
) -> None:
    """Fill distance and nearest of buildings without streets by the straight line."""
    if not fliers.any():
        return
    (_, goal), metres = shapely.STRtree(goals).query_nearest(
        homes[fliers], return_distance=True, all_matches=False
    )
    within = metres <= rules.limit_m
    distance[fliers] = np.where(within, metres, np.inf)
    nearest[fliers] = np.where(within, goal, -1)


def coverage_by(buildings: pd.DataFrame, walks: pd.DataFrame, key: str | None) -> pd.DataFrame:
    """Households covered per value of a column of the buildings (grid, community), or of all with key None.

    `buildings` has `households` (0 and more) and the key; `walks` comes from `walks_to_sites` on the same index.
    Rows by key (or the one row "all"), columns households, covered_households, share (NaN without households),
    mean_distance_m (by households, over those with a distance), radius_households (judged by radius, because
    there were no streets) and method ("network", "radius", or "mixed"). Buildings without a key are left out.
    """
    households = pd.to_numeric(buildings["households"]).astype("float64")
    if households.isna().any() or (households < 0).any():
        row = int(np.argmax((households.isna() | (households < 0)).to_numpy())) + 1
        raise InputRefused(
            "HOUSEHOLDS_UNUSABLE",
            zh=f"第 {row} 行的户数为空或为负",
            en=f"row {row} has missing or negative households",
            row=row,
            field="households",
        )
    walks = walks.loc[buildings.index]
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
            "mean_distance_m": sums["walked"] / sums["counted"].where(sums["counted"] > 0),
            "radius_households": sums["radius_households"].round().astype("int64"),
            "method": np.select(methods, [NETWORK, RADIUS], "mixed"),
        },
        index=sums.index,
    )


def sites_in_reach(
    buildings: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame | None,
    *,
    key: str,
    rules: WalkRules | None = None,
) -> pd.DataFrame:
    """Every site that some building of a grid (or of another key) reaches: one row per (key, site).

    Columns: the key, site_id, distance_m (from the grid's nearest building), households (of the grid that reach the
    site). Sorted by key, then distance. Grids that reach no site have no row; buildings without a key are left out.
    """
    rules = rules or WalkRules()
    homes, goals = _points(buildings), _points(sites)
    attached = _attached(buildings, sites, streets, goals, rules)
    spots = on_street(attached.streets, homes) if attached is not None else None
    walkers = spots.offset_m <= rules.far_m if spots is not None else np.zeros(len(homes), dtype=bool)
    rows = []
    for first in range(0, len(goals), SITES_AT_ONCE):
        chunk = np.arange(first, min(first + SITES_AT_ONCE, len(goals)))
        metres = shapely.distance(goals[chunk][:, None], homes[None, :])
        if attached is not None and spots is not None:
            reached = dijkstra(
                matrix(attached.graph), directed=False, indices=attached.node[chunk], limit=rules.reach_m
            )
            metres = np.where(walkers, _from_street_ends(attached.streets, spots, reached)[0], metres)
        site, home = np.nonzero(metres <= np.where(walkers, rules.reach_m, rules.radius_m) + 1e-6)
        rows.append(
            pd.DataFrame(
                {
                    key: buildings[key].to_numpy()[home],
                    "site_id": sites["site_id"].to_numpy()[chunk[site]],
                    "distance_m": metres[site, home],
                    "households": pd.to_numeric(buildings["households"]).to_numpy(dtype=np.float64)[home],
                }
            )
        )
    found = pd.concat(rows) if rows else pd.DataFrame(columns=[key, "site_id", "distance_m", "households"])
    grouped = found.groupby([key, "site_id"], as_index=False).agg({"distance_m": "min", "households": "sum"})
    grouped["households"] = grouped["households"].round().astype("int64")
    return grouped.sort_values([key, "distance_m", "site_id"], ignore_index=True)
