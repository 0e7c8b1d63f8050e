"""Who leads which grid, and who holds the office in charge of culture and sports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from grids.units.models import CultureSportsOfficer, GridLeader
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths


def leaders_visible_to(user: User) -> QuerySet[GridLeader]:
    """Present, past and coming leaders in the communities for which the user holds `leader.view`, by id."""
    allowed = under_paths(granted_paths(user, "leader.view"), "grid__community__unit__path")
    return GridLeader.objects.filter(allowed).select_related("grid__community__unit", "user").order_by("id")


def officers_visible_to(user: User) -> QuerySet[CultureSportsOfficer]:
    """Officials in charge of culture and sports in the user's communities, by id."""
    allowed = under_paths(granted_paths(user, "leader.view"), "community__unit__path")
    return (
        CultureSportsOfficer.objects.filter(allowed).select_related("community__unit", "user").order_by("id")
    )


def active_on(on: date) -> Q:
    """Leaders who serve on that day."""
    return Q(starts_on__lte=on) & (Q(ends_on=None) | Q(ends_on__gte=on))


def leaders_of(grid_ids: Iterable[int], on: date) -> dict[int, GridLeader]:
    """The leader of each of these grids on that day; a grid without one is missing."""
    rows = GridLeader.objects.filter(active_on(on), grid_id__in=list(grid_ids)).select_related("user")
    return {row.grid_id: row for row in rows}


def grids_with_leader(grid_ids: Iterable[int | None], on: date) -> set[int]:
    """Those of these grids that are led on that day."""
    wanted = [grid_id for grid_id in grid_ids if grid_id is not None]
    return set(GridLeader.objects.filter(active_on(on), grid_id__in=wanted).values_list("grid_id", flat=True))


def grids_led_by(user: User, on: date) -> QuerySet[GridLeader, int]:
    """The ids of the grids the user leads on that day."""
    return GridLeader.objects.filter(active_on(on), user=user).values_list("grid_id", flat=True)


def offices_of(user_id: int) -> list[CultureSportsOfficer]:
    """Every office in charge of culture and sports the person has held or holds."""
    return list(CultureSportsOfficer.objects.filter(user_id=user_id).order_by("id"))


def terms_of(grid_id: int) -> list[GridLeader]:
    """Every term of the grid's leaders, oldest first."""
    return list(GridLeader.objects.filter(grid_id=grid_id).order_by("starts_on"))
