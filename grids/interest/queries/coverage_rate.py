"""How the communities of a place stand towards full coverage on a day. Rule: J21"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from grids.interest.queries.indicators_organised import base_grids_on, spans_on
from grids.interest.rules.coverage_rate import CommunityStanding
from grids.interest.rules.people_states import InterestGridState
from grids.units.models import GridLeader
from grids.units.queries.leaders import active_on
from tenants.bureau.models import OrgLevel, OrgUnit
from tenants.bureau.queries.org_units import valid_on
from tenants.bureau.queries.rights import under_paths


@dataclass(frozen=True, slots=True)
class Denominator:
    """The communities that coverage is counted over: how many stand on the day, and since when just these."""

    communities: int
    as_of: date
    since: date | None


def community_units(on: date) -> QuerySet[OrgUnit]:
    """The communities and villages of the division codes that stand on the day, by id."""
    return OrgUnit.objects.filter(valid_on(on), level=OrgLevel.VILLAGE).order_by("id")


def community_standings(units: QuerySet[OrgUnit], on: date) -> dict[str, CommunityStanding]:
    """Path → how the community stands on the day, in three statements however many there are."""
    led = GridLeader.objects.filter(active_on(on), grid=OuterRef("grid"))
    drawn = base_grids_on(on).filter(plan__community__unit__in=units.order_by().values("pk")).order_by()
    base_grids = {
        unit: (count, with_leader)
        for unit, count, with_leader in drawn.values_list("plan__community__unit").annotate(
            count=Count("id"), led=Count("id", filter=Q(Exists(led)))
        )
    }
    active = spans_on(on, InterestGridState.ACTIVE).order_by()
    interest_grids = dict(
        active.filter(interest_grid__community__unit__in=units.order_by().values("pk"))
        .values_list("interest_grid__community__unit")
        .annotate(count=Count("id"))
    )
    return {
        path: CommunityStanding(unit, *base_grids.get(unit, (0, 0)), interest_grids.get(unit, 0))
        for unit, path in units.values_list("id", "path")
    }


def denominator(on: date, paths: tuple[str, ...]) -> Denominator:
    """How many communities stand on the day, and the last day on or before it on which one came or was gone."""
    below = Q(under_paths(list(paths), "path"), level=OrgLevel.VILLAGE)
    found = OrgUnit.objects.filter(below).aggregate(
        count=Count("id", filter=valid_on(on)),
        came=Max("valid_from", filter=Q(valid_from__lte=on)),
        went=Max("valid_to", filter=Q(valid_to__lt=on)),
    )
    days = [found["came"], None if found["went"] is None else found["went"] + timedelta(days=1)]
    return Denominator(found["count"], on, max((day for day in days if day is not None), default=None))
