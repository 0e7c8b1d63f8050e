"""Which community every building lies in and how many households it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from django.utils import timezone

from gis.compute.households import HouseholdParameters, households_of_buildings
from gis.compute.intake import Finding
from gis.compute.intake.findings import finding_of
from gis.compute.refusal import InputRefused
from gis.layers.models import STORAGE_SRID, Building, LayerImport, LayerKind
from gis.layers.queries.features import real_buildings, stand_ins
from gis.layers.queries.frames import community_frames, frame_of
from gis.layers.rules.compounds import DWELLING_USES
from gis.layers.rules.household_totals import CommunityHomes, totals_to_spread
from gis.layers.services.bulk import update_rows
from gis.layers.services.standing_in import current_compounds, expected_stand_ins, settle_stand_ins
from tenants.bureau.queries.policy import policy_value
from tenants.bureau.rules.local_time import local_date

COUNTED_COLUMNS = ("community_id", "households", "household_source")
_READ = {
    "use": "use",
    "floors": "floors",
    "height_m": "height_m",
    "given_households": "given_households",
    "community_id": "community_id",
    "households": "households",
    "household_source": "household_source",
    "stands_for_id": "stands_for_id",
}
# What households depend on; the other kinds never change them.
COUNTED_KINDS = (LayerKind.COMMUNITIES, LayerKind.BUILDINGS, LayerKind.COMPOUNDS)
FLOOR_RATIO = "household.compound_floor_ratio"


@dataclass(frozen=True)
class Counted:
    """`frame` (index of the buildings): community_id (Int64), households (int), household_source."""

    frame: pd.DataFrame
    errors: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


def current_real_buildings() -> gpd.GeoDataFrame:
    """All current buildings that are drawn, with what counting reads and writes, index = id."""
    return frame_of(real_buildings(), _READ)


def current_stand_ins() -> gpd.GeoDataFrame:
    """All current rows that stand for compounds, with what counting reads and writes, index = id."""
    return frame_of(stand_ins(), _READ)


def together(parts: Sequence[gpd.GeoDataFrame], columns: Sequence[str]) -> gpd.GeoDataFrame:
    """These columns of several frames of buildings under one another."""
    filled = [part[list(columns)] for part in parts if len(part)] or [parts[0][list(columns)]]
    return gpd.GeoDataFrame(pd.concat(filled), geometry="geometry", crs=STORAGE_SRID)


def household_parameters() -> HouseholdParameters:
    """The assumptions of the estimate that the city's policy names today."""
    ratio = policy_value(FLOOR_RATIO, local_date(timezone.now()))
    return HouseholdParameters(compound_floor_ratio=float(str(ratio)))


def community_of(shapes: gpd.GeoSeries, communities: gpd.GeoDataFrame) -> pd.Series:
    """Id of the community whose frame holds an inner point of each shape (Int64, NA for none).

    `communities` has the frame as geometry and ids as index; a point on a common border goes to the first.
    """
    owner = pd.Series(pd.NA, index=shapes.index, dtype="Int64")
    if len(shapes) == 0 or len(communities) == 0:
        return owner
    points = shapely.point_on_surface(np.asarray(shapes.values, dtype=object))
    found, frames = shapely.STRtree(np.asarray(communities.geometry.values, dtype=object)).query(
        points, predicate="intersects"
    )
    first = pd.Series(frames, index=found).groupby(level=0).min()
    owner.iloc[first.index.to_numpy()] = communities.index.to_numpy()[first.to_numpy()]
    return owner


