"""Reads of the working calendar."""

from __future__ import annotations

from django.db.models import QuerySet

from tenants.bureau.models import CalendarDay, CalendarNotice
from tenants.bureau.rules.work_calendar import CalendarDay as Day
from tenants.bureau.rules.work_calendar import CalendarYear, DayKind, WorkCalendar


def notices_in_force() -> QuerySet[CalendarNotice]:
    """The notice of every year that is not superseded."""
    return CalendarNotice.objects.filter(superseded_at=None).order_by("year")


def notice_of_year(year: int) -> CalendarNotice | None:
    """The notice in force for a year, with its days, or None."""
    return notices_in_force().filter(year=year).prefetch_related("days").first()


def work_calendar() -> WorkCalendar:
    """The city's working calendar as the rules read it, in two statements.

    A notice may name days of the December before; there the later notice has the last word.
    """
    years = [
        CalendarYear(row.year, row.notice_number, row.provisional, row.source) for row in notices_in_force()
    ]
    rows = CalendarDay.objects.filter(notice__superseded_at=None).order_by("notice__year", "day")
    by_day = {row.day: Day(row.day, DayKind(row.kind), row.name) for row in rows}
    return WorkCalendar.of(years, by_day.values())
