"""Taking up an earlier plan again: a new draft with its grids, which goes the way of every plan."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from grids.units.models import BuildingAssignment, GridPlan, PlanGrid
from grids.units.queries.changes import changes_against, identities_from
from grids.units.queries.plans import next_plan_number, plan_for_update, plan_grids, published_plan
from grids.units.queries.policy import size_limits, size_policy
from grids.units.rules.grid_size import check_limits_rise
from grids.units.rules.plan_states import PlanState
from grids.units.services.events import record_plan_event
from tenants.accounts.models import User
from tenants.bureau.rules.local_time import local_date

DRAFT = "grid_plan.draft"
BULK = 1000
_KEPT = (
    "sequence", "geometry", "parts", "households", "buildings", "area_m2", "villager_groups", "quality",
    "size_reason", "contiguity_reason", "merge_reason",
)  # fmt: skip


@transaction.atomic
def copy_plan(*, plan_id: int, reason: str, acting_user: User) -> GridPlan:
    """Make a new draft of the same grids and buildings under today's policy; 404, 403, 422 POLICY_LIMITS.

    This is how a publication is taken back: the plan before it is taken up again, reviewed and published with a date,
    and nothing that was in force is rewritten. Its grids take over the identities of those in force now.
    """
    source = plan_for_update(acting_user, plan_id, DRAFT)
    before = published_plan(source.community_id)
    policy = size_policy(local_date(timezone.now()))
    check_limits_rise(size_limits(policy.values))
    copy = GridPlan.objects.create(
        community=source.community, number=next_plan_number(source.community_id), parent=before,
        preset=source.preset, parameters=source.parameters, seed=source.seed,
        engine_version=source.engine_version, policy=policy.values, policy_version=policy.version,
        quality=source.quality, notes=source.notes, drafted_by=acting_user,
    )  # fmt: skip
    rows = plan_grids(source)
    copies = [
        PlanGrid(plan=copy, **{name: getattr(row, name) for name in _KEPT}, grid_id=row.grid_id)
        for row in rows
    ]
    PlanGrid.objects.bulk_create(copies, batch_size=BULK)
    _copy_assignments(source, copy)
    if before is not None:
        _take_over_identities(copy, copies, before)
    copy.quality = {**source.quality, "changes": changes_against(copy, before)}
    copy.save(update_fields=["quality"])
    record_plan_event(
        plan=copy, action="draw", from_state="", acting_user=acting_user, permission=DRAFT, reason=reason,
        after={"copy_of": source.pk, "state": PlanState.DRAFT.value},
    )  # fmt: skip
    return copy


def _take_over_identities(copy: GridPlan, copies: list[PlanGrid], before: GridPlan) -> None:
    kept = identities_from(copy, before)
    for row in copies:
        row.grid_id = kept.get(row.pk)
    PlanGrid.objects.bulk_update(copies, ["grid"])


def _copy_assignments(source: GridPlan, copy: GridPlan) -> None:
    grid_at = dict(PlanGrid.objects.filter(plan=copy).values_list("sequence", "pk"))
    rows = BuildingAssignment.objects.filter(plan=source).select_related("plan_grid")
    BuildingAssignment.objects.bulk_create(
        (
            BuildingAssignment(
                plan=copy, plan_grid_id=grid_at[row.plan_grid.sequence], building_id=row.building_id,
                building_ref=row.building_ref, households=row.households, is_manual=row.is_manual,
            )
            for row in rows.only("plan_grid__sequence", "building_id", "building_ref", "households", "is_manual")
        ),
        batch_size=BULK,
    )  # fmt: skip
