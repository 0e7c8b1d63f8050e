"""Communities are written with their frames; what they were before is kept, so that it can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.utils import timezone

from gis.compute.frames import build_frames
from gis.compute.intake import Finding
from gis.compute.intake.findings import finding_of
from gis.compute.refusal import InputRefused
from gis.layers.models import LONGEST_NAME, STORAGE_SRID, Community, Compound, LayerImport, LayerKind
from gis.layers.queries.bearing import borne_by
from gis.layers.queries.features import current_features
from gis.layers.queries.frames import community_frames, frame_of
from gis.layers.rules.import_options import ImportMode, ImportOptions
from gis.layers.rules.replacing import Loss, warn_of_loss
from gis.layers.services.bulk import update_rows
from gis.layers.services.cells import geos, number
from gis.layers.services.checking import Checked
from gis.layers.services.counting import community_of
from gis.layers.services.refitting import FileRefused, recounted
from tenants.bureau.rules.local_time import local_date

_BATCH = 2000
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


def apply_communities(
    layer_import: LayerImport, checked: Checked, options: ImportOptions, metric_crs: str
) -> tuple[dict[str, int], list[Finding]]:
    """Write a file of communities; returns counts and warnings. Raises `FileRefused`."""
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
        frame = geos(frames.loc[code])
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
    counts, warnings = recounted(layer_import, counts, metric_crs)
    return counts, warn_of_loss(loss) + warnings


def _new_community(
    layer_import: LayerImport, row: Any, code: str, unit_id: int, frame: GEOSGeometry
) -> Community:
    return Community(
        unit_id=unit_id,
        code=code,
        name=row.name[:LONGEST_NAME],
        settlement=row.settlement or "urban",
        households=number(row.households),
        population=number(row.population),
        geometry=geos(row.geometry),
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
        held.households, held.population = number(row.households), number(row.population)
        held.geometry, held.layer_import, held.source_row = geos(row.geometry), layer_import, int(row.row)
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
