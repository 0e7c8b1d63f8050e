"""Secret links for calendar programs: made, shown once, and revoked. Rule: J09"""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils import timezone

from grids.interest.models import CalendarFeed
from grids.interest.queries.calendar_feeds import (
    community_feed,
    digest_of_key,
    feeds_visible_to,
    interest_grid_feed,
)
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from wangge.errors import not_found


@transaction.atomic
def make_feed_link(
    *, acting_user: User, interest_grid_id: int | None = None, community_id: int | None = None
) -> tuple[CalendarFeed, str]:
    """A new link to the calendar of an interest grid or a community, and its key, which is shown once only. 404."""
    if interest_grid_id is not None:
        feed = interest_grid_feed(acting_user, interest_grid_id, "")
    else:
        feed = community_feed(acting_user, community_id or 0, "")
    key = secrets.token_urlsafe(32)
    row = CalendarFeed.objects.create(
        interest_grid=feed.interest_grid, community=feed.community, key_digest=digest_of_key(key),
        made_by=acting_user,
    )  # fmt: skip
    after = {"interest_grid": interest_grid_id, "community": community_id}
    record_audit(acting_user=acting_user, action="calendar_feed.make", subject=row, after=after)
    return row, key


@transaction.atomic
def revoke_feed_link(*, feed_id: int, acting_user: User) -> None:
    """Let a link of one's own open nothing any more; 404 for one that does not live."""
    row = feeds_visible_to(acting_user).filter(pk=feed_id).select_for_update(of=("self",)).first()
    if row is None:
        raise not_found("日历链接", "calendar link")
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    record_audit(acting_user=acting_user, action="calendar_feed.revoke", subject=row)
