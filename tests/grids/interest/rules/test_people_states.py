"""J07, J08: every pair of a state and an action, for interest grids and for posts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from grids.interest.rules.people_states import (
    INTEREST_GRID_WORDS,
    POST_WORDS,
    SOURCE_WORDS,
    InterestGridAction,
    InterestGridState,
    MemberSource,
    PostAction,
    PostState,
    check_interest_grid_action,
    check_post_action,
    state_of_confirmed,
    state_of_ending,
)
from wangge.errors import RuleBroken

DAY = date(2026, 11, 22)
GRID_TABLE = {
    ("proposed", "confirm"), ("proposed", "close"), ("proposed", "edit"),
    ("active", "close"), ("active", "edit"),
    ("dormant", "wake"), ("dormant", "close"), ("dormant", "edit"),
}  # fmt: skip
POST_TABLE = {("nominated", "confirm"), ("nominated", "end"), ("confirmed", "end"), ("active", "end")}


@pytest.mark.parametrize("action", InterestGridAction)
@pytest.mark.parametrize("state", InterestGridState)
def test_j07_every_pair_of_an_interest_grid(state: InterestGridState, action: InterestGridAction) -> None:
    if (state.value, action.value) in GRID_TABLE:
        check_interest_grid_action(state, action)
        return
    with pytest.raises(RuleBroken) as refused:
        check_interest_grid_action(state, action)
    assert (refused.value.code, refused.value.status) == ("INVALID_TRANSITION", 409)
    assert refused.value.zh.startswith(f"兴趣网格{INTEREST_GRID_WORDS[state]}，不能")


@pytest.mark.parametrize("action", PostAction)
@pytest.mark.parametrize("state", PostState)
def test_j08_every_pair_of_a_post(state: PostState, action: PostAction) -> None:
    if (state.value, action.value) in POST_TABLE:
        check_post_action(state, action)
        return
    with pytest.raises(RuleBroken) as refused:
        check_post_action(state, action)
    assert (refused.value.code, refused.value.status) == ("INVALID_TRANSITION", 409)
    assert refused.value.zh.startswith(f"网格员任职{POST_WORDS[state]}，不能")


@pytest.mark.parametrize(("days", "state"), [(-1, "active"), (0, "active"), (1, "confirmed")])
def test_j08_a_confirmed_post_is_served_from_its_first_day(days: int, state: str) -> None:
    assert state_of_confirmed(DAY + timedelta(days=days), DAY) == state


@pytest.mark.parametrize("state", [PostState.CONFIRMED, PostState.ACTIVE])
@pytest.mark.parametrize(("days", "ends"), [(-1, True), (0, False), (1, False)])
def test_j08_a_post_is_served_to_its_last_day(state: PostState, days: int, ends: bool) -> None:
    assert state_of_ending(state, DAY + timedelta(days=days), DAY) == (PostState.ENDED if ends else state)


def test_j08_a_nomination_that_ends_was_withdrawn() -> None:
    assert state_of_ending(PostState.NOMINATED, DAY + timedelta(days=9), DAY) == PostState.ENDED


def test_every_word_is_there() -> None:
    assert set(SOURCE_WORDS) == set(MemberSource)
    assert set(POST_WORDS) == set(PostState) and set(INTEREST_GRID_WORDS) == set(InterestGridState)
