"""Every pair of state and action either moves as listed or is refused with what is possible."""

from __future__ import annotations

import pytest

from grids.units.rules.plan_states import (
    ACTION_NAMES_ZH,
    NEXT_STATE,
    PERMISSION_FOR,
    STATE_NAMES_ZH,
    PlanAction,
    PlanState,
    allowed_actions,
    check_other_eyes,
    check_reason_given,
    next_state,
)
from tenants.bureau.rules.permission_catalogue import PERMISSIONS
from wangge.errors import RuleBroken

# Typed in from the text of the state machine: draft → validated → submitted → county_reviewed → approved →
# published → superseded; returned.
MOVES = {
    "draft": {"edit": "draft", "validate": "validated"},
    "validated": {"edit": "draft", "reopen": "draft", "submit": "submitted"},
    "submitted": {"review": "county_reviewed", "return": "returned"},
    "county_reviewed": {"approve": "approved", "return": "returned"},
    "approved": {"publish": "published", "return": "returned"},
    "published": {"supersede": "superseded"},
    "superseded": {},
    "returned": {"edit": "draft", "reopen": "draft"},
}


@pytest.mark.parametrize("state", list(PlanState))
@pytest.mark.parametrize("action", list(PlanAction))
def test_all_pairs(state: PlanState, action: PlanAction) -> None:
    expected = MOVES[state.value].get(action.value)
    if expected is not None:
        assert next_state(state, action) == PlanState(expected)
        return
    with pytest.raises(RuleBroken) as refused:
        next_state(state, action)
    assert (refused.value.code, refused.value.status) == ("INVALID_TRANSITION", 409)
    assert refused.value.facts["allowed"] == list(MOVES[state.value])
    assert refused.value.zh == f"当前状态“{STATE_NAMES_ZH[state]}”不能执行“{ACTION_NAMES_ZH[action]}”"


def test_every_state_is_reached_from_a_draft() -> None:
    reached, frontier = {PlanState.DRAFT}, [PlanState.DRAFT]
    while frontier:
        state = frontier.pop()
        for action in allowed_actions(state):
            after = NEXT_STATE[state, action]
            if after not in reached:
                reached.add(after)
                frontier.append(after)
    assert reached == set(PlanState)


def test_every_action_asks_for_a_right_that_exists() -> None:
    assert set(PERMISSION_FOR) == set(PlanAction)
    assert set(PERMISSION_FOR.values()) <= set(PERMISSIONS)


@pytest.mark.parametrize("action", list(PlanAction))
def test_nobody_decides_on_own_work(action: PlanAction) -> None:
    check_other_eyes(action, 1, {2, 3})
    if action not in (PlanAction.REVIEW, PlanAction.APPROVE, PlanAction.PUBLISH):
        check_other_eyes(action, 1, {1})
        return
    with pytest.raises(RuleBroken) as refused:
        check_other_eyes(action, 1, {1, 2})
    assert (refused.value.code, refused.value.status) == ("SELF_APPROVAL", 403)


def test_returning_needs_a_reason() -> None:
    check_reason_given(PlanAction.RETURN, "东侧边界压房屋")
    check_reason_given(PlanAction.APPROVE, "")
    with pytest.raises(RuleBroken, match="REASON_REQUIRED"):
        check_reason_given(PlanAction.RETURN, " ")
