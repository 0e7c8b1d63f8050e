"""Inviting people: grid staff see who was invited and whether it is done, and nothing else. Rule: J17"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from gis.layers.models import Community
from grids.wellness.models import Invitation
from grids.wellness.queries.people import communities_to_invite_in, invitations_visible_to
from grids.wellness.rules.standard import Sex
from grids.wellness.services.inviting import Person, invite_citizen
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.masking import mask_name
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62


class InviteInput(StrictInput):
    """Who is invited to what."""

    community_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    kind = serializers.ChoiceField(choices=Invitation.Kind.choices)
    name = serializers.CharField(max_length=60)
    sex = serializers.ChoiceField(choices=[sex.value for sex in Sex])
    birth_year = serializers.IntegerField(min_value=1900, max_value=2100)
    birth_month = serializers.IntegerField(min_value=1, max_value=12)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=32, default="")


class InvitationOutput(serializers.Serializer[Any]):
    """An invitation as grid staff see it."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    name = serializers.SerializerMethodField(help_text="in full to who invited, masked to others")
    community_id = serializers.IntegerField(source="citizen.community_id")
    invited_on = serializers.DateField()
    done = serializers.SerializerMethodField()

    def get_name(self, row: Invitation) -> str:
        """The name: in full to who invited and follows it up, masked to others."""
        reader = self.context.get("reader")
        is_own = reader is not None and row.invited_by_id == reader.pk
        return row.citizen.name if is_own else mask_name(row.citizen.name)

    def get_done(self, row: Invitation) -> bool:
        """Whether the test, or the re-test of the case, took place."""
        return row.done_on is not None


class InvitingCommunityOutput(serializers.ModelSerializer[Community]):
    """A community in which one may invite."""

    class Meta:
        model = Community
        fields = ("id", "name")


class InvitingCommunitiesView(ApiView):
    """Where one may invite."""

    permission = SIGNED_IN

    @extend_schema(responses=paged(InvitingCommunityOutput), operation_id="wellness_community_list")
    def get(self, request: SignedInRequest) -> Response:
        """The communities in which one may invite, by id; none for who invites nowhere."""
        return self.page(communities_to_invite_in(request.user), InvitingCommunityOutput)


class InvitationsView(ApiView):
    """Invitations; those who lead a base grid of the community, or hold `wellness.invite` for it, invite."""

    permission = SIGNED_IN

    @extend_schema(responses=paged(InvitationOutput), operation_id="wellness_invitation_list")
    def get(self, request: SignedInRequest) -> Response:
        """Invitations in one's communities, by id."""
        return self.page(invitations_visible_to(request.user), InvitationOutput, reader=request.user)

    @extend_schema(
        request=InviteInput, responses={201: InvitationOutput}, operation_id="wellness_invitation_create"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Invite a person of one's community."""
        asked = self.parsed(InviteInput)
        invitation = invite_citizen(
            community_id=asked.pop("community_id"),
            kind=Invitation.Kind(asked.pop("kind")),
            person=Person(**asked),
            acting_user=request.user,
        )
        return self.answer(InvitationOutput(invitation).data, status=201)
