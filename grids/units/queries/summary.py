"""The first page of the bureau and of GIS staff: the whole city in a bounded number of statements."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from gis.layers.models import Building, Community
from gis.layers.queries.features import current_communities
from gis.layers.queries.frames import unplaced_households
from grids.units.models import CommunityCoverage, GridLeader, GridPlan, PlanGrid
from grids.units.queries.cards import data_label
from grids.units.queries.coverage import community_coverage_visible_to, latest_run, reached_told
from grids.units.queries.grids import drawn_grids_visible_to
from grids.units.queries.leaders import active_on
from grids.units.queries.plans import plans_in_force, plans_visible_to
from grids.units.queries.policy import acting_alert_days
from grids.units.rules.plan_states import PlanState
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.rules.local_time import local_date

LISTED = 50
# The map marks each of them; a city where more are empty lacks its building layer.
MOST_WITHOUT_HOMES = 500
OPEN_STATES = ("draft", "validated", "submitted", "county_reviewed", "approved", "returned")


def grid_summary(user: User, on: date) -> dict[str, Any]:
    """The numbers of the user's communities on that day, with the findings and changes worth a look."""
    communities = current_communities().filter(under_paths(granted_paths(user, "grid.view"), "unit__path"))
    grids = drawn_grids_visible_to(user, on).select_related(None).order_by()
    plans = plans_visible_to(user).select_related(None).order_by()
    return {
        "as_of": on,
        **_community_numbers(communities, on),
        "unplaced_households": unplaced_households(),
        **_grid_numbers(grids),
        "plans_by_state": _plans_by_state(plans),
        **_leader_numbers(grids, on),
        "coverage": _coverage(user),
        "findings": _findings(plans),
        "changed_units": _changed_units(plans),
        "communities_without_homes": _without_homes(communities),
        "data_label": data_label(),
    }


def _community_numbers(communities: QuerySet[Community], on: date) -> dict[str, Any]:
    in_force = plans_in_force(on).filter(community=OuterRef("pk"))
    numbers = communities.order_by().aggregate(
        total=Count("id"), published=Count("id", filter=Q(Exists(in_force)))
    )
    households = Building.objects.filter(retired_by=None, community__in=communities.order_by().values("pk"))
    return {
        "communities_total": numbers["total"],
        "communities_published": numbers["published"],
        "households": households.aggregate(sum=Sum("households"))["sum"] or 0,
    }


def _without_homes(communities: QuerySet[Community]) -> list[dict[str, Any]]:
    """Communities in whose buildings nobody lives: a drawing makes each of them one grid of whatever size."""
    homes = Building.objects.filter(retired_by=None, households__gt=0, community=OuterRef("pk"))
    rows = communities.exclude(Exists(homes)).order_by("id")
    return [dict(row) for row in rows.values("id", "name", "code")[:MOST_WITHOUT_HOMES]]


def _grid_numbers(grids: QuerySet[PlanGrid]) -> dict[str, Any]:
    """Grids by size; every urban grid counts in exactly one of in_band, soft_range, outside_soft, beyond_hard.

    The sole grid of a community without homes has no size and counts in none of them.
    """
    others = PlanGrid.objects.filter(plan=OuterRef("plan")).exclude(pk=OuterRef("pk"))
    homeless = Q(households=0) & ~Q(Exists(others))
    size = {
        name: Count("id", filter=Q(quality__size_class=size_class, villager_groups=[]) & ~homeless)
        for name, size_class in (
            ("in_band", "band"),
            ("soft_range", "soft"),
            ("outside_soft", "hard"),
            ("beyond_hard", "outside"),
        )
    }
    numbers = grids.aggregate(
        grids=Count("id"),
        grid_households=Sum("households", default=0),
        rural_grids=Count("id", filter=~Q(villager_groups=[])),
        **size,
    )
    return dict(numbers)


def _plans_by_state(plans: QuerySet[GridPlan]) -> dict[str, int]:
    counts = dict(plans.values_list("state").annotate(count=Count("id")))
    return {state.value: counts.get(state.value, 0) for state in PlanState}


def _leader_numbers(grids: QuerySet[PlanGrid], on: date) -> dict[str, Any]:
    serving = GridLeader.objects.filter(active_on(on), grid=OuterRef("grid"))
    soon = serving.filter(is_acting=True, ends_on__lte=on + timedelta(days=acting_alert_days(on)))
    return grids.aggregate(
        leaders_missing=Count("id", filter=~Q(Exists(serving))),
        acting_ending_soon=Count("id", filter=Q(Exists(soon))),
    )


def _coverage(user: User) -> dict[str, Any] | None:
    run = latest_run()
    if run is None:
        return None
    rows: QuerySet[CommunityCoverage] = community_coverage_visible_to(user, run)
    numbers = rows.order_by().aggregate(
        households=Sum("households", default=0),
        covered_households=Sum("covered_households", default=0),
        activity_households=Sum("activity_households", default=0),
        activity_only_households=Sum("activity_only_households", default=0),
        network=Count("id", filter=Q(method="network")),
        radius=Count("id", filter=Q(method="radius")),
        total=Count("id"),
    )
    counted = ("network", "radius", "total")
    reached = CommunityCoverage(**{name: count for name, count in numbers.items() if name not in counted})
    return {
        **reached_told(reached),
        "method": _method(*(numbers[name] for name in counted)),
        "run_at": run.run_at,
        "as_of": local_date(run.run_at),
    }


def _method(network: int, radius: int, total: int) -> str:
    if total == 0:
        return "none"
    return {network: "network", radius: "radius"}.get(total, "mixed")


def _findings(plans: QuerySet[GridPlan]) -> list[dict[str, Any]]:
    """What the last check of each open plan found, refusals first, at most `LISTED` plans' worth."""
    rows = plans.filter(state__in=OPEN_STATES).exclude(findings=[]).order_by("-validated_at", "-id")
    listed = [
        {"plan_id": plan_id, "community": community, "state": state, **_short(finding)}
        for plan_id, community, state, findings in rows.values_list(
            "id", "community__name", "state", "findings"
        )[:LISTED]
        for finding in findings
    ]
    return sorted(listed, key=lambda finding: finding["level"] != "refusal")[:LISTED]


def _short(finding: dict[str, Any]) -> dict[str, Any]:
    told = ("level", "code", "zh", "en", "rule", "how_to_fix_zh", "how_to_fix_en")
    return {name: finding[name] for name in told}


def _changed_units(plans: QuerySet[GridPlan]) -> list[dict[str, Any]]:
    """What the newest plans change against the plan before them, newest first; a redrawing that changes nothing is none."""
    rows = plans.filter(quality__changes__against__isnull=False).order_by("-changed_at", "-id")
    rows = rows.exclude(
        quality__changes__new=[],
        quality__changes__gone=[],
        quality__changes__changed=[],
        quality__changes__moved_households=0,
    )
    return [
        {"plan_id": plan_id, "community": community, "state": state, **{
            name: changes[name] for name in ("new", "gone", "changed", "moved_households")
        }}
        for plan_id, community, state, changes in rows.values_list(
            "id", "community__name", "state", "quality__changes"
        )[:LISTED]
    ]  # fmt: skip
