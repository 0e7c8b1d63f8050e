"""Locking grids of a plan under work, so that the next drawing leaves them as they are."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from grids.units.models import GridPlan, PlanGrid
from grids.units.queries.plans import plan_for_update
from grids.units.rules.grid_lock import check_how_many, check_urban
from grids.units.rules.plan_states import PlanAction, PlanState, next_state
from grids.units.services.events import record_plan_event
from tenants.accounts.models import User
from wangge.errors import not_found
from wangge.kernel.etag import check_if_match

LOCK = "grid_plan.lock"


@transaction.atomic
def lock_grids(
    *,
    plan_id: int,
    sequences: Sequence[int],
    locked: bool,
    acting_user: User,
    if_match: str | None,
    reason: str = "",
) -> GridPlan:
    """Lock or unlock grids of a plan under work. 404, 403, 412, 428, 409 INVALID_TRANSITION, 422 RURAL_UNIT.

    A validated or returned plan stays what it is, because no border moves. Grids that are as wanted already are left
    alone; when all are, nothing changes.
    """
    plan = plan_for_update(acting_user, plan_id, LOCK)
    check_how_many(sequences, "sequences")
    check_urban(plan.community.settlement)
    rows = {
        row.sequence: row for row in PlanGrid.objects.filter(plan=plan).defer("geometry", "geometry_3857")
    }
    now_locked = sorted(sequence for sequence, row in rows.items() if row.is_locked)
    check_if_match(
        if_match,
        version=plan.version,
        current={"locked": now_locked},
        sent={"sequences": list(sequences), "locked": locked},
    )
    next_state(PlanState(plan.state), PlanAction.EDIT)
    for sequence in sequences:
        if sequence not in rows:
            raise not_found(f"网格{sequence:03d}", f"grid {sequence:03d}")
    changed = [
        rows[sequence] for sequence in sorted(set(sequences)) if rows[sequence].is_locked is not locked
    ]
    if not changed:
        return plan
    for row in changed:
        row.is_locked, row.lock_reason = locked, reason.strip() if locked else ""
        row.locked_by, row.locked_at = (acting_user, timezone.now()) if locked else (None, None)
    PlanGrid.objects.bulk_update(changed, ["is_locked", "lock_reason", "locked_by", "locked_at"])
    plan.version += 1
    plan.changed_at = timezone.now()
    plan.save(update_fields=["version", "changed_at"])
    record_plan_event(
        plan=plan,
        action="lock" if locked else "unlock",
        from_state=plan.state,
        acting_user=acting_user,
        permission=LOCK,
        reason=reason.strip(),
        before={"locked": now_locked},
        after={"grids": [row.label for row in changed], "sequences": [row.sequence for row in changed]},
    )
    return plan
