"""Demands over HTTP: entered once, handed up in one call, answered by the street or town. Rule: J22"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.models import Demand
from grids.interest.queries.demands import demands_at_post, demands_visible_to
from grids.interest.rules.demand_states import DemandSource, DemandState
from grids.interest.rules.order_line_wish import ContactRole, CourseType, Crowd, TimeOfDay
from grids.interest.services.demands import (
    DemandOrder,
    ask_demand,
    change_demand,
)
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.fields import Namesake
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62
STATES = [state.value for state in DemandState]
# A visit's needs come with the visit.
SOURCES = [DemandSource.INTEREST_GRID.value, DemandSource.SURVEY.value]


def choices_of(of: type[Any]) -> list[str]:
    return [each.value for each in of]


class DemandItem(serializers.Serializer[Any]):
    """An activity item."""

    code = serializers.CharField()
    name = serializers.CharField()


class DemandTown(serializers.Serializer[Any]):
    """A street or town."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class DemandOutput(serializers.ModelSerializer[Demand]):
    """A demand. `askers` asked for it, once each; `people` would take part, where somebody said so."""

    item = DemandItem()
    town = DemandTown(allow_null=True)
    community_id = serializers.IntegerField()
    community_name = serializers.CharField(source="community.name")
    interest_grid_id = serializers.IntegerField(allow_null=True)
    interest_grid_name = serializers.CharField(source="interest_grid.name", default=None, allow_null=True)
    grid_id = serializers.IntegerField(allow_null=True)
    site_id = serializers.IntegerField(allow_null=True)
    weekdays = serializers.ListField(child=serializers.IntegerField())

    class Meta:
        model = Demand
        fields = (
            "id", "item", "community_id", "community_name", "interest_grid_id", "interest_grid_name", "grid_id",
            "state", "askers", "people", "course_type",
            "has_basis", "crowd", "weekdays", "time_of_day", "site_id", "place_name", "contact_role", "town",
            "handed_up_on", "answered_on", "answer_reason", "closed_on", "close_reason", "created_at",
        )  # fmt: skip


class DemandInput(StrictInput):
    """What is asked for, by an interest grid or by people of a base grid; all but the item may be left out."""

    item = serializers.CharField(max_length=32, help_text="code of the activity item")
    interest_grid_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    grid_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    askers = serializers.IntegerField(required=False, default=1, min_value=1, max_value=500)
    people = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=10_000
    )
    course_type = serializers.ChoiceField(
        required=False, choices=choices_of(CourseType), default=CourseType.SKILL_CLASS.value
    )
    has_basis = serializers.BooleanField(required=False, allow_null=True, default=None)
    crowd = serializers.ChoiceField(required=False, choices=choices_of(Crowd), default=Crowd.EVERYBODY.value)
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7), required=False, default=list, max_length=7
    )
    time_of_day = serializers.ChoiceField(
        required=False, allow_null=True, choices=choices_of(TimeOfDay), default=None
    )
    site_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    place_name = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")
    contact_role = serializers.ChoiceField(
        required=False, choices=choices_of(ContactRole), default=ContactRole.APPLICANT.value
    )
    source: Namesake = serializers.ChoiceField(
        required=False, choices=SOURCES, default=DemandSource.INTEREST_GRID.value
    )


class DemandChangeInput(StrictInput):
    """What is to be otherwise; what is not sent stays."""

    people = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=10_000)
    course_type = serializers.ChoiceField(required=False, choices=choices_of(CourseType))
    has_basis = serializers.BooleanField(required=False, allow_null=True)
    crowd = serializers.ChoiceField(required=False, choices=choices_of(Crowd))
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7), required=False, max_length=7
    )
    time_of_day = serializers.ChoiceField(required=False, allow_blank=True, choices=choices_of(TimeOfDay))
    site_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=BIGGEST_ID)
    place_name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    contact_role = serializers.ChoiceField(required=False, choices=choices_of(ContactRole))

    def validate_weekdays(self, days: list[int]) -> list[int]:
        """Each day once, in order."""
        return sorted(set(days))


class AskedOutput(serializers.Serializer[Any]):
    """The demand, and whether it is a new one or an open one that was joined."""

    is_new = serializers.BooleanField()
    demand = DemandOutput()


class DemandFilter(serializers.Serializer[Any]):
    """Which demands."""

    state = serializers.ChoiceField(required=False, choices=STATES)
    interest_grid = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    grid = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    community = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    town = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    item = serializers.CharField(required=False, max_length=32)
    mine = serializers.BooleanField(
        required=False, default=False, help_text="only of the grids one leads or holds a post in"
    )


_COLUMNS = {
    "state": "state",
    "interest_grid": "interest_grid_id",
    "grid": "grid_id",
    "community": "community_id",
    "town": "town_id",
    "item": "item__code",
}


class DemandsView(ApiView):
    """Demands."""

    permission = SIGNED_IN

    @extend_schema(parameters=[DemandFilter], responses=paged(DemandOutput), operation_id="demand_list")
    def get(self, request: SignedInRequest) -> Response:
        """Demands of one's interest grids and base grids, and by the right `demand.view`; by id."""
        wanted = self.query(DemandFilter)
        rows = demands_at_post(request.user) if wanted.pop("mine") else demands_visible_to(request.user)
        return self.page(
            rows.filter(**{_COLUMNS[name]: value for name, value in wanted.items()}), DemandOutput
        )

    @extend_schema(
        request=DemandInput, responses={200: AskedOutput, 201: AskedOutput}, operation_id="demand_enter"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Ask for something: a new demand (201), or one more who asks for what is asked for already (200)."""
        asked = ask_demand(order=_order(self.parsed(DemandInput)), acting_user=request.user)
        return self.answer(
            AskedOutput(asked).data,
            status=201 if asked.is_new else 200,
            location=f"/api/v1/demands/{asked.demand.pk}",
        )


class DemandView(ApiView):
    """One demand."""

    permission = SIGNED_IN
    scope = demands_visible_to
    needs_if_match = True

    @extend_schema(responses=DemandOutput, operation_id="demand_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The demand and where it stands."""
        return self.answer(DemandOutput(self.object).data, version=self.object.version)

    @extend_schema(request=DemandChangeInput, responses=DemandOutput, operation_id="demand_change")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Say otherwise what an open demand asks for."""
        demand = change_demand(
            demand_id=id,
            changes=self.parsed(DemandChangeInput, partial=True),
            if_match=request.headers.get("If-Match"),
            acting_user=request.user,
        )
        return self.answer(DemandOutput(demand).data, version=demand.version)


def _order(asked: dict[str, Any]) -> DemandOrder:
    part = asked["time_of_day"]
    return DemandOrder(
        **{
            **asked,
            "course_type": CourseType(asked["course_type"]),
            "crowd": Crowd(asked["crowd"]),
            "weekdays": tuple(asked["weekdays"]),
            "time_of_day": None if part is None else TimeOfDay(part),
            "contact_role": ContactRole(asked["contact_role"]),
            "source": DemandSource(asked["source"]),
        }
    )
