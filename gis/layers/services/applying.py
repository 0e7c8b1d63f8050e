"""Writing a checked file into its layer, in the caller's transaction, with what is needed to take it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.utils import timezone

from gis.compute.frames import build_frames
from gis.compute.intake import Finding
from gis.compute.refusal import InputRefused
from gis.layers.models import (
    LONGEST_NAME,
    LONGEST_REF,
    STORAGE_SRID,
    Building,
    Community,
    Compound,
    LayerImport,
    LayerKind,
)
from gis.layers.queries.bearing import borne_by
from gis.layers.queries.features import MODELS, current_features, real_buildings, stand_ins
from gis.layers.queries.frames import community_frames, frame_of
from gis.layers.rules.compounds import warn_of_left_out
from gis.layers.rules.findings import finding_of
from gis.layers.rules.household_totals import warn_of_guesses
from gis.layers.rules.import_options import ImportMode, ImportOptions
from gis.layers.rules.replacing import Loss, warn_of_loss
from gis.layers.services.bulk import insert_rows, update_rows
from gis.layers.services.checking import Checked
from gis.layers.services.counting import (
    Counted,
    community_of,
    count_households,
    current_real_buildings,
    current_stand_ins,
    recount,
    together,
    write_counts,
)
from gis.layers.services.standing_in import current_compounds, expected_stand_ins, settle_stand_ins
from tenants.bureau.rules.local_time import local_date

_BATCH = 2000
# About 10 m: a redrawn outline or a table's point is the same house still. It decides on a warning only.
_BESIDE_DEG = 0.0001
_COUNTING = ("use", "floors", "height_m", "given_households", "stands_for_id", "geometry")
_LIVE = {"code": "code", "name": "name", "households": "households"}
# What an import may change of a community in place, kept as it was before.
_KEPT_FIELDS = (
    "unit_id",
    "name",
    "settlement",
    "households",
    "population",
    "layer_import_id",
    "source_row",
    "version",
)


class FileRefused(Exception):
    """Findings that came up only while the file was being fitted in; the transaction is rolled back."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = list(findings)


def apply_checked(
    layer_import: LayerImport, checked: Checked, options: ImportOptions, metric_crs: str
) -> tuple[dict[str, int], list[Finding]]:
    """Write the file; returns counts and warnings. Raises `FileRefused` when the city's data forbid it."""
    assert checked.intake is not None
    rows = {"rows": checked.intake.provenance.source_rows}
    if layer_import.kind == LayerKind.COMMUNITIES:
        counts, warnings = _apply_communities(layer_import, checked, options, metric_crs)
    elif layer_import.kind == LayerKind.BUILDINGS:
        counts, warnings = _apply_buildings(layer_import, checked.intake.frame, options, metric_crs)
    elif layer_import.kind == LayerKind.COMPOUNDS:
        counts, warnings = _apply_compounds(layer_import, checked.intake.frame, options, metric_crs)
    else:
        counts, warnings = _apply_plain(layer_import, checked.intake.frame, options)
    return {**rows, **counts}, warnings


# --- communities --------------------------------------------------------------------------------------------


def _future_communities(checked: Checked, options: ImportOptions) -> gpd.GeoDataFrame:
    """The communities as they would stand: code, name, row (0 for those that stay), geometry = official
    ring.
    """
    assert checked.intake is not None
    code_of = {place.row: place.code for place in checked.placed}
    brought = checked.intake.frame.copy()
    brought["code"] = [code_of[int(row)] for row in brought["row"]]
    if options.mode == ImportMode.REPLACE:
        return brought.set_index("code", drop=False)
    held = frame_of(current_features(LayerKind.COMMUNITIES), _LIVE)
    staying = held[~held["code"].isin(set(brought["code"]))].assign(row=0)
    together = pd.concat([staying, brought]) if len(staying) else brought
    return gpd.GeoDataFrame(together, geometry="geometry", crs=STORAGE_SRID).set_index("code", drop=False)


def _frames_of(communities: gpd.GeoDataFrame, metric_crs: str) -> gpd.GeoDataFrame:
    try:
        return build_frames(communities[["name", "geometry"]], metric_crs).lonlat
    except InputRefused as refused:
        raise FileRefused([finding_of(refused)]) from refused


