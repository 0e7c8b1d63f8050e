"""Moves of exercise cases: the state, an event row beside it, and an audit row that does not tell the state. Rule: J18"""

from __future__ import annotations

from grids.wellness.models import CaseEvent, ExerciseCase
from grids.wellness.rules.case_states import CaseAction, CaseState, next_state
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.days import today

# Whether somebody was cleared or sent to a doctor is a word about health: auditors read "decided" for both.
_TOLD = {CaseAction.CLEAR: "decide", CaseAction.REFER: "decide"}
_ENDS = frozenset({CaseState.CLOSED, CaseState.WITHDRAWN})


def move_case(
    case: ExerciseCase, action: CaseAction, acting_user: User | None, policy_version: str = ""
) -> CaseState:
    """Move the case and save it with whatever else of it was changed; 409 INVALID_TRANSITION, 422 CLEARANCE_REQUIRED.

    The caller holds the transaction and the person's lock, and has decided the right.
    """
    after = next_state(CaseState(case.state), action)
    case.state = after
    if after in _ENDS:
        case.ended_on = today()
    case.save()
    CaseEvent.objects.create(case=case, action=action, state=after, acting_user=acting_user)
    record_audit(
        acting_user=acting_user,
        action=f"exercise_case.{_TOLD.get(action, action.value)}",
        subject=case,
        policy_version=policy_version,
    )
    return after
