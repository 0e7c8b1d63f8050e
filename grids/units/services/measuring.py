"""Measuring every home's walk: to its nearest fitness site, and to its nearest place of a regular activity. Rule: J11"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.compute.coverage import WalkRules, coverage_by, sites_in_reach, walk_graph, walks_to_sites
from gis.layers.queries.frames import all_streets, fitness_sites, homes
from grids.units.queries.activity_places import activity_places
from grids.units.queries.coverage import grid_of_home
from grids.units.queries.policy import PolicyInForce
from tenants.bureau.queries.city import city_profile
from wangge.errors import RuleBroken

SITES_ON_A_CARD = 5


class Measured:
    """The city's homes, sites, places of regular activities and streets in metres, and each home's two walks.

    `places_left_out`: places farther from every home than a walk is measured, as a mistyped point is.
    """

    def __init__(self, policy: PolicyInForce, on: date) -> None:
        metric_crs = f"EPSG:{city_profile().gauss_kruger_epsg}"
        self.rules = WalkRules(
            minutes=float(policy.values["walk_minutes"]),
            metres_per_minute=float(policy.values["walk_speed_m_per_min"]),
            radius_m=float(policy.values["radius_m"]),
        )
        found = homes()
        if found.empty:
            raise RuleBroken(
                "NO_HOUSEHOLDS", zh="没有带户数的建筑，无法计算覆盖率", rule="J11",
                en="there is no building with households: coverage cannot be computed",
                how_to_fix_zh="请先导入建筑图层", how_to_fix_en="import the building layer first",
            )  # fmt: skip
        grids = grid_of_home(found, on)
        found["grid_id"] = grids["grid_id"]
        self.plan_of_grid: Mapping[int, int] = grids.attrs["plan_of_grid"]
        self.homes: gpd.GeoDataFrame = found.to_crs(metric_crs)
        self.sites: gpd.GeoDataFrame = fitness_sites().to_crs(metric_crs)
        self.sites["site_id"] = self.sites.index
        told = activity_places(on).to_crs(metric_crs)
        self.places: gpd.GeoDataFrame = told[self._is_near(told)]
        self.places_left_out = len(told) - len(self.places)
        streets = all_streets()
        self.streets = None if streets.empty else walk_graph(streets.to_crs(metric_crs), self.rules)
        self.walks = self.walks_to_places = pd.DataFrame()

    def _is_near(self, told: gpd.GeoDataFrame) -> Any:
        """Which points lie in the box around all homes that a walk cannot leave."""
        west, south, east, north = self.homes.total_bounds
        reach_m = max(self.rules.reach_m, self.rules.radius_m)
        x, y = told.geometry.x.to_numpy(), told.geometry.y.to_numpy()
        across = (x >= west - reach_m) & (x <= east + reach_m)
        return np.isfinite(x) & np.isfinite(y) & across & (y >= south - reach_m) & (y <= north + reach_m)

    def walk(self) -> None:
        """Measure every home."""
        self.walks = walks_to_sites(self.homes, self.sites, self.streets, self.rules)
        self.walks_to_places = walks_to_sites(self.homes, self.places, self.streets, self.rules)

    def reached(self, key: str | None) -> pd.DataFrame:
        """Sums per value of a column, homes without one left out.

        Columns: households, covered_households (of either), activity_households, activity_only_households, method.
        """
        known = self.homes if key is None else self.homes[self.homes[key].notna()]
        by_site, by_activity = self.walks["covered"], self.walks_to_places["covered"]
        sums = coverage_by(known, self.walks.assign(covered=by_site | by_activity), key)
        of_activities = coverage_by(known, self.walks.assign(covered=by_activity), key)
        of_sites = coverage_by(known, self.walks.assign(covered=by_site), key)
        sums["activity_households"] = of_activities["covered_households"]
        sums["activity_only_households"] = sums["covered_households"] - of_sites["covered_households"]
        return sums

    def sites_by_grid(self) -> dict[int, list[dict[str, Any]]]:
        """The nearest sites that homes of each grid reach, with metres."""
        placed = self.homes[self.homes["grid_id"].notna()]
        if placed.empty or self.sites.empty:
            return {}
        reach = sites_in_reach(placed, self.sites, self.streets, key="grid_id", rules=self.rules)
        names = self.sites["name"] if "name" in self.sites else self.sites["ref"]
        found: dict[int, list[dict[str, Any]]] = {}
        for row in reach.itertuples():
            listed = found.setdefault(int(row.grid_id), [])
            if len(listed) < SITES_ON_A_CARD:
                site = int(row.site_id)
                listed.append(
                    {"id": site, "name": str(names.at[site]), "distance_m": round(float(row.distance_m))}
                )
        return found
