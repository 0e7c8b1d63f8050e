"""Fitness sites over HTTP. Rules: J13, J20"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from gis.layers.queries.features import layers_label
from gis.layers.queries.maps import parse_bbox
from instructors.assignment.models import Site
from instructors.assignment.models.sites import SiteKind
from instructors.assignment.queries.sites import needs_count_of, sites_narrowed, sites_visible_to
from instructors.assignment.services.sites import edit_site
from instructors.people.api.outputs import PersonBrief
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import local_date
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62
GEOJSON = "application/geo+json"


class UnitBrief(serializers.Serializer[Any]):
    """An org unit by name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class OpenSpanField(StrictInput):
    """Open each week on a weekday (1 Monday … 7 Sunday), minutes of the local day."""

    weekday = serializers.IntegerField(min_value=1, max_value=7)
    from_minute = serializers.IntegerField(min_value=0, max_value=1439)
    to_minute = serializers.IntegerField(min_value=1, max_value=1440)


class SiteOutput(serializers.ModelSerializer[Site]):
    """A site; the head's name is masked. No opening hours: unknown."""

    kind = serializers.ChoiceField(source="site_kind", choices=SiteKind.choices)
    lon = serializers.FloatField(source="geometry.x")
    lat = serializers.FloatField(source="geometry.y")
    unit = UnitBrief()
    town = UnitBrief()
    opening_hours = OpenSpanField(many=True)
    head = PersonBrief(allow_null=True)

    class Meta:
        model = Site
        fields = (
            "id", "ref", "name", "kind", "lon", "lat", "address", "unit", "town", "capacity", "opening_hours",
            "is_shared", "head", "is_step_free", "has_accessible_toilet", "access_note", "valid_to", "version",
        )  # fmt: skip


class SiteQuery(serializers.Serializer[Any]):
    """Which sites."""

    bbox = serializers.CharField(required=False, max_length=120, help_text="west,south,east,north in degrees")
    unit = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID, help_text="and below")
    kind = serializers.ChoiceField(required=False, choices=SiteKind.choices)
    item = serializers.CharField(required=False, max_length=32, help_text="code of an item asked for today")
    retired = serializers.BooleanField(
        required=False, default=False, help_text="those gone from the layer too"
    )


class SiteInput(StrictInput):
    """What people know of a site; what is not sent stays."""

    name = serializers.CharField(required=False, max_length=120)
    kind = serializers.ChoiceField(required=False, choices=SiteKind.choices, source="site_kind")
    address = serializers.CharField(required=False, allow_blank=True, max_length=200)
    capacity = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=100_000)
    opening_hours = OpenSpanField(many=True, required=False)
    is_shared = serializers.BooleanField(required=False)
    head_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=BIGGEST_ID)
    is_step_free = serializers.BooleanField(required=False, allow_null=True)
    has_accessible_toilet = serializers.BooleanField(required=False, allow_null=True)
    access_note = serializers.CharField(required=False, allow_blank=True, max_length=200)


def asked_sites(view: ApiView, request: SignedInRequest) -> Any:
    """The sites that the query asks for."""
    asked = view.query(SiteQuery)
    asked["bbox"] = parse_bbox(asked.get("bbox"))
    return sites_narrowed(sites_visible_to(request.user), asked, local_date(timezone.now()))


class SitesView(ApiView):
    """Sites in one's reach."""

    permission = "site.view"

    @extend_schema(parameters=[SiteQuery], responses=paged(SiteOutput), operation_id="site_list")
    def get(self, request: SignedInRequest) -> Response:
        """Sites by id, those gone from the layer left out unless asked for."""
        return self.page(asked_sites(self, request), SiteOutput, reader=request.user)


class SiteView(ApiView):
    """One site."""

    permission = {"GET": "site.view", "PATCH": "site.edit"}
    scope = sites_visible_to
    needs_if_match = True

    @extend_schema(responses=SiteOutput, operation_id="site_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The site."""
        return self.answer(
            SiteOutput(self.object, context={"reader": request.user}).data, version=self.object.version
        )

    @extend_schema(request=SiteInput, responses=SiteOutput, operation_id="site_edit")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Change kind, capacity, opening hours, head, accessibility; it stays until the layer says something new."""
        changes = self.parsed(SiteInput)
        changes["opening_hours"] = [dict(span) for span in changes.get("opening_hours", ())]
        if "opening_hours" not in request.data:
            changes.pop("opening_hours")
        site = edit_site(
            site_id=id, changes=changes, acting_user=request.user, if_match=request.headers.get("If-Match")
        )
        return self.answer(SiteOutput(site, context={"reader": request.user}).data, version=site.version)


class SitesExportView(ApiView):
    """Sites for a map."""

    permission = "site.view"

    @extend_schema(
        parameters=[SiteQuery], responses={(200, GEOJSON): OpenApiTypes.OBJECT}, operation_id="site_export"
    )
    def get(self, request: SignedInRequest) -> HttpResponse:
        """All sites asked for as GeoJSON points (CRS84), with how many needs they have; no names of people."""
        rows = list(asked_sites(self, request))
        needs = needs_count_of([site.pk for site in rows], local_date(timezone.now()))
        document = {
            "type": "FeatureCollection",
            "data_label": layers_label(),
            "features": [
                _feature(site, shown, needs.get(site.pk, 0))
                for site, shown in zip(rows, SiteOutput(rows, many=True).data, strict=True)
            ],
        }
        return file_answer(
            json.dumps(document, ensure_ascii=False).encode(), GEOJSON, "sites.geojson", "健身站点"
        )


def _feature(site: Site, told: Mapping[str, Any], needs: int) -> dict[str, Any]:
    shown = dict(told)
    for name in ("lon", "lat", "head", "version"):
        shown.pop(name)
    return {
        "type": "Feature",
        "id": site.pk,
        "geometry": {"type": "Point", "coordinates": [round(site.geometry.x, 7), round(site.geometry.y, 7)]},
        "properties": {
            **shown, "unit": shown["unit"]["name"], "town": shown["town"]["name"], "needs": needs,
        },
    }  # fmt: skip


def file_answer(content: bytes, media_type: str, name: str, title: str) -> HttpResponse:
    """A download with a plain name and a Chinese one."""
    answer = HttpResponse(content, content_type=media_type)
    suffix = name.rpartition(".")[2]
    told = quote(f"{title}-{local_date(timezone.now()):%Y%m%d}.{suffix}")
    answer["Content-Disposition"] = f"attachment; filename=\"{name}\"; filename*=UTF-8''{told}"
    return answer


urlpatterns = [
    path("sites", SitesView.as_view()),
    path("sites/export", SitesExportView.as_view()),
    path("sites/<int:id>", SiteView.as_view()),
]
