"""Siting on the map: candidates reach households along streets, or within the radius where there are none."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from scipy.sparse import csr_array

from gis.compute.coverage import Streets, WalkRules, households_of, pairs_in_reach, walk_graph, walks_to_sites
from gis.compute.siting.answer import Siting
from gis.compute.siting.solve import SitingWish, site


def site_places(
    buildings: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame,
    streets: Streets,
    existing: gpd.GeoDataFrame | None,
    count: int,
    *,
    rules: WalkRules | None = None,
    wish: SitingWish | None = None,
) -> Siting:
    """At most `count` candidates that bring the most households within a walk of a site, existing sites counted.

    `buildings` has `households`, `candidates` a `place_id` of their own, `existing` (or None) a `site_id`; all in one
    CRS in metres, `streets` lines, a finished graph or None. A candidate serves the buildings within `reach_m` along
    the streets, or within `radius_m` where a building has no street near. Raises InputRefused as `walks_to_sites` and
    `site` do.
    """
    rules = rules or WalkRules()
    graph = walk_graph(streets, rules) if isinstance(streets, gpd.GeoDataFrame) else streets
    households = households_of(buildings).to_numpy()
    covered = np.zeros(len(buildings), dtype=bool)
    if existing is not None and len(existing):
        covered = walks_to_sites(buildings, existing, graph, rules)["covered"].to_numpy()
    ids, covers = reach_matrix(buildings, candidates, graph, rules)
    return site(households, covers, count, names=ids, covered=covered, wish=wish)


def reach_matrix(
    buildings: gpd.GeoDataFrame, candidates: gpd.GeoDataFrame, streets: Streets, rules: WalkRules
) -> tuple[list[object], csr_array]:
    """Candidate ids in rising order, and which buildings (columns, in the order of the rows) each of them reaches."""
    ids, pairs = pairs_in_reach(buildings, candidates, streets, rules, column="place_id")
    ones = np.ones(len(pairs), dtype=bool)
    place, home = pairs["site"].to_numpy(), pairs["home"].to_numpy()
    return list(ids), csr_array((ones, (place, home)), shape=(len(ids), len(buildings)))
