"""Totals of fitness tests, over HTTP: what was published once, small cells hidden. Rule: J17"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.wellness.api.fitness_tests import BIGGEST_ID, StandardBrief
from grids.wellness.models import FitnessTotals
from grids.wellness.queries.totals import published_quarters, published_totals, rows_for
from grids.wellness.queries.totals_export import totals_workbook
from grids.wellness.rules.quarter import quarter_named
from grids.wellness.services.totals import publish_totals
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.accounts.models import User
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILE = "%E4%BD%93%E8%B4%A8%E6%B5%8B%E8%AF%95%E7%BB%9F%E8%AE%A1"  # 体质测试统计


class TotalsQuery(serializers.Serializer[Any]):
    """Which standard and quarter."""

    standard = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    period = serializers.CharField(max_length=6, help_text="such as 2026Q3")


class PublishInput(StrictInput):
    """Which standard and quarter."""

    standard_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    period = serializers.CharField(max_length=6, help_text="such as 2026Q3")


class TotalsQuarterOutput(serializers.Serializer[Any]):
    """A quarter whose totals by a standard were published."""

    id = serializers.IntegerField()
    standard = StandardBrief()
    period = serializers.CharField()
    minimum_cell = serializers.IntegerField()
    published_at = serializers.DateTimeField()


class TotalsRow(serializers.Serializer[Any]):
    """A unit's row: shown whole, as a total only, or not at all; a hidden figure is null."""

    unit_id = serializers.IntegerField()
    name = serializers.CharField()
    level = serializers.CharField()
    detail = serializers.ChoiceField(choices=["whole", "total", "nothing"])
    cells = serializers.DictField(child=serializers.IntegerField(allow_null=True))
    total = serializers.IntegerField(allow_null=True)


class TotalsOutput(serializers.Serializer[Any]):
    """Totals of one's units; units without tests are left out."""

    standard = StandardBrief()
    period = serializers.CharField()
    minimum_cell = serializers.IntegerField()
    policy_version = serializers.CharField()
    published_at = serializers.DateTimeField()
    rows = TotalsRow(many=True)


def _shown(totals: FitnessTotals, user: User) -> dict[str, Any]:
    return {
        "standard": totals.standard,
        "period": totals.period,
        "minimum_cell": totals.minimum_cell,
        "policy_version": totals.policy_version,
        "published_at": totals.published_at,
        "rows": rows_for(user, totals),
    }


class TotalsView(ApiView):
    """Totals by quarter."""

    permission = {"GET": "wellness.aggregate", "POST": "wellness.standard"}

    @extend_schema(parameters=[TotalsQuery], responses=TotalsOutput, operation_id="wellness_totals_read")
    def get(self, request: SignedInRequest) -> Response:
        """The totals of one's units for a quarter that is over."""
        asked = self.query(TotalsQuery)
        totals = published_totals(asked["standard"], quarter_named(asked["period"]).name)
        return self.answer(TotalsOutput(_shown(totals, request.user)).data)

    @extend_schema(
        request=PublishInput, responses={201: TotalsOutput}, operation_id="wellness_totals_publish"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Publish a quarter that is over now instead of this night; it does not change any more."""
        totals = publish_totals(**self.parsed(PublishInput), acting_user=request.user)
        totals.refresh_from_db()
        return self.answer(TotalsOutput(_shown(totals, request.user)).data, status=201)


class TotalsQuartersView(ApiView):
    """Which totals there are."""

    permission = "wellness.aggregate"

    @extend_schema(responses=paged(TotalsQuarterOutput), operation_id="wellness_totals_list")
    def get(self, request: SignedInRequest) -> Response:
        """The quarters that were published, without figures, by id."""
        return self.page(published_quarters(), TotalsQuarterOutput)


class TotalsExportView(ApiView):
    """Totals as a file."""

    permission = "wellness.aggregate"

    @extend_schema(
        parameters=[TotalsQuery],
        responses={(200, XLSX): OpenApiTypes.BINARY},
        operation_id="wellness_totals_export",
    )
    def get(self, request: SignedInRequest) -> HttpResponse:
        """The totals of one's units for a quarter as XLSX; what is hidden on the page is hidden there."""
        asked = self.query(TotalsQuery)
        totals = published_totals(asked["standard"], quarter_named(asked["period"]).name)
        answer = HttpResponse(totals_workbook(totals, rows_for(request.user, totals)), content_type=XLSX)
        answer["Content-Disposition"] = (
            f"attachment; filename=\"wellness.xlsx\"; filename*=UTF-8''{_FILE}_{totals.period}.xlsx"
        )
        return answer
