"""Grids without a leader in office, and what waits for a leader. Rule: J06"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.units.api.plan_outputs import CommunityBrief
from grids.units.queries.leader_tasks import leader_tasks, led_grids
from grids.units.queries.sheets import XLSX, workbook
from grids.units.queries.vacancies import KINDS, vacancies_of, vacancies_visible_to, vacancy_lines
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.days import today
from wangge.kernel.fields import DayField
from wangge.kernel.paging import IdCursorPagination
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62


class VacancyOutput(serializers.Serializer[Any]):
    """A grid without a leader in office, and until when an acting one keeps it."""

    id = serializers.IntegerField(source="grid.pk", help_text="the base grid's id")
    code = serializers.CharField(source="grid.code")
    community = CommunityBrief(source="grid.community")
    state = serializers.ChoiceField(choices=["vacant", "acting"])
    since = serializers.DateField(help_text="the first day without a leader, or the acting leader's first")
    acting_term_id = serializers.IntegerField(allow_null=True)
    acting_name = serializers.CharField(allow_blank=True, help_text="in full for who manages leaders there")
    acting_ends_on = serializers.DateField(allow_null=True)
    days_left = serializers.IntegerField(allow_null=True, help_text="0 on the last day")
    ran_out = serializers.BooleanField(help_text="vacant because an acting term ended without a successor")
    alert = serializers.BooleanField(
        source="is_alert", help_text="the acting term is about to end, or has run out"
    )
    nominations = serializers.IntegerField(help_text="nominations that wait to be confirmed")


class VacancyPageOutput(serializers.Serializer[Any]):
    """One page of grids without a leader in office."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = VacancyOutput(many=True)


class VacancyQuery(serializers.Serializer[Any]):
    """Which grids."""

    unit = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    kind = serializers.ChoiceField(choices=KINDS, required=False)
    as_of = DayField(
        required=False, help_text="today by default; of a day to come: what will be vacant as terms stand now"
    )
    form = serializers.ChoiceField(choices=["json", "xlsx"], default="json")


class LeaderVacanciesView(ApiView):
    """Grids without a leader in office."""

    permission = "leader.view"

    @extend_schema(
        parameters=[VacancyQuery, OpenApiParameter("limit", int), OpenApiParameter("cursor", str)],
        responses={(200, "application/json"): VacancyPageOutput, (200, XLSX): OpenApiTypes.BINARY},
        operation_id="leader_vacancy_list",
    )
    def get(self, request: SignedInRequest) -> Response | HttpResponse:
        """Vacant grids and those with an acting leader, of a unit and below, by page or whole as a workbook."""
        asked = self.query(VacancyQuery)
        on = asked.get("as_of") or today()
        rows = vacancies_visible_to(request.user, on, asked.get("kind"), asked.get("unit"))
        if asked["form"] == "xlsx":
            answer = HttpResponse(
                workbook("网格长空缺", vacancy_lines(rows, on, request.user)), content_type=XLSX
            )
            name = quote(f"网格长空缺-{on:%Y%m%d}.xlsx")
            answer["Content-Disposition"] = (
                f"attachment; filename=\"leader-vacancies.xlsx\"; filename*=UTF-8''{name}"
            )
            return answer
        pages = IdCursorPagination()
        window = pages.paginate_queryset(rows, request, view=self)
        return pages.get_paginated_response(
            VacancyOutput(vacancies_of(window or [], on, request.user), many=True).data
        )


class LedGridOutput(serializers.Serializer[Any]):
    """A grid the person leads."""

    id = serializers.IntegerField(source="pk")
    code = serializers.CharField()
    sequence = serializers.IntegerField()
    community = CommunityBrief()


class LeaderTaskOutput(serializers.Serializer[Any]):
    """One kind of work that waits in one grid, derived from what is there."""

    kind = serializers.CharField(help_text="stable, e.g. fitness_group_missing")
    grid_id = serializers.IntegerField(source="grid")
    zh = serializers.CharField()
    en = serializers.CharField()
    count = serializers.IntegerField()
    due_on = serializers.DateField(allow_null=True)
    alert = serializers.BooleanField(source="is_alert")
    subjects = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="ids of at most a few of the things, where they can be opened",
    )


class LeaderTasksOutput(serializers.Serializer[Any]):
    """The grids one leads on a day, and what waits there."""

    as_of = serializers.DateField()
    grids = LedGridOutput(many=True)
    tasks = LeaderTaskOutput(many=True)


class LeaderTasksView(ApiView):
    """What waits for the signed-in leader."""

    permission = SIGNED_IN

    @extend_schema(responses=LeaderTasksOutput, operation_id="own_leader_tasks")
    def get(self, request: SignedInRequest) -> Response:
        """Everything that waits in the grids one leads today, alerts first; empty for who leads none."""
        on = today()
        answer = {"as_of": on, "grids": led_grids(request.user, on), "tasks": leader_tasks(request.user, on)}
        return self.answer(LeaderTasksOutput(answer).data)
