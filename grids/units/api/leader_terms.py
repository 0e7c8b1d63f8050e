"""Terms of grid leaders over HTTP: nominated, confirmed, kept on as acting, ended. Rule: J06"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from grids.units.api.plan_outputs import CommunityBrief
from grids.units.models import GridLeader
from grids.units.queries.account_names import leader_name
from grids.units.queries.grids import grids_visible_to
from grids.units.queries.leaders import in_state, leaders_visible_to, state_of
from grids.units.rules.leader_states import LeaderState
from grids.units.services.leader_terms import APPOINT, NOMINATE
from grids.units.services.leaders import confirm_leader, end_leader, keep_as_acting, nominate_leader
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.days import today
from tenants.bureau.rules.local_time import local_date
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62
STATES = [state.value for state in LeaderState]


class LeaderTermOutput(serializers.ModelSerializer[GridLeader]):
    """One person's term as leader of one grid, with the days of its history; names in full for who manages the people."""

    state = serializers.SerializerMethodField()
    display_name = serializers.SerializerMethodField()
    acting = serializers.BooleanField(source="is_acting")
    grid_code = serializers.CharField(source="grid.code")
    community = CommunityBrief(source="grid.community")
    nominated_on = serializers.SerializerMethodField()
    nominated_by = serializers.SerializerMethodField()
    confirmed_on = serializers.SerializerMethodField()
    confirmed_by = serializers.SerializerMethodField()
    withdrawn_on = serializers.SerializerMethodField()

    class Meta:
        model = GridLeader
        fields = (
            "id", "state", "grid_id", "grid_code", "community", "user_id", "display_name", "acting", "starts_on", "ends_on",
            "nominated_on", "nominated_by", "confirmed_on", "confirmed_by", "withdrawn_on", "end_reason",
            "policy_version",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, row: GridLeader) -> str:
        """As it is today."""
        return state_of(row, today()).value

    def get_display_name(self, row: GridLeader) -> str:
        """The name, in full for who manages leaders there, masked for the others."""
        return leader_name(row, "user", self.context["reader"])

    @extend_schema_field(serializers.DateField())
    def get_nominated_on(self, row: GridLeader) -> str:
        """The day it was entered."""
        return local_date(row.created_at).isoformat()

    def get_nominated_by(self, row: GridLeader) -> str:
        """Who entered it: in full for who manages the person, masked for the others."""
        return leader_name(row, "appointed_by", self.context["reader"])

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_confirmed_on(self, row: GridLeader) -> str | None:
        """The day of the decision; none for a nomination."""
        return None if row.confirmed_at is None else local_date(row.confirmed_at).isoformat()

    def get_confirmed_by(self, row: GridLeader) -> str | None:
        """Who decided: in full for who manages the person, masked for the others."""
        if row.confirmed_by is None:
            return None
        return leader_name(row, "confirmed_by", self.context["reader"])

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_withdrawn_on(self, row: GridLeader) -> str | None:
        """The day it was declined or called off before it took effect."""
        return None if row.withdrawn_at is None else local_date(row.withdrawn_at).isoformat()


class LeaderTermQuery(serializers.Serializer[Any]):
    """Which terms."""

    state = serializers.ChoiceField(choices=STATES, required=False, help_text="as it is today")
    grid = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    community = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    user = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)


class NominateInput(StrictInput):
    """Who is nominated to lead the grid, and from when."""

    user_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    starts_on = DayField(required=False, help_text="today by default")
    acting = serializers.BooleanField(required=False, default=False)
    ends_on = DayField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class ConfirmInput(StrictInput):
    """From when the term is to run, where not as nominated."""

    starts_on = DayField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class EndTermInput(StrictInput):
    """The last day of the term, and why; no day: today, or, before the term began, never."""

    ends_on = DayField(required=False, allow_null=True, default=None)
    reason = serializers.CharField(max_length=500)


