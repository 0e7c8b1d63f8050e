"""Pins of people to needs, over HTTP. Rule: S07"""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.assignment.api.reach_fields import ReachField
from instructors.assignment.api.run_outputs import PinOutput
from instructors.assignment.api.sites import BIGGEST_ID
from instructors.assignment.models import AssignmentPin
from instructors.assignment.queries.pins import broken_pins
from instructors.assignment.queries.runs import pins_visible_to
from instructors.assignment.rules.run_orders import RunOrder
from instructors.assignment.services.pins import add_pin, remove_pin
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty


class PinInput(StrictInput):
    """Who is to serve what, and why; reach and unknown times as in the computation to come."""

    need = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    instructor = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    reach_m = ReachField(default=RunOrder().reach_m)
    assume_free = serializers.BooleanField(default=False)


class PinsQuery(serializers.Serializer[Any]):
    """Which pins."""

    is_holding = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="false: only those that no longer hold"
    )


def _shown(pin: AssignmentPin, request: SignedInRequest) -> dict[str, Any]:
    return dict(PinOutput(pin, context={"reader": request.user, "broken": broken_pins(request.user)}).data)


class PinsView(ApiView):
    """Pins at one's own sites."""

    permission = {"GET": "assignment.view", "POST": "assignment.run"}

    @extend_schema(parameters=[PinsQuery], responses=paged(PinOutput), operation_id="assignment_pin_list")
    def get(self, request: SignedInRequest) -> Response:
        """Pins by id, each with what stands against it now: the next computation stops at those that do not hold."""
        is_holding = self.query(PinsQuery)["is_holding"]
        rows, broken = pins_visible_to(request.user), broken_pins(request.user)
        if is_holding is not None:
            rows = rows.exclude(pk__in=list(broken)) if is_holding else rows.filter(pk__in=list(broken))
        return self.page(rows, PinOutput, reader=request.user, broken=broken)

    @extend_schema(request=PinInput, responses={201: PinOutput}, operation_id="assignment_pin_add")
    def post(self, request: SignedInRequest) -> Response:
        """Pin a person to a need; refused when it breaks a hard rule."""
        asked = self.parsed(PinInput)
        order = RunOrder(reach_m=asked["reach_m"], assume_free=asked["assume_free"])
        pin = add_pin(
            need_id=asked["need"],
            instructor_id=asked["instructor"],
            reason=asked["reason"],
            order=order,
            acting_user=request.user,
        )
        return self.answer(
            _shown(pin, request),
            status=201,
            location=f"/api/v1/assignment-pins/{pin.pk}",
        )


class PinView(ApiView):
    """One pin."""

    permission = {"GET": "assignment.view", "DELETE": "assignment.run"}
    scope = pins_visible_to

    def unit_path_of(self, found: AssignmentPin) -> str | None:
        """Seeing goes by the site; computing is the city's, which the service asks for."""
        return None

    @extend_schema(responses=PinOutput, operation_id="assignment_pin_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The pin."""
        return self.answer(_shown(self.object, request))

    @extend_schema(responses={204: None}, operation_id="assignment_pin_remove")
    def delete(self, request: SignedInRequest, id: int) -> Response:
        """Let computations decide again."""
        remove_pin(pin_id=id, acting_user=request.user)
        return empty()


urlpatterns = [
    path("assignment-pins", PinsView.as_view()),
    path("assignment-pins/<int:id>", PinView.as_view()),
]