def _apply_communities(
    layer_import: LayerImport, checked: Checked, options: ImportOptions, metric_crs: str
) -> tuple[dict[str, int], list[Finding]]:
    future = _future_communities(checked, options)
    frames = _frames_of(future, metric_crs).geometry
    unit_of = {place.code: place.unit_id for place in checked.placed}
    present = {
        community.code: community for community in current_features(LayerKind.COMMUNITIES).order_by("id")
    }
    held_before = len(present)
    before: list[dict[str, Any]] = []
    created, changed = [], []
    for code, row in zip(future.index, future.itertuples(), strict=True):
        frame = _geos(frames.loc[code])
        held = present.pop(code, None)
        if held is None:
            created.append(_new_community(layer_import, row, code, unit_of[code], frame))
        elif _update_community(held, row, unit_of.get(code), frame, layer_import, before):
            changed.append(held)
    closed = _close_communities(present.values()) if options.mode == ImportMode.REPLACE else []
    loss = Loss(LayerKind.COMMUNITIES.label, held_before, len(closed), borne_by(Community, closed))
    Community.objects.bulk_create(created, batch_size=_BATCH)
    _write_communities(changed)
    layer_import.undo = {"before": before, "closed": closed}
    place_compounds()
    counts = {
        "added": len(created), "updated": len(changed), "closed": len(closed), "communities": len(future),
    }  # fmt: skip
    counts, warnings = _recounted(layer_import, counts, metric_crs)
    return counts, warn_of_loss(loss) + warnings


def _recounted(
    layer_import: LayerImport, counts: dict[str, int], metric_crs: str
) -> tuple[dict[str, int], list[Finding]]:
    counted = recount(layer_import, metric_crs)
    if counted.errors:
        raise FileRefused(counted.errors)
    standing = {"stand_ins": stand_ins().count()}
    return {**counts, **standing, **_household_counts(counted.frame)}, counted.warnings


def _new_community(
    layer_import: LayerImport, row: Any, code: str, unit_id: int, frame: GEOSGeometry
) -> Community:
    return Community(
        unit_id=unit_id,
        code=code,
        name=row.name[:LONGEST_NAME],
        settlement=row.settlement or "urban",
        households=_number(row.households),
        population=_number(row.population),
        geometry=_geos(row.geometry),
        frame=frame,
        layer_import=layer_import,
        source_row=int(row.row),
    )


def _update_community(
    held: Community,
    row: Any,
    unit_id: int | None,
    frame: GEOSGeometry,
    layer_import: LayerImport,
    before: list[dict[str, Any]],
) -> bool:
    """Set a present community to the file's row, or only to its new frame when the file does not bring it."""
    kept = _as_kept(held)
    if unit_id is not None:
        held.unit_id, held.name = unit_id, row.name[:LONGEST_NAME]
        held.settlement = row.settlement or held.settlement
        held.households, held.population = _number(row.households), _number(row.population)
        held.geometry, held.layer_import, held.source_row = _geos(row.geometry), layer_import, int(row.row)
    elif held.frame.wkb == frame.wkb:
        return False
    held.frame = frame
    held.version += 1
    before.append(kept)
    return True


def _as_kept(community: Community) -> dict[str, Any]:
    kept = {name: getattr(community, name) for name in _KEPT_FIELDS}
    shapes = {name: getattr(community, name).hex.decode() for name in ("geometry", "frame")}
    return {"id": community.pk, **kept, **shapes}


def restore_communities(layer_import: LayerImport) -> None:
    """Set communities back to what they were before an import and reopen those it closed."""
    undo = layer_import.undo or {"before": [], "closed": []}
    rows = Community.objects.in_bulk([kept["id"] for kept in undo["before"]])
    for kept in undo["before"]:
        community = rows[kept["id"]]
        for name in _KEPT_FIELDS:
            setattr(community, name, kept[name])
        community.version += 1  # a reader who saw the undone state must notice
        for name in ("geometry", "frame"):
            setattr(community, name, GEOSGeometry(kept[name], srid=STORAGE_SRID))
    _write_communities(list(rows.values()))
    Community.objects.filter(pk__in=undo["closed"]).update(valid_to=None)


def _write_communities(rows: Sequence[Community]) -> None:
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in _KEPT_FIELDS}
    for name in ("geometry", "frame"):
        columns[name] = [shapely.from_wkb(bytes(getattr(row, name).wkb)) for row in rows]
    update_rows(Community, [row.pk for row in rows], columns)


def _close_communities(vanished: Iterable[Community]) -> list[int]:
    closed = [community.pk for community in vanished]
    Community.objects.filter(pk__in=closed).update(valid_to=local_date(timezone.now()))
    return closed


