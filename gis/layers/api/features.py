"""Layers, their features, exports and tiles."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from gis.layers.models import LayerKind
from gis.layers.queries.exports import EXPORT_TYPES, export_file
from gis.layers.queries.features import (
    ATTRIBUTES,
    check_kind,
    features_visible_to,
    layer_overview,
    shown_attributes,
)
from gis.layers.queries.maps import (
    as_features,
    in_bbox,
    layer_tile,
    parse_bbox,
    with_geojson,
    with_shown,
)
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import local_date
from wangge.errors import not_found
from wangge.kernel.fields import Namesake
from wangge.kernel.paging import IdCursorPagination
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.views import ApiView

MVT = "application/vnd.mapbox-vector-tile"
_KIND = OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=[str(kind) for kind in LayerKind])
# A tile of a layer changes with the next import only; a minute saves most repeats while panning.
_TILE_AGE_S = 60


class LastImportOutput(serializers.Serializer[Any]):
    """The import a layer stands on."""

    id = serializers.IntegerField()
    file_name = serializers.CharField()
    imported_at = serializers.DateTimeField(allow_null=True)
    label: Namesake = serializers.CharField(allow_blank=True)


class LayerOutput(serializers.Serializer[Any]):
    """A layer at a glance."""

    kind = serializers.ChoiceField(choices=LayerKind.choices)
    label_zh = serializers.CharField()
    feature_count = serializers.IntegerField()
    bounds = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="west, south, east, north"
    )
    last_import = LastImportOutput(allow_null=True)


class FeatureOutput(serializers.Serializer[Any]):
    """A GeoJSON feature in CRS84 (EPSG:4490 lon-lat)."""

    type = serializers.ChoiceField(choices=["Feature"])
    id = serializers.IntegerField()
    geometry = serializers.DictField()
    properties = serializers.DictField()


class FeaturePageOutput(serializers.Serializer[Any]):
    """A page of features as a GeoJSON FeatureCollection."""

    type = serializers.ChoiceField(choices=["FeatureCollection"])
    features = FeatureOutput(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class FeatureQuery(serializers.Serializer[Any]):
    """Which features."""

    bbox = serializers.CharField(required=False, max_length=120, help_text="west,south,east,north in degrees")


class ExportQuery(serializers.Serializer[Any]):
    """In which format."""

    format = serializers.ChoiceField(choices=list(EXPORT_TYPES), default="geojson")


class LayersView(ApiView):
    """The city's layers."""

    permission = "layer.view"

    @extend_schema(responses=LayerOutput(many=True), operation_id="layer_list")
    def get(self, request: SignedInRequest) -> Response:
        """Every layer with its number of features, bounds and last import."""
        return self.answer(LayerOutput(layer_overview(request.user), many=True).data)


class FileView(ApiView):
    """A view that answers in its own format, whatever `Accept` or `?format=` say to the framework."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """JSON for problems; the answer itself bears its own media type."""
        return super().perform_content_negotiation(request, force=True)


class FeaturesView(FileView):
    """Features of a layer."""

    permission = "layer.view"

    @extend_schema(
        parameters=[
            _KIND,
            FeatureQuery,
            OpenApiParameter("limit", int, description="1–200, default 50"),
            OpenApiParameter("cursor", str),
        ],
        responses=FeaturePageOutput,
        operation_id="layer_feature_list",
    )
    def get(self, request: SignedInRequest, kind: str) -> Response:
        """A page of features, by id, within a box."""
        check_kind(kind)
        asked = self.query(FeatureQuery)
        rows = in_bbox(features_visible_to(request.user, kind), parse_bbox(asked.get("bbox")))
        paginator = IdCursorPagination()
        narrow = with_geojson(with_shown(rows, shown_attributes(request.user, kind)))
        window = paginator.paginate_queryset(narrow, request, view=self)
        return self.answer(
            {
                "type": "FeatureCollection",
                "features": as_features(window or [], ATTRIBUTES[kind]),
                "next": paginator.get_next_link(),
                "previous": paginator.get_previous_link(),
            }
        )


class FeatureView(FileView):
    """One feature; without the right to see it, it does not exist."""

    permission = SIGNED_IN

    @extend_schema(parameters=[_KIND], responses=FeatureOutput, operation_id="layer_feature_read")
    def get(self, request: SignedInRequest, kind: str, id: int) -> Response:
        """A feature with its attributes."""
        check_kind(kind)
        rows = features_visible_to(request.user, kind).filter(pk=id)
        narrow = with_geojson(with_shown(rows, shown_attributes(request.user, kind)))
        found = as_features(narrow[:1], ATTRIBUTES[kind])
        if not found:
            raise not_found("要素", "feature")
        return self.answer(found[0])


class ExportView(FileView):
    """A layer as a file."""

    permission = "layer.export"

    @extend_schema(
        parameters=[_KIND, ExportQuery],
        responses={
            (200, media_type): OpenApiTypes.OBJECT if "json" in media_type else OpenApiTypes.BINARY
            for media_type in EXPORT_TYPES.values()
        },
        operation_id="layer_export",
    )
    def get(self, request: SignedInRequest, kind: str) -> HttpResponse:
        """All features one may see, as GeoJSON, GeoPackage, CSV or XLSX."""
        check_kind(kind)
        form = self.query(ExportQuery)["format"]
        with tempfile.TemporaryDirectory(prefix="export-") as folder:
            path = Path(folder) / f"{kind}.{form}"
            rows = features_visible_to(request.user, kind)
            export_file(rows, shown_attributes(request.user, kind), kind, path)
            answer = HttpResponse(path.read_bytes(), content_type=EXPORT_TYPES[form])
        name = quote(f"{LayerKind(kind).label}-{local_date(timezone.now()):%Y%m%d}.{form}")
        answer["Content-Disposition"] = f"attachment; filename=\"{kind}.{form}\"; filename*=UTF-8''{name}"
        return answer


class TileView(FileView):
    """Vector tiles of a layer."""

    permission = "layer.view"

    @extend_schema(
        parameters=[_KIND], responses={(200, MVT): OpenApiTypes.BINARY}, operation_id="layer_tile_read"
    )
    def get(self, request: SignedInRequest, kind: str, z: int, x: int, y: int) -> HttpResponse:
        """One tile; the layer inside it is named like the kind."""
        rows = features_visible_to(request.user, check_kind(kind))
        shown = shown_attributes(request.user, kind)
        answer = HttpResponse(layer_tile(rows, shown, kind, (z, x, y)), content_type=MVT)
        answer["Cache-Control"] = f"private, max-age={_TILE_AGE_S}"
        return answer
