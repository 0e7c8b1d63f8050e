"""J09, J16: what each state of an occurrence allows, every pair; and what stands against its being held."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from grids.interest.rules.activity_states import (
    ActivityState,
    OccurrenceAction,
    OccurrenceState,
    PeopleCounted,
    check_activity_runs,
    check_cancellable,
    check_occurrence_action,
    check_one_off_not_held,
    check_reopened_in,
    finish_refusals,
    unrecorded_before,
    visitor_refusals,
)
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.errors import RuleBroken

NOW = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
ALLOWED = {
    (OccurrenceState.PLANNED, OccurrenceAction.FINISH), (OccurrenceState.PLANNED, OccurrenceAction.CANCEL),
    (OccurrenceState.PLANNED, OccurrenceAction.RECORD), (OccurrenceState.HELD, OccurrenceAction.RECORD),
    (OccurrenceState.HELD, OccurrenceAction.REOPEN),
}  # fmt: skip


@pytest.mark.parametrize("action", OccurrenceAction)
@pytest.mark.parametrize("state", OccurrenceState)
def test_j09_every_state_and_action(state: OccurrenceState, action: OccurrenceAction) -> None:
    if (state, action) in ALLOWED:
        check_occurrence_action(state, action)
        return
    with pytest.raises(RuleBroken) as refused:
        check_occurrence_action(state, action)
    assert (refused.value.code, refused.value.status) == ("INVALID_TRANSITION", 409)
    assert refused.value.facts == {"state": state.value}


def test_j09_a_cancelled_activity_stays_as_it_is() -> None:
    check_activity_runs(ActivityState.ACTIVE)
    with pytest.raises(RuleBroken, match="INVALID_TRANSITION"):
        check_activity_runs(ActivityState.CANCELLED)


def test_j09_a_one_off_that_was_held_stays() -> None:
    check_one_off_not_held(False)
    with pytest.raises(RuleBroken, match="INVALID_TRANSITION"):
        check_one_off_not_held(True)


def test_j09_what_was_held_in_a_closed_interest_grid_stays_held() -> None:
    check_reopened_in(False)
    with pytest.raises(RuleBroken) as refused:
        check_reopened_in(True)
    assert (refused.value.code, refused.value.status) == ("INTEREST_GRID_CLOSED", 409)
    assert "不能撤销结束" in refused.value.zh


def test_j09_what_people_came_to_is_not_cancelled() -> None:
    check_cancellable(0)
    with pytest.raises(RuleBroken) as refused:
        check_cancellable(3)
    assert refused.value.code == "OCCURRENCE_ATTENDED" and "3人" in refused.value.zh


@pytest.mark.parametrize(
    ("starts_in", "counted", "codes"),
    [
        (timedelta(0), PeopleCounted(1, 0, 0), []),
        (timedelta(0), PeopleCounted(0, 1, 1), []),
        (timedelta(seconds=1), PeopleCounted(1, 0, 0), ["OCCURRENCE_NOT_BEGUN"]),
        (timedelta(0), PeopleCounted(0, 0, 0), ["OCCURRENCE_EMPTY"]),
        (timedelta(0), PeopleCounted(2, 3, 6), ["VISITORS"]),
        (timedelta(hours=1), PeopleCounted(0, 0, 1), ["OCCURRENCE_NOT_BEGUN", "OCCURRENCE_EMPTY", "VISITORS"]),
    ],
)  # fmt: skip
def test_j09_what_stands_against_its_being_held(
    starts_in: timedelta, counted: PeopleCounted, codes: list[str]
) -> None:
    assert [each.code for each in finish_refusals(NOW, NOW + starts_in, counted)] == codes


def test_j16_visitors_are_among_those_present() -> None:
    assert not list(visitor_refusals(PeopleCounted(2, 3, 5)))
    [refused] = visitor_refusals(PeopleCounted(2, 3, 6))
    assert refused.rule == "J16" and "6" in refused.zh and "5" in refused.zh


@pytest.mark.parametrize(("record", "unrecorded", "back"), [(7, 14, 14), (30, 14, 30), (0, 0, 0)])
def test_j09_nothing_is_ended_as_unrecorded_while_it_may_be_recorded(
    record: int, unrecorded: int, back: int
) -> None:
    assert unrecorded_before(date(2026, 3, 31), record, unrecorded) == date(2026, 3, 31) - timedelta(
        days=back
    )
