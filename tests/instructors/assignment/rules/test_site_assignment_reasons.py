"""Hard rules, pins, reasons, `why`, stability and the ways a computation ends, each with its smallest case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from instructors.assignment.rules.site_assignment import (
    AssignmentParameters,
    AssignmentStopped,
    AvailableInstructor,
    Explainer,
    Obstacle,
    Pair,
    PairAnswer,
    PlanLoss,
    SiteAssignmentResult,
    UnservedReason,
    WeeklyNeed,
    WeeklySpan,
    assign,
)
from tests.bench.bench_assignment import town_of
from wangge.errors import RuleBroken, RulesBroken

MONDAY = WeeklySpan(1, 360, 600)


def person(key: int, **changed: object) -> AvailableInstructor:
    one = AvailableInstructor(key, frozenset({1}), 0.0, 0.0, (MONDAY,), 3)
    return replace(one, **changed)  # type: ignore[arg-type]


def need(key: int, **changed: object) -> WeeklyNeed:
    one = WeeklyNeed(key, key, 300.0, 400.0, 1, 1, WeeklySpan(1, 360, 420), 1, 100)
    return replace(one, **changed)  # type: ignore[arg-type]


def pairs(result: SiteAssignmentResult) -> set[tuple[int, int]]:
    return {(pair.instructor, pair.need) for pair in result.pairs}


def why(
    people: list[AvailableInstructor], needs: list[WeeklyNeed], pair: Pair, pins: tuple[Pair, ...] = ()
) -> PairAnswer:
    result = assign(people, needs, pins=pins)
    return Explainer(people, needs, result.pairs, prices=result.prices).why(pair.instructor, pair.need)


def test_s07_one_instructor_serves_one_need_from_home() -> None:
    result = assign([person(1)], [need(1)])
    assert [(p.instructor, p.need, p.travel_m, p.is_pinned, p.is_kept) for p in result.pairs] == [
        (1, 1, 500, False, False)
    ]
    figures = result.figures
    assert (figures.covered_weight, figures.asked_weight, figures.total_travel_m) == (100, 100, 500)
    assert figures.sessions == {1: 1} and figures.is_proven and not result.unserved


def test_further_places_of_a_need_are_worth_their_part_of_it() -> None:
    result = assign([person(key) for key in (1, 2, 3)], [need(1, wanted=3, weight=100)])
    assert result.figures.covered_weight == 100 + 50 + 33
    first = assign([person(1)], [need(1, wanted=2, weight=100), need(2, weight=60)])
    assert pairs(first) == {(1, 1)}
    both = assign([person(1), person(2)], [need(1, wanted=2, weight=100), need(2, weight=60)])
    assert {one for _, one in pairs(both)} == {1, 2}


@pytest.mark.parametrize(
    ("people", "asked", "reason"),
    [
        ([person(1, home_x_m=9_000.0)], need(1), UnservedReason.NO_TEACHER_IN_REACH),
        ([], need(1), UnservedReason.NO_TEACHER_IN_REACH),
        ([person(1, items=frozenset({2}))], need(1), UnservedReason.NONE_TEACHES_ITEM),
        ([person(1, free=(WeeklySpan(1, 360, 419),))], need(1), UnservedReason.NONE_FREE),
        ([person(1)], need(1, wanted=2), UnservedReason.TOO_FEW_CANDIDATES),
        ([person(1, weekly_limit=0)], need(1), UnservedReason.ALL_AT_LIMIT),
    ],
)
def test_s07_an_empty_place_has_one_reason(
    people: list[AvailableInstructor], asked: WeeklyNeed, reason: UnservedReason
) -> None:
    (unserved,) = assign(people, [asked]).unserved
    assert (unserved.need, unserved.places, unserved.reason) == (1, 1, reason)


def test_s07_an_empty_place_whose_candidates_have_no_session_left() -> None:
    later = need(2, when=WeeklySpan(1, 420, 480), weight=30)
    (unserved,) = assign([person(1, weekly_limit=1)], [need(1), later]).unserved
    assert (unserved.need, unserved.reason) == (2, UnservedReason.ALL_AT_LIMIT)
    assert unserved.facts == {
        "in_reach": 1,
        "nearest_m": 500,
        "teach_item_in_reach": 1,
        "nearest_teaching_m": 500,
        "candidates": 1,
        "serving": 0,
        "at_limit": 1,
        "held_by_pins": 0,
    }


def test_s07_an_empty_place_whose_candidates_cover_more_elsewhere() -> None:
    (unserved,) = assign([person(1)], [need(1, weight=99), need(2)]).unserved
    assert (unserved.need, unserved.reason) == (1, UnservedReason.OTHERS_WORTH_MORE)


def test_s07_a_pin_outdoes_weight_and_is_named_as_the_reason() -> None:
    result = assign([person(1)], [need(1, weight=1), need(2, weight=999)], pins=[Pair(1, 1)])
    assert pairs(result) == {(1, 1)} and result.pairs[0].is_pinned
    (unserved,) = result.unserved
    assert (unserved.need, unserved.reason) == (2, UnservedReason.PINNED_CONFLICT)


def test_sessions_of_one_town_may_follow_each_other_and_of_two_take_the_buffer() -> None:
    first, follows = need(1), need(2, when=WeeklySpan(1, 420, 480))
    assert len(assign([person(1)], [first, follows]).pairs) == 2
    assert len(assign([person(1)], [first, replace(follows, town=2)]).pairs) == 1
    hour_later = replace(follows, town=2, when=WeeklySpan(1, 480, 540))
    assert len(assign([person(1)], [first, hour_later]).pairs) == 2
    too_soon = replace(hour_later, when=WeeklySpan(1, 479, 540))
    assert len(assign([person(1)], [first, too_soon]).pairs) == 1
    assert (
        len(
            assign(
                [person(1)], [first, too_soon], parameters=AssignmentParameters(travel_buffer_min=59)
            ).pairs
        )
        == 2
    )


def test_free_spans_that_touch_are_one_time() -> None:
    free = (WeeklySpan(1, 390, 420), WeeklySpan(1, 360, 390))
    assert len(assign([person(1, free=free)], [need(1)]).pairs) == 1
    assert not assign([person(1, free=(WeeklySpan(1, 360, 389), WeeklySpan(1, 390, 420)))], [need(1)]).pairs


@pytest.mark.parametrize(
    ("evening", "morning"),
    [(WeeklySpan(1, 1380, 1440), WeeklySpan(2, 0, 60)), (WeeklySpan(7, 1350, 1410), WeeklySpan(1, 20, 90))],
)
def test_s07_the_way_between_two_towns_counts_across_midnight_and_round_the_week(
    evening: WeeklySpan, morning: WeeklySpan
) -> None:
    free = tuple(WeeklySpan(day, 0, 1440) for day in range(1, 8))
    late, early = need(1, when=evening), need(2, when=morning, town=2)
    one = person(1, free=free)
    assert len(assign([one], [late, early]).pairs) == 1
    assert len(assign([one], [late, replace(early, town=1)]).pairs) == 2
    (found,) = why([one], [late, early], Pair(1, 2)).obstacles
    gap_min = (1440 - evening.to_minute) + morning.from_minute
    assert (found.obstacle, found.facts["gap_min"], found.facts["buffer_min"]) == (
        Obstacle.CLASHES,
        gap_min,
        60,
    )
    with pytest.raises(RuleBroken) as refused:
        assign([one], [late, early], pins=[Pair(1, 1), Pair(1, 2)])
    assert refused.value.facts["why"] == "clashes"


@pytest.mark.parametrize(
    ("people", "needs", "pins", "reason"),
    [
        ([person(1)], [need(1)], [Pair(2, 1)], "unknown"),
        ([person(1)], [need(1)], [Pair(1, 2)], "unknown"),
        ([person(1, items=frozenset())], [need(1)], [Pair(1, 1)], "not_qualified"),
        ([person(1, home_x_m=5_301.0)], [need(1, y_m=0.0)], [Pair(1, 1)], "too_far"),
        ([person(1, free=(WeeklySpan(2, 360, 420),))], [need(1)], [Pair(1, 1)], "not_free"),
        ([person(1, weekly_limit=0)], [need(1)], [Pair(1, 1)], "weekly_limit"),
        ([person(1), person(2)], [need(1)], [Pair(1, 1), Pair(2, 1)], "wanted"),
        ([person(1)], [need(1), need(2)], [Pair(1, 1), Pair(1, 2)], "clashes"),
    ],
)
def test_s07_a_pin_that_breaks_a_hard_rule_is_refused(
    people: list[AvailableInstructor], needs: list[WeeklyNeed], pins: list[Pair], reason: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        assign(people, needs, pins=pins)
    assert (refused.value.code, refused.value.status) == ("ASSIGNMENT_PIN", 422)
    assert refused.value.facts["why"] == reason
    assert Pair(refused.value.facts["instructor"], refused.value.facts["need"]) == pins[-1]  # type: ignore[arg-type]


def test_s07_all_pins_that_break_rules_are_named_at_once() -> None:
    with pytest.raises(RulesBroken) as refused:
        assign([person(1)], [need(1)], pins=[Pair(1, 5), Pair(1, 6)])
    assert [one.facts["need"] for one in refused.value.broken] == [5, 6]


def test_why_names_what_is_missing_of_the_free_time() -> None:
    busy = person(1, free=(WeeklySpan(1, 380, 400),), items=frozenset(), home_x_m=9_300.0)
    answer = why([busy], [need(1, y_m=0.0)], Pair(1, 1))
    assert [(found.obstacle, found.facts) for found in answer.obstacles] == [
        (Obstacle.NOT_QUALIFIED, {"item": 1}),
        (Obstacle.TOO_FAR, {"travel_m": 9_000, "reach_m": 5_000}),
        (Obstacle.NOT_FREE, {"missing": [[1, 360, 380], [1, 400, 420]]}),
    ]
    assert answer.loses_at_most is None and not answer.is_assigned


def test_why_names_the_session_that_clashes_and_what_the_change_would_lose() -> None:
    other_town = need(2, town=2, when=WeeklySpan(1, 450, 500), weight=40)
    answer = why([person(1)], [need(1), other_town], Pair(1, 2))
    (found,) = answer.obstacles
    assert (found.obstacle, found.facts) == (
        Obstacle.CLASHES,
        {"need": 1, "pinned": False, "gap_min": 30, "buffer_min": 60},
    )
    assert answer.loses_at_most is not None and answer.loses_at_most.weight == 60
    assert answer.loses is not None and answer.loses.weight == 60


def test_why_tells_metres_where_no_weight_is_lost() -> None:
    far = person(2, home_x_m=-300.0, home_y_m=-400.0)
    answer = why([person(1), far], [need(1)], Pair(2, 1))
    (found,) = answer.obstacles
    assert (found.obstacle, found.facts) == (
        Obstacle.NEED_IS_FULL,
        {"wanted": 1, "instructors": [1], "pinned": []},
    )
    assert answer.loses_at_most == PlanLoss(0, 500)
    chosen = why([person(1), far], [need(1)], Pair(1, 1))
    assert chosen.is_assigned and chosen.loses_at_most == PlanLoss(0, 500)


def test_why_says_pinned_elsewhere() -> None:
    later = need(2, when=WeeklySpan(1, 420, 480))
    answer = why([person(1, weekly_limit=1)], [need(1), later], Pair(1, 2), (Pair(1, 1),))
    (found,) = answer.obstacles
    assert (found.obstacle, found.facts) == (
        Obstacle.AT_LIMIT,
        {"weekly_limit": 1, "needs": [1], "pinned": [1]},
    )
    assert answer.loses_at_most is None


def test_a_pair_of_the_plan_before_stays_for_its_stability() -> None:
    near, far = person(1), person(2, home_x_m=-300.0, home_y_m=-400.0)
    kept = assign([near, far], [need(1)], before=[Pair(2, 1), Pair(7, 7)])
    assert pairs(kept) == {(2, 1)} and kept.pairs[0].is_kept and kept.figures.kept_pairs == 1
    loose = AssignmentParameters(stability_m=499)
    assert pairs(assign([near, far], [need(1)], before=[Pair(2, 1)], parameters=loose)) == {(1, 1)}


def test_equal_ways_are_shared_fairly_by_limit() -> None:
    needs = [need(key, when=WeeklySpan(1, 300 + 60 * key, 360 + 60 * key)) for key in (1, 2, 3, 4)]
    result = assign([person(1, weekly_limit=1), person(2, weekly_limit=3)], needs)
    assert [sum(one == key for one, _ in pairs(result)) for key in (1, 2)] == [1, 3]
    result = assign([person(1), person(2)], needs[:2])
    assert result.figures.sessions == {1: 2}


def test_a_key_given_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="need 1 is given twice"):
        assign([person(1)], [need(1), need(1)])


def test_a_computation_stops_when_told_and_says_how_far_it_is() -> None:
    heard: list[tuple[str, float]] = []
    assign([person(1)], [need(1)], progress=lambda step, share: heard.append((step, share)))
    assert [step for step, _ in heard] == ["pairs", "guide", "cover", "travel", "fair"]
    assert [share for _, share in heard] == sorted(share for _, share in heard)
    with pytest.raises(AssignmentStopped):
        assign([person(1)], [need(1)], should_stop=_after(3))


def _after(calls: int) -> Callable[[], bool]:
    left = iter([False] * calls)
    return lambda: next(left, True)


def test_one_need_in_a_hundred_changed_changes_few_pairs() -> None:
    town = town_of(3_000, 205, 5, 20_000.0)
    first = assign(town.instructors, town.needs)
    rng = np.random.default_rng(5)
    changed = list(town.needs)
    for position in rng.choice(len(changed), len(changed) // 100, replace=False):
        changed[position] = replace(changed[position], when=WeeklySpan(6, 480, 540))
    before = [Pair(pair.instructor, pair.need) for pair in first.pairs]
    second = assign(town.instructors, changed, before=before)
    away = len(set(before) - {Pair(pair.instructor, pair.need) for pair in second.pairs})
    assert 0 < away < 0.02 * len(before)
    assert second.figures.kept_pairs == len(before) - away


def test_a_town_gives_the_same_answer_whatever_the_order_of_rows() -> None:
    town = town_of(1_500, 100, 6, 12_000.0)
    rng = np.random.default_rng(1)
    shuffled = [town.instructors[at] for at in rng.permutation(len(town.instructors))]
    needs = [town.needs[at] for at in rng.permutation(len(town.needs))]
    assert assign(shuffled, needs) == assign(town.instructors, town.needs)
