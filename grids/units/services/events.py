"""One entry in a plan's history together with its audit row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grids.units.models import GridPlan, PlanEvent
from grids.units.queries.plans import organisation_of
from tenants.accounts.models import User
from tenants.accounts.services import record_audit


def record_plan_event(
    *,
    plan: GridPlan,
    action: str,
    from_state: str,
    acting_user: User,
    permission: str,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write what was done to the plan into its history and into the audit log, in the caller's transaction."""
    organisation = organisation_of(acting_user, permission, plan.unit_path)
    changed = {"state": plan.state, "version": plan.version, **(after or {})}
    PlanEvent.objects.create(
        plan=plan,
        action=action,
        from_state=from_state,
        to_state=plan.state,
        actor=acting_user,
        organisation=organisation,
        reason=reason,
        policy_version=plan.policy_version,
        before=dict(before or {}),
        after=changed,
    )
    record_audit(
        acting_user=acting_user,
        action=f"grid_plan.{action}",
        subject=plan,
        before={"state": from_state, **(before or {})},
        after=changed,
        reason=reason,
        organisation=organisation,
        policy_version=plan.policy_version,
    )
