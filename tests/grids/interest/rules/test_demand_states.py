"""J22: every pair of states, allowed or refused."""

from __future__ import annotations

from itertools import product

import pytest

from grids.interest.rules.demand_states import (
    NEXT,
    STATE_NAMES_ZH,
    DemandState,
    check_demand_open,
    check_demand_step,
    check_interest_grid_asks,
    check_reason,
)
from wangge.errors import RuleBroken

ALLOWED = {("open", "handed_up"), ("open", "closed"), ("handed_up", "taken"), ("handed_up", "declined")}


@pytest.mark.parametrize(("now", "wanted"), list(product(DemandState, DemandState)))
def test_j22_steps_of_a_demand(now: DemandState, wanted: DemandState) -> None:
    if (now.value, wanted.value) in ALLOWED:
        check_demand_step(now, wanted, {})
        return
    with pytest.raises(RuleBroken) as refused:
        check_demand_step(now, wanted, {"handed_up_on": "2026-11-20"})
    assert (refused.value.code, refused.value.status) == ("DEMAND_STATE", 409)
    assert refused.value.facts == {
        "state": now.value, "wanted": wanted.value, "handed_up_on": "2026-11-20",
    }  # fmt: skip
    assert STATE_NAMES_ZH[now] in refused.value.zh
    assert refused.value.how_to_fix_zh


def test_j22_every_state_has_its_line() -> None:
    assert set(NEXT) == set(STATE_NAMES_ZH) == set(DemandState)


def test_j22_a_closed_interest_grid_asks_for_nothing() -> None:
    for state in ("proposed", "active", "dormant"):
        check_interest_grid_asks(state, "x")
    with pytest.raises(RuleBroken, match="INTEREST_GRID_CLOSED"):
        check_interest_grid_asks("closed", "x")


def test_j22_a_reason_is_more_than_blanks() -> None:
    check_reason("已解决")
    for empty in ("", "  "):
        with pytest.raises(RuleBroken, match="REASON_REQUIRED"):
            check_reason(empty)


@pytest.mark.parametrize("now", DemandState)
def test_j22_only_an_open_demand_is_changed(now: DemandState) -> None:
    if now is DemandState.OPEN:
        check_demand_open(now, {})
        return
    with pytest.raises(RuleBroken) as refused:
        check_demand_open(now, {"town": "x"})
    assert (refused.value.code, refused.value.status) == ("DEMAND_STATE", 409)
    assert refused.value.facts == {"state": now.value, "town": "x"}
