"""Sports federations and fitness organisations, and how much of each level they cover as of a day. Rule: J19"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from grids.units.models import SportsBody
from grids.units.queries.vacancies import unit_path_in_reach
from grids.units.rules.sports_bodies import LEVELS_OF, SportsBodyKind, coverage_percent
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.org_units import valid_on, with_names
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.rules.org_levels import OrgLevel
from wangge.errors import not_found
from wangge.kernel.permissions import require

VIEW, EDIT = "org.view", "sports_body.edit"


def standing_on(on: date) -> Q:
    """Bodies that stand on that day."""
    return Q(founded_on__lte=on) & (Q(dissolved_on=None) | Q(dissolved_on__gte=on))


def sports_bodies_visible_to(user: User) -> QuerySet[SportsBody]:
    """Bodies of all dates in the user's units, by id."""
    allowed = under_paths(granted_paths(user, VIEW), "unit__path")
    return SportsBody.objects.filter(allowed).select_related("unit").order_by("id")


def with_standing(rows: QuerySet[SportsBody], on: date) -> QuerySet[SportsBody]:
    """The bodies, each with the body above it (`parent_body`) and its unit's name (`unit_then`) as of a day."""
    above = SportsBody.objects.filter(
        standing_on(on), kind=OuterRef("kind"), unit=OuterRef("unit__parent")
    ).order_by("founded_on", "pk")
    named: QuerySet[Any] = with_names(OrgUnit.objects.filter(pk=OuterRef("unit_id")), on)
    return rows.annotate(
        parent_body=Subquery(above.values("pk")[:1]), unit_then=Subquery(named.values("name_then")[:1])
    )


def sports_body_for_update(user: User, body_id: int) -> SportsBody:
    """The body, locked; 404 outside the user's scope, then 403 without the right."""
    found = sports_bodies_visible_to(user).filter(pk=body_id).first()
    if found is None:
        raise not_found("体育组织", "sports body")
    require(user, EDIT, found.unit_path)
    return SportsBody.objects.select_for_update(of=("self",)).select_related("unit").get(pk=body_id)


@dataclass(frozen=True, slots=True)
class BodyCoverage:
    """How many of the units of a level, as of a day, have a body of that kind; percent with one decimal."""

    level: str
    kind: str
    units: int
    covered: int
    percent: str | None


def sports_body_coverage(user: User, on: date, unit_id: int | None = None) -> list[BodyCoverage]:
    """Coverage per level and kind in the user's units (of one unit and below, where named), in one statement.

    Units count that stand that day, whatever they were called; what a merged unit had counts as of the days before.
    404 for a unit out of reach.
    """
    allowed = under_paths(granted_paths(user, VIEW), "path")
    units = OrgUnit.objects.filter(allowed, valid_on(on))
    if unit_id is not None:
        units = units.filter(path__startswith=unit_path_in_reach(user, unit_id, VIEW))
    return body_coverage_of(units, on)


def body_coverage_of(units: QuerySet[OrgUnit], on: date) -> list[BodyCoverage]:
    """Coverage per level and kind of these units as of a day, in one statement."""
    bodies = SportsBody.objects.filter(standing_on(on), unit=OuterRef("pk"))
    counts = {
        kind.value: Count("pk", filter=Q(Exists(bodies.filter(kind=kind.value)))) for kind in SportsBodyKind
    }
    found: dict[str, Any] = {
        row["level"]: row for row in units.order_by().values("level").annotate(units=Count("pk"), **counts)
    }
    return [
        _coverage(found.get(level.value, {}), level, kind)
        for kind in SportsBodyKind
        for level in LEVELS_OF[kind]
    ]


def _coverage(row: dict[str, int], level: OrgLevel, kind: SportsBodyKind) -> BodyCoverage:
    units, covered = row.get("units", 0), row.get(kind.value, 0)
    return BodyCoverage(level.value, kind.value, units, covered, coverage_percent(covered, units))
