"""S07: what a run was computed from, told apart by digests; weekly times left beside other work; single duties."""

from __future__ import annotations

from datetime import date

import pytest

from instructors.assignment.rules.duties import duty_days, duty_moments, duty_reference
from instructors.assignment.rules.qualifications import (
    InputsSeen,
    changes_since,
    digest,
    item_and_role,
    qualification,
    role_asked_at,
)
from instructors.assignment.rules.run_orders import RunOrder, parameters_of, prices_json, prices_of
from instructors.assignment.rules.run_states import RunAction, next_state, standing_state
from instructors.assignment.rules.site_assignment import Prices
from instructors.assignment.rules.weekly_times import weekly_spans_left
from instructors.people.rules.free_times import Span
from instructors.people.rules.grades import TeachingRole
from wangge.errors import RuleBroken

STATES = ("computing", "ready", "adopted", "replaced", "failed", "cancelled")


def test_s07_an_item_in_a_role_is_one_key() -> None:
    keys = {qualification(item, role): (item, role) for item in (1, 2, 77) for role in TeachingRole}
    assert len(keys) == 6
    assert {key: item_and_role(key) for key in keys} == keys
    assert role_asked_at("lecture_hall") is TeachingRole.LECTURER
    assert {role_asked_at(kind) for kind in ("exercise_node", "facility")} == {TeachingRole.SKILL_COACH}


def test_s07_changes_are_told_by_kind_and_key() -> None:
    before = InputsSeen({"1": "a", "2": "b", "10": "c"}, {"5": "x"}, {"1-5": ""})
    assert changes_since(before.as_json(), before) == {}
    now = InputsSeen({"2": "B", "3": "d", "10": "c"}, {"5": "x"}, {})
    assert changes_since(before.as_json(), now) == {
        "instructors": {
            "added": {"count": 1, "ids": ["3"]}, "removed": {"count": 1, "ids": ["1"]}, "changed": {"count": 1, "ids": ["2"]},
        },
        "pins": {"removed": {"count": 1, "ids": ["1-5"]}},
    }  # fmt: skip
    assert digest((1, 2)) != digest((1, 3))
    assert len(digest("测试")) == 8


def test_s07_other_work_is_cut_out_with_the_way_to_it() -> None:
    pattern = [(1, Span(360, 720)), (1, Span(720, 780)), (2, Span(0, 60))]
    left = weekly_spans_left(pattern, [(1, Span(500, 560)), (3, Span(0, 60))], 60)
    assert left == [(1, Span(360, 440)), (1, Span(620, 780)), (2, Span(0, 60))]
    assert weekly_spans_left(pattern, [(2, Span(0, 30))], 60)[-1][0] == 1, "nothing of Tuesday is left"
    assert weekly_spans_left([], [(1, Span(0, 60))], 60) == []


def test_s07_the_way_to_other_work_reaches_across_midnight_and_round_the_week() -> None:
    pattern = [(day, Span(0, 1440)) for day in (1, 2, 7)]
    assert weekly_spans_left(pattern, [(2, Span(30, 60))], 60) == [
        (1, Span(0, 1410)), (2, Span(120, 1440)), (7, Span(0, 1440)),
    ]  # fmt: skip
    assert weekly_spans_left(pattern, [(7, Span(1380, 1440))], 60) == [
        (1, Span(60, 1440)), (2, Span(0, 1440)), (7, Span(0, 1320)),
    ]  # fmt: skip
    assert weekly_spans_left(pattern, [(1, Span(0, 60))], 45)[-1] == (7, Span(0, 1395))
    assert weekly_spans_left(pattern, [(1, Span(0, 1440))], 0) == [(2, Span(0, 1440)), (7, Span(0, 1440))]


def test_s07_duties_fall_on_the_weekday_from_the_first_day_on() -> None:
    wednesday = date(2026, 3, 4)
    assert duty_days(3, wednesday, 2) == [date(2026, 3, 4), date(2026, 3, 11)]
    assert duty_days(1, wednesday, 1) == [date(2026, 3, 9)]
    begin, end = duty_moments(wednesday, 1380, 1440)
    assert (begin.isoformat(), end.isoformat()) == ("2026-03-04T23:00:00+08:00", "2026-03-05T00:00:00+08:00")
    assert duty_reference(2**40, 2**40, wednesday).startswith(duty_reference(2**40, 2**40))
    assert len(duty_reference(2**62, 2**62, wednesday)) <= 80


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", list(RunAction))
def test_s07_only_a_ready_run_is_adopted_and_only_the_one_in_force_withdrawn(
    state: str, action: RunAction
) -> None:
    if (state, action) in {("ready", RunAction.ADOPT), ("adopted", RunAction.WITHDRAW)}:
        assert next_state(state, action) in STATES
        return
    with pytest.raises(RuleBroken) as refused:
        next_state(state, action)
    assert (refused.value.status, refused.value.code) == (409, "INVALID_TRANSITION")


def test_s07_a_run_whose_job_ended_otherwise_says_so() -> None:
    assert standing_state("computing", "cancelled") == "cancelled"
    assert standing_state("computing", "running") == "computing"
    assert standing_state("ready", "failed") == "ready"


def test_s07_parameters_and_prices_come_back_as_they_were_kept() -> None:
    kept = RunOrder(reach_m=3000, stability_m=0).parameters(45)
    parameters = parameters_of(kept)
    assert (parameters.reach_m, parameters.stability_m, parameters.travel_buffer_min) == (3000, 0, 45)
    prices = Prices({1: (1.5, 2.0)}, {2: (0.0, -3.0)}, ((2, frozenset({1, 4}), (1.0, 0.0)),), (5, None))
    assert prices_of(prices_json(prices)) == prices
