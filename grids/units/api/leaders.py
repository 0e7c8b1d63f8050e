"""Grid leaders and the office they hold, over HTTP. Rule: J06"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.units.api.grids import LeaderOutput
from grids.units.api.leader_terms import LeaderTermOutput
from grids.units.api.plan_outputs import CommunityBrief
from grids.units.models import CultureSportsOfficer
from grids.units.queries.account_names import leader_name
from grids.units.queries.cards import leader_shown
from grids.units.queries.grids import grids_visible_to
from grids.units.queries.leaders import leaders_of, leaders_visible_to, officers_visible_to, terms_of
from grids.units.services.leaders import appoint_leader, end_leader
from grids.units.services.officers import end_officer, record_officer
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import local_date
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62


class GridLeaderOutput(serializers.Serializer[Any]):
    """Who leads the grid today, and all terms, nominations among them."""

    leader = LeaderOutput(allow_null=True)
    terms = LeaderTermOutput(many=True)


class AppointInput(StrictInput):
    """Who is to lead the grid, and from when."""

    user_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    starts_on = DayField(required=False, help_text="today by default")
    acting = serializers.BooleanField(required=False, default=False)
    ends_on = DayField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class EndLeaderInput(StrictInput):
    """The last day of the term, and why."""

    ends_on = DayField()
    reason = serializers.CharField(max_length=500)


class OfficerOutput(serializers.ModelSerializer[CultureSportsOfficer]):
    """A person's post as official in charge of culture and sports; the name in full for who appoints there."""

    display_name = serializers.SerializerMethodField()
    community = CommunityBrief()

    class Meta:
        model = CultureSportsOfficer
        fields = ("id", "user_id", "display_name", "community", "valid_from", "valid_to")

    def get_display_name(self, row: CultureSportsOfficer) -> str:
        """The name, in full for who appoints there, masked for the others."""
        return leader_name(row, "user", self.context["reader"])


class OfficerInput(StrictInput):
    """A post and its days."""

    user_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    community_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    valid_from = DayField()
    valid_to = DayField(required=False, allow_null=True, default=None)


class EndOfficerInput(StrictInput):
    """The last day of the post."""

    valid_to = DayField()


class GridLeaderView(ApiView):
    """The leader of a grid."""

    permission = {"GET": "leader.view", "POST": "leader.appoint"}
    scope = grids_visible_to

    @extend_schema(responses=GridLeaderOutput, operation_id="grid_leader_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Who leads the grid today, and all terms, oldest first."""
        today = leaders_of([id], local_date(timezone.now())).get(id)
        return self.answer(
            {
                "leader": None if today is None else LeaderOutput(leader_shown(today, request.user)).data,
                "terms": LeaderTermOutput(
                    terms_of(id, request.user), many=True, context={"reader": request.user}
                ).data,
            }
        )

    @extend_schema(request=AppointInput, responses={201: LeaderOutput}, operation_id="grid_leader_appoint")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Appoint the official in charge of culture and sports of the grid's community, or an acting leader."""
        asked = self.parsed(AppointInput)
        leader = appoint_leader(
            grid_id=id,
            user_id=asked["user_id"],
            starts_on=asked.get("starts_on") or local_date(timezone.now()),
            is_acting=asked["acting"],
            ends_on=asked["ends_on"],
            reason=asked["reason"],
            acting_user=request.user,
        )
        return self.answer(
            LeaderOutput(leader_shown(leader, request.user)).data,
            status=201,
            location=f"/api/v1/grids/{id}/leader",
        )


class LeaderEndView(ApiView):
    """Ending a leader's term."""

    permission = "leader.appoint"
    scope = leaders_visible_to

    @extend_schema(request=EndLeaderInput, responses=LeaderOutput, operation_id="grid_leader_end")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """End the term on a day, its last."""
        asked = self.parsed(EndLeaderInput)
        leader = end_leader(
            leader_id=id, ends_on=asked["ends_on"], reason=asked["reason"], acting_user=request.user
        )
        return self.answer(LeaderOutput(leader_shown(leader, request.user)).data)


class OfficersView(ApiView):
    """Officials in charge of culture and sports."""

    permission = {"GET": "leader.view", "POST": "leader.appoint"}

    @extend_schema(responses=paged(OfficerOutput), operation_id="officer_list")
    def get(self, request: SignedInRequest) -> Response:
        """Posts in one's communities, by id."""
        return self.page(officers_visible_to(request.user), OfficerOutput, reader=request.user)

    @extend_schema(request=OfficerInput, responses={201: OfficerOutput}, operation_id="officer_record")
    def post(self, request: SignedInRequest) -> Response:
        """Record who is in charge of culture and sports in a community."""
        officer = record_officer(**self.parsed(OfficerInput), acting_user=request.user)
        return self.answer(OfficerOutput(officer, context={"reader": request.user}).data, status=201)


class OfficerEndView(ApiView):
    """Ending a post."""

    permission = "leader.appoint"
    scope = officers_visible_to

    @extend_schema(request=EndOfficerInput, responses=OfficerOutput, operation_id="officer_end")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """End the post on a day, its last."""
        asked = self.parsed(EndOfficerInput)
        officer = end_officer(officer_id=id, valid_to=asked["valid_to"], acting_user=request.user)
        return self.answer(OfficerOutput(officer, context={"reader": request.user}).data)
