"""Which counties are pilots, and for what. Rule: J10"""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from grids.units.models import Pilot
from grids.units.rules.pilots import PilotFeature, PilotTime, check_open
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths

VIEW = "org.view"


def pilots_visible_to(user: User) -> QuerySet[Pilot]:
    """Pilots of all dates in the user's units and in the counties these lie in, by id."""
    rows = Pilot.objects.select_related("unit", "decided_by").order_by("id")
    wanted = Q(pk__in=[])
    for path in granted_paths(user, VIEW):
        above = [f"{path[: at + 1]}" for at, letter in enumerate(path) if letter == "/"]
        wanted |= Q(unit__path__startswith=path) | Q(unit__path__in=above)
    return rows.filter(wanted)


def running_on(on: date) -> Q:
    """Pilots that run on that day."""
    return Q(starts_on__lte=on) & (Q(ends_on=None) | Q(ends_on__gte=on))


def counties_trying(feature: str, on: date) -> list[PilotTime]:
    """The pilots of a feature that run on a day, by county: one statement."""
    rows = Pilot.objects.filter(running_on(on), features__contains=[feature]).order_by("unit_id", "id")
    return [_time(row) for row in rows.select_related("unit")]


def check_feature_open(feature: PilotFeature, unit_path: str, on: date) -> None:
    """Refuse with 403 PILOT_ONLY what other counties try and the unit's own does not. Rule: J10"""
    check_open(feature, unit_path, on, counties_trying(feature, on))


def pilot_times(unit_id: int) -> list[PilotTime]:
    """All pilots of one county."""
    rows = Pilot.objects.filter(unit_id=unit_id).select_related("unit").order_by("id")
    return [_time(row) for row in rows]


def _time(row: Pilot) -> PilotTime:
    return PilotTime(row.unit.path, tuple(row.features), row.starts_on, row.ends_on, row.unit.name)
