"""Base grids over HTTP: list, card, files, tiles, link to the general governance grid."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gis.layers.queries.exports import EXPORT_TYPES, export_frame
from gis.layers.queries.maps import in_bbox, parse_bbox
from grids.units.api.coverage import ReachedOutput
from grids.units.api.plan_outputs import CommunityBrief
from grids.units.models import PlanGrid
from grids.units.queries.cards import data_label, grid_card
from grids.units.queries.grids import draft_grids_visible_to, drawn_grids_visible_to, grids_visible_to
from grids.units.queries.leaders import grids_led_by
from grids.units.queries.maps import DRAFT, IN_FORCE, grid_tile, grids_as_frame, with_bounds, with_figures
from grids.units.services.links import link_external_grid
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import local_date
from wangge.kernel.fields import DayField
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

MVT = "application/vnd.mapbox-vector-tile"
TILE_AGE_S = 60
BANDS = ["below_hard", "below_soft", "ok", "above_soft", "above_hard"]
EXTERNAL_CODE = r"^[0-9A-Za-z._ -]{1,40}$"


class GridOutput(serializers.ModelSerializer[PlanGrid]):
    """A grid in a list, as the plan in force (or the plan asked for) draws it."""

    id = serializers.IntegerField(
        source="grid_id", allow_null=True, help_text="null while a draft's grid has none"
    )
    plan_grid_id = serializers.IntegerField(source="pk")
    community = CommunityBrief(source="plan.community")
    band = serializers.ChoiceField(choices=BANDS)
    deviation = serializers.FloatField()
    covered_share = serializers.FloatField(allow_null=True)
    bounds = serializers.SerializerMethodField()
    valid_from = serializers.DateField(source="grid.valid_from", default=None, allow_null=True)

    class Meta:
        model = PlanGrid
        fields = (
            "id", "plan_grid_id", "plan_id", "sequence", "code", "community", "households", "band", "deviation",
            "covered_share", "area_m2", "bounds", "valid_from",
        )  # fmt: skip

    @extend_schema_field(serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4))
    def get_bounds(self, row: PlanGrid) -> list[float]:
        """West, south, east, north in degrees."""
        return [getattr(row, side) for side in ("west", "south", "east", "north")]


class GridPageOutput(serializers.Serializer[Any]):
    """One page of grids."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = GridOutput(many=True)


class GridQuery(serializers.Serializer[Any]):
    """Which grids."""

    community = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    bbox = serializers.CharField(required=False, max_length=120, help_text="west,south,east,north in degrees")
    q = serializers.CharField(
        required=False, max_length=60, help_text="part of the code or the community's name"
    )
    plan = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**62,
        help_text="the grids of this plan instead of those in force",
    )
    as_of = DayField(required=False, help_text="the grids in force on this day; today by default")
    mine = serializers.BooleanField(required=False, default=False, help_text="only grids one leads that day")


class PlanBrief(serializers.Serializer[Any]):
    """The plan that draws a grid."""

    id = serializers.IntegerField()
    number = serializers.IntegerField()
    state = serializers.CharField()
    effective_on = serializers.DateField(allow_null=True)


class LeaderOutput(serializers.Serializer[Any]):
    """A grid's leader; the name in full for who manages leaders there, masked for the others."""

    id = serializers.IntegerField()
    user_id = serializers.IntegerField()
    display_name = serializers.CharField(allow_blank=True)
    acting = serializers.BooleanField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)


class SiteInReach(serializers.Serializer[Any]):
    """A fitness site that homes of the grid reach, with the metres from the nearest of them."""

    id = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    distance_m = serializers.IntegerField()


class CardCoverage(ReachedOutput):
    """Households of a grid in reach of a site or of a regular activity, and how that was measured."""

    method = serializers.ChoiceField(choices=["network", "radius", "mixed", "none"])


