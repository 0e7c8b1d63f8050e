"""Grid plans that a user may see, and fetching one for a change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from gis.layers.models import Building, Community
from gis.layers.queries.features import current_communities
from grids.units.models import BuildingAssignment, GridPlan, PlanEvent, PlanGrid
from grids.units.rules.plan_states import PlanState
from tenants.accounts.models import User
from tenants.bureau.models import OrgCode
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.queries.rights import organisation_of as organisation_of
from wangge.errors import not_found
from wangge.kernel.permissions import require

EDITABLE = (PlanState.DRAFT.value, PlanState.VALIDATED.value, PlanState.RETURNED.value)
WORK_ON_A_PLAN = ("draw", "edit", "assign", "submit")
COMMUNITY_DIGITS = 12


def plans_visible_to(user: User) -> QuerySet[GridPlan]:
    """Plans of every state in the communities for which the user holds `grid_plan.view`, by id."""
    allowed = under_paths(granted_paths(user, "grid_plan.view"), "community__unit__path")
    return GridPlan.objects.filter(allowed).select_related("community__unit", "drafted_by").order_by("id")


def with_sums(plans: QuerySet[GridPlan]) -> QuerySet[GridPlan]:
    """Plans with `grid_count` and `household_sum`."""
    return plans.annotate(grid_count=Count("grids"), household_sum=Sum("grids__households", default=0))


def plan_for_update(user: User, plan_id: int, permission: str) -> GridPlan:
    """The plan, locked together with its community; 404 outside the user's scope, then 403 without the right.

    The community is locked first, always, so that drawing and publishing wait for one another in one order.
    """
    found = (
        plans_visible_to(user).filter(pk=plan_id).values_list("community_id", "community__unit__path").first()
    )
    if found is None:
        raise not_found("网格方案", "grid plan")
    require(user, permission, found[1])
    community_locked(found[0])
    return GridPlan.objects.select_for_update(of=("self",)).select_related("community__unit").get(pk=plan_id)


def community_locked(community_id: int) -> Community:
    """The community's row, locked against another drawing or publishing; rows that point to it stay writable."""
    return (
        Community.objects.select_for_update(of=("self",), no_key=True)
        .select_related("unit")
        .get(pk=community_id)
    )


def communities_to_draw(user: User, community_ids: Iterable[int] | None) -> list[Community]:
    """The communities (all, when None) for which the user may draft plans; 404 for one outside the scope."""
    allowed = under_paths(granted_paths(user, "grid_plan.draft"), "unit__path")
    rows = current_communities().filter(allowed)
    if community_ids is None:
        return list(rows)
    wanted = sorted(set(community_ids))
    found = list(rows.filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise not_found("社区", "community")
    return found


def community_in_reach(user: User, community_id: int, permission: str) -> Community:
    """The current community, when the user holds that right of looking there; else 404."""
    allowed = under_paths(granted_paths(user, permission), "unit__path")
    found = current_communities().filter(allowed, pk=community_id).first()
    if found is None:
        raise not_found("社区", "community")
    return found


def published_plan(community_id: int) -> GridPlan | None:
    """The community's newest published plan, the one that the next continues; it may come into force only later.

    Which plan is in force on a day is said by `plans_in_force`, never by the state alone.
    """
    return GridPlan.objects.filter(community_id=community_id, state=PlanState.PUBLISHED.value).first()


def plans_in_force(on: date) -> QuerySet[GridPlan]:
    """The plans that say how the land is divided on that day: published for it, or superseded only later."""
    return GridPlan.objects.filter(
        Q(effective_to=None) | Q(effective_to__gte=on),
        state__in=(PlanState.PUBLISHED.value, PlanState.SUPERSEDED.value),
        effective_on__lte=on,
    )


def next_plan_number(community_id: int) -> int:
    """1, 2, 3 … inside the community; call it with the community locked."""
    last = GridPlan.objects.filter(community_id=community_id).aggregate(last=Max("number"))["last"]
    return int(last or 0) + 1


def who_worked_on(plan: GridPlan) -> set[int]:
    """The people who drew, edited or submitted the plan."""
    actors = PlanEvent.objects.filter(plan=plan, action__in=WORK_ON_A_PLAN).values_list("actor_id", flat=True)
    return {plan.drafted_by_id, *actors}


def plan_grids(plan: GridPlan) -> list[PlanGrid]:
    """The plan's grids in their order."""
    rows = PlanGrid.objects.filter(plan=plan).select_related("grid").defer("geometry_3857")
    return list(rows.order_by("sequence"))


def homes_outside_plan(plan: GridPlan) -> tuple[int, int]:
    """Buildings with households that the community has now and the plan does not know, and their households."""
    known = BuildingAssignment.objects.filter(plan=plan)
    rows = Building.objects.filter(retired_by=None, community_id=plan.community_id, households__gt=0)
    rows = rows.exclude(Exists(known.filter(building=OuterRef("pk"))))
    rows = rows.exclude(Exists(known.filter(building_ref=OuterRef("ref"))))
    found = rows.aggregate(buildings=Count("id"), households=Sum("households", default=0))
    return int(found["buildings"]), int(found["households"])


def community_codes(community: Community, on: date) -> set[str]:
    """The twelve-digit codes the community bears on that day; its layer's own code when its unit has none."""
    codes = OrgCode.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=on), unit_id=community.unit_id, valid_from__lte=on
    ).values_list("code", flat=True)
    return {code for code in codes if len(code) == COMMUNITY_DIGITS} or {community.code}
