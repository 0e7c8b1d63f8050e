"""What is free and what is taken of a person or a place, over HTTP. Rule: S07"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.assignment.api.bookings import BookingOutput
from instructors.assignment.queries.bookings import calendars_visible_to, site_calendars_visible_to
from instructors.assignment.queries.calendars import Day, busy_of, instructor_days, site_days
from instructors.people.rules.free_times import clock
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken
from wangge.kernel.fields import DayField
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.views import ApiView

MOST_DAYS = 62
DAYS_AHEAD = 13


class CalendarQuery(serializers.Serializer[Any]):
    """Local days, both counted; two weeks from today when nothing is said."""

    from_day = DayField(required=False)
    to_day = DayField(required=False)


class ClockSpanOutput(serializers.Serializer[Any]):
    """From one time of the day to another: `09:00`, `24:00`."""

    from_time = serializers.CharField()
    to_time = serializers.CharField()


class CalendarDayOutput(serializers.Serializer[Any]):
    """A day and its free or open times, whatever is booked in them."""

    on = serializers.DateField()
    weekday = serializers.IntegerField(help_text="1 Monday … 7 Sunday")
    free = ClockSpanOutput(many=True)


class CalendarOutput(serializers.Serializer[Any]):
    """Free or open times by day, and what is taken, by beginning."""

    is_said = serializers.BooleanField(
        help_text="false: nobody gave free times or opening hours, all day is shown"
    )
    days = CalendarDayOutput(many=True)
    busy = BookingOutput(many=True)


def _asked_days(view: ApiView) -> tuple[date, date]:
    asked = view.query(CalendarQuery)
    first = asked.get("from_day") or local_date(timezone.now())
    last = asked.get("to_day") or first + timedelta(days=DAYS_AHEAD)
    if timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
        return first, last
    raise RuleBroken(
        "CALENDAR_DAYS",
        zh=f"日期范围须为1–{MOST_DAYS}天",
        en=f"a calendar shows 1 to {MOST_DAYS} days",
        status=400,
        field="to_day",
        facts={"from_day": first.isoformat(), "to_day": last.isoformat(), "most": MOST_DAYS},
        how_to_fix_zh="请缩小日期范围，截止不早于开始",
        how_to_fix_en="ask for fewer days, the last not before the first",
    )


def _shown(is_said: bool, days: list[Day], bookings: Any) -> dict[str, Any]:
    return {
        "is_said": is_said,
        "days": [
            {
                "on": day.on.isoformat(),
                "weekday": day.on.isoweekday(),
                "free": [
                    {"from_time": clock(span.from_minute), "to_time": clock(span.to_minute)}
                    for span in day.spans
                ],
            }
            for day in days
        ],
        "busy": bookings,
    }


def _told(request: SignedInRequest, bookings: Any) -> Any:
    return BookingOutput(bookings, many=True, context={"reader": request.user}).data


class InstructorCalendarView(ApiView):
    """A person's time."""

    permission = SIGNED_IN
    scope = calendars_visible_to

    @extend_schema(parameters=[CalendarQuery], responses=CalendarOutput, operation_id="instructor_calendar")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Free times and bookings of a person in one's reach, or of oneself."""
        first, last = _asked_days(self)
        is_said, days = instructor_days(id, first, last)
        busy = _told(request, busy_of(first, last, instructor_id=id))
        return self.answer(_shown(is_said, days, busy))


class SiteCalendarView(ApiView):
    """A place's time."""

    permission = "booking.view"
    scope = site_calendars_visible_to

    @extend_schema(parameters=[CalendarQuery], responses=CalendarOutput, operation_id="site_calendar")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """Opening hours and bookings of a site."""
        first, last = _asked_days(self)
        days = site_days(self.object, first, last)
        busy = _told(request, busy_of(first, last, site_id=id))
        return self.answer(_shown(bool(self.object.opening_hours), days, busy))


urlpatterns = [
    path("instructors/<int:id>/calendar", InstructorCalendarView.as_view()),
    path("sites/<int:id>/calendar", SiteCalendarView.as_view()),
]
