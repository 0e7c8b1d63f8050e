"""Fitness organisations of base grids: whose one sees, and which one may change. Rule: J03"""

from __future__ import annotations

from datetime import date

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from gis.layers.queries.outlines import outlines_of
from grids.units.models import FitnessGroupMember, Grid, GridFitnessGroup
from grids.units.queries.grids import grids_visible_to
from grids.units.queries.leaders import grids_led_by
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import forbidden, not_found
from wangge.kernel.permissions import holds

VIEW, EDIT = "leader.view", "sports_body.edit"


def standing_on(on: date) -> Q:
    """Groups that stand on that day."""
    return Q(founded_on__lte=on) & (Q(dissolved_on=None) | Q(dissolved_on__gte=on))


def fitness_groups_visible_to(user: User, on: date) -> QuerySet[GridFitnessGroup]:
    """Groups of the user's communities and of the grids the user leads that day, by id, with `people` present."""
    by_office = under_paths(granted_paths(user, VIEW), "grid__community__unit__path")
    present = FitnessGroupMember.objects.filter(group=OuterRef("pk"), left_on=None).order_by().values("group")
    return (
        GridFitnessGroup.objects.filter(by_office | Q(grid__in=grids_led_by(user, on)))
        .annotate(people=Coalesce(Subquery(present.annotate(count=Count("pk")).values("count")), 0))
        .select_related("grid__community__unit")
        .defer(*outlines_of("grid__community"))
        .order_by("id")
    )


def may_change(user: User, grid: Grid, on: date) -> bool:
    """Whether the user leads the grid that day, or holds the office's right there."""
    return holds(user, EDIT, grid.unit_path) or grids_led_by(user, on).filter(grid_id=grid.pk).exists()


def grid_to_found_in(user: User, grid_id: int, on: date) -> Grid:
    """The grid, locked; 404 unless the user sees or leads it, 403 unless the user may change its group."""
    seen = Q(pk__in=grids_visible_to(user).order_by().values("pk")) | Q(pk__in=grids_led_by(user, on))
    found = Grid.objects.filter(seen, pk=grid_id).select_related("community__unit").first()
    if found is None:
        raise not_found("网格", "grid")
    if not may_change(user, found, on):
        raise forbidden(EDIT)
    rows = Grid.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("community__unit").get(pk=grid_id)


def fitness_group_for_update(user: User, group_id: int, on: date) -> GridFitnessGroup:
    """The group, locked; 404 outside the user's sight, then 403 for who may not change it."""
    found = fitness_groups_visible_to(user, on).filter(pk=group_id).first()
    if found is None:
        raise not_found("网格健身组织", "fitness organisation")
    if not may_change(user, found.grid, on):
        raise forbidden(EDIT)
    return (
        GridFitnessGroup.objects.select_for_update(of=("self",))
        .select_related("grid__community__unit")
        .get(pk=group_id)
    )


def members_of(group_id: int) -> list[FitnessGroupMember]:
    """Everyone who is or was in the group, by the day of joining."""
    return list(FitnessGroupMember.objects.filter(group_id=group_id).order_by("joined_on", "id"))


def members_visible_to(user: User, on: date) -> QuerySet[FitnessGroupMember]:
    """Members of the groups the user sees."""
    groups = fitness_groups_visible_to(user, on).order_by().values("pk")
    return FitnessGroupMember.objects.filter(group__in=groups).select_related("group__grid__community__unit")
