"""Opening and revoking calendars that are read outside the product. Rule: S07"""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils import timezone

from instructors.assignment.models import CalendarFeed
from instructors.assignment.queries.feeds import digest_of_secret, feed_subject, feeds_visible_to
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from wangge.errors import RuleBroken, not_found

MOST_FEEDS = 20


@transaction.atomic
def open_feed(*, site_id: int | None, note: str, acting_user: User) -> tuple[CalendarFeed, str]:
    """A feed of a site, or without one of the own bookings, and its secret, which is shown once.

    Raises 404 for a site out of sight or who stands in no register, 422 TOO_MANY_FEEDS.
    """
    subject = feed_subject(acting_user, site_id)
    User.objects.select_for_update(no_key=True).get(
        pk=acting_user.pk
    )  # two requests count one after the other
    count = feeds_visible_to(acting_user).count()
    if count >= MOST_FEEDS:
        raise RuleBroken(
            "TOO_MANY_FEEDS", zh=f"每人最多{MOST_FEEDS}个日历订阅，已有{count}个", rule="S07",
            en=f"one person may have {MOST_FEEDS} calendar feeds; there are {count}",
            facts={"most": MOST_FEEDS, "count": count},
            how_to_fix_zh="请先撤销不用的订阅", how_to_fix_en="revoke those that are not used",
        )  # fmt: skip
    secret = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(
        digest=digest_of_secret(secret), owner=acting_user, note=note.strip(), **subject
    )
    record_audit(acting_user=acting_user, action="calendar_feed.open", subject=feed, after=dict(subject))
    return feed, secret


@transaction.atomic
def revoke_feed(*, feed_id: int, acting_user: User) -> None:
    """Let the address answer no more; 404 for another's."""
    if not feeds_visible_to(acting_user).filter(pk=feed_id).update(revoked_at=timezone.now()):
        raise not_found("日历订阅", "calendar feed")
    record_audit(
        acting_user=acting_user, action="calendar_feed.revoke", subject=("assignment.calendarfeed", feed_id)
    )
