"""Calendar feeds and what stands in them. Rule: S07"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import QuerySet

from instructors.assignment.models import Booking, CalendarFeed
from instructors.assignment.queries.bookings import VIEW, site_calendars_visible_to
from instructors.assignment.rules.bookings import KINDS_ZH
from instructors.people.queries.instructors import own_record
from tenants.accounts.models import User
from tenants.bureau.rules.calendar_file import CalendarEvent, calendar_file
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.rules.masking import mask_name
from wangge.errors import not_found
from wangge.kernel.permissions import holds

PAST, AHEAD = timedelta(days=31), timedelta(days=366)
MOST_EVENTS = 2000


def feeds_visible_to(user: User) -> QuerySet[CalendarFeed]:
    """One's own feeds that are not revoked, oldest first; nobody sees another's."""
    rows = CalendarFeed.objects.filter(owner_id=user.pk, revoked_at=None)
    return rows.select_related("instructor", "site").order_by("id")


def digest_of_secret(secret: str) -> str:
    """What is kept of a feed's secret."""
    return sha256(secret.encode()).hexdigest()


def feed_of(secret: str) -> CalendarFeed:
    """The feed with that secret, while its owner may see what it shows; 404 otherwise, whatever the reason."""
    rows = CalendarFeed.objects.filter(
        digest=digest_of_secret(secret), revoked_at=None, owner__is_active=True
    )
    found = rows.select_related("owner", "instructor", "site__unit").first()
    if found is None or not _may_still_see(found):
        raise not_found("日历", "calendar")
    return found


def _may_still_see(feed: CalendarFeed) -> bool:
    if feed.site is not None:
        return holds(feed.owner, VIEW, feed.site.unit_path)
    assert feed.instructor is not None, "feed_of_one_thing"
    return feed.instructor.user_id == feed.owner_id


def feed_subject(user: User, site_id: int | None) -> dict[str, int]:
    """The column that a new feed bears: the site in one's sight, or without one the own record; 404."""
    if site_id is None:
        return {"instructor_id": own_record(user).pk}
    if not site_calendars_visible_to(user).filter(pk=site_id).exists():
        raise not_found("健身站点", "fitness site")
    return {"site_id": site_id}


def feed_file(feed: CalendarFeed, now: datetime, host: str) -> bytes:
    """A month back and a year ahead as iCalendar; cancelled ones are told as cancelled.

    A person's own feed names places; a site's names people as colleagues see them, masked.
    """
    of = {"instructor": feed.instructor_id} if feed.site_id is None else {"site": feed.site_id}
    rows = Booking.objects.filter(**of, busy__overlap=(now - PAST, now + AHEAD))
    rows = rows.select_related("site__unit", "town", "item", "instructor").order_by("busy", "id")[
        :MOST_EVENTS
    ]
    name = "我的授课安排" if feed.site is None else f"{feed.site.name} 排班"
    return calendar_file(name, [_event(row, host, is_own=feed.site is None) for row in rows])


def _closed(row: Booking) -> str:
    """That its place was retired, for whoever is on the way there; empty otherwise."""
    site = row.site
    if (
        site is None
        or site.valid_to is None
        or not row.is_active
        or local_date(row.starts_at) <= site.valid_to
    ):
        return ""
    return f"场地“{site.name}”自{site.valid_to.isoformat()}后不再使用，请等候改期或改地点"


def _event(row: Booking, host: str, *, is_own: bool) -> CalendarEvent:
    what = "" if row.item is None else row.item.name
    who = mask_name(row.instructor.name) if row.instructor is not None and not is_own else ""
    place = (
        row.town.name
        if row.site is None
        else " ".join(filter(None, (row.site.name, row.hall, row.site.address)))
    )
    return CalendarEvent(
        uid=f"booking-{row.pk}@{host}",
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        made_at=row.created_at,
        title=" · ".join(filter(None, (what, KINDS_ZH[row.kind], who))),
        place=place,
        point=None if row.site is None else (row.site.geometry.x, row.site.geometry.y),
        note=_closed(row),
        sequence=row.version - 1,
        is_cancelled=not row.is_active,
    )
