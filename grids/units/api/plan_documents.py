"""What a plan is looked at with: its quality report, its land with grids and buildings, which homes touch which."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from grids.units.api.grids import FileView
from grids.units.queries.land import neighbours_of, plan_land
from grids.units.queries.plans import plans_visible_to
from grids.units.queries.report import plan_report, plan_report_page
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.views import ApiView


class ReportQuery(serializers.Serializer[Any]):
    """In which format."""

    format = serializers.ChoiceField(choices=["html", "json"], default="html")


class GridPlanReportView(FileView):
    """The quality of a plan."""

    permission = "grid_plan.view"
    scope = plans_visible_to

    @extend_schema(
        parameters=[ReportQuery],
        responses={(200, "text/html"): OpenApiTypes.STR, (200, "application/json"): OpenApiTypes.OBJECT},
        operation_id="grid_plan_report",
    )
    def get(self, request: SignedInRequest, id: int) -> HttpResponse:
        """The plan's quality report, to be kept: a page that stands by itself, or JSON."""
        form = self.query(ReportQuery)["format"]
        plan = self.object
        if form == "html":
            answer = HttpResponse(plan_report_page(plan), content_type="text/html; charset=utf-8")
        else:
            text = json.dumps(plan_report(plan), ensure_ascii=False, cls=JSONEncoder)
            answer = HttpResponse(text, content_type="application/json")
        name = quote(f"{plan.community.name}-方案{plan.number}-质量报告.{form}")
        answer["Content-Disposition"] = (
            f"attachment; filename=\"plan-{plan.pk}.{form}\"; filename*=UTF-8''{name}"
        )
        return answer


class LimitsOutput(serializers.Serializer[Any]):
    """The numbers that the plan's grids are held against, in households; `band` is a share of the target."""

    target = serializers.IntegerField()
    band = serializers.FloatField()
    soft_minimum = serializers.IntegerField()
    soft_maximum = serializers.IntegerField()
    hard_minimum = serializers.IntegerField()
    hard_maximum = serializers.IntegerField()


class PlanLandOutput(serializers.Serializer[Any]):
    """A plan's grids and buildings as GeoJSON, and what they are held against."""

    plan = serializers.IntegerField()
    version = serializers.IntegerField()
    state = serializers.CharField()
    settlement = serializers.ChoiceField(choices=["urban", "rural"])
    community_id = serializers.IntegerField()
    limits = LimitsOutput()
    may_undo = serializers.BooleanField(
        help_text="an assignment by hand since the plan was drawn can be taken back"
    )
    grids = serializers.DictField(
        help_text="FeatureCollection: sequence, label, households, buildings, is_locked, size_class"
    )
    buildings = serializers.DictField(
        help_text="FeatureCollection: building, name, compound, sequence, households, by_hand; no geometry where the "
        "layer no longer has the building"
    )


class GridPlanLandView(ApiView):
    """The land of a plan."""

    permission = "grid_plan.view"
    scope = plans_visible_to

    @extend_schema(responses=PlanLandOutput, operation_id="grid_plan_land")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The plan's grids and buildings with their outlines, for work on the map; EPSG:4490 lon-lat."""
        land = plan_land(self.object)
        return self.answer(PlanLandOutput(land).data, version=self.object.version)


class NeighboursOutput(serializers.Serializer[Any]):
    """Pieces of land, numbered from 0, the one under each building, and which of them touch."""

    units = serializers.IntegerField()
    unit_of = serializers.DictField(child=serializers.IntegerField(), help_text="building → piece of land")
    pairs = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2)
    )


class GridPlanNeighboursView(ApiView):
    """Which buildings of a plan touch."""

    permission = "grid_plan.view"
    scope = plans_visible_to

    @extend_schema(responses=NeighboursOutput, operation_id="grid_plan_neighbours")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The pieces of land of the plan's community as drawing cuts them, and which of them touch."""
        return self.answer(NeighboursOutput(neighbours_of(self.object)).data)
