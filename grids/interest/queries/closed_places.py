"""Interest grids and meetings at fitness sites that were retired, and who meets at which site. Rules: J07, J09, J13"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate

from grids.interest.models import InterestGrid, Occurrence
from grids.interest.rules.activity_states import OccurrenceState
from grids.interest.rules.people_states import InterestGridState
from instructors.assignment.rules.retiring import SiteUse
from tenants.bureau.rules.local_time import SHANGHAI

OCCURRENCE_NAMES = "occurrence:"


def meetings_at_closed_places(now: datetime) -> QuerySet[Occurrence]:
    """Planned meetings to come on days after the last of the site where they are to be."""
    rows = Occurrence.objects.filter(
        state=OccurrenceState.PLANNED.value, starts_at__gt=now, site__valid_to__isnull=False
    )
    return rows.annotate(day=TruncDate("starts_at", tzinfo=SHANGHAI)).filter(day__gt=F("site__valid_to"))


def at_closed_places(now: datetime) -> Q:
    """A filter for interest grids, not closed, whose usual place or the place of a coming meeting was retired."""
    meeting = meetings_at_closed_places(now).order_by().values("interest_grid")
    stands = ~Q(state=InterestGridState.CLOSED.value)
    return stands & (Q(site__valid_to__isnull=False) | Q(pk__in=meeting))


@dataclass
class AtSites:
    """An interest grid that has to do with some of the sites asked for.

    `sites`: their ids; `meetings`: the ids of its coming meetings there, by site; `planners`: who planned these.
    """

    interest_grid: InterestGrid
    sites: set[int] = field(default_factory=set)
    meetings: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    planners: set[int] = field(default_factory=set)


def interest_grids_at(site_ids: Collection[int], first: datetime) -> list[AtSites]:
    """Interest grids, by id, that usually meet at these sites or are to meet there from the moment on; two statements."""
    rows = Occurrence.objects.filter(
        state=OccurrenceState.PLANNED.value, starts_at__gte=first, site__in=site_ids
    ).order_by("starts_at", "id")
    coming = list(rows.values_list("interest_grid_id", "site_id", "pk", "activity__planned_by_id"))
    home = Q(site__in=site_ids) & ~Q(state=InterestGridState.CLOSED.value)
    grids = InterestGrid.objects.filter(home | Q(pk__in={row[0] for row in coming})).order_by("id")
    found = {grid.pk: AtSites(grid) for grid in grids}
    for each in found.values():
        if each.interest_grid.site_id in set(site_ids):
            each.sites.add(each.interest_grid.site_id)
    for grid_id, site_id, meeting, planner in coming:
        found[grid_id].sites.add(site_id)
        found[grid_id].meetings[site_id].append(meeting)
        found[grid_id].planners.add(planner)
    return list(found.values())


def uses_of_sites(site_ids: Collection[int], first: datetime) -> list[SiteUse]:
    """The same as the floor below asks for it: one line for each site and interest grid."""
    return [
        SiteUse(
            site, f"{each.interest_grid.name}（{each.interest_grid.code}）",
            f"{each.interest_grid.name} ({each.interest_grid.code})",
            tuple(f"{OCCURRENCE_NAMES}{meeting}" for meeting in each.meetings.get(site, ())),
        )
        for each in interest_grids_at(site_ids, first)
        for site in sorted(each.sites)
    ]  # fmt: skip
