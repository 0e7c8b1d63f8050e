"""Occurrences over HTTP: the agenda, finishing and cancelling one. Rule: J09"""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from grids.interest.api.activities import BIGGEST_ID, CATEGORIES
from grids.interest.api.activity_outputs import OccurrenceOutput
from grids.interest.models import Occurrence
from grids.interest.queries.activities import (
    occurrences_visible_to,
    of_days,
    of_own_interest_grids,
    with_people,
)
from grids.interest.rules.activity_states import CancelCategory, OccurrenceState
from grids.interest.services.occurrences import cancel_occurrence, finish_occurrence
from grids.interest.services.reopening import reopen_occurrence
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.accounts.models import User
from wangge.errors import RuleBroken
from wangge.kernel.fields import DayField
from wangge.kernel.paging import IdCursorPagination, paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

# More than an open field holds; beyond it lies a typing error.
MOST_PEOPLE = 100_000
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,6})?\+00:00")


class AgendaPagination(IdCursorPagination):
    """Pages by time, soonest first."""

    ordering = ("starts_at", "id")

    def decode_cursor(self, request):  # type: ignore[no-untyped-def]
        """The decoded cursor, whose position is a moment; a spoilt one is refused."""
        try:
            cursor = super(IdCursorPagination, self).decode_cursor(request)
        except (NotFound, UnicodeError) as spoilt:
            raise bad_cursor() from spoilt
        position = None if cursor is None else cursor.position
        if position is not None and not _MOMENT.fullmatch(str(position)):
            raise bad_cursor()
        return cursor


def bad_cursor() -> RuleBroken:
    """400 BAD_CURSOR."""
    return RuleBroken(
        "BAD_CURSOR", zh="cursor 无效", en="this cursor is not valid", status=400, field="cursor",
        how_to_fix_zh="请使用上一页返回的 next 链接", how_to_fix_en="follow the next link of the page before",
    )  # fmt: skip


class OccurrencesQuery(serializers.Serializer[Any]):
    """Which occurrences; days are local and both counted: those that go on in them, if only after midnight."""

    from_day = DayField(required=False)
    to_day = DayField(required=False)
    interest_grid = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    activity = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    community = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    state = serializers.ChoiceField(required=False, choices=[each.value for each in OccurrenceState])
    mine = serializers.BooleanField(required=False, default=False, help_text="of the own interest grids")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` and `to` are short for `from_day` and `to_day`; the first is a word of the language."""
        short = {"from": DayField(required=False), "to": DayField(required=False)}
        return {**super().get_fields(), **short}


class FinishInput(StrictInput):
    """How many were there whose names nobody took, and how many of all came from outside; left out: as counted before."""

    headcount = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=MOST_PEOPLE
    )
    visitors = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=MOST_PEOPLE
    )


class CancelOccurrenceInput(StrictInput):
    """Why, by kind and in words."""

    category = serializers.ChoiceField(choices=CATEGORIES)
    reason = serializers.CharField(max_length=300)


def shown(user: User, occurrence_id: int) -> Occurrence:
    """The occurrence as it is told, with its people counted."""
    return with_people(occurrences_visible_to(user)).get(pk=occurrence_id)


class OccurrencesView(ApiView):
    """The agenda."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[OccurrencesQuery], responses=paged(OccurrenceOutput), operation_id="occurrence_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """Occurrences in the interest grids one sees, soonest first."""
        rows = with_people(self._asked(request))
        paginator = AgendaPagination()
        window = paginator.paginate_queryset(rows, request, view=self)
        return paginator.get_paginated_response(
            OccurrenceOutput(window, many=True, context={"reader": request.user}).data
        )

    def _asked(self, request: SignedInRequest) -> QuerySet[Occurrence]:
        asked = self.query(OccurrencesQuery)
        rows = of_days(
            occurrences_visible_to(request.user),
            asked.get("from_day") or asked.get("from"),
            asked.get("to_day") or asked.get("to"),
        )
        wanted = {
            "interest_grid": asked.get("interest_grid"),
            "activity": asked.get("activity"),
            "interest_grid__community": asked.get("community"),
            "state": asked.get("state"),
        }
        rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
        return of_own_interest_grids(rows, request.user) if asked["mine"] else rows


class OccurrenceView(ApiView):
    """One occurrence."""

    permission = SIGNED_IN
    scope = occurrences_visible_to

    @extend_schema(responses=OccurrenceOutput, operation_id="occurrence_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The occurrence."""
        return self.answer(
            OccurrenceOutput(shown(request.user, id), context={"reader": request.user}).data,
            version=self.object.version,
        )


class OccurrenceCancelView(ApiView):
    """Cancelling one occurrence."""

    permission = SIGNED_IN
    scope = occurrences_visible_to

    @extend_schema(
        request=CancelOccurrenceInput, responses=OccurrenceOutput, operation_id="occurrence_cancel"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Cancel it; what it takes is given back and its people are told. If-Match is looked at when it is sent."""
        asked = self.parsed(CancelOccurrenceInput)
        row = cancel_occurrence(
            occurrence_id=id, category=CancelCategory(asked["category"]), reason=asked["reason"],
            acting_user=request.user, if_match=request.headers.get("If-Match"),
        )  # fmt: skip
        return self.answer(
            OccurrenceOutput(shown(request.user, id), context={"reader": request.user}).data,
            version=row.version,
        )


class OccurrenceFinishView(ApiView):
    """Recording that an occurrence was held."""

    permission = SIGNED_IN
    scope = occurrences_visible_to

    @extend_schema(request=FinishInput, responses=OccurrenceOutput, operation_id="occurrence_finish")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """It was held, with so many people."""
        row = finish_occurrence(occurrence_id=id, acting_user=request.user, **self.parsed(FinishInput))
        return self.answer(
            OccurrenceOutput(shown(request.user, id), context={"reader": request.user}).data,
            version=row.version,
        )


class OccurrenceReopenView(ApiView):
    """Taking back that an occurrence was finished."""

    permission = SIGNED_IN
    scope = occurrences_visible_to

    @extend_schema(request=None, responses=OccurrenceOutput, operation_id="occurrence_reopen")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Open it again while its record is open; who was there stays recorded."""
        row = reopen_occurrence(occurrence_id=id, acting_user=request.user)
        return self.answer(
            OccurrenceOutput(shown(request.user, id), context={"reader": request.user}).data,
            version=row.version,
        )


urlpatterns = [
    path("occurrences", OccurrencesView.as_view()),
    path("occurrences/<int:id>", OccurrenceView.as_view()),
    path("occurrences/<int:id>/cancel", OccurrenceCancelView.as_view()),
    path("occurrences/<int:id>/finish", OccurrenceFinishView.as_view()),
    path("occurrences/<int:id>/reopen", OccurrenceReopenView.as_view()),
]