def place_compounds() -> None:
    """Compounds follow the communities; they are few, so all are looked at."""
    compounds = frame_of(current_features(LayerKind.COMPOUNDS), {"community_id": "community_id"})
    owner = community_of(compounds.geometry, community_frames())
    rows = Compound.objects.in_bulk(list(compounds.index))
    moved = []
    for identifier, community_id in owner.items():
        wanted = None if pd.isna(community_id) else int(community_id)
        if rows[identifier].community_id != wanted:
            rows[identifier].community_id = wanted
            moved.append(rows[identifier])
    Compound.objects.bulk_update(moved, ["community"], batch_size=_BATCH)


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
    return together([present, brought], _COUNTING), warn_of_left_out(int(is_stand_in.sum()))


def _counted(parts: Sequence[gpd.GeoDataFrame], metric_crs: str) -> Counted:
    counted = count_households(together(parts, _COUNTING), community_frames(), metric_crs)
    if counted.errors:
        raise FileRefused(counted.errors)
    return counted


def _apply_buildings(
    layer_import: LayerImport, frame: gpd.GeoDataFrame, options: ImportOptions, metric_crs: str
) -> tuple[dict[str, int], list[Finding]]:
    frame, not_given = _only_given(frame)
    buildings, warnings = _real_buildings(frame, options)
    expected = expected_stand_ins(buildings, current_compounds(), metric_crs)
    settle_stand_ins(expected, layer_import)
    standing = current_stand_ins()
    counted = _counted([buildings, standing], metric_crs)
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
            "community_id": _numbers(own["community_id"]),
            "households": _numbers(own["households"]),
            "household_source": list(own["household_source"]),
            "given_households": _numbers(frame["households"]),
            "use": list(frame["use"]),
            "floors": _numbers(frame["floors"]),
            "height_m": _measures(frame["height_m"]),
            "compound_name": _texts(frame["compound_name"], 120),
            "villager_group": _texts(frame["villager_group"], 60),
            "address": _texts(frame["address"], 200),
        },
    )
    counts = {"added": len(frame), "retired": retired, "stand_ins": len(standing)}
    warnings = warnings_of_loss + not_given + warnings + expected.warnings + counted.warnings
    return {**counts, **_household_counts(counted.frame)}, warnings


# --- compounds ----------------------------------------------------------------------------------------------


def _apply_compounds(
    layer_import: LayerImport, frame: gpd.GeoDataFrame, options: ImportOptions, metric_crs: str
) -> tuple[dict[str, int], list[Finding]]:
    counts, warnings = _apply_plain(layer_import, frame, options)
    counts, more_warnings = _recounted(layer_import, counts, metric_crs)
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
        "ref": _texts(frame["ref"], LONGEST_REF),
        "name": _texts(frame["name"], LONGEST_NAME),
        "geometry": list(frame.geometry),
    }


def _compounds(frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    return {
        "community_id": _numbers(community_of(frame.geometry, community_frames())),
        "households": _numbers(frame["households"]),
        "address": _texts(frame["address"], 200),
    }


def _streets(frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    return {
        "road_class": _texts(frame["road_class"], 32),
        "is_bridge": [bool(value) for value in frame["is_bridge"].fillna(False)],
        "is_tunnel": [bool(value) for value in frame["is_tunnel"].fillna(False)],
    }


def _barriers(frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    return {"barrier_kind": list(frame["barrier_kind"])}


def _sites(frame: gpd.GeoDataFrame) -> dict[str, list[Any]]:
    return {
        "site_kind": _texts(frame["site_kind"], 60),
        "address": _texts(frame["address"], 200),
        "area_m2": _measures(frame["area_m2"]),
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


def _geos(shape: Any) -> GEOSGeometry:
    return GEOSGeometry(memoryview(shapely.to_wkb(shape)), srid=STORAGE_SRID)


def _texts(column: pd.Series, longest: int) -> list[str]:
    return [str(value)[:longest] for value in column]


def _numbers(column: pd.Series) -> list[int | None]:
    return [_number(value) for value in column]


def _measures(column: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in column]


def _number(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _household_counts(frame: pd.DataFrame) -> dict[str, int]:
    unplaced = frame[frame["community_id"].isna()]
    return {
        "households": int(frame["households"].sum()),
        "unplaced": int((unplaced["households"] > 0).sum()),
        "unplaced_households": int(unplaced["households"].sum()),
    }
