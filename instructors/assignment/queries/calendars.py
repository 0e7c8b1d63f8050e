"""What is free, open and taken, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from instructors.assignment.models import Booking, Site
from instructors.assignment.queries.bookings import SHOWN_WITH, between
from instructors.assignment.rules.bookings import opening_spans
from instructors.people.queries.free_times import Times, times_of
from instructors.people.rules.free_times import Span, is_free_between
from tenants.bureau.rules.local_time import local_date

MOST_WARNED = 50


@dataclass(frozen=True, slots=True)
class Day:
    """A local day and when the person is free, or the place open, whatever is booked."""

    on: date
    spans: list[Span]


def days_from(from_day: date, to_day: date) -> list[date]:
    """All days between two, both counted."""
    return [from_day + timedelta(days=count) for count in range((to_day - from_day).days + 1)]


def instructor_days(instructor_id: int, from_day: date, to_day: date) -> tuple[bool, list[Day]]:
    """Whether the person ever said when to be asked, and the free times of each day; two statements."""
    own = times_of([instructor_id], from_day, to_day)[instructor_id]
    return own.is_said, [Day(day, own.spans_on(day)) for day in days_from(from_day, to_day)]


def site_days(site: Site, from_day: date, to_day: date) -> list[Day]:
    """The opening hours of each day; all day where they are unknown."""
    hours = site.opening_hours
    return [
        Day(day, opening_spans(hours, day) if hours else [Span(0, 1440)])
        for day in days_from(from_day, to_day)
    ]


def busy_of(from_day: date, to_day: date, **whose: int) -> QuerySet[Booking]:
    """Active bookings of an `instructor_id` or a `site_id` on these days, by their beginning."""
    rows = between(Booking.objects.filter(is_active=True, **whose), from_day, to_day)
    return rows.select_related(*SHOWN_WITH).order_by("busy", "id")


def outside_free_times(instructor_id: int, now: datetime) -> list[Booking]:
    """The next active bookings of a person that lie outside the free times as they are now, at most 50."""
    coming = Booking.objects.filter(instructor_id=instructor_id, is_active=True, busy__endswith__gt=now)
    rows = list(coming.select_related(*SHOWN_WITH).order_by("busy", "id"))
    if not rows:
        return []
    last = local_date(max(row.ends_at for row in rows))
    own = times_of([instructor_id], local_date(rows[0].starts_at), last)[instructor_id]
    return [row for row in rows if not _is_within(row, own)][:MOST_WARNED]


def _is_within(row: Booking, own: Times) -> bool:
    return is_free_between(row.starts_at, row.ends_at, own.spans_on)
