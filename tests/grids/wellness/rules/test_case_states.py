"""J18: every pair of state and action of an exercise case."""

from __future__ import annotations

import pytest

from grids.wellness.rules.case_states import (
    ACTION_NAMES_ZH,
    STATE_NAMES_ZH,
    CaseAction,
    CaseState,
    allowed_actions,
    next_state,
)
from wangge.errors import RuleBroken

# Written out by hand, beside the product's table: state → action → next state.
WAYS = {
    "invited": {"consent": "consented", "withdraw": "withdrawn"},
    "consented": {"screen": "screened", "withdraw": "withdrawn"},
    "screened": {"refer": "referred", "clear": "cleared", "withdraw": "withdrawn"},
    "referred": {"clear": "cleared", "withdraw": "withdrawn"},
    "cleared": {"prescribe": "prescribed", "withdraw": "withdrawn"},
    "prescribed": {"prescribe": "prescribed", "train": "in_programme", "withdraw": "withdrawn"},
    "in_programme": {
        "prescribe": "in_programme", "train": "in_programme", "re_test": "re_tested", "withdraw": "withdrawn",
    },
    "re_tested": {"close": "closed", "withdraw": "withdrawn"},
    "closed": {},
    "withdrawn": {},
}  # fmt: skip


@pytest.mark.parametrize("state", CaseState)
@pytest.mark.parametrize("action", CaseAction)
def test_all_pairs(state: CaseState, action: CaseAction) -> None:
    wanted = WAYS[state].get(action)
    if wanted is not None:
        assert next_state(state, action) == wanted
        return
    with pytest.raises(RuleBroken) as refused:
        next_state(state, action)
    if action == "prescribe" and state in ("invited", "consented", "screened", "referred"):
        assert (refused.value.code, refused.value.status) == ("CLEARANCE_REQUIRED", 422)
        assert refused.value.zh == "请先完成风险筛查/医生评估"
        assert refused.value.how_to_fix_zh
        return
    assert (refused.value.code, refused.value.status) == ("INVALID_TRANSITION", 409)
    assert refused.value.zh == f"当前状态“{STATE_NAMES_ZH[state]}”不能执行“{ACTION_NAMES_ZH[action]}”"
    assert refused.value.facts["allowed"] == [other.value for other in allowed_actions(state)]
