"""What an instructor has to do next, with everything needed to get there. Rule: S07"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from instructors.assignment.models import Booking, BookingKind, SiteNeed
from instructors.assignment.queries.bookings import SHOWN_WITH
from instructors.assignment.rules.duties import need_of_reference

MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Appointment:
    """A booking and, of a duty at a site, the name of the item."""

    booking: Booking
    item: str


def coming_appointments(instructor_id: int, now: datetime) -> list[Appointment]:
    """Active bookings that have not ended, by their beginning, at most 60; two statements."""
    rows = Booking.objects.filter(instructor_id=instructor_id, is_active=True, busy__endswith__gt=now)
    bookings = list(rows.select_related(*SHOWN_WITH).order_by("busy", "id")[:MOST_SHOWN])
    needs = {row.pk: _need_of(row) for row in bookings}
    wanted = {need for need in needs.values() if need is not None}
    items = dict(SiteNeed.objects.filter(pk__in=wanted).values_list("pk", "item__name"))
    return [Appointment(row, items.get(needs[row.pk] or 0, "")) for row in bookings]


def _need_of(row: Booking) -> int | None:
    return need_of_reference(row.reference) if row.kind == BookingKind.SITE_DUTY else None
