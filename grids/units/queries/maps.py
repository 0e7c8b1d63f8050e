"""Grids on the map: vector tiles and files, built by the database."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.contrib.gis.geos import Polygon
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    Case,
    CharField,
    F,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from gis.layers.queries.frames import frame_of
from gis.layers.queries.maps import tile_envelope
from grids.units.models import CoverageRun, GridCoverage, GridPlan, PlanGrid
from grids.units.queries.coverage import latest_run
from grids.units.queries.grids import draft_grids_visible_to, drawn_grids_visible_to
from tenants.accounts.models import User

EXTENT = 4096
MARGIN = 64
IN_FORCE = "published"
DRAFT = "draft"


def _limit(name: str) -> Cast:
    return Cast(KeyTextTransform(name, "plan__policy"), IntegerField())


def band() -> Case:
    """Where a grid's households lie: below_hard, below_soft, ok, above_soft, above_hard, by its plan's own policy.

    A rural grid is as large as its villager group: always ok. Rule: J04
    """
    return Case(
        When(~Q(villager_groups=[]), then=Value("ok")),
        When(households__lt=_limit("hard_minimum"), then=Value("below_hard")),
        When(households__lt=_limit("soft_minimum"), then=Value("below_soft")),
        When(households__gt=_limit("hard_maximum"), then=Value("above_hard")),
        When(households__gt=_limit("soft_maximum"), then=Value("above_soft")),
        default=Value("ok"),
        output_field=CharField(),
    )


def deviation() -> Any:
    """Share by which a grid misses the target of its plan's policy; −0.25 is a quarter too small."""
    target = Cast(KeyTextTransform("target", "plan__policy"), FloatField())
    return (Cast("households", FloatField()) - target) / target


def covered_share() -> Any:
    """Share of a grid's households in reach of a site or a regular activity by the latest run; null without one."""
    return _reached_share(latest_run(), F("covered_households"))


def _reached_share(run: CoverageRun | None, part: Any) -> Any:
    """Share that a part of a grid's households is by one run."""
    if run is None:
        return Value(None, output_field=FloatField())
    rows = GridCoverage.objects.filter(run=run, grid=OuterRef("grid"), households__gt=0)
    share = Cast(part, FloatField()) / Cast("households", FloatField())
    return Subquery(rows.annotate(share=share).values("share")[:1], output_field=FloatField())


def newest_drafts() -> QuerySet[GridPlan]:
    """The newest plan of each community that is not in force yet."""
    waiting = GridPlan.objects.exclude(state__in=("published", "superseded"))
    return waiting.order_by("community_id", "-number").distinct("community_id")


def grids_of_state(user: User, plan_state: str, on: date) -> QuerySet[PlanGrid]:
    """The grids in force, or those of every community's newest draft, that the user may see."""
    if plan_state == IN_FORCE:
        return drawn_grids_visible_to(user, on)
    newest = list(newest_drafts().values_list("pk", flat=True))
    return draft_grids_visible_to(user, newest)


def grid_tile(user: User, plan_state: str, z: int, x: int, y: int, on: date) -> bytes:
    """One vector tile with the layer `grids`; a feature's id is its grid's, in a draft its row's.

    Attributes: id, code, sequence, plan, community, households, deviation, band, covered_share.
    """
    tile = tile_envelope(z, x, y)
    west, south, east, north = tile.extent
    margin = (east - west) * MARGIN / EXTENT
    wide = Polygon.from_bbox((west - margin, south - margin, east + margin, north + margin))
    wide.srid = 3857
    rows = grids_of_state(user, plan_state, on).order_by().select_related(None)
    bounds = Func(*map(Value, (*tile.extent, 3857)), function="ST_MakeEnvelope")
    shape = Func(
        F("geometry_3857"), bounds, Value(EXTENT), Value(MARGIN), Value(True), function="ST_AsMVTGeom"
    )
    shape.output_field = PlanGrid._meta.get_field("geometry_3857").output_field
    feature = "grid_id" if plan_state == IN_FORCE else "pk"
    columns = {
        "feature": F(feature), "geom": shape, "id": F(feature), "code": F("code"), "sequence": F("sequence"),
        "plan": F("plan_id"), "community": F("plan__community__name"), "households": F("households"),
        "deviation": deviation(), "band": band(), "covered_share": covered_share(),
    }  # fmt: skip
    query = rows.filter(geometry_3857__bboverlaps=wide).annotate(
        **{f"t_{name}": v for name, v in columns.items()}
    )
    try:
        statement, parameters = query.values_list(*(f"t_{name}" for name in columns)).query.sql_with_params()
    except EmptyResultSet:  # Django knows before asking that no row can match
        return b""
    aliases = ", ".join(f'"{name}"' for name in columns)
    # OFFSET 0 keeps the planner from computing the clipped shape twice.
    text = (
        f"SELECT ST_AsMVT(t.*, %s, {EXTENT}, 'geom', 'feature')"
        f" FROM (SELECT * FROM ({statement}) AS s({aliases}) OFFSET 0) t"
    )
    with connection.cursor() as cursor:
        cursor.execute(text, ["grids", *parameters])
        return bytes(cursor.fetchone()[0])


def with_figures(rows: QuerySet[PlanGrid]) -> QuerySet[PlanGrid]:
    """Grids with `band`, `deviation`, `covered_share`, and without their outlines."""
    rows = rows.defer("geometry", "geometry_3857")
    return rows.annotate(band=band(), deviation=deviation(), covered_share=covered_share())


def with_bounds(rows: QuerySet[PlanGrid]) -> QuerySet[PlanGrid]:
    """Grids with `west`, `south`, `east`, `north` in degrees, taken by the database."""
    sides = {"west": "ST_XMin", "south": "ST_YMin", "east": "ST_XMax", "north": "ST_YMax"}
    return rows.annotate(
        **{
            side: Func(F("geometry"), function=name, output_field=FloatField())
            for side, name in sides.items()
        }
    )


def with_outline(rows: QuerySet[PlanGrid]) -> QuerySet[PlanGrid]:
    """Grids with `geojson`, the outline as GeoJSON text in CRS84, 7 decimals."""
    return rows.annotate(geojson=AsGeoJSON("geometry", precision=7))


_EXPORT = {
    "grid_id": "grid_id", "code": "code", "community_code": "plan__community__code",
    "community": "plan__community__name", "households": "households", "buildings": "buildings",
    "area_m2": "area_m2", "plan_number": "plan__number", "plan_state": "plan__state",
    "effective_on": "plan__effective_on", "external_grid_code": "grid__external_grid_code",
}  # fmt: skip


def grids_as_frame(rows: QuerySet[PlanGrid], data_label: str) -> gpd.GeoDataFrame:
    """Grids as a GeoDataFrame in EPSG:4490 for files: identity, figures, plan, and what the data are.

    `covered_share`: of sites or regular activities, `site_share` and `activity_share`: of each by itself. Rule: J11
    """
    run = latest_run()
    by_site = F("covered_households") - F("activity_only_households")
    shares = {
        "covered_share": "covered_share",
        "site_share": _reached_share(run, by_site),
        "activity_share": _reached_share(run, F("activity_households")),
    }
    figures = {"band": "band", "deviation": "deviation", **shares}
    frame = frame_of(with_figures(rows), {**_EXPORT, **figures}).reset_index(drop=True)
    for name in ("deviation", *shares):
        frame[name] = frame[name].astype(float).round(4)
    frame["effective_on"] = frame["effective_on"].astype("string").fillna("")
    frame["data_label"] = data_label
    return frame
