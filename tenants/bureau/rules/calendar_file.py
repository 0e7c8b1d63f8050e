"""Times as an iCalendar file (RFC 5545) that calendar programmes subscribe to.

The same events give the same bytes, so that a subscriber's "has it changed" is answered by comparing them.

Rules: S07, X02
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vGeo

from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import check_aware

PRODUCT = "-//wangge//wangge//ZH"
ZONE = "Asia/Shanghai"
EIGHT_HOURS = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One time in a calendar. `uid` never changes; `sequence` grows with each change; `made_at`: when it was written.

    `point`: lon, lat in EPSG:4490, within centimetres of what GEO asks for (WGS-84); None without a place.
    """

    uid: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    title: str
    place: str = ""
    note: str = ""
    point: tuple[float, float] | None = None
    sequence: int = 0
    is_cancelled: bool = False


def calendar_file(name: str, events: Iterable[CalendarEvent], *, refresh_hours: int = 1) -> bytes:
    """The events, in the order given, as an iCalendar file with that name; times are told in Shanghai's time.

    Raises 400 NAIVE_DATETIME for a moment without an offset. Rule: X02
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", ZONE)
    calendar.add("x-published-ttl", f"PT{refresh_hours}H")
    calendar.add_component(_zone())
    for event in events:
        calendar.add_component(_component(event))
    return bytes(calendar.to_ical())


def _component(event: CalendarEvent) -> Event:
    found = Event()
    found.add("uid", event.uid)
    for name, moment in (("dtstart", event.starts_at), ("dtend", event.ends_at)):
        check_aware(moment, name)
        found.add(name, moment.astimezone(SHANGHAI))
    found.add("dtstamp", event.made_at)
    found.add("sequence", event.sequence)
    found.add("summary", event.title)
    found.add("status", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    if event.place:
        found.add("location", event.place)
    if event.note:
        found.add("description", event.note)
    if event.point is not None:
        lon, lat = event.point
        found.add("geo", vGeo((lat, lon)))
    return found


@cache
def _zone() -> Timezone:
    """China keeps one clock all the year since 1992: one standard time without end."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", ZONE)
    standard.add("dtstart", datetime(1992, 1, 1))  # noqa: DTZ001
    standard.add("tzoffsetfrom", EIGHT_HOURS)
    standard.add("tzoffsetto", EIGHT_HOURS)
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone
