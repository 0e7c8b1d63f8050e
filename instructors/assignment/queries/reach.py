"""Households within a walk of each site: what serving it is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import geopandas as gpd

from gis.compute.coverage import WalkRules, sites_in_reach, walk_graph, walks_to_sites
from gis.layers.queries.frames import all_streets, homes
from tenants.bureau.queries.policy import policy_values

_KEYS = ("coverage.walk_minutes", "coverage.walk_speed_m_per_min", "coverage.radius_m")


@dataclass(frozen=True, slots=True)
class Reach:
    """`households`: by site; a site nobody reaches is missing. `method`: network, radius or mixed; `by_method`: homes."""

    households: dict[int, int] = field(default_factory=dict)
    method: str = "none"
    by_method: dict[str, int] = field(default_factory=dict)
    minutes: float = 0.0
    radius_m: float = 0.0


def households_in_reach(sites: gpd.GeoDataFrame, on: date) -> Reach:
    """Of each site (metric frame, `site_id`), the households that reach it along streets, or within the radius where a
    home has no street near; without homes nothing."""
    found = homes()
    minutes, pace, radius_m = (float(str(value)) for value in policy_values(_KEYS, on).values())
    if found.empty or sites.empty:
        return Reach(minutes=minutes, radius_m=radius_m)
    rules = WalkRules(minutes=minutes, metres_per_minute=pace, radius_m=radius_m)
    metric = found.to_crs(sites.crs).assign(city=0)
    streets = all_streets()
    graph = None if streets.empty else walk_graph(streets.to_crs(sites.crs), rules)
    table = sites_in_reach(metric, sites, graph, key="city", rules=rules)
    method = walks_to_sites(metric, sites, graph, rules)["method"]
    by_method = {str(name): int(count) for name, count in metric["households"].groupby(method).sum().items()}
    return Reach(
        households=dict(zip(table["site_id"].astype(int), table["households"].astype(int), strict=True)),
        method=next(iter(by_method)) if len(by_method) == 1 else "mixed",
        by_method=by_method,
        minutes=minutes,
        radius_m=radius_m,
    )
