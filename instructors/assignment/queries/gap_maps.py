"""Staffing and studies as GeoJSON for a map program: layers told apart by the property `kind`.

Coordinates are lon-lat as stored (EPSG:4490), which GeoJSON reads as WGS 84: the two differ by less than a metre.
Every feature says whose data it shows and how it was measured. Rules: J12, J20
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from django.db.models import Q, QuerySet

from gis.layers.models import Community
from gis.layers.queries.frames import frame_of
from instructors.assignment.models import GapStudy, Site
from instructors.assignment.queries.data_notes import LON_LAT, attribution, data_label, study_notes
from instructors.assignment.queries.gap_exports import staffing_row
from instructors.assignment.queries.staffing import DEPTH, Staffing, staffing_visible_to
from instructors.assignment.rules.figure_words import method_of
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit

DIGITS = 7
Feature = dict[str, Any]
_SHARES = ("certified_per_1000", "registered_per_1000", "active_per_1000", "sites_per_10000")


def study_geojson(user: User, study: GapStudy) -> dict[str, Any]:
    """`new_site` points by rank, `site` points of the day, `community` and `town` polygons with what they reach and,
    for who sees instructors, their staffing on the day of the study."""
    notes = study_notes(study)
    said = {name: notes.members()[name] for name in ("data_label", "attribution", "method")}
    drawn = _communities(Q(valid_to=None) | Q(pk__in=[row["community_id"] for row in study.communities]))
    features = [
        *_new_sites(study),
        *_sites_of(study),
        *_community_features(user, study, drawn),
        *_town_features(user, study, drawn),
    ]
    return _collection(features, said, {"title": "健身站点覆盖与缺口 / coverage and gaps", **notes.members()})


def staffing_geojson(staffing: Staffing, level: str, on: date) -> dict[str, Any]:
    """A polygon per unit of the level, the union of its communities, with its people and sites; no polygon where no
    community of it is drawn."""
    census = staffing.census
    counted = None if census.counted_on is None else census.counted_on.isoformat()
    said = {
        "data_label": data_label(),
        "attribution": attribution(),
        "counted_on": counted,
        "source": census.source,
    }
    shapes = _units(_communities(Q(valid_to=None)), level)
    features = [
        _feature(level, shapes.get(counts.unit_id), _staffing_told(counts, staffing))
        for counts in staffing.rows
    ]
    about = {"title": "指导员与站点配备 / instructors and sites", "level": level, "on": on.isoformat()}
    target = float(staffing.target_per_1000)
    return _collection(features, said, {**about, **said, "target_per_1000": target, "coordinates": LON_LAT})


def _collection(
    features: Iterable[Feature], said: Mapping[str, Any], about: Mapping[str, Any]
) -> dict[str, Any]:
    told = [{**each, "properties": {**each["properties"], **said, **_own(each, said)}} for each in features]
    return {"type": "FeatureCollection", **about, "features": told}


def _own(feature: Feature, said: Mapping[str, Any]) -> dict[str, Any]:
    """What the feature says better itself."""
    return {name: value for name, value in feature["properties"].items() if name in said}


def _feature(kind: str, shape: shapely.Geometry | None, properties: Mapping[str, Any]) -> Feature:
    geometry = None if shape is None else _rounded(shape)
    return {"type": "Feature", "geometry": geometry, "properties": {"kind": kind, **properties}}


def _rounded(shape: shapely.Geometry) -> dict[str, Any]:
    """The geometry object, wound as RFC 7946 asks, to seven decimals."""
    wound = shapely.orient_polygons(shapely.transform(shape, lambda at: np.round(at, DIGITS)))
    return dict(shapely.geometry.mapping(wound))


def _new_sites(study: GapStudy) -> Iterator[Feature]:
    for step in study.steps:
        told = {
            "rank": step["step"],
            "name": step["near"],
            "households_gained": step["gained"],
            "covered_households": step["covered"],
            "covered_share": step["share"],
        }
        yield _feature("new_site", shapely.Point(step["lon"], step["lat"]), told)


def _sites_of(study: GapStudy) -> Iterator[Feature]:
    """The sites that the study counted; what people know of them, and nobody's name."""
    standing = Site.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=study.as_of), created_at__lte=study.created_at
    )
    for site in standing.select_related("town", "unit").order_by("id"):
        told = {
            "site_id": site.pk,
            "ref": site.ref,
            "name": site.name,
            "site_kind": site.site_kind,
            "community": site.unit.name,
            "town": site.town.name,
        }
        yield _feature("site", shapely.Point(site.geometry.x, site.geometry.y), told)


