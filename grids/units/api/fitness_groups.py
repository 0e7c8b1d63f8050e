"""Fitness organisations of base grids over HTTP. Rules: J03, J06"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from grids.units.api.plan_outputs import CommunityBrief
from grids.units.models import FitnessGroupMember, GridFitnessGroup
from grids.units.queries.fitness_groups import (
    fitness_groups_visible_to,
    may_change,
    members_of,
    members_visible_to,
    standing_on,
)
from grids.units.queries.vacancies import unit_path_in_reach
from grids.units.rules.as_of import check_as_of
from grids.units.services.fitness_groups import (
    add_group_member,
    dissolve_fitness_group,
    found_fitness_group,
    remove_group_member,
    rename_fitness_group,
)
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from tenants.bureau.rules.masking import mask_name
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62
MOST_PEOPLE = 200


def groups_today(user: User) -> QuerySet[GridFitnessGroup]:
    """The groups the user sees today."""
    return fitness_groups_visible_to(user, today())


def members_today(user: User) -> QuerySet[FitnessGroupMember]:
    """The members of the groups the user sees today."""
    return members_visible_to(user, today())


class FitnessGroupOutput(serializers.ModelSerializer[GridFitnessGroup]):
    """A grid's fitness organisation."""

    grid_code = serializers.CharField(source="grid.code")
    community = CommunityBrief(source="grid.community")
    people = serializers.IntegerField(help_text="who is in it now, the leader counted")

    class Meta:
        model = GridFitnessGroup
        fields: tuple[str, ...] = (
            "id", "grid_id", "grid_code", "community", "name", "founded_on", "dissolved_on", "dissolve_reason", "people",
            "version",
        )  # fmt: skip


class GroupMemberOutput(serializers.ModelSerializer[FitnessGroupMember]):
    """A person of the group; the name in full only for who may change the group."""

    name = serializers.SerializerMethodField()

    class Meta:
        model = FitnessGroupMember
        fields = ("id", "name", "leads", "joined_on", "left_on")

    def get_name(self, row: FitnessGroupMember) -> str:
        """Masked unless the reader may change the group, or is the person."""
        is_own = row.user_id is not None and row.user_id == self.context.get("reader_id")
        return row.name if is_own or self.context.get("full_names") else mask_name(row.name)


class FitnessGroupCardOutput(FitnessGroupOutput):
    """A group with everyone who is or was in it."""

    members = serializers.SerializerMethodField()
    may_change = serializers.SerializerMethodField()

    class Meta(FitnessGroupOutput.Meta):
        fields = (*FitnessGroupOutput.Meta.fields, "members", "may_change")

    @extend_schema_field(GroupMemberOutput(many=True))
    def get_members(self, row: GridFitnessGroup) -> Any:
        """By the day of joining."""
        return GroupMemberOutput(members_of(row.pk), many=True, context=self.context).data

    def get_may_change(self, row: GridFitnessGroup) -> bool:
        """Whether the reader may change it."""
        return bool(self.context.get("full_names"))


class FitnessGroupQuery(serializers.Serializer[Any]):
    """Which groups."""

    grid = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    unit = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    as_of = DayField(
        required=False, help_text="only those that stood on this day, none to come; of all days by default"
    )


class FoundInput(StrictInput):
    """A fitness organisation: its name, its day, and who is in it beside the grid's leader."""

    grid_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    name = serializers.CharField(max_length=60)
    founded_on = DayField(required=False, help_text="today by default")
    members = serializers.ListField(
        child=serializers.CharField(max_length=60, allow_blank=True), max_length=MOST_PEOPLE,
        help_text="names; the grid's leader is in it by right and is not named",
    )  # fmt: skip


class RenameInput(StrictInput):
    """Another name."""

    name = serializers.CharField(max_length=60)


class DissolveInput(StrictInput):
    """The last day, and why."""

    dissolved_on = DayField(required=False, help_text="today by default")
    reason = serializers.CharField(max_length=300)


