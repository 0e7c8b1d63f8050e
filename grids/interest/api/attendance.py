"""Who is present, over HTTP: the list to tick, the code to show, and how it was liked. Rule: J09"""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.api.activities import BIGGEST_ID
from grids.interest.api.occurrences import MOST_PEOPLE
from grids.interest.models import Participation
from grids.interest.queries.activities import occurrence_in_reach, occurrences_visible_to
from grids.interest.queries.attendance import attendances_visible_to, joined_and_ticked, liking_of
from grids.interest.queries.check_in_codes import drawn, show_code
from grids.interest.queries.standing import standings_of
from grids.interest.rules.standing import Act, may
from grids.interest.services.attendance import tick_people, undo_attendance
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.days import today
from tenants.bureau.queries.policy import policy_number
from tenants.bureau.rules.local_time import SHANGHAI
from tenants.bureau.rules.masking import mask_name
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty

MINIMUM_CELL = "privacy.minimum_cell"
# A tick list is sent whole; a larger crowd is counted.
MOST_TICKS = 500


class PresentOutput(serializers.Serializer[Any]):
    """One who has joined or was there. `attendance_id`: what an undo names; null while absent."""

    id = serializers.IntegerField()
    participant_id = serializers.IntegerField()
    name = serializers.SerializerMethodField()
    phone = serializers.CharField(source="shown_phone")
    is_present = serializers.BooleanField()
    attendance_id = serializers.IntegerField(allow_null=True)
    way = serializers.CharField(allow_null=True)
    checked_in_at = serializers.DateTimeField(default_timezone=SHANGHAI, allow_null=True)

    def get_name(self, row: Participation) -> str:
        """In full for who enrols people there, who knows them by it; masked for the others."""
        return row.shown_name if self.context.get("is_shown") else mask_name(row.shown_name)


class TicksInput(StrictInput):
    """Who is present of those who joined, and how many without a name or from outside; left out: as it stands."""

    participant_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIGGEST_ID), required=False, default=list,
        max_length=MOST_TICKS,
    )  # fmt: skip
    headcount = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=MOST_PEOPLE
    )
    visitors = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=0, max_value=MOST_PEOPLE
    )


class TickedOutput(serializers.Serializer[Any]):
    """How many were newly ticked and how many had been, and the counts now."""

    added = serializers.IntegerField()
    were_present = serializers.IntegerField()
    headcount = serializers.IntegerField(source="occurrence.headcount")
    visitors = serializers.IntegerField(source="occurrence.visitors")


class CheckInCodeOutput(serializers.Serializer[Any]):
    """A code to show: `address` is what the QR code `svg` says. It is good until `expires_at`; then ask for a new one."""

    token = serializers.CharField()
    address = serializers.CharField()
    svg = serializers.CharField()
    expires_at = serializers.DateTimeField()
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()


class LikingOutput(serializers.Serializer[Any]):
    """How it was liked: 1 unhappy to 3 happy; no mean while fewer have told than the privacy policy's smallest cell."""

    ratings = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)


class OccurrenceAttendanceView(ApiView):
    """The tick list."""

    permission = SIGNED_IN
    scope = occurrences_visible_to

    @extend_schema(responses=paged(PresentOutput), operation_id="occurrence_attendance")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Who has joined the interest grid, and who of them is present, by id."""
        row = occurrence_in_reach(request.user, id, Act.SEE_PEOPLE)
        stands = standings_of(request.user, row.interest_grid, Act.ENROL, today())
        rows = joined_and_ticked(row.interest_grid_id, id)
        return self.page(rows, PresentOutput, is_shown=may(Act.ENROL, stands))


class OccurrenceTicksView(ApiView):
    """Ticking people present."""

    permission = SIGNED_IN
    scope = occurrences_visible_to

    @extend_schema(request=TicksInput, responses=TickedOutput, operation_id="occurrence_tick")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Tick people who joined, all or none, and keep the headcount."""
        done = tick_people(occurrence_id=id, acting_user=request.user, **self.parsed(TicksInput))
        return self.answer(TickedOutput(done).data)


class OccurrenceCodeView(ApiView):
    """The check-in code."""

    permission = SIGNED_IN
    scope = occurrences_visible_to

    @extend_schema(responses=CheckInCodeOutput, operation_id="occurrence_check_in_code")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """A new code and its picture, for whoever runs the activity."""
        code = show_code(occurrence_id=id, acting_user=request.user)
        address = request.build_absolute_uri(f"/check-in/{code.token}")
        body = {
            "token": code.token, "address": address, "svg": drawn(address), "expires_at": code.expires_at,
            "opens_at": code.opens_at, "closes_at": code.closes_at,
        }  # fmt: skip
        response = self.answer(CheckInCodeOutput(body).data)
        response["Cache-Control"] = "no-store"
        return response


class OccurrenceRatingsView(ApiView):
    """How an occurrence was liked."""

    permission = SIGNED_IN
    scope = occurrences_visible_to

    @extend_schema(responses=LikingOutput, operation_id="occurrence_ratings")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """How many told, and their mean."""
        return self.answer(LikingOutput(liking_of(id, policy_number(MINIMUM_CELL, today()))).data)


class AttendanceView(ApiView):
    """One person's presence."""

    permission = SIGNED_IN
    scope = attendances_visible_to

    @extend_schema(responses={204: None}, operation_id="attendance_undo")
    def delete(self, request: SignedInRequest, id: int) -> Response:
        """Undo a wrong tick or check-in."""
        undo_attendance(attendance_id=id, acting_user=request.user)
        return empty()


urlpatterns = [
    path("occurrences/<int:id>/attendance", OccurrenceAttendanceView.as_view()),
    path("occurrences/<int:id>/ticks", OccurrenceTicksView.as_view()),
    path("occurrences/<int:id>/check-in-code", OccurrenceCodeView.as_view()),
    path("occurrences/<int:id>/ratings", OccurrenceRatingsView.as_view()),
    path("attendances/<int:id>", AttendanceView.as_view()),
]