def count_households(buildings: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, metric_crs: str) -> Counted:
    """Place buildings in communities and give every one its households.

    `buildings` (EPSG:4490): use, floors, height_m, given_households, stands_for_id; `communities`: name, code,
    households, frame as geometry. Nothing is written. Errors keep the import from being applied.
    """
    result = pd.DataFrame(index=buildings.index)
    result["community_id"] = community_of(buildings.geometry, communities)
    if len(buildings) == 0:
        return Counted(result.assign(households=0, household_source="none"))
    asked = _asked(buildings, result["community_id"], metric_crs)
    homes = _homes(asked, communities)
    totals, errors, warnings = totals_to_spread(homes)
    try:
        counted = households_of_buildings(
            asked,
            totals=pd.Series(dict(totals), dtype="int64") if totals else None,
            parameters=household_parameters(),
        )
    except InputRefused as refused:
        return Counted(result.assign(households=0, household_source="none"), [finding_of(refused)])
    result["households"] = counted["households"].astype("int64")
    result["household_source"] = counted["source"].astype(str)
    return Counted(result, errors, warnings)


def _asked(buildings: gpd.GeoDataFrame, community_id: pd.Series, metric_crs: str) -> gpd.GeoDataFrame:
    """The buildings in metres with the columns the household rule reads."""
    use = buildings["use"].fillna("").astype(str)
    asked = gpd.GeoDataFrame(
        {
            "households": pd.array(buildings["given_households"], dtype="Int64"),
            "floors": pd.to_numeric(buildings["floors"], errors="coerce"),
            "height_m": pd.to_numeric(buildings["height_m"], errors="coerce"),
            "residential": use.isin(DWELLING_USES),
            "stands_in": buildings["stands_for_id"].notna(),
            "community": community_id.astype("string").fillna(""),
        },
        geometry=buildings.geometry.to_crs(metric_crs),
        index=buildings.index,
    )
    return asked


def _homes(asked: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> list[CommunityHomes]:
    given = asked["households"]
    uncounted = given.isna() & asked["residential"]
    counted_sum = given.fillna(0).astype("int64").groupby(asked["community"]).sum()
    uncounted_sum = uncounted.groupby(asked["community"]).sum()
    return [
        CommunityHomes(
            key=str(identifier),
            name=str(row.name),
            total=None if pd.isna(row.households) else int(row.households),
            counted=int(counted_sum.get(str(identifier), 0)),
            uncounted_dwellings=int(uncounted_sum.get(str(identifier), 0)),
        )
        for identifier, row in zip(communities.index, communities.itertuples(), strict=True)
    ]


def recount(layer_import: LayerImport, metric_crs: str) -> Counted:
    """Settle which compounds stand in, place and count all current buildings anew, writing only what changed.

    In the caller's transaction; `layer_import` is the one whose coming or going asks for it.
    """
    real = current_real_buildings()
    expected = expected_stand_ins(real, current_compounds(), metric_crs)
    settle_stand_ins(expected, layer_import)
    buildings = together([real, current_stand_ins()], [*_READ, "geometry"])
    counted = count_households(buildings, community_frames(), metric_crs)
    if not counted.errors:
        write_counts(buildings, counted.frame)
    return replace(counted, warnings=expected.warnings + counted.warnings)


def write_counts(before: pd.DataFrame, after: pd.DataFrame) -> int:
    """Store community, households and source of the buildings that differ; how many did."""
    changed = _differs(before, after)
    ids = [int(identifier) for identifier in after.index[changed]]
    if not ids:
        return 0
    rows = after[changed]
    columns: dict[str, list[Any]] = {
        "community_id": [None if pd.isna(value) else int(value) for value in rows["community_id"]],
        "households": [int(value) for value in rows["households"]],
        "household_source": [str(value) for value in rows["household_source"]],
    }
    return update_rows(Building, ids, columns)


def _differs(before: pd.DataFrame, after: pd.DataFrame) -> npt.NDArray[np.bool_]:
    old = before["community_id"].astype("Int64").fillna(-1).to_numpy()
    new = after["community_id"].astype("Int64").fillna(-1).to_numpy()
    same = (
        (old == new)
        & (before["households"].to_numpy() == after["households"].to_numpy())
        & (before["household_source"].to_numpy() == after["household_source"].to_numpy())
    )
    return np.asarray(~same, dtype=bool)
