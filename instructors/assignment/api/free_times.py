"""When an instructor can be asked, over HTTP; here because a change warns of the bookings it contradicts. Rule: S07"""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.assignment.api.pin_warnings import pin_warnings
from instructors.assignment.models import Booking
from instructors.assignment.queries.calendars import outside_free_times
from instructors.assignment.rules.bookings import KINDS_EN, KINDS_ZH, time_told
from instructors.people.models import FreeTime, Instructor, TimeException
from instructors.people.queries.free_times import (
    exceptions_of,
    exceptions_visible_to,
    may_change_times,
    times_visible_to,
    week_of,
)
from instructors.people.rules.free_times import MOST_TIMES_A_WEEK, DayException, Span, WeeklyTime
from instructors.people.services.free_times import (
    add_time_exception,
    remove_time_exception,
    replace_free_times,
)
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import local_date
from wangge.kernel.fields import DayField
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView


class FreeTimeOutput(serializers.ModelSerializer[FreeTime]):
    """Free each week on a weekday (1 Monday … 7 Sunday), in minutes of the local day."""

    class Meta:
        model = FreeTime
        fields = ("weekday", "from_minute", "to_minute", "valid_from", "valid_to")


class TimeExceptionOutput(serializers.ModelSerializer[TimeException]):
    """A day on which the pattern does not hold; the note is for the person and who may change the times."""

    class Meta:
        model = TimeException
        fields = ("id", "on", "from_minute", "to_minute", "is_free", "note")

    def to_representation(self, instance: TimeException) -> dict[str, Any]:
        """The exception, its note only where it may be read."""
        shown: dict[str, Any] = super().to_representation(instance)
        return shown if self.context.get("with_notes") else {**shown, "note": ""}


class TimesWarningOutput(serializers.Serializer[Any]):
    """What the free times as they are now contradict: a booking, or a pin (PIN_CONTRADICTED, named in `facts`).

    A booking stands until somebody moves or cancels it, a pin until the dispatcher releases it.
    """

    code = serializers.CharField()
    booking_id = serializers.IntegerField(required=False)
    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)
    facts = serializers.DictField(required=False)
    message = serializers.DictField(child=serializers.CharField())


class FreeTimesOutput(serializers.Serializer[Any]):
    """The weekly pattern, exceptions from today on, and bookings and pins that they contradict."""

    times = FreeTimeOutput(many=True)
    exceptions = TimeExceptionOutput(many=True)
    warnings = TimesWarningOutput(many=True)


class FreeTimeInput(StrictInput):
    """A time of the week."""

    weekday = serializers.IntegerField(min_value=1, max_value=7)
    from_minute = serializers.IntegerField(min_value=0, max_value=1439)
    to_minute = serializers.IntegerField(min_value=1, max_value=1440)
    valid_from = DayField(required=False, allow_null=True, default=None)
    valid_to = DayField(required=False, allow_null=True, default=None)


class FreeTimesInput(StrictInput):
    """The whole week; an empty list takes back what was said."""

    times = FreeTimeInput(many=True, max_length=MOST_TIMES_A_WEEK)  # type: ignore[call-arg]


class TimeExceptionInput(StrictInput):
    """Free besides the pattern on one day, or not free after all; the whole day when no minutes are given."""

    on = DayField()
    from_minute = serializers.IntegerField(required=False, min_value=0, max_value=1439, default=0)
    to_minute = serializers.IntegerField(required=False, min_value=1, max_value=1440, default=1440)
    is_free = serializers.BooleanField()
    note = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")


def _warning(row: Booking) -> dict[str, Any]:
    when = time_told(row.starts_at, row.ends_at)
    return {
        "code": "BOOKING_OUTSIDE_FREE_TIMES",
        "booking_id": row.pk,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "message": {
            "zh": f"{when}的{KINDS_ZH[row.kind]}不在可授课时间内，安排仍然有效，请与调度员联系",
            "en": f"{KINDS_EN[row.kind]} at {when} lies outside the free times; it stands, talk to the dispatcher",
        },
    }


def _shown(instructor: Instructor, request: SignedInRequest) -> dict[str, Any]:
    now = timezone.now()
    exceptions = exceptions_of(instructor.pk, local_date(now))
    context = {"with_notes": may_change_times(request.user, instructor)}
    warnings = [_warning(row) for row in outside_free_times(instructor.pk, now)]
    warnings += [
        {"code": each["code"], "facts": each["facts"], "message": {"zh": each["zh"], "en": each["en"]}}
        for each in pin_warnings(instructor.pk, request, "times")
    ]
    return {
        "times": FreeTimeOutput(week_of(instructor.pk), many=True).data,
        "exceptions": TimeExceptionOutput(exceptions, many=True, context=context).data,
        "warnings": TimesWarningOutput(warnings, many=True).data,
    }


class FreeTimesView(ApiView):
    """When a person can be asked."""

    permission = SIGNED_IN
    scope = times_visible_to
    needs_if_match = True

    @extend_schema(responses=FreeTimesOutput, operation_id="instructor_free_times")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The times of a person in one's reach, or one's own."""
        return self.answer(_shown(self.object, request), version=self.object.version)

    @extend_schema(
        request=FreeTimesInput, responses=FreeTimesOutput, operation_id="instructor_free_times_replace"
    )
    def put(self, request: SignedInRequest, id: int) -> Response:
        """Replace the whole week: one's own, or with `instructor.edit`; bookings it contradicts are named and stand."""
        times = [
            WeeklyTime(
                each["weekday"], Span(each["from_minute"], each["to_minute"]), each["valid_from"], each["valid_to"]
            )
            for each in self.parsed(FreeTimesInput)["times"]
        ]  # fmt: skip
        instructor = replace_free_times(
            instructor_id=id, times=times, acting_user=request.user, if_match=request.headers.get("If-Match")
        )
        return self.answer(_shown(instructor, request), version=instructor.version)


class TimeExceptionsView(ApiView):
    """Days that are different."""

    permission = SIGNED_IN
    scope = times_visible_to

    @extend_schema(
        request=TimeExceptionInput,
        responses={201: FreeTimesOutput},
        operation_id="instructor_time_exception_add",
    )
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Say that one day is different; the answer is all the times, with the bookings they contradict."""
        asked = self.parsed(TimeExceptionInput)
        exception = DayException(
            asked["on"], Span(asked["from_minute"], asked["to_minute"]), asked["is_free"]
        )
        row = add_time_exception(
            instructor_id=id, exception=exception, note=asked["note"], acting_user=request.user
        )
        return self.answer(
            _shown(self.object, request), status=201, version=row.instructor.version,
            location=f"/api/v1/time-exceptions/{row.pk}",
        )  # fmt: skip


class TimeExceptionView(ApiView):
    """One different day."""

    permission = SIGNED_IN
    scope = exceptions_visible_to

    @extend_schema(responses=FreeTimesOutput, operation_id="instructor_time_exception_remove")
    def delete(self, request: SignedInRequest, id: int) -> Response:
        """Let the pattern hold again on that day; the answer is all the times, with the bookings they contradict."""
        instructor = remove_time_exception(exception_id=id, acting_user=request.user)
        return self.answer(_shown(instructor, request), version=instructor.version)


urlpatterns = [
    path("instructors/<int:id>/free-times", FreeTimesView.as_view()),
    path("instructors/<int:id>/free-times/exceptions", TimeExceptionsView.as_view()),
    path("time-exceptions/<int:id>", TimeExceptionView.as_view()),
]
