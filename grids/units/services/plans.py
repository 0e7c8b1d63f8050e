"""Moving a plan along its states: locks, rights, reasons, history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from grids.units.models import GridPlan, GridRelease, PlanGrid
from grids.units.queries.plans import plan_for_update, who_worked_on
from grids.units.rules.plan_readiness import PlanReadiness
from grids.units.rules.plan_states import (
    PERMISSION_FOR,
    PlanAction,
    PlanState,
    check_other_eyes,
    check_reason_given,
    next_state,
)
from grids.units.services.checking import check_to_approve, check_to_submit, findings_of
from grids.units.services.events import record_plan_event
from grids.units.services.publishing import publish_plan, release_for
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken, RulesBroken, not_found, refuse_all
from wangge.kernel.etag import check_if_match
from wangge.kernel.problems import problem

BY_HAND = (
    PlanAction.VALIDATE,
    PlanAction.SUBMIT,
    PlanAction.REVIEW,
    PlanAction.RETURN,
    PlanAction.APPROVE,
    PlanAction.PUBLISH,
    PlanAction.REOPEN,
)


@dataclass(frozen=True, slots=True)
class TransitionOrder:
    """What somebody wants done to plans, with what the action needs.

    `size_reasons`: grid's sequence → why its size is odd, stated by the drafter. `accept_size_reasons`: the county
    accepts the reasons stated (with review or approve). `effective_on`: first day in force, today when None.
    """

    action: PlanAction
    reason: str = ""
    effective_on: date | None = None
    size_reasons: Mapping[int, str] = field(default_factory=dict)
    accept_size_reasons: bool = False


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """What became of one plan of many: its state now, and the problem document when it was refused."""

    plan_id: int
    done: bool
    state: str = ""
    problem: dict[str, Any] | None = None


@transaction.atomic
def transition_plan(
    *,
    plan_id: int,
    order: TransitionOrder,
    acting_user: User,
    if_match: str | None = None,
    release: GridRelease | None = None,
) -> GridPlan:
    """Do one action to one plan.

    404 out of scope, 403 without the right or SELF_APPROVAL, 412 when `if_match` names another version, 409
    INVALID_TRANSITION, then the business refusals (422) all together.
    """
    action = order.action
    plan = plan_for_update(acting_user, plan_id, PERMISSION_FOR[action])
    check_other_eyes(action, acting_user.pk, who_worked_on(plan))
    if if_match is not None:
        check_if_match(if_match, version=plan.version, current={"state": plan.state}, sent={"action": action})
    before = plan.state
    plan.state = next_state(PlanState(before), action).value
    check_reason_given(action, order.reason)
    _STEPS.get(action, _only_move)(plan, order, acting_user, release)
    plan.version += 1
    plan.changed_at = timezone.now()
    plan.save()
    record_plan_event(
        plan=plan,
        action=action.value,
        from_state=before,
        acting_user=acting_user,
        permission=PERMISSION_FOR[action],
        reason=order.reason,
        after=_told(plan, order),
    )
    return plan


def transition_plans(
    *,
    plan_ids: Sequence[int],
    order: TransitionOrder,
    acting_user: User,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> list[PlanOutcome]:
    """Do one action to many plans, each in a transaction of its own; plans published together are one release."""
    release: GridRelease | None = None
    outcomes: list[PlanOutcome] = []
    wanted = list(dict.fromkeys(plan_ids))
    for done, plan_id in enumerate(wanted):
        if on_progress is not None:
            on_progress(done, len(wanted), order.action.value)
        try:
            with transaction.atomic():
                plan = transition_plan(plan_id=plan_id, order=order, acting_user=acting_user, release=release)
        except (RuleBroken, RulesBroken) as refused:
            outcomes.append(PlanOutcome(plan_id, done=False, problem=problem(refused)))
        else:
            release = release or plan.release
            outcomes.append(PlanOutcome(plan_id, done=True, state=plan.state))
    if on_progress is not None:
        on_progress(len(wanted), len(wanted), order.action.value)
    return outcomes


def _told(plan: GridPlan, order: TransitionOrder) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if order.size_reasons:
        told["size_reasons"] = {str(sequence): why for sequence, why in order.size_reasons.items()}
    if order.accept_size_reasons:
        told["size_reasons_accepted"] = True
    if order.action is PlanAction.PUBLISH and plan.effective_on is not None:
        told["effective_on"] = plan.effective_on.isoformat()
    return told


@dataclass(frozen=True, slots=True)
class PlanEdit:
    """What may be changed in a plan without moving its borders; None leaves as it is, reasons go by sequence."""

    notes: str | None = None
    size_reasons: Mapping[int, str] = field(default_factory=dict)
    contiguity_reasons: Mapping[int, str] = field(default_factory=dict)
    merge_reasons: Mapping[int, str] = field(default_factory=dict)


@transaction.atomic
def edit_plan(*, plan_id: int, edit: PlanEdit, acting_user: User, if_match: str | None) -> GridPlan:
    """Change notes and reasons of an editable plan, which takes it back to draft. 404, 403, 412, 428, 409.

    An edit that changes nothing leaves state, version and history as they are.
    """
    plan = plan_for_update(acting_user, plan_id, PERMISSION_FOR[PlanAction.EDIT])
    check_if_match(
        if_match,
        version=plan.version,
        current={"notes": plan.notes, "state": plan.state},
        sent={"notes": edit.notes},
    )
    before, notes = plan.state, plan.notes
    state = next_state(PlanState(before), PlanAction.EDIT).value
    if not _changes_anything(plan, edit):
        return plan
    plan.state = state
    if edit.notes is not None:
        plan.notes = edit.notes
    state_size_reasons(plan, edit.size_reasons)
    _state_reasons(plan, "contiguity_reason", edit.contiguity_reasons)
    _state_reasons(plan, "merge_reason", edit.merge_reasons)
    plan.version += 1
    plan.changed_at = timezone.now()
    plan.save(update_fields=["state", "notes", "version", "changed_at"])
    record_plan_event(
        plan=plan,
        action=PlanAction.EDIT.value,
        from_state=before,
        acting_user=acting_user,
        permission=PERMISSION_FOR[PlanAction.EDIT],
        before={"notes": notes},
        after={
            "notes": plan.notes,
            "size_reasons": {str(key): why for key, why in edit.size_reasons.items()},
        },
    )
    return plan


def _changes_anything(plan: GridPlan, edit: PlanEdit) -> bool:
    """Whether a note or reason differs from what the plan has; a grid it does not have is left for 404."""
    rows = {
        row.sequence: row for row in PlanGrid.objects.filter(plan=plan).defer("geometry", "geometry_3857")
    }
    told = (
        ("size_reason", edit.size_reasons),
        ("contiguity_reason", edit.contiguity_reasons),
        ("merge_reason", edit.merge_reasons),
    )
    return (edit.notes is not None and edit.notes != plan.notes) or any(
        sequence not in rows or getattr(rows[sequence], name) != reason.strip()
        for name, reasons in told
        for sequence, reason in reasons.items()
    )


def _state_reasons(plan: GridPlan, name: str, reasons: Mapping[int, str]) -> None:
    for sequence, reason in reasons.items():
        if not PlanGrid.objects.filter(plan=plan, sequence=sequence).update(**{name: reason.strip()}):
            raise not_found(f"网格{sequence:03d}", f"grid {sequence:03d}")


def _only_move(plan: GridPlan, order: TransitionOrder, acting_user: User, _: GridRelease | None) -> None:
    """Actions that change nothing but the state."""


def _validate(plan: GridPlan, order: TransitionOrder, acting_user: User, _: GridRelease | None) -> None:
    state_size_reasons(plan, order.size_reasons)
    _settle(plan, check_to_submit(plan))


def _submit(plan: GridPlan, order: TransitionOrder, acting_user: User, _: GridRelease | None) -> None:
    state_size_reasons(plan, order.size_reasons)
    _settle(plan, check_to_submit(plan))
    plan.submitted_by = acting_user


def _review(plan: GridPlan, order: TransitionOrder, acting_user: User, _: GridRelease | None) -> None:
    if order.accept_size_reasons:
        _accept_size_reasons(plan, acting_user)


def _approve(plan: GridPlan, order: TransitionOrder, acting_user: User, _: GridRelease | None) -> None:
    if order.accept_size_reasons:
        _accept_size_reasons(plan, acting_user)
    _settle(plan, check_to_approve(plan))


def _publish(plan: GridPlan, order: TransitionOrder, acting_user: User, release: GridRelease | None) -> None:
    today = local_date(timezone.now())
    effective_on = order.effective_on or today
    release = release_for(effective_on=effective_on, acting_user=acting_user, given=release)
    ready = publish_plan(
        plan=plan, effective_on=effective_on, today=today, release=release, acting_user=acting_user
    )
    _settle(plan, ready)


_STEPS = {
    PlanAction.VALIDATE: _validate,
    PlanAction.SUBMIT: _submit,
    PlanAction.REVIEW: _review,
    PlanAction.APPROVE: _approve,
    PlanAction.PUBLISH: _publish,
}


def _settle(plan: GridPlan, ready: PlanReadiness) -> None:
    """Refuse with everything that stops the plan, or keep the hints with it."""
    refuse_all(ready.refusals)
    plan.findings = findings_of(ready)
    plan.validated_at = timezone.now()


def state_size_reasons(plan: GridPlan, reasons: Mapping[int, str]) -> None:
    """Keep the drafter's reasons for odd sizes; a changed reason has to be accepted anew. 404 for a strange grid."""
    rows = {row.sequence: row for row in PlanGrid.objects.filter(plan=plan, sequence__in=list(reasons))}
    for sequence, reason in reasons.items():
        row = rows.get(sequence)
        if row is None:
            raise not_found(f"网格{sequence:03d}", f"grid {sequence:03d}")
        if row.size_reason != reason.strip():
            row.size_reason = reason.strip()
            row.size_reason_approved_by, row.size_reason_approved_at = None, None
            row.save(update_fields=["size_reason", "size_reason_approved_by", "size_reason_approved_at"])


def _accept_size_reasons(plan: GridPlan, acting_user: User) -> None:
    PlanGrid.objects.filter(plan=plan, size_reason_approved_by=None).exclude(size_reason="").update(
        size_reason_approved_by=acting_user, size_reason_approved_at=timezone.now()
    )


@transaction.atomic
def check_plan_now(*, plan_id: int, acting_user: User) -> GridPlan:
    """Check an editable plan and keep all that was found, refusals too, without moving it."""
    plan = plan_for_update(acting_user, plan_id, PERMISSION_FOR[PlanAction.VALIDATE])
    next_state(PlanState(plan.state), PlanAction.EDIT)
    plan.findings = findings_of(check_to_submit(plan))
    plan.validated_at = timezone.now()
    plan.save(update_fields=["findings", "validated_at"])
    record_audit(acting_user=acting_user, action="grid_plan.check", subject=plan)
    return plan
