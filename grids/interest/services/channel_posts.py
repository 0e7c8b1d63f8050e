"""What was published is recorded once and counts as publicity.

Rules: J13, J14
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from grids.interest.models import ChannelPost, Occurrence
from grids.interest.queries.standing import interest_grid_in_reach
from grids.interest.rules.channel_post import Channel, check_post_url, check_posted_on, post_twice
from grids.interest.rules.duty_role import WorkKind
from grids.interest.rules.standing import Act
from grids.interest.services.work_logs import WorkDone, record_work
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today
from wangge.errors import not_found


@dataclass(frozen=True, slots=True)
class PostOrder:
    """What was published, where and when, about an interest grid or one occurrence of its activities."""

    interest_grid_id: int
    channel: Channel
    title: str
    url: str = ""
    occurrence_id: int | None = None
    posted_on: date | None = None


@transaction.atomic
def record_channel_post(*, order: PostOrder, acting_user: User) -> ChannelPost:
    """Record a post. 404, 403 POST_REQUIRED, 409 CHANNEL_POST_TWICE, 422 POST_URL and POST_DAY."""
    interest_grid = interest_grid_in_reach(acting_user, order.interest_grid_id, Act.LOG)
    occurrence = None
    if order.occurrence_id is not None:
        occurrence = Occurrence.objects.filter(pk=order.occurrence_id, interest_grid=interest_grid).first()
        if occurrence is None:
            raise not_found("活动场次", "occurrence")
    check_post_url(order.url)
    posted_on = order.posted_on or today()
    check_posted_on(posted_on, today())
    same = ChannelPost.objects.filter(
        interest_grid=interest_grid, channel=order.channel.value, url=order.url
    ).exclude(url="")
    try:
        with transaction.atomic():
            post = ChannelPost.objects.create(
                interest_grid=interest_grid, occurrence=occurrence, channel=order.channel.value, url=order.url,
                title=order.title.strip(), posted_on=posted_on, posted_by=acting_user,
            )  # fmt: skip
    except IntegrityError as clash:
        earlier = same.first()
        if earlier is None:
            raise
        raise post_twice(earlier.pk, earlier.posted_on) from clash
    record_work(
        work=WorkDone(WorkKind.CHANNEL_POSTED, f"post:{post.pk}"),
        acting_user=acting_user,
        interest_grid=interest_grid,
    )
    after = {"channel": post.channel, "url": post.url, "interest_grid": interest_grid.code}
    record_audit(acting_user=acting_user, action="channel_post.record", subject=post, after=after)
    return post
