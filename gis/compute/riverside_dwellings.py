"""Who lives where, estimated: use, height, floors and households of buildings that carry little of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.compute.metric import require_metric

DWELLING_DETAILS = ("apartments", "residential", "house")
OTHER_GROUND = (
    "commercial", "retail", "attraction", "school", "hospital", "place_of_worship", "park", "protected_area",
    "parking", "forest",
)  # fmt: skip


@dataclass(frozen=True)
class DwellingRules:
    """Numbers of the estimate, all to be changed by a bureau that knows better.

    A home takes `m2_per_home` of floor space; `share` of the floor space is homes where the map says residential,
    `mixed_share` where only size and place speak for it (old streets with shops below and offices between).
    """

    floor_height_m: float = 3.0
    m2_per_home: float = 85.0
    share: float = 0.85
    mixed_share: float = 0.45
    slab_height_m: float = 18.0
    lane_house_height_m: float = 6.0
    lane_house_m2: float = 150.0
    least_dwelling_m2: float = 30.0
    most_dwelling_m2: float = 2500.0
    most_dwelling_height_m: float = 100.0


def decide_use(buildings: gpd.GeoDataFrame, rules: DwellingRules) -> pd.DataFrame:
    """Columns use (residential, other) and use_source: tag, name, ground or size, else assumed.

    The first source that says anything decides. A building with its own name is an office, hotel or shop here:
    dwellings are numbered, not named.
    """
    require_metric(buildings)
    area = buildings.area
    detail = buildings["kind_detail"]
    ground = buildings["landuse_kind"]
    dwelling = detail.isin(DWELLING_DETAILS)
    wrong_size = (
        (area > rules.most_dwelling_m2)
        | (area < rules.least_dwelling_m2)
        | (buildings["height"] > rules.most_dwelling_height_m)
    )
    said = [
        (dwelling, "residential", "tag"),
        (detail.notna(), "other", "tag"),
        (buildings["name"].notna(), "other", "name"),
        (ground == "residential", "residential", "ground"),
        (ground.isin(OTHER_GROUND), "other", "ground"),
        (wrong_size, "other", "size"),
    ]
    tests = [test.to_numpy(dtype=bool) for test, _, _ in said]
    return pd.DataFrame(
        {
            "use": np.select(tests, [use for _, use, _ in said], "residential"),
            "use_source": np.select(tests, [source for _, _, source in said], "assumed"),
        },
        index=buildings.index,
    )


def estimate_dwellings(buildings: gpd.GeoDataFrame, rules: DwellingRules | None = None) -> gpd.GeoDataFrame:
    """The buildings with use, use_source, height_m, height_source, floors, households and households_source.

    Households = height ÷ 3 m × footprint × share ÷ m² per home, for residential use; a missing height is assumed:
    two floors for a lane house, six for anything larger.
    """
    rules = rules or DwellingRules()
    decided = decide_use(buildings, rules)
    lane_house = buildings.area < rules.lane_house_m2
    assumed = pd.Series(np.where(lane_house, rules.lane_house_height_m, rules.slab_height_m), buildings.index)
    height = buildings["height"].fillna(assumed)
    floors = (height / rules.floor_height_m).round().clip(lower=1).astype("int64")
    shares: Mapping[str, float] = {"tag": rules.share, "ground": rules.share, "assumed": rules.mixed_share}
    share = decided["use_source"].map(shares).fillna(0.0).where(decided["use"] == "residential", 0.0)
    households = (floors * buildings.area * share / rules.m2_per_home).round().astype("int64")
    return buildings.assign(
        use=decided["use"],
        use_source=decided["use_source"],
        height_m=height.astype("float64"),
        height_source=np.where(buildings["height"].notna(), "osm", "assumed"),
        floors=floors,
        households=households,
        households_source="estimated",
    )
