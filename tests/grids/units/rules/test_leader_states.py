"""Every pair of states either follows or is refused with what may follow; time moves a term without a job."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from grids.units.rules.leader_states import (
    STATE_NAMES_ZH,
    LeaderState,
    TermFacts,
    check_next,
    check_not_nominated_twice,
    check_other_than_nominee,
    state_on,
)
from wangge.errors import RuleBroken

# Typed in from the text of the state machine: nominated → confirmed → active → acting | ended.
FOLLOWS = {
    "nominated": {"confirmed", "ended"},
    "confirmed": {"active", "acting", "ended"},
    "active": {"acting", "ended"},
    "acting": {"ended"},
    "ended": set(),
}
START, END = date(2026, 3, 1), date(2026, 5, 29)
ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize("state", list(LeaderState))
@pytest.mark.parametrize("wanted", list(LeaderState))
def test_all_pairs(state: LeaderState, wanted: LeaderState) -> None:
    if wanted.value in FOLLOWS[state.value]:
        check_next(state, wanted)
        return
    with pytest.raises(RuleBroken) as refused:
        check_next(state, wanted)
    assert (refused.value.code, refused.value.status) == ("INVALID_TRANSITION", 409)
    assert set(refused.value.facts["allowed"]) == FOLLOWS[state.value]  # type: ignore[call-overload]
    assert f"当前为“{STATE_NAMES_ZH[state]}”" in refused.value.zh


def _term(
    *, acting: bool = False, confirmed: bool = True, withdrawn: bool = False, ends: date | None = END
) -> TermFacts:
    return TermFacts(START, ends, acting, is_confirmed=confirmed, is_withdrawn=withdrawn)


@pytest.mark.parametrize(
    ("term", "on", "state"),
    [
        (_term(), START - ONE_DAY, "confirmed"),
        (_term(), START, "active"),
        (_term(), END, "active"),
        (_term(), END + ONE_DAY, "ended"),
        (_term(ends=None), date.max, "active"),
        (_term(acting=True), START, "acting"),
        (_term(acting=True), START - ONE_DAY, "confirmed"),
        (_term(acting=True), END + ONE_DAY, "ended"),
        (_term(confirmed=False), START, "nominated"),
        (_term(confirmed=False), END + ONE_DAY, "ended"),
        (_term(confirmed=False, withdrawn=True), START, "ended"),
        (_term(withdrawn=True), START, "ended"),
    ],
)
def test_a_day_decides_where_a_term_stands(term: TermFacts, on: date, state: str) -> None:
    assert state_on(term, on) == state


def test_nobody_confirms_the_own_post() -> None:
    check_other_than_nominee(1, 2)
    with pytest.raises(RuleBroken) as refused:
        check_other_than_nominee(1, 1)
    assert (refused.value.code, refused.value.status) == ("LEADER_SELF_CONFIRM", 403)


def test_one_nomination_of_a_person_waits_at_a_time() -> None:
    check_not_nominated_twice("410802001001001", is_nominated=False)
    with pytest.raises(RuleBroken) as refused:
        check_not_nominated_twice("410802001001001", is_nominated=True)
    assert (refused.value.code, refused.value.status) == ("LEADER_ALREADY_NOMINATED", 409)
    assert "410802001001001" in refused.value.zh
