"""Studies of where sites are missing, and the homes, sites and possible places they are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
from django.db.models import QuerySet

from gis.compute.coverage import WalkRules
from gis.layers.models import Community
from gis.layers.queries.frames import all_streets, community_frames, homes
from instructors.assignment.models import GapStudy, Site
from tenants.accounts.models import User
from tenants.bureau.queries.city import city_profile
from tenants.bureau.queries.policy import policy_values
from tenants.bureau.queries.rights import granted_paths, under_paths

VIEW = "site.view"
WALK = ("coverage.walk_minutes", "coverage.walk_speed_m_per_min", "coverage.radius_m")
# A new site may stand where people live: at one home in each square of this side, wider in a large city.
SQUARE_M = 250.0
MOST_PLACES = 3000
STORAGE_CRS = "EPSG:4490"


@dataclass(frozen=True)
class Ground:
    """In the city's metric zone: `homes` (households, town), `sites` (site_id), `places` (place_id, near), `streets`,
    `communities`: their frames, which tile the land.
    """

    homes: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame | None
    communities: gpd.GeoDataFrame
    rules: WalkRules


def studies_visible_to(user: User) -> QuerySet[GapStudy]:
    """Studies of the city for who may see its sites."""
    allowed = under_paths(granted_paths(user, VIEW), "unit__path")
    return GapStudy.objects.filter(allowed).select_related("unit", "job")


def ground_of(on: date) -> Ground:
    """What a study is made from on a day; `homes` is empty where no building has households."""
    crs = f"EPSG:{city_profile().gauss_kruger_epsg}"
    found = _with_towns(homes().to_crs(crs))
    rows = list(Site.objects.filter(valid_to=None).order_by("id").values_list("id", "geometry"))
    points = gpd.points_from_xy([at.x for _, at in rows], [at.y for _, at in rows], crs=STORAGE_CRS)
    sites = gpd.GeoDataFrame({"site_id": [pk for pk, _ in rows]}, geometry=points).to_crs(crs)
    streets = all_streets()
    minutes, pace, radius_m = (float(str(value)) for value in policy_values(WALK, on).values())
    return Ground(
        found,
        sites,
        possible_places(found),
        None if streets.empty else streets.to_crs(crs),
        community_frames().to_crs(crs),
        WalkRules(minutes=minutes, metres_per_minute=pace, radius_m=radius_m),
    )


def _with_towns(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    towns = {
        pk: (name, town)
        for pk, name, town in Community.objects.values_list("id", "name", "unit__parent__name")
    }
    named = [towns.get(pk, ("", "")) for pk in found["community_id"]]
    return found.assign(near=[near for near, _ in named], town=[town or "" for _, town in named])


def possible_places(found: gpd.GeoDataFrame, most: int = MOST_PLACES) -> gpd.GeoDataFrame:
    """One home per square, the one nearest to the middle of its homes: place_id (`east:north` of the square), near.

    The squares are 250 m wide, and twice as wide as often as it takes for at most `most` places.
    """
    side = SQUARE_M
    if found.empty:
        return gpd.GeoDataFrame({"place_id": [], "near": []}, geometry=[], crs=found.crs)
    while True:
        table = pd.DataFrame(
            {"x": found.geometry.x, "y": found.geometry.y, "households": found["households"]}
        )
        table["place_id"] = [
            f"{east}:{north}"
            for east, north in np.floor(table[["x", "y"]] / side).astype(np.int64).itertuples(index=False)
        ]
        if table["place_id"].nunique() <= most:
            break
        side *= 2
    weighted = table[["x", "y"]].mul(table["households"], axis=0).groupby(table["place_id"]).transform("sum")
    middle = weighted.div(table.groupby("place_id")["households"].transform("sum"), axis=0)
    table["off"] = np.hypot(table["x"] - middle["x"], table["y"] - middle["y"])
    table["at"] = np.arange(len(table))
    chosen = table.sort_values(["place_id", "off", "x", "y"]).drop_duplicates("place_id")
    return gpd.GeoDataFrame(
        {"place_id": chosen["place_id"].to_numpy(), "near": found["near"].to_numpy()[chosen["at"]]},
        geometry=gpd.points_from_xy(chosen["x"], chosen["y"]),
        crs=found.crs,
    )
