"""J15: every pair of an issue's states, and how far its message is."""

from __future__ import annotations

from itertools import product

import pytest

from grids.interest.rules.hotline_issue import (
    DELIVERY_NAMES_ZH,
    KIND_NAMES_ZH,
    NEXT,
    STATE_NAMES_ZH,
    Delivery,
    IssueKind,
    IssueState,
    check_interest_grid_serves,
    check_issue_step,
    check_issue_waits,
    delivery_of,
)
from wangge.errors import RuleBroken

ALLOWED = {
    ("noted", "handed_over"), ("noted", "closed"), ("handed_over", "answered"), ("handed_over", "closed"),
    ("answered", "answered"), ("answered", "closed"),
}  # fmt: skip


@pytest.mark.parametrize(("now", "wanted"), list(product(IssueState, IssueState)))
def test_j15_steps_of_an_issue(now: IssueState, wanted: IssueState) -> None:
    if (now.value, wanted.value) in ALLOWED:
        check_issue_step(now, wanted, {})
        return
    with pytest.raises(RuleBroken) as refused:
        check_issue_step(now, wanted, {"number": "12345-1"})
    assert (refused.value.code, refused.value.status) == ("ISSUE_STATE", 409)
    assert refused.value.facts == {"state": now.value, "wanted": wanted.value, "number": "12345-1"}
    assert refused.value.zh == f"该事项{STATE_NAMES_ZH[now]}，不能改为“{STATE_NAMES_ZH[wanted]}”"


def test_j15_everything_has_words() -> None:
    assert set(NEXT) == set(STATE_NAMES_ZH) == set(IssueState)
    assert set(KIND_NAMES_ZH) == set(IssueKind)
    assert set(DELIVERY_NAMES_ZH) == set(Delivery)


@pytest.mark.parametrize(
    ("message", "delivered", "given_up", "on", "expected"),
    [
        (False, False, False, True, "none"),
        (False, False, False, False, "none"),
        (True, True, False, True, "delivered"),
        (True, True, False, False, "delivered"),
        (True, False, False, True, "waiting"),
        (True, False, True, True, "given_up"),
        (True, False, False, False, "channel_off"),
        (True, False, True, False, "channel_off"),
    ],
)
def test_j15_how_far_the_message_is(
    message: bool, delivered: bool, given_up: bool, on: bool, expected: str
) -> None:
    found = delivery_of(has_message=message, is_delivered=delivered, is_given_up=given_up, is_channel_on=on)
    assert found == expected


def test_j15_an_interest_grid_tells_of_where_it_serves() -> None:
    check_interest_grid_serves(True, "a", "b")
    with pytest.raises(RuleBroken) as refused:
        check_interest_grid_serves(False, "a", "b")
    assert refused.value.code == "INTEREST_GRID_ELSEWHERE"
    assert refused.value.facts == {"interest_grid": "a", "grid": "b"}


@pytest.mark.parametrize("now", IssueState)
def test_j15_only_an_issue_that_waits_is_changed(now: IssueState) -> None:
    if now is IssueState.NOTED:
        check_issue_waits(now)
        return
    with pytest.raises(RuleBroken) as refused:
        check_issue_waits(now)
    assert refused.value.zh == f"该事项{STATE_NAMES_ZH[now]}，不能再修改"
