"""Interest grids as lists and cards show them, and what the rules ask of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection
from django.db.models import Exists, IntegerField, Max, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.aggregates import Count
from django.db.models.functions import Coalesce
from django.utils import timezone

from gis.layers.models import Community
from gis.layers.queries.features import current_communities
from grids.interest.models import InterestGrid, MemberPost, Participation
from grids.interest.queries.closed_places import at_closed_places
from grids.interest.queries.standing import holding_post, led_or_served_by, posts_held_by
from grids.interest.rules.interest_grid_founding import Served
from grids.units.models import Grid
from grids.units.queries.grids import valid_on
from grids.units.queries.leaders import grids_led_by
from grids.units.queries.policy import PolicyInForce, policy_in_force
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found

SRID = 4490
_DISTANCE = """
SELECT min(ST_Distance(frame::geography, ST_SetSRID(ST_MakePoint(%s, %s), 4490)::geography))
FROM citylayers_community WHERE id = ANY(%s)"""


def interest_grid_policy(on: date) -> PolicyInForce:
    """How many members an active interest grid has (`members`) and when it sleeps (`dormant_days`). Rule: J07"""
    return policy_in_force("interest_grid", ("members", "dormant_days"), on)


def with_figures(rows: QuerySet[InterestGrid], on: date) -> QuerySet[InterestGrid]:
    """The same with `member_count` (serving that day), `participant_count` and their base grids; two statements."""
    serving = MemberPost.objects.filter(holding_post(on), interest_grid=OuterRef("pk"))
    present = Participation.objects.filter(interest_grid=OuterRef("pk"), left_on=None)
    grids = Grid.objects.select_related("community").order_by("code")
    return rows.annotate(
        member_count=_counted(serving, "member"), participant_count=_counted(present, "participant")
    ).prefetch_related(Prefetch("base_grids", grids))


def _counted(rows: QuerySet[Any], field: str) -> Coalesce:
    totals = rows.order_by().values("interest_grid").annotate(total=Count(field, distinct=True))
    return Coalesce(Subquery(totals.values("total"), output_field=IntegerField()), 0)


def narrowed(
    rows: QuerySet[InterestGrid], asked: Mapping[str, Any], user: User, on: date
) -> QuerySet[InterestGrid]:
    """Only those asked for: `state`, `item` (code), `category`, `community`, `base_grid`, `unit` (and below), `name` (a
    part of it), `place_closed` (its usual place or that of a coming meeting was retired), `mine` (led or served by the
    user)."""
    for key, filtering in _FILTERS.items():
        if asked.get(key) not in (None, ""):
            rows = rows.filter(filtering(asked[key]))
    if asked.get("place_closed"):
        rows = rows.filter(at_closed_places(timezone.now()))
    if asked.get("mine"):
        rows = rows.filter(pk__in=led_or_served_by(user, on).order_by().values("pk"))
    return rows


def _by_unit(unit_id: int) -> Q:
    path = OrgUnit.objects.filter(pk=unit_id).values_list("path", flat=True).first()
    return Q(community__unit__path__startswith=path) if path else Q(pk__in=[])


def _by_base_grid(grid_id: int) -> Exists:
    through = InterestGrid.base_grids.through
    return Exists(through.objects.filter(interestgrid_id=OuterRef("pk"), grid_id=grid_id))


_FILTERS: dict[str, Any] = {
    "state": lambda value: Q(state=value),
    "item": lambda value: Q(item__code=value),
    "category": lambda value: Q(item__category=value),
    "community": lambda value: Q(community_id=value),
    "base_grid": _by_base_grid,
    "unit": _by_unit,
    "name": lambda value: Q(name__icontains=value),
}


def next_sequence(community_id: int) -> int:
    """1, 2, 3 … inside the community, never given again; call it with the community locked."""
    rows = InterestGrid.objects.filter(community_id=community_id)
    return int(rows.aggregate(last=Max("sequence"))["last"] or 0) + 1


def serving_members(interest_grid_id: int, on: date) -> int:
    """How many people serve in it that day."""
    rows = MemberPost.objects.filter(holding_post(on), interest_grid_id=interest_grid_id)
    return rows.values("member").distinct().count()


def base_grids_to_serve(grid_ids: Collection[int], on: date) -> list[Grid]:
    """These base grids as they stand that day, by code; 404 when one does not."""
    wanted = set(grid_ids)
    found = list(
        Grid.objects.filter(valid_on(on), pk__in=wanted).select_related("community__unit").order_by("code")
    )
    if len(found) != len(wanted):
        raise not_found("基础网格", "base grid")
    return found


def served_by(home: Community, grids: Collection[Grid]) -> Served:
    """The communities of the base grids."""
    return Served(home.pk, home.name, {grid.community_id: grid.community.name for grid in grids})


def home_to_propose_in(user: User, community_id: int, on: date) -> Community:
    """The current community, when the user has anything to do with interest grids there; else 404.

    By `interest.view`, by leading one of its base grids, or by a post in one of its interest grids.
    """
    by_office = under_paths(granted_paths(user, "interest.view"), "unit__path")
    led = Grid.objects.filter(community_id=OuterRef("pk"), pk__in=grids_led_by(user, on))
    served = posts_held_by(user, on).filter(interest_grid__community_id=OuterRef("pk"))
    rows = current_communities().filter(by_office | Q(Exists(led)) | Q(Exists(served)), pk=community_id)
    found = rows.first()
    if found is None:
        raise not_found("社区", "community")
    return found


def distance_to_served(place: Point, community_ids: Collection[int]) -> float | None:
    """Metres from a place (EPSG:4490) to the nearest of these communities, 0 inside one; None without any."""
    with connection.cursor() as cursor:
        cursor.execute(_DISTANCE, [place.x, place.y, list(community_ids)])
        row = cursor.fetchone()
    return None if row is None or row[0] is None else float(row[0])