class KeepActingInput(StrictInput):
    """From when a leader in office serves as acting leader, and until when."""

    starts_on = DayField()
    ends_on = DayField(
        required=False, allow_null=True, default=None, help_text="as long as policy allows by default"
    )
    reason = serializers.CharField(max_length=500)


class LeaderTermsView(ApiView):
    """Terms of grid leaders."""

    permission = "leader.view"

    @extend_schema(
        parameters=[LeaderTermQuery, OpenApiParameter("limit", int), OpenApiParameter("cursor", str)],
        responses=paged(LeaderTermOutput),
        operation_id="leader_term_list",
    )
    def get(self, request: SignedInRequest) -> Response:
        """Past, present and coming terms in one's communities, nominations among them, by id."""
        asked = self.query(LeaderTermQuery)
        rows = leaders_visible_to(request.user)
        if "state" in asked:
            rows = rows.filter(in_state(LeaderState(asked["state"]), today()))
        fields = {"grid": "grid_id", "community": "grid__community_id", "user": "user_id"}
        rows = rows.filter(**{field: asked[name] for name, field in fields.items() if name in asked})
        return self.page(rows, LeaderTermOutput, reader=request.user)


class LeaderTermView(ApiView):
    """One term of a grid leader."""

    permission = "leader.view"
    scope = leaders_visible_to

    @extend_schema(responses=LeaderTermOutput, operation_id="leader_term_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The term with the days of its history."""
        return self.answer(LeaderTermOutput(self.object, context={"reader": request.user}).data)


class LeaderNominationView(ApiView):
    """Nominating a leader."""

    permission = NOMINATE
    scope = grids_visible_to

    @extend_schema(
        request=NominateInput, responses={201: LeaderTermOutput}, operation_id="grid_leader_nominate"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Nominate a leader of the grid; who may appoint confirms or declines."""
        asked = self.parsed(NominateInput)
        term = nominate_leader(
            grid_id=id,
            user_id=asked["user_id"],
            starts_on=asked.get("starts_on") or today(),
            is_acting=asked["acting"],
            ends_on=asked["ends_on"],
            reason=asked["reason"],
            acting_user=request.user,
        )
        return self.answer(
            LeaderTermOutput(term, context={"reader": request.user}).data,
            status=201,
            location=f"/api/v1/leader-terms/{term.pk}",
        )


class LeaderTermConfirmView(ApiView):
    """Confirming a nomination."""

    permission = APPOINT
    scope = leaders_visible_to

    @extend_schema(request=ConfirmInput, responses=LeaderTermOutput, operation_id="leader_term_confirm")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Confirm the nomination: the term begins on its first day, never before today."""
        asked = self.parsed(ConfirmInput)
        term = confirm_leader(leader_id=id, **asked, acting_user=request.user)
        return self.answer(LeaderTermOutput(term, context={"reader": request.user}).data)


class LeaderTermEndView(ApiView):
    """Ending a term, or declining a nomination."""

    permission = APPOINT
    scope = leaders_visible_to

    @extend_schema(request=EndTermInput, responses=LeaderTermOutput, operation_id="leader_term_end")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """End the term on a day, its last; without a day a nomination is declined and a coming term called off."""
        asked = self.parsed(EndTermInput)
        term = end_leader(leader_id=id, **asked, acting_user=request.user)
        return self.answer(LeaderTermOutput(term, context={"reader": request.user}).data)


class LeaderTermActingView(ApiView):
    """Staying on as acting leader."""

    permission = APPOINT
    scope = leaders_visible_to

    @extend_schema(
        request=KeepActingInput, responses={201: LeaderTermOutput}, operation_id="leader_term_keep_acting"
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """End the term in office and let the person lead on as acting leader, for as long as policy allows."""
        asked = self.parsed(KeepActingInput)
        term = keep_as_acting(leader_id=id, **asked, acting_user=request.user)
        return self.answer(
            LeaderTermOutput(term, context={"reader": request.user}).data,
            status=201,
            location=f"/api/v1/leader-terms/{term.pk}",
        )