class GridCardOutput(serializers.Serializer[Any]):
    """Everything a click on a grid shows."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    community = CommunityBrief()
    external_grid_code = serializers.CharField(allow_null=True)
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(allow_null=True)
    version = serializers.IntegerField()
    households = serializers.IntegerField(required=False)
    buildings = serializers.IntegerField(required=False)
    target = serializers.IntegerField(required=False)
    deviation = serializers.FloatField(required=False, help_text="share by which the target is missed")
    band = serializers.ChoiceField(required=False, choices=BANDS)
    area_m2 = serializers.FloatField(required=False)
    quality = serializers.DictField(required=False)
    size_reason = serializers.CharField(required=False, allow_blank=True)
    plan = PlanBrief(required=False)
    centre = serializers.ListField(required=False, child=serializers.FloatField())
    geometry = serializers.DictField(required=False, help_text="GeoJSON, EPSG:4490 lon-lat")
    leader = LeaderOutput(allow_null=True)
    coverage = CardCoverage(allow_null=True)
    sites_in_reach = SiteInReach(many=True)
    data_label = serializers.CharField(allow_blank=True)


class ExportQuery(serializers.Serializer[Any]):
    """In which format, and of which day."""

    format = serializers.ChoiceField(choices=list(EXPORT_TYPES), default="geojson")
    community = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    plan = serializers.IntegerField(
        required=False, min_value=1, max_value=2**62, help_text="this plan's grids, for who may see plans"
    )
    as_of = DayField(required=False)


class TileQuery(serializers.Serializer[Any]):
    """Grids in force, or of the newest drafts."""

    plan_state = serializers.ChoiceField(choices=[IN_FORCE, DRAFT], default=IN_FORCE)


class ExternalLinkInput(StrictInput):
    """The governance grid's code; null undoes the link."""

    external_grid_code = serializers.RegexField(
        EXTERNAL_CODE, allow_null=True, max_length=40, help_text="kept in capitals without spaces"
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


def _today() -> Any:
    return local_date(timezone.now())


class GridsView(ApiView):
    """Base grids."""

    permission = "grid.view"

    @extend_schema(
        parameters=[GridQuery, OpenApiParameter("limit", int), OpenApiParameter("cursor", str)],
        responses=GridPageOutput,
        operation_id="grid_list",
    )
    def get(self, request: SignedInRequest) -> Response:
        """Grids in force today or on a day, or those of a plan, within a community, a box or a search."""
        asked = self.query(GridQuery)
        on = asked.get("as_of") or _today()
        if "plan" in asked:
            rows = draft_grids_visible_to(request.user, [asked["plan"]])
        else:
            rows = drawn_grids_visible_to(request.user, on)
        if asked["mine"]:
            rows = rows.filter(grid__in=grids_led_by(request.user, on))
        if "community" in asked:
            rows = rows.filter(plan__community_id=asked["community"])
        if "q" in asked:
            rows = rows.filter(Q(code__contains=asked["q"]) | Q(plan__community__name__icontains=asked["q"]))
        rows = in_bbox(rows, parse_bbox(asked.get("bbox")))
        return self.page(with_bounds(with_figures(rows)), GridOutput)


class GridView(ApiView):
    """One base grid."""

    permission = "grid.view"
    scope = grids_visible_to

    @extend_schema(responses=GridCardOutput, operation_id="grid_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The grid's card."""
        card = grid_card(request.user, self.object, _today())
        return self.answer(GridCardOutput(card).data, version=self.object.version)


class GridByCodeView(ApiView):
    """A base grid by its fifteen digits."""

    permission = "grid.view"
    scope = grids_visible_to
    lookup_kwarg = "code"
    lookup_field = "code"

    @extend_schema(responses=GridCardOutput, operation_id="grid_read_by_code")
    def get(self, request: SignedInRequest, code: str) -> Response:
        """The grid's card, for links that name the code."""
        card = grid_card(request.user, self.object, _today())
        return self.answer(GridCardOutput(card).data, version=self.object.version)


class ExternalLinkView(ApiView):
    """The link to the general governance grid."""

    permission = "grid_plan.draft"
    scope = grids_visible_to

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "If-Match", str, OpenApiParameter.HEADER, description="上次读取的 ETag / the ETag last read"
            )
        ],
        request=ExternalLinkInput,
        responses=GridCardOutput,
        operation_id="grid_link_external",
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Bind a governance grid's code to this grid, or undo that."""
        asked = self.parsed(ExternalLinkInput)
        grid = link_external_grid(
            grid_id=id,
            external_grid_code=asked["external_grid_code"],
            acting_user=request.user,
            if_match=request.headers.get("If-Match"),
            reason=asked["reason"],
        )
        return self.answer(GridCardOutput(grid_card(request.user, grid, _today())).data, version=grid.version)


class FileView(ApiView):
    """A view that answers in its own format, whatever `Accept` or `?format=` say to the framework."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Take the first renderer, which only problems need."""
        return super().perform_content_negotiation(request, force=True)


class GridExportView(FileView):
    """Grids as a file."""

    permission = "grid.view"

    @extend_schema(
        parameters=[ExportQuery],
        responses={
            (200, media_type): OpenApiTypes.OBJECT if form == "geojson" else OpenApiTypes.BINARY
            for form, media_type in EXPORT_TYPES.items()
        },
        operation_id="grid_export",
    )
    def get(self, request: SignedInRequest) -> HttpResponse:
        """Grids in force, or a plan's, as GeoJSON, GeoPackage, CSV or XLSX, with what the data are in every row."""
        asked = self.query(ExportQuery)
        on = asked.get("as_of") or _today()
        rows = drawn_grids_visible_to(request.user, on)
        if "plan" in asked:
            rows = draft_grids_visible_to(request.user, [asked["plan"]])
        if "community" in asked:
            rows = rows.filter(plan__community_id=asked["community"])
        form = asked["format"]
        with tempfile.TemporaryDirectory(prefix="export-") as folder:
            path = Path(folder) / f"grids.{form}"
            export_frame(grids_as_frame(rows, data_label()), "grids", form, path)
            answer = HttpResponse(path.read_bytes(), content_type=EXPORT_TYPES[form])
        name = quote(f"网格-{on:%Y%m%d}.{form}")
        answer["Content-Disposition"] = f"attachment; filename=\"grids.{form}\"; filename*=UTF-8''{name}"
        return answer


class GridTileView(FileView):
    """Vector tiles of grids."""

    @property
    def permission(self) -> str:  # type: ignore[override]
        """Drafts are for who may see plans."""
        drafts = self.request.query_params.get("plan_state") == DRAFT
        return "grid_plan.view" if drafts else "grid.view"

    @extend_schema(
        parameters=[TileQuery], responses={(200, MVT): OpenApiTypes.BINARY}, operation_id="grid_tile_read"
    )
    def get(self, request: SignedInRequest, z: int, x: int, y: int) -> HttpResponse:
        """One tile with the layer `grids`."""
        asked = self.query(TileQuery)
        body = grid_tile(request.user, asked["plan_state"], int(z), int(x), int(y), _today())
        answer = HttpResponse(body, content_type=MVT)
        answer["Cache-Control"] = f"private, max-age={TILE_AGE_S}"
        return answer
