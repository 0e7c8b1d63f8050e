"""Household visits a person sees. Rule: J13"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from gis.layers.queries.outlines import outlines_of
from grids.interest.models import HouseholdVisit
from grids.interest.queries.names_shown import is_named
from grids.units.queries.leaders import grids_led_by
from tenants.accounts.models import User
from tenants.bureau.queries.days import today
from tenants.bureau.queries.rights import granted_paths, under_paths


def visits_visible_to(user: User) -> QuerySet[HouseholdVisit]:
    """One's own visits, those in the base grids one leads, and those where one holds `visit.view`; by id."""
    by_office = under_paths(granted_paths(user, "visit.view"), "grid__community__unit__path")
    led = list(grids_led_by(user, today()))  # a few, named one by one for the index
    own = Q(visited_by_id=user.pk) | Q(grid_id__in=led)
    rows = HouseholdVisit.objects.select_related("grid__community__unit", "visited_by")
    rows = rows.filter(by_office | own).annotate(is_named=is_named(user, "visited_by_id"))
    return rows.prefetch_related("asks").defer(*outlines_of("grid__community")).order_by("id")