def _communities(wanted: Q) -> gpd.GeoDataFrame:
    rows: QuerySet[Community] = Community.objects.filter(wanted)
    columns = {
        "code": "code",
        "name": "name",
        "unit_id": "unit_id",
        "path": "unit__path",
        "valid_to": "valid_to",
    }
    return frame_of(rows, columns)


def _units(drawn: gpd.GeoDataFrame, level: str) -> dict[int, shapely.Geometry]:
    """The land of each unit of a level: its communities together."""
    key = np.asarray([_unit_above(path, level) for path in drawn["path"]], dtype=np.int64)
    joined = drawn.geometry.groupby(key).agg(lambda shapes: shapely.union_all(shapes.to_numpy()))
    return {int(unit): shape for unit, shape in joined.items() if unit}


def _unit_above(path: str, level: str) -> int:
    """The unit of a level that a path runs through; 0 where it ends before."""
    parts = path.split("/")
    return int(parts[DEPTH[level] - 1] or 0) if len(parts) >= DEPTH[level] else 0


def _reached(rows: Iterable[Mapping[str, int]]) -> dict[str, Any]:
    """What communities reach together; unknown where the study did not keep it."""
    kept = list(rows)
    if not kept:
        return {"households": None, "covered_households": None, "covered_share": None, "method": None}
    households, covered, radius = (
        sum(row[name] for row in kept) for name in ("households", "covered", "by_radius")
    )
    return {
        "households": households,
        "covered_households": covered,
        "covered_share": round(covered / households, 6) if households else None,
        "method": method_of({"network": households - radius, "radius": radius}),
    }


def _community_features(user: User, study: GapStudy, drawn: gpd.GeoDataFrame) -> Iterator[Feature]:
    kept = {row["community_id"]: row for row in study.communities}
    staffed = _staffed(staffing_visible_to(user, "village", study.as_of))
    for row in drawn.itertuples():
        if row.valid_to is not None and row.Index not in kept:
            continue
        reached = _reached([kept[row.Index]] if row.Index in kept else [])
        told = {"name": row.name, "code": row.code, **reached, **staffed.get(row.unit_id, {})}
        yield _feature("community", row.geometry, told)


def _town_features(user: User, study: GapStudy, drawn: gpd.GeoDataFrame) -> Iterator[Feature]:
    town_of = {key: _unit_above(path, "town") for key, path in drawn["path"].items()}
    staffed = _staffed(staffing_visible_to(user, "town", study.as_of))
    shapes = _units(drawn, "town")
    for town in OrgUnit.objects.filter(pk__in=shapes, level="town").order_by("id"):
        reached = _reached(row for row in study.communities if town_of.get(row["community_id"]) == town.pk)
        yield _feature("town", shapes[town.pk], {"name": town.name, **reached, **staffed.get(town.pk, {})})


def _staffed(staffing: Staffing) -> dict[int, dict[str, Any]]:
    census = staffing.census
    counted = None if census.counted_on is None else census.counted_on.isoformat()
    return {
        counts.unit_id: {**_staffing_told(counts, staffing), "counted_on": counted, "source": census.source}
        for counts in staffing.rows
    }


def _staffing_told(counts: Any, staffing: Staffing) -> dict[str, Any]:
    """The staffing of a unit with its shares as numbers, which a map can colour by."""
    row = staffing_row(counts, staffing)
    return {
        name: float(value) if name in _SHARES and value is not None else value for name, value in row.items()
    }
