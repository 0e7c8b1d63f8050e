"""Writing a checked file into its layer, in the caller's transaction, with what is needed to take it back."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.compute.intake import Finding
from gis.layers.models import LONGEST_NAME, LONGEST_REF, Building, LayerImport, LayerKind
from gis.layers.queries.features import MODELS, current_features, real_buildings
from gis.layers.queries.frames import community_frames, frame_of
from gis.layers.rules.compounds import warn_of_left_out
from gis.layers.rules.household_totals import warn_of_guesses
from gis.layers.rules.import_options import ImportMode, ImportOptions
from gis.layers.rules.replacing import Loss, warn_of_loss
from gis.layers.services.applying_communities import apply_communities
from gis.layers.services.bulk import insert_rows
from gis.layers.services.cells import measures, numbers, texts
from gis.layers.services.checking import Checked
from gis.layers.services.counting import (
    community_of,
    current_real_buildings,
    current_stand_ins,
    together,
    write_counts,
)
from gis.layers.services.following import LayerChange, tell_followers
from gis.layers.services.refitting import COUNTING, FileRefused, counted_together, household_counts, recounted
from gis.layers.services.standing_in import current_compounds, expected_stand_ins, settle_stand_ins

# About 10 m: a redrawn outline or a table's point is the same house still. It decides on a warning only.
_BESIDE_DEG = 0.0001


def apply_checked(
    layer_import: LayerImport, checked: Checked, options: ImportOptions, metric_crs: str
) -> tuple[dict[str, int], list[Finding]]:
    """Write the file; returns counts and warnings. Raises `FileRefused` when the city's data forbid it."""
    assert checked.intake is not None
    rows = {"rows": checked.intake.provenance.source_rows}
    if layer_import.kind == LayerKind.COMMUNITIES:
        counts, warnings = apply_communities(layer_import, checked, options, metric_crs)
    elif layer_import.kind == LayerKind.BUILDINGS:
        counts, warnings = _apply_buildings(layer_import, checked.intake.frame, options, metric_crs)
    elif layer_import.kind == LayerKind.COMPOUNDS:
        counts, warnings = _apply_compounds(layer_import, checked.intake.frame, options, metric_crs)
    else:
        counts, warnings = _apply_plain(layer_import, checked.intake.frame, options)
    change = LayerChange(layer_import, layer_import.imported_by, lets_go=options.retire_in_use)
    followed = tell_followers(change)
    if followed.refusals:
        raise FileRefused(list(followed.refusals))
    return {**rows, **counts}, [*warnings, *followed.told]


# --- buildings ----------------------------------------------------------------------------------------------