class MemberInput(StrictInput):
    """A person by name; without a name, the grid's present leader."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=60, default="")
    joined_on = DayField(required=False, allow_null=True, default=None, help_text="today by default")


class LeaveInput(StrictInput):
    """The last day in the group."""

    left_on = DayField(required=False, allow_null=True, default=None, help_text="today by default")


class _GroupView(ApiView):
    """What views of fitness organisations share: the card, with names in full for who may change it."""

    request: SignedInRequest

    def card(self, group_id: int, *, status: int = 200, location: str | None = None) -> Response:
        """The group as it stands now."""
        group = groups_today(self.request.user).get(pk=group_id)
        full = may_change(self.request.user, group.grid, today())
        body = FitnessGroupCardOutput(
            group, context={"full_names": full, "reader_id": self.request.user.pk}
        ).data
        return self.answer(body, status=status, version=group.version, location=location)


class FitnessGroupsView(_GroupView):
    """Fitness organisations of base grids; who leads a grid runs its own."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[FitnessGroupQuery, OpenApiParameter("limit", int), OpenApiParameter("cursor", str)],
        responses=paged(FitnessGroupOutput),
        operation_id="fitness_group_list",
    )
    def get(self, request: SignedInRequest) -> Response:
        """Groups of one's communities and of the grids one leads, dissolved ones too, by id."""
        asked = self.query(FitnessGroupQuery)
        rows = groups_today(request.user)
        if "grid" in asked:
            rows = rows.filter(grid_id=asked["grid"])
        if "unit" in asked:
            path = unit_path_in_reach(request.user, asked["unit"], "leader.view")
            rows = rows.filter(grid__community__unit__path__startswith=path)
        if "as_of" in asked:
            check_as_of(asked["as_of"], today())
            rows = rows.filter(standing_on(asked["as_of"]))
        return self.page(rows, FitnessGroupOutput)

    @extend_schema(
        request=FoundInput, responses={201: FitnessGroupCardOutput}, operation_id="fitness_group_found"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Found the fitness organisation of a grid with its leader and the people named."""
        asked = self.parsed(FoundInput)
        group = found_fitness_group(
            grid_id=asked["grid_id"],
            name=asked["name"],
            founded_on=asked.get("founded_on") or today(),
            members=asked["members"],
            acting_user=request.user,
        )
        return self.card(group.pk, status=201, location=f"/api/v1/fitness-groups/{group.pk}")


class FitnessGroupView(_GroupView):
    """One fitness organisation."""

    permission = SIGNED_IN
    scope = groups_today

    @extend_schema(responses=FitnessGroupCardOutput, operation_id="fitness_group_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The group and everyone who is or was in it."""
        return self.card(id)

    @extend_schema(
        parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True)],
        request=RenameInput,
        responses=FitnessGroupCardOutput,
        operation_id="fitness_group_rename",
    )
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Give the group another name."""
        asked = self.parsed(RenameInput)
        if_match = request.headers.get("If-Match")
        rename_fitness_group(group_id=id, name=asked["name"], acting_user=request.user, if_match=if_match)
        return self.card(id)


class FitnessGroupDissolveView(_GroupView):
    """Dissolving a fitness organisation."""

    permission = SIGNED_IN
    scope = groups_today

    @extend_schema(
        request=DissolveInput, responses=FitnessGroupCardOutput, operation_id="fitness_group_dissolve"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Dissolve the group on a day, its last."""
        asked = self.parsed(DissolveInput)
        last = asked.get("dissolved_on") or today()
        dissolve_fitness_group(
            group_id=id, dissolved_on=last, reason=asked["reason"], acting_user=request.user
        )
        return self.card(id)


class FitnessGroupMembersView(_GroupView):
    """Adding people."""

    permission = SIGNED_IN
    scope = groups_today

    @extend_schema(
        request=MemberInput, responses={201: FitnessGroupCardOutput}, operation_id="fitness_group_add_member"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Add a person by name, or the grid's present leader."""
        add_group_member(group_id=id, **self.parsed(MemberInput), acting_user=request.user)
        return self.card(id, status=201)


class FitnessGroupMemberLeaveView(_GroupView):
    """A person leaves."""

    permission = SIGNED_IN
    scope = members_today

    @extend_schema(request=LeaveInput, responses=FitnessGroupCardOutput, operation_id="fitness_group_leave")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """End the person's time in the group."""
        member = remove_group_member(member_id=id, **self.parsed(LeaveInput), acting_user=request.user)
        return self.card(member.group_id)
