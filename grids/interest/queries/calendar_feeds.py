"""What calendar programs read: the occurrences of an interest grid or a community, and who may read them. Rule: J09"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils import timezone

from gis.layers.models import Community
from grids.interest.models import CalendarFeed, InterestGrid, Occurrence
from grids.interest.queries.activities import communities_with_activities_visible_to
from grids.interest.queries.standing import interest_grids_visible_to
from grids.interest.rules.activity_states import OccurrenceState
from grids.interest.rules.closed_place import SitePlace, meeting_warnings
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.bureau.rules.calendar_file import CalendarEvent, calendar_file
from tenants.bureau.rules.local_time import local_date
from wangge.errors import not_found
from wangge.kernel.database.current import city_connection

# A calendar shows what was lately and all that is planned.
PAST = timedelta(days=60)
_KEY = "interest.calendar-feed"


@dataclass(frozen=True, slots=True)
class FeedOf:
    """What a feed is of: an interest grid or a community, and its name."""

    name: str
    interest_grid: InterestGrid | None = None
    community: Community | None = None


def digest_of_key(key: str) -> str:
    """What a feed's secret key is found by."""
    return sealer().digest(key, purpose=_KEY)


def interest_grid_feed(user: User | AnonymousUser, interest_grid_id: int, key: str) -> FeedOf:
    """The interest grid's feed, for whoever sees it or bears a key whose maker does; else 404."""
    found = InterestGrid.objects.filter(pk=interest_grid_id).first()
    if found is not None and any(
        interest_grids_visible_to(reader).filter(pk=interest_grid_id).exists()
        for reader in _readers(user, key, interest_grid=interest_grid_id)
    ):
        return FeedOf(found.name, interest_grid=found)
    raise not_found("兴趣网格", "interest grid")


def community_feed(user: User | AnonymousUser, community_id: int, key: str) -> FeedOf:
    """The community's feed, for whoever sees its activities or bears a key whose maker does; else 404."""
    found = Community.objects.filter(pk=community_id).first()
    if found is not None and any(
        communities_with_activities_visible_to(reader).filter(pk=community_id).exists()
        for reader in _readers(user, key, community=community_id)
    ):
        return FeedOf(found.name, community=found)
    raise not_found("社区", "community")


def _readers(user: User | AnonymousUser, key: str, **of: int) -> Iterator[User]:
    """In whose eyes a calendar is read: one's own, and those of the maker of the living link that has the key.

    A link shows what its maker may see today: it opens nothing once the maker's post or right has ended, or the
    account was closed, and opens again should the maker come back.
    """
    if user.is_authenticated:
        yield user
    if key:
        rows = CalendarFeed.objects.filter(revoked_at=None, made_by__is_active=True, **of)
        found = rows.filter(key_digest=digest_of_key(key)).select_related("made_by").first()
        if found is not None:
            yield found.made_by


def feeds_visible_to(user: User) -> QuerySet[CalendarFeed]:
    """The links a person has made and that live, by id."""
    rows = CalendarFeed.objects.filter(made_by_id=user.pk, revoked_at=None)
    return rows.select_related("interest_grid", "community").order_by("id")


def calendar_of(feed: FeedOf) -> bytes:
    """The feed as an iCalendar document: one event an occurrence, the same bytes for the same rows.

    An event keeps its UID for life and counts its SEQUENCE up; a cancelled one stays as such, so that programs that
    read it before strike it out. Nobody's name is in it.
    """
    host = city_connection().schema_name
    return calendar_file(feed.name, (_event(row, host) for row in _occurrences(feed, timezone.now())))


def _occurrences(feed: FeedOf, now: datetime) -> QuerySet[Occurrence]:
    rows = Occurrence.objects.filter(starts_at__gte=now - PAST).select_related("activity", "site")
    if feed.interest_grid is not None:
        return rows.filter(interest_grid=feed.interest_grid).order_by("starts_at", "id")
    return rows.filter(interest_grid__community=feed.community).order_by("starts_at", "id")


def _event(row: Occurrence, host: str) -> CalendarEvent:
    site = row.site
    point = row.place or (site.geometry if site is not None else None)
    return CalendarEvent(
        uid=f"occurrence-{row.pk}@{host}.wangge", starts_at=row.starts_at, ends_at=row.ends_at,
        made_at=row.created_at, title=row.activity.title,
        place=row.place_name or (site.name if site is not None else ""),
        note=row.cancel_reason or _closed(row), point=None if point is None else (point.x, point.y),
        sequence=row.activity.version + row.version - 2,
        is_cancelled=row.state == OccurrenceState.CANCELLED,
    )  # fmt: skip


def _closed(row: Occurrence) -> str:
    """That its place was closed, for whoever is on the way there; empty otherwise."""
    place = None if row.site is None else SitePlace(row.site.name, row.site.valid_to)
    is_planned = row.state == OccurrenceState.PLANNED
    warned = meeting_warnings(place, local_date(row.starts_at), is_planned=is_planned)
    return "；".join(each.zh for each in warned)
