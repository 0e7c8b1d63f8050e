"""Participants of an interest grid over HTTP. Rule: J07"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.models import Participation
from grids.interest.queries.participants import participations_of, participations_visible_to
from grids.interest.queries.standing import interest_grid_in_reach, interest_grids_visible_to, standings_of
from grids.interest.rules.standing import Act, may
from grids.interest.services.erasing import erase_in_own_grids, erase_participant
from grids.interest.services.participants import JoinOrder, enrol_participant, leave_interest_grid
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.days import today
from tenants.bureau.rules.masking import mask_name
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty


class ParticipationOutput(serializers.ModelSerializer[Participation]):
    """A participant: the name in full for who enrols people there, masked for the others; the phone always masked."""

    name = serializers.SerializerMethodField()
    phone = serializers.CharField(source="shown_phone")

    class Meta:
        model = Participation
        fields = ("id", "participant_id", "name", "phone", "joined_on", "left_on", "consent_version")

    def get_name(self, row: Participation) -> str:
        """As it was told here; in full or masked as the context says."""
        return row.shown_name if self.context.get("is_shown") else mask_name(row.shown_name)


class ParticipantsFilter(serializers.Serializer[Any]):
    """Whether those who left are shown too."""

    left = serializers.BooleanField(required=False, default=False, help_text="also those who left")


class JoinInput(StrictInput):
    """Who joins: a name, a phone where there is one, and the wording agreed to."""

    name = serializers.CharField(max_length=60)
    phone = serializers.CharField(
        max_length=32, required=False, allow_blank=True, default="", write_only=True
    )
    consent = serializers.BooleanField(required=False, default=False)
    consent_version = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class LeaveGridInput(StrictInput):
    """No fields."""


class EraseInput(StrictInput):
    """Whose request it was, in words. `own_grids_only`: what one's own interest grids hold; the rest is handed up."""

    reason = serializers.CharField(max_length=300)
    own_grids_only = serializers.BooleanField(required=False, default=False)


class ErasedOutput(serializers.Serializer[Any]):
    """In how many interest grids outside one's charge the person remains, and the request that an office answers."""

    elsewhere = serializers.IntegerField()
    request_id = serializers.IntegerField(source="request.pk", default=None, allow_null=True)
    due_on = serializers.DateField(source="request.due_on", default=None, allow_null=True)


class InterestGridParticipantsView(ApiView):
    """Who takes part in an interest grid."""

    permission = SIGNED_IN
    scope = interest_grids_visible_to

    @extend_schema(
        parameters=[ParticipantsFilter],
        responses=paged(ParticipationOutput),
        operation_id="participant_list",
    )
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Those present, and on request those who left, by id."""
        asked = self.query(ParticipantsFilter)
        found = interest_grid_in_reach(request.user, id, Act.SEE_PEOPLE)
        is_shown = may(Act.ENROL, standings_of(request.user, found, Act.ENROL, today()))
        rows = participations_of(found.pk, with_past=asked["left"])
        return self.page(rows, ParticipationOutput, is_shown=is_shown)

    @extend_schema(request=JoinInput, responses={201: ParticipationOutput}, operation_id="participant_enrol")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Let a person join who has agreed to the notice on personal data."""
        given = self.parsed(JoinInput)
        order = JoinOrder(given["name"], given["phone"], given["consent"], given["consent_version"])
        row = enrol_participant(interest_grid_id=id, order=order, acting_user=request.user)
        return self.answer(ParticipationOutput(row, context={"is_shown": True}).data, status=201)


class ParticipationLeaveView(ApiView):
    """Leaving an interest grid."""

    permission = SIGNED_IN
    scope = participations_visible_to

    @extend_schema(request=LeaveGridInput, responses=ParticipationOutput, operation_id="participation_leave")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Today is the person's last day in it."""
        self.parsed(LeaveGridInput)
        row = leave_interest_grid(participation_id=id, acting_user=request.user)
        return self.answer(ParticipationOutput(row, context={"is_shown": True}).data)


class ParticipationEraseView(ApiView):
    """Erasing a person on request."""

    permission = SIGNED_IN
    scope = participations_visible_to

    @extend_schema(
        request=EraseInput, responses={200: ErasedOutput, 204: None}, operation_id="participation_erase"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Erase name and phone in every interest grid (204), or in one's own (200); the person leaves them."""
        sent = self.parsed(EraseInput)
        reason = sent["reason"]
        if not sent["own_grids_only"]:
            erase_participant(participation_id=id, reason=reason, acting_user=request.user)
            return empty()
        erased = erase_in_own_grids(participation_id=id, reason=reason, acting_user=request.user)
        return self.answer(ErasedOutput(erased).data)
