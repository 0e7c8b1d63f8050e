"""The way of a demand over HTTP: handed up, answered by the street or town, or closed. Rule: J22"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.api.demands import DemandOutput, choices_of
from grids.interest.queries.demands import demands_visible_to
from grids.interest.rules.order_line_wish import ContactRole, CourseType, Crowd, TimeOfDay
from grids.interest.services.demand_steps import answer_demand, close_demand, hand_up_demand
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView


class OrderLineWishOutput(serializers.Serializer[Any]):
    """What the street or town may order: the value that an order line is made of."""

    demand_id = serializers.IntegerField()
    town_id = serializers.IntegerField()
    town_name = serializers.CharField()
    community_id = serializers.IntegerField()
    community_name = serializers.CharField()
    interest_grid_id = serializers.IntegerField(allow_null=True)
    interest_grid_code = serializers.CharField(allow_blank=True)
    base_grid_code = serializers.CharField(allow_blank=True)
    item_code = serializers.CharField()
    item_name = serializers.CharField()
    course_type = serializers.ChoiceField(choices=choices_of(CourseType))
    people = serializers.IntegerField()
    has_basis = serializers.BooleanField(allow_null=True)
    crowd = serializers.ChoiceField(choices=choices_of(Crowd))
    weekdays = serializers.ListField(child=serializers.IntegerField())
    time_of_day = serializers.ChoiceField(choices=choices_of(TimeOfDay), allow_null=True)
    place = serializers.CharField(allow_blank=True)
    site_id = serializers.IntegerField(allow_null=True)
    contact_role = serializers.ChoiceField(choices=choices_of(ContactRole))


class HandedUpOutput(serializers.Serializer[Any]):
    """The demand that is with the street or town now, and the order line it wishes for."""

    demand = DemandOutput()
    order_line = OrderLineWishOutput()


class AnswerInput(StrictInput):
    """Taken, or declined with a reason."""

    answer = serializers.ChoiceField(choices=["taken", "declined"])
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class ReasonInput(StrictInput):
    """Why."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class DemandHandUpView(ApiView):
    """Handing up."""

    permission = SIGNED_IN
    scope = demands_visible_to

    @extend_schema(request=None, responses=HandedUpOutput, operation_id="demand_hand_up")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Hand it up to the street or town; the answer bears the order line it wishes for."""
        handed = hand_up_demand(demand_id=id, acting_user=request.user)
        line = {**asdict(handed.wish)}
        return self.answer(HandedUpOutput({"demand": handed.demand, "order_line": line}).data)


class DemandAnswerView(ApiView):
    """The street's or town's answer."""

    permission = SIGNED_IN
    scope = demands_visible_to

    @extend_schema(request=AnswerInput, responses=DemandOutput, operation_id="demand_answer")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Take a demand that was handed up, or decline it with a reason; needs `demand.edit` for the street or town."""
        told = self.parsed(AnswerInput)
        demand = answer_demand(
            demand_id=id,
            is_taken=told["answer"] == "taken",
            reason=told["reason"],
            acting_user=request.user,
        )
        return self.answer(DemandOutput(demand).data)


class DemandCloseView(ApiView):
    """Closing."""

    permission = SIGNED_IN
    scope = demands_visible_to

    @extend_schema(request=ReasonInput, responses=DemandOutput, operation_id="demand_close")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Close an open demand that was met or withdrawn, with a reason."""
        reason = self.parsed(ReasonInput)["reason"]
        return self.answer(
            DemandOutput(close_demand(demand_id=id, reason=reason, acting_user=request.user)).data
        )
