"""Indicators of places over HTTP: a page of them, files of them, pilots beside the rest. Rules: J01, J10, J21"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.api.indicators_rows import IndicatorsOutput, indicators_told
from grids.interest.queries.coverage_rate import denominator
from grids.interest.queries.indicators import (
    Terms,
    bodies_covered,
    grids_on,
    indicators_of,
    paths_in_sight,
    terms_on,
    unit_in_sight,
    units_on,
)
from grids.interest.queries.indicators_export import indicators_workbook
from grids.interest.queries.indicators_pilots import pilots_compared
from grids.interest.queries.indicators_places import Places
from grids.interest.rules.indicators import CITY, COUNTY, GRID, LEVELS
from grids.units.rules.as_of import check_as_of
from grids.units.rules.sports_bodies import SportsBodyKind
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.models import OrgLevel, OrgUnit
from tenants.bureau.queries.days import today
from wangge.errors import RuleBroken
from wangge.kernel.fields import DayField
from wangge.kernel.paging import IdCursorPagination
from wangge.kernel.views import ApiView

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
VIEW = "indicator.view"
# One page holds them all; the database plans better for all below a path than for a list of them.
_WHOLE = (COUNTY, CITY)


class IndicatorsQuery(serializers.Serializer[Any]):
    """Of which places, on which day, over which period."""

    unit = serializers.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, help_text="below which unit; all one may see by default"
    )  # fmt: skip
    level = serializers.ChoiceField(choices=LEVELS, default="county", help_text="what a row stands for")
    as_of = DayField(required=False, help_text="today by default; what was true then, no day to come")
    since = DayField(required=False, help_text="first day of the period; by default four weeks end on as_of")


class PilotsQuery(serializers.Serializer[Any]):
    """On which day, over which period."""

    as_of = DayField(required=False)
    since = DayField(required=False)


class CoverageRunBrief(serializers.Serializer[Any]):
    """Which run measured the households in reach, and since when the buildings are counted as it did."""

    id = serializers.IntegerField()
    run_at = serializers.DateTimeField()
    households = serializers.IntegerField(help_text="what the shares are of")
    homes_as_of = serializers.DateField(allow_null=True, help_text="when the newest building file came in")
    activity_places = serializers.IntegerField(
        allow_null=True, help_text="where activities were regular that day; null: the run did not look"
    )
    method_counts = serializers.DictField(child=serializers.IntegerField(), help_text="households by method")
    parameters = serializers.DictField()
    policy_version = serializers.CharField()


class DenominatorOutput(serializers.Serializer[Any]):
    """What coverage is counted over: communities of the division codes, since when just these."""

    communities = serializers.IntegerField()
    as_of = serializers.DateField()
    since = serializers.DateField(allow_null=True)


class TermsOutput(serializers.Serializer[Any]):
    """What the numbers rest on."""

    as_of = serializers.DateField()
    since = serializers.DateField(help_text="first day of the period that ends on as_of")
    policy_version = serializers.CharField()
    smallest_rating_count = serializers.IntegerField()
    coverage_run = CoverageRunBrief(allow_null=True)


class BodyCoverageOutput(serializers.Serializer[Any]):
    """How many units of a level have a sports federation, or a fitness organisation."""

    level = serializers.ChoiceField(choices=[level.value for level in OrgLevel])
    kind = serializers.ChoiceField(choices=[kind.value for kind in SportsBodyKind])
    units = serializers.IntegerField()
    covered = serializers.IntegerField()
    percent = serializers.CharField(allow_null=True)


class IndicatorsPageOutput(TermsOutput):
    """One page of places, and what the numbers rest on."""

    sports_bodies = BodyCoverageOutput(
        many=True, help_text="federations on three levels, organisations on four"
    )
    denominator = DenominatorOutput()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = IndicatorsOutput(many=True)


class PilotSideOutput(serializers.Serializer[Any]):
    """Pilot counties together, or all others together."""

    counties = serializers.ListField(child=serializers.CharField())
    indicators = IndicatorsOutput()


class PilotsOutput(TermsOutput):
    """Pilot counties beside the rest."""

    pilots = PilotSideOutput()
    others = PilotSideOutput()


class IndicatorsView(ApiView):
    """The indicators of every place of a level."""

    permission = VIEW

    @extend_schema(
        parameters=[IndicatorsQuery, OpenApiParameter("limit", int), OpenApiParameter("cursor", str)],
        responses=IndicatorsPageOutput,
        operation_id="indicator_list",
    )
    def get(self, request: SignedInRequest) -> Response:
        """Places of a level below a unit, by id, as they stood on a day."""
        asked = self.query(IndicatorsQuery)
        terms = asked_terms(asked)
        unit = unit_in_sight(request.user, asked.get("unit"), terms.on)
        paths = paths_in_sight(request.user, unit)
        level = asked["level"]
        rows = grids_on(paths, terms.on) if level == GRID else units_on(level, paths, terms.on)
        paginator = IdCursorPagination()
        page = paginator.paginate_queryset(rows, request, view=self) or []
        places = Places(level, ids=None if level in _WHOLE else tuple(row.pk for row in page), paths=paths)
        found = indicators_of(places, terms)
        results = [row_told(row, level, indicators_told(found[row.pk], terms, level=level)) for row in page]
        told = paginator.get_paginated_response(results).data
        told |= {**terms_told(terms), "denominator": denominator(terms.on, paths)}
        told["sports_bodies"] = bodies_covered(paths, terms.on)
        return self.answer(IndicatorsPageOutput(told).data)


class IndicatorsExportView(ApiView):
    """The same as a file."""

    permission = VIEW

    @extend_schema(
        parameters=[IndicatorsQuery],
        responses={(200, XLSX): OpenApiTypes.BINARY},
        operation_id="indicator_export",
    )
    def get(self, request: SignedInRequest) -> HttpResponse:
        """The level asked for, every community below in one sheet, and what the numbers rest on, as XLSX."""
        asked = self.query(IndicatorsQuery)
        terms = asked_terms(asked)
        unit = unit_in_sight(request.user, asked.get("unit"), terms.on)
        book = indicators_workbook(asked["level"], paths_in_sight(request.user, unit), terms)
        answer = HttpResponse(book, content_type=XLSX)
        answer["Content-Disposition"] = (
            f"attachment; filename=\"indicators.xlsx\"; filename*=UTF-8''{_FILE}_{terms.on.isoformat()}.xlsx"
        )
        return answer


class PilotsComparedView(ApiView):
    """Pilot counties beside the rest."""

    permission = VIEW

    @extend_schema(parameters=[PilotsQuery], responses=PilotsOutput, operation_id="indicator_pilots")
    def get(self, request: SignedInRequest) -> Response:
        """The counties that were pilots on the day, together, and all others one may see, together. Rule: J10"""
        terms = asked_terms(self.query(PilotsQuery))
        sides = pilots_compared(paths_in_sight(request.user, None), terms)
        told = {
            name: {
                "counties": side.counties,
                "indicators": {
                    "level": "county", "id": 0, "code": "", "name": side.name,
                    **indicators_told(side.indicators, terms, level="county"),
                },
            }
            for name, side in sides.items()
        }  # fmt: skip
        return self.answer(PilotsOutput({**terms_told(terms), **told}).data)


_FILE = "%E6%8C%87%E6%A0%87"  # 指标


def asked_terms(asked: dict[str, Any]) -> Terms:
    """The terms of the day asked for, today by default; 400 AS_OF_TO_COME and PERIOD_BACKWARDS."""
    on: date = asked.get("as_of") or today()
    check_as_of(on, today())
    since = asked.get("since")
    if since is not None and since > on:
        raise RuleBroken(
            "PERIOD_BACKWARDS",
            zh=f"期间首日{since.isoformat()}晚于统计日{on.isoformat()}",
            en=f"the period begins on {since}, after its last day {on}",
            status=400,
            rule="J01",
            field="since",
            facts={"since": since.isoformat(), "as_of": on.isoformat()},
        )
    return terms_on(on, since)


def row_told(row: Any, level: str, families: dict[str, Any]) -> dict[str, Any]:
    """A place with its families; a unit under its name and code of that day."""
    if isinstance(row, OrgUnit):
        named = {"code": getattr(row, "code_then", None) or "", "name": getattr(row, "name_then", row.name)}
    else:
        named = {"code": row.code, "name": f"{row.community.name}{row.sequence:03d}"}
    return {"level": level, "id": row.pk, **named, **families}


def terms_told(terms: Terms) -> dict[str, Any]:
    """What the numbers rest on."""
    return {
        "as_of": terms.on,
        "since": terms.period.first,
        "policy_version": terms.policy_version,
        "smallest_rating_count": terms.smallest_rating_count,
        "coverage_run": terms.run,
    }


urlpatterns = [
    path("indicators", IndicatorsView.as_view()),
    path("indicators/export", IndicatorsExportView.as_view()),
    path("indicators/pilots", PilotsComparedView.as_view()),
]
