"""Issues handed to the hotline that a person sees. Rule: J15"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from gis.layers.queries.outlines import outlines_of
from grids.interest.models import HotlineIssue
from grids.interest.queries.base_grid_standing import base_grid_standings, led_or_served
from grids.interest.queries.names_shown import is_named
from grids.interest.rules.base_grid_standing import check_base_grid_standing
from grids.interest.rules.standing import Act
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found

_WITH = ("grid__community__unit", "interest_grid", "site", "noted_by", "message", "photo")


def hotline_issues_visible_to(user: User) -> QuerySet[HotlineIssue]:
    """One's own, those of base grids one leads or serves (so that nobody reports twice), and by `hotline.view`; by id."""
    by_office = under_paths(granted_paths(user, "hotline.view"), "grid__community__unit__path")
    own = Q(noted_by_id=user.pk) | led_or_served(user, today(), "grid_id")
    rows = HotlineIssue.objects.select_related(*_WITH).filter(by_office | own)
    return (
        rows.annotate(is_named=is_named(user, "noted_by_id"))
        .defer(*outlines_of("grid__community"))
        .order_by("id")
    )


def hotline_issue_for_update(user: User, issue_id: int) -> HotlineIssue:
    """The issue, locked, for who may hand it over: 404 out of sight, 403 POST_REQUIRED for the rest."""
    found = hotline_issues_visible_to(user).filter(pk=issue_id).first()
    if found is None:
        raise not_found("事项", "issue")
    check_base_grid_standing(Act.HAND_UP, base_grid_standings(user, found.grid, Act.HAND_UP, today()))
    return HotlineIssue.objects.select_for_update(of=("self",)).select_related(*_WITH).get(pk=found.pk)


def own_issue_for_update(user: User, issue_id: int) -> HotlineIssue:
    """The issue, locked, for who noted it or may note issues there: 404 out of sight, 403 POST_REQUIRED for the rest."""
    found = hotline_issues_visible_to(user).filter(pk=issue_id).first()
    if found is None:
        raise not_found("事项", "issue")
    if found.noted_by_id != user.pk:
        check_base_grid_standing(Act.LOG, base_grid_standings(user, found.grid, Act.LOG, today()))
    return HotlineIssue.objects.select_for_update(of=("self",)).select_related(*_WITH).get(pk=found.pk)
