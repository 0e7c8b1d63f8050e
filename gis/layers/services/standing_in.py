"""Rows that stand for compounds without buildings: which there should be, and keeping the stored ones so.

They follow from what is mapped: whoever changes buildings or compounds lets them be settled in the same transaction.
A compound has at most one such row, for ever: it is retired when dwellings come and taken up again when they go, so
that what was drawn over it still knows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from gis.compute.intake import Finding
from gis.compute.stand_ins import compounds_standing_in
from gis.layers.models import Building, LayerImport, LayerKind
from gis.layers.queries.features import current_features
from gis.layers.queries.frames import frame_of
from gis.layers.rules.compounds import (
    DWELLING_USES,
    OverlappedCompound,
    stand_in_ref,
    warn_of_overlapped,
)
from gis.layers.services.bulk import insert_rows

COMPOUND_COLUMNS = {
    "ref": "ref",
    "name": "name",
    "households": "households",
    "address": "address",
    "layer_import_id": "layer_import_id",
    "source_row": "source_row",
}


@dataclass(frozen=True)
class Expected:
    """The compounds that should stand in (as `current_compounds`), and what to say of those that must not."""

    compounds: gpd.GeoDataFrame
    warnings: list[Finding]


def current_compounds() -> gpd.GeoDataFrame:
    """All current compounds in the order they came, index = id."""
    return frame_of(current_features(LayerKind.COMPOUNDS), COMPOUND_COLUMNS)


def expected_stand_ins(buildings: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame, metric_crs: str) -> Expected:
    """Which of the compounds should stand in, given all real buildings (geometry, use); nothing is written."""
    if compounds.empty:
        return Expected(compounds, [])
    use = buildings["use"].fillna("").astype(str)
    dwellings = buildings.geometry[use.isin(DWELLING_USES)]
    found = compounds_standing_in(compounds.geometry.to_crs(metric_crs), dwellings.to_crs(metric_crs))
    lost = [
        OverlappedCompound(_name_of(compounds, label), _name_of(compounds, other), _given(compounds, label))
        for label, other in found.overlapped.items()
    ]
    return Expected(compounds.loc[found.standing], warn_of_overlapped(lost))


def _name_of(compounds: gpd.GeoDataFrame, label: Any) -> str:
    row = compounds.loc[label]
    return str(row["name"] or row["ref"] or label)


def _given(compounds: gpd.GeoDataFrame, label: Any) -> int:
    value = compounds.loc[label, "households"]
    return 0 if value is None or pd.isna(value) else int(value)


def settle_stand_ins(expected: Expected, layer_import: LayerImport) -> None:
    """Make, retire and take up again rows until exactly the expected compounds stand in; in the caller's transaction.

    New rows have no community and no households yet: counting gives them both. `layer_import` is the import whose
    coming or going changed what is mapped.
    """
    wanted = {int(label) for label in expected.compounds.index}
    held = dict(
        Building.objects.filter(stands_for__isnull=False).values_list("stands_for_id", "retired_by_id")
    )
    live = {compound for compound, retired_by in held.items() if retired_by is None}
    _rows_for(live - wanted).update(retired_by=layer_import)
    _rows_for((held.keys() - live) & wanted).update(retired_by=None)
    fresh = [int(label) for label in expected.compounds.index if int(label) not in held]
    if fresh:
        insert_rows(Building, _columns(expected.compounds.loc[fresh]))


def _rows_for(compounds: set[int]) -> Any:
    return Building.objects.filter(stands_for__in=compounds)


def _columns(compounds: gpd.GeoDataFrame) -> dict[str, Sequence[Any]]:
    count = len(compounds)
    ids = [int(label) for label in compounds.index]
    names = [str(name) for name in compounds["name"]]
    return {
        "layer_import_id": [int(value) for value in compounds["layer_import_id"]],
        "source_row": [int(value) for value in compounds["source_row"]],
        "ref": [stand_in_ref(str(ref), label) for ref, label in zip(compounds["ref"], ids, strict=True)],
        "name": names,
        "geometry": list(compounds.geometry),
        "households": [0] * count,
        "household_source": ["none"] * count,
        "given_households": [None if pd.isna(value) else int(value) for value in compounds["households"]],
        "use": ["residential"] * count,
        "compound_name": names,
        "villager_group": [""] * count,
        "address": [str(value) for value in compounds["address"]],
        "stands_for_id": ids,
    }