def _only_given(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The file's buildings with the households somebody counted; what the file calls an estimate is estimated anew."""
    is_guess = ~frame["household_source"].isin(["", "given"]) & frame["households"].notna()
    if not is_guess.any():
        return frame, []
    counted = frame.assign(households=frame["households"].mask(is_guess))
    return counted, warn_of_guesses(int(is_guess.sum()))


def _real_buildings(
    frame: gpd.GeoDataFrame, options: ImportOptions
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The buildings that stay (none when replaced) and the file's under them, and what is said of rows left out.

    The file's rows are indexed below zero, so that no id can meet them. Rows that an export gave for compounds without
    buildings are left out: taken as real buildings they would drive out what they stand for.
    """
    brought = frame.rename(columns={"households": "given_households"})
    brought.index = pd.Index(-1 - np.arange(len(brought)), dtype="int64")
    is_stand_in = brought["stands_for_id"].notna()
    brought = brought[~is_stand_in]
    present = current_real_buildings()
    if options.mode == ImportMode.REPLACE:
        present = present.iloc[:0]
    return together([present, brought], COUNTING), warn_of_left_out(int(is_stand_in.sum()))


def _apply_buildings(
    layer_import: LayerImport, frame: gpd.GeoDataFrame, options: ImportOptions, metric_crs: str
) -> tuple[dict[str, int], list[Finding]]:
    frame, not_given = _only_given(frame)
    buildings, warnings = _real_buildings(frame, options)
    expected = expected_stand_ins(buildings, current_compounds(), metric_crs)
    settle_stand_ins(expected, layer_import)
    standing = current_stand_ins()
    counted = counted_together([buildings, standing], metric_crs)
    retired, warnings_of_loss = _retire(layer_import, frame, options)
    for held in (current_real_buildings(), standing):
        write_counts(held, counted.frame.loc[held.index])
    added = buildings.index[buildings.index < 0]
    own = counted.frame.loc[added]
    frame = frame.iloc[-1 - added.to_numpy()]
    insert_rows(
        Building,
        {
            **_common(layer_import, frame),
            "community_id": numbers(own["community_id"]),
            "households": numbers(own["households"]),
            "household_source": list(own["household_source"]),
            "given_households": numbers(frame["households"]),
            "use": list(frame["use"]),
            "floors": numbers(frame["floors"]),
            "height_m": measures(frame["height_m"]),
            "compound_name": texts(frame["compound_name"], 120),
            "villager_group": texts(frame["villager_group"], 60),
            "address": texts(frame["address"], 200),
        },
    )
    counts = {"added": len(frame), "retired": retired, "stand_ins": len(standing)}
    warnings = warnings_of_loss + not_given + warnings + expected.warnings + counted.warnings
    return {**counts, **household_counts(counted.frame)}, warnings


# --- compounds ----------------------------------------------------------------------------------------------


def _apply_compounds(
    layer_import: LayerImport, frame: gpd.GeoDataFrame, options: ImportOptions, metric_crs: str
) -> tuple[dict[str, int], list[Finding]]:
    counts, warnings = _apply_plain(layer_import, frame, options)
    counts, more_warnings = recounted(layer_import, counts, metric_crs)
    return counts, warnings + more_warnings


# --- the other kinds ----------------------------------------------------------------------------------------


def _apply_plain(
    layer_import: LayerImport, frame: gpd.GeoDataFrame, options: ImportOptions
) -> tuple[dict[str, int], list[Finding]]:
    retired, warnings = _retire(layer_import, frame, options)
    own = _OWN_COLUMNS[LayerKind(layer_import.kind)](frame)
    added = insert_rows(MODELS[layer_import.kind], {**_common(layer_import, frame), **own})
    return {"added": added, "retired": retired}, warnings


def _common(layer_import: LayerImport, frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    """What every feature has."""
    return {
        "layer_import_id": [layer_import.pk] * len(frame),
        "source_row": [int(row) for row in frame["row"]],
        "ref": texts(frame["ref"], LONGEST_REF),
        "name": texts(frame["name"], LONGEST_NAME),
        "geometry": list(frame.geometry),
    }


def _compounds(frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    return {
        "community_id": numbers(community_of(frame.geometry, community_frames())),
        "households": numbers(frame["households"]),
        "address": texts(frame["address"], 200),
    }


def _streets(frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    return {
        "road_class": texts(frame["road_class"], 32),
        "is_bridge": [bool(value) for value in frame["is_bridge"].fillna(False)],
        "is_tunnel": [bool(value) for value in frame["is_tunnel"].fillna(False)],
    }


def _barriers(frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    return {"barrier_kind": list(frame["barrier_kind"])}


def _sites(frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    return {
        "site_kind": texts(frame["site_kind"], 60),
        "address": texts(frame["address"], 200),
        "area_m2": measures(frame["area_m2"]),
        "capacity": numbers(frame["capacity"]),
        "opening_hours": texts(frame["opening_hours"], 200),
        "is_accessible": [None if pd.isna(value) else bool(value) for value in frame["is_accessible"]],
    }


_OWN_COLUMNS = {
    LayerKind.COMPOUNDS: _compounds,
    LayerKind.STREETS: _streets,
    LayerKind.BARRIERS: _barriers,
    LayerKind.FITNESS_SITES: _sites,
}


def _retire(
    layer_import: LayerImport, brought: gpd.GeoDataFrame, options: ImportOptions
) -> tuple[int, list[Finding]]:
    """Retire what the file replaces: how many rows, and what is said when most of them find no successor."""
    if options.mode != ImportMode.REPLACE:
        return 0, []
    is_buildings = layer_import.kind == LayerKind.BUILDINGS
    rows = real_buildings() if is_buildings else current_features(layer_import.kind)
    held = frame_of(rows, {}).geometry
    loss = Loss(LayerKind(layer_import.kind).label, len(held), _without_successor(held, brought.geometry))
    return int(rows.update(retired_by=layer_import)), warn_of_loss(loss)


def _without_successor(held: gpd.GeoSeries, brought: gpd.GeoSeries) -> int:
    """How many held features have nothing of the file on or right beside them."""
    tree = shapely.STRtree(np.asarray(brought.values, dtype=object))
    near = tree.query(np.asarray(held.values, dtype=object), predicate="dwithin", distance=_BESIDE_DEG)
    return len(held) - len(np.unique(near[0]))
