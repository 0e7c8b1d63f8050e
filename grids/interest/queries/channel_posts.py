"""What was published about the interest grids a person sees. Rule: J13"""

from __future__ import annotations

from django.db.models import QuerySet

from grids.interest.models import ChannelPost
from grids.interest.queries.standing import interest_grids_visible_to
from tenants.accounts.models import User


def channel_posts_visible_to(user: User) -> QuerySet[ChannelPost]:
    """Posts of the interest grids the person sees, by id."""
    seen = interest_grids_visible_to(user).order_by().values("pk")
    rows = ChannelPost.objects.select_related("interest_grid__community__unit", "posted_by")
    return rows.filter(interest_grid_id__in=seen).order_by("id")
