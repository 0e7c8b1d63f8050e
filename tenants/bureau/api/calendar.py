"""The working calendar: a year with its source, entering a notice, the earliest day a class may be held."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.models import CalendarDay
from tenants.bureau.queries.calendar import notice_of_year, work_calendar
from tenants.bureau.queries.policy import policy_values
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.rules.work_calendar import CalendarDay as Day
from tenants.bureau.rules.work_calendar import CalendarYear, DayKind, LeadTime
from tenants.bureau.services.calendar import upload_calendar_notice
from wangge.errors import not_found
from wangge.kernel.fields import DayField, Namesake
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

FIRST_YEAR, LAST_YEAR = 2000, 2100


class CalendarDaySerializer(serializers.ModelSerializer[CalendarDay]):
    """A day that differs from plain Monday to Friday."""

    day = DayField()
    name = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")

    class Meta:
        model = CalendarDay
        fields = ("day", "kind", "name")


class CalendarDayInput(StrictInput, CalendarDaySerializer):
    """A day as a notice names it."""


class CalendarYearOutput(serializers.Serializer[Any]):
    """A year's days with their source; without an official notice every count in it is provisional."""

    year = serializers.IntegerField()
    provisional = serializers.BooleanField()
    notice_number = serializers.CharField()
    source: Namesake = serializers.CharField()
    published_on = serializers.DateField(allow_null=True)
    entered_at = serializers.DateTimeField(allow_null=True)
    days = CalendarDaySerializer(many=True)


class CalendarNoticeInput(StrictInput):
    """A holiday notice as published, or a provisional calendar without a number."""

    year = serializers.IntegerField(min_value=FIRST_YEAR, max_value=LAST_YEAR)
    notice_number = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    provisional = serializers.BooleanField(required=False, default=False)
    published_on = DayField(required=False, allow_null=True, default=None)
    days = serializers.ListField(child=CalendarDayInput(), max_length=400)


class CalendarNoticeEntered(CalendarYearOutput):
    """The year as it is now, and the days that became working days or ceased to be."""

    changed_days = serializers.ListField(child=serializers.DateField())


class EarliestDateQuery(serializers.Serializer[Any]):
    """From which day, and how many working days; the policy's number when left out."""

    submitted_on = DayField(required=False)
    workdays = serializers.IntegerField(required=False, min_value=1, max_value=250)
    clear_days = serializers.BooleanField(required=False, allow_null=True, default=None)


class EarliestDateOutput(serializers.Serializer[Any]):
    """The earliest day and the calendar it rests on."""

    submitted_on = serializers.DateField()
    workdays = serializers.IntegerField()
    clear_days = serializers.BooleanField()
    earliest_date = serializers.DateField()
    provisional = serializers.BooleanField()
    notices = serializers.ListField(child=serializers.CharField())
    provisional_years = serializers.ListField(child=serializers.IntegerField())


def _year_output(year: int) -> dict[str, Any]:
    notice = notice_of_year(year)
    if notice is None:
        return {
            "year": year, "provisional": True, "notice_number": "", "source": "", "published_on": None,
            "entered_at": None, "days": [],
        }  # fmt: skip
    return {
        "year": year,
        "provisional": notice.provisional,
        "notice_number": notice.notice_number,
        "source": notice.source,
        "published_on": notice.published_on,
        "entered_at": notice.entered_at,
        "days": sorted(notice.days.all(), key=lambda row: row.day),
    }


class WorkCalendarYearView(ApiView):
    """One year of the calendar."""

    permission = "calendar.view"

    @extend_schema(responses=CalendarYearOutput, operation_id="work_calendar_year_read")
    def get(self, request: SignedInRequest, year: int) -> Response:
        """The days that differ from plain weeks, with the notice they come from."""
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise not_found("年份", "year")
        return self.answer(CalendarYearOutput(_year_output(year)).data)


class CalendarNoticesView(ApiView):
    """Holiday notices."""

    permission = "calendar.edit"

    @extend_schema(
        request=CalendarNoticeInput,
        responses={201: CalendarNoticeEntered},
        operation_id="calendar_notice_create",
    )
    def post(self, request: SignedInRequest) -> Response:
        """Enter a notice; an earlier entry of the year is superseded and kept."""
        given = self.parsed(CalendarNoticeInput)
        head = CalendarYear(given["year"], given["notice_number"], given["provisional"])
        days = [Day(row["day"], DayKind(row["kind"]), row["name"]) for row in given["days"]]
        _, changed = upload_calendar_notice(
            head=head, days=days, published_on=given["published_on"], acting_user=request.user
        )
        entered = _year_output(head.year) | {"changed_days": changed}
        location = f"/api/v1/work-calendar/{head.year}"
        return self.answer(CalendarNoticeEntered(entered).data, status=201, location=location)


class EarliestDateView(ApiView):
    """The lead time of an order, worked out."""

    permission = "calendar.view"

    @extend_schema(
        parameters=[EarliestDateQuery], responses=EarliestDateOutput, operation_id="earliest_date_read"
    )
    def get(self, request: SignedInRequest) -> Response:
        """The first day a class may be held when its order is handed in on a day."""
        wanted = self.query(EarliestDateQuery)
        submitted_on = wanted.get("submitted_on") or local_date(timezone.now())
        policy = policy_values(["order.lead_workdays", "order.lead_clear_days"], submitted_on)
        workdays = wanted.get("workdays") or policy["order.lead_workdays"]
        clear_days = wanted["clear_days"]
        lead = LeadTime(
            workdays=int(workdays),  # type: ignore[arg-type]
            clear_days=bool(policy["order.lead_clear_days"] if clear_days is None else clear_days),
        )
        earliest = work_calendar().earliest_class_date(submitted_on, lead)
        return self.answer(
            EarliestDateOutput(
                {
                    "submitted_on": submitted_on,
                    "workdays": lead.workdays,
                    "clear_days": lead.clear_days,
                    "earliest_date": earliest.day,
                    "provisional": earliest.basis.provisional,
                    "notices": list(earliest.basis.notices),
                    "provisional_years": list(earliest.basis.provisional_years),
                }
            ).data
        )
