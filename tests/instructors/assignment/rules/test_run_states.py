"""Which deeds a run allows in which state, and each refusal on the way to adoption with its facts."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest

from instructors.assignment.rules.run_states import (
    DONE_EN,
    NAMES_EN,
    NAMES_ZH,
    RunAction,
    check_computed,
    check_day,
    check_none_computing,
    check_papers,
    check_same_base,
    check_same_inputs,
    next_state,
    standing_state,
    withdrawn_before,
)
from wangge.errors import RuleBroken

STATES = ("computing", "ready", "adopted", "replaced", "failed", "cancelled")
JOB_STATES = ("waiting", "running", "succeeded", "failed", "cancelled")
ALLOWED = {("ready", RunAction.ADOPT): "adopted", ("adopted", RunAction.WITHDRAW): "replaced"}
REFUSED = [pair for pair in product(STATES, RunAction) if pair not in ALLOWED]
DAY = date(2026, 3, 2)


def refusal(check, *given) -> RuleBroken:
    with pytest.raises(RuleBroken) as refused:
        check(*given)
    assert refused.value.rule == "S07"
    return refused.value


def told(broken: RuleBroken) -> tuple[str, int, dict[str, object]]:
    return broken.code, broken.status, broken.facts


def test_s07_every_state_has_a_name():
    assert set(NAMES_ZH) == set(NAMES_EN) == set(STATES)
    assert set(DONE_EN) == set(RunAction)


@pytest.mark.parametrize(("state", "action", "after"), [(*pair, after) for pair, after in ALLOWED.items()])
def test_s07_a_ready_run_is_adopted_and_an_adopted_one_withdrawn(state, action, after):
    assert next_state(state, action) == after


@pytest.mark.parametrize(("state", "action"), REFUSED)
def test_s07_every_other_pair_of_state_and_action_is_refused(state, action):
    broken = refusal(next_state, state, action)
    assert told(broken) == ("INVALID_TRANSITION", 409, {"state": state, "action": action.value})
    verb = "采用" if action is RunAction.ADOPT else "撤回"
    assert broken.zh == f"该次分配{NAMES_ZH[state]}，不能{verb}"
    assert broken.en == f"this assignment is {NAMES_EN[state]}: it cannot be {DONE_EN[action]}"
    assert broken.how_to_fix_en == (
        "choose a ready run" if action is RunAction.ADOPT else "choose the run in force"
    )


@pytest.mark.parametrize(("state", "job_state"), list(product(STATES, JOB_STATES)))
def test_s07_only_a_run_still_computing_takes_the_end_of_a_job_that_broke_off(state, job_state):
    broke_off = state == "computing" and job_state in ("failed", "cancelled")
    assert standing_state(state, job_state) == (job_state if broke_off else state)


def test_s07_nothing_computing_hinders_no_computation():
    check_none_computing(None)


def test_s07_a_second_computation_is_refused_with_the_first_one_named():
    broken = refusal(check_none_computing, 7)
    assert told(broken) == ("ASSIGNMENT_RUNNING", 409, {"run": 7})
    assert "7" in broken.zh
    assert "7" in broken.en


@pytest.mark.parametrize("base", [None, 3])
def test_s07_a_run_is_adopted_onto_the_one_it_was_computed_from(base):
    check_same_base(base, base)


@pytest.mark.parametrize(
    ("standing", "base", "zh", "en"),
    [(4, 3, "分配 4", "4"), (4, None, "分配 4", "4"), (None, 3, "无", "none")],
)
def test_s07_another_run_in_force_is_refused_with_both_named(standing, base, zh, en):
    broken = refusal(check_same_base, standing, base)
    assert told(broken) == ("ANOTHER_RUN_ADOPTED", 409, {"standing": standing, "computed_from": base})
    assert broken.zh.endswith(f"：{zh}")
    assert broken.en.endswith(f" {en}")


def test_s07_the_same_inputs_are_adopted():
    check_same_inputs({})


def test_s07_changed_inputs_are_refused_with_all_changes_told():
    changes = {
        "instructors": {"added": {"count": 1, "ids": [9]}, "removed": {"count": 2, "ids": [1, 2]}},
        "needs": {"changed": {"count": 3, "ids": [4, 5, 6]}},
        "pins": {"removed": {"count": 1, "ids": [8]}},
    }
    broken = refusal(check_same_inputs, changes)
    assert told(broken) == ("ASSIGNMENT_INPUTS_CHANGED", 409, changes)
    assert broken.zh.endswith("：指导员新增1，指导员减少2，需求变动3，固定减少1")
    assert broken.en.endswith(": 1 instructors added, 2 instructors removed, 3 needs changed, 1 pins removed")


@pytest.mark.parametrize("days", [-31, -1, 0, 1, 31])
def test_s07_a_run_is_adopted_up_to_31_days_off_its_day(days):
    check_day(DAY, DAY + timedelta(days=days))


@pytest.mark.parametrize("days", [-32, 32])
def test_s07_32_days_off_is_too_old_before_and_after(days):
    broken = refusal(check_day, DAY, DAY + timedelta(days=days))
    assert told(broken) == ("RUN_TOO_OLD", 409, {"as_of": "2026-03-02", "days": 32, "most": 31})


def test_s07_no_pair_without_papers_is_no_refusal():
    check_papers([], DAY)


@pytest.mark.parametrize(("count", "named"), [(1, 1), (20, 20), (21, 20)])
def test_s07_pairs_without_papers_are_all_counted_and_the_first_20_named(count, named):
    pairs = [(who, 100 + who) for who in range(count, 0, -1)]
    broken = refusal(check_papers, pairs, DAY)
    facts = {
        "day": "2026-03-02",
        "count": count,
        "pairs": [{"instructor": who, "need": 100 + who} for who in range(1, named + 1)],
    }
    assert told(broken) == ("ASSIGNMENT_NOT_QUALIFIED", 409, facts)


def test_s07_a_run_before_that_is_gone_is_told_by_the_one_replaced():
    broken = withdrawn_before(5)
    assert (*told(broken), broken.rule) == ("NO_RUN_BEFORE", 409, {}, "S07")
    assert "分配 5 " in broken.zh
    assert "before 5 " in broken.en


@pytest.mark.parametrize("state", ["ready", "adopted", "replaced"])
def test_s07_what_has_been_computed_can_be_explained(state):
    check_computed(state)


@pytest.mark.parametrize("state", ["computing", "failed", "cancelled"])
def test_s07_what_has_no_answer_is_not_computed(state):
    broken = refusal(check_computed, state)
    assert told(broken) == ("NOT_COMPUTED", 404, {"state": state})
    assert NAMES_ZH[state] in broken.zh
