"""Leaving the register over HTTP; here because what is booked ahead stands in the way. Rule: J12"""

from __future__ import annotations

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.assignment.services.leaving import leave_with_duties
from instructors.people.api.instructors import shown
from instructors.people.api.outputs import InstructorOutput
from instructors.people.queries.instructors import EDIT, instructors_visible_to
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.fields import DayField
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView


class LeaveRegisterInput(StrictInput):
    """The last day in the register (null takes it back), and why; duties booked for later are given back if asked for."""

    left_on = DayField(allow_null=True)
    reason = serializers.CharField(max_length=500)
    give_back_duties = serializers.BooleanField(required=False, default=False)


class LeaveOutput(InstructorOutput):
    """The person, how many duties were given back, and how many pins ended."""

    duties_given_back = serializers.IntegerField()
    pins_ended = serializers.IntegerField()

    class Meta(InstructorOutput.Meta):
        fields = (*InstructorOutput.Meta.fields, "duties_given_back", "pins_ended")


class InstructorLeaveView(ApiView):
    """Leaving the register."""

    permission = EDIT
    scope = instructors_visible_to

    @extend_schema(request=LeaveRegisterInput, responses=LeaveOutput, operation_id="instructor_leave")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Record the last day; the record stays. Time booked after it is 409 INSTRUCTOR_HAS_DUTIES, by place and date."""
        left = leave_with_duties(
            instructor_id=id, **self.parsed(LeaveRegisterInput), acting_user=request.user
        )
        ended = {"duties_given_back": left.given_back, "pins_ended": left.pins_ended}
        return self.answer({**shown(left.person, request.user), **ended}, version=left.person.version)


urlpatterns = [path("instructors/<int:id>/leave", InstructorLeaveView.as_view())]
