"""The computed assignment is the best of all assignments, by trying all of tiny towns; hard rules are never broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instructors.assignment.rules.site_assignment import (
    AssignmentParameters,
    AvailableInstructor,
    Explainer,
    Pair,
    SiteAssignmentResult,
    WeeklyNeed,
    WeeklySpan,
    assign,
)
from instructors.assignment.rules.site_assignment.explain import HARD, clash_gap
from instructors.assignment.rules.site_assignment.order import session_cost
from instructors.assignment.rules.site_assignment.problem import Problem, missing_of, travel_m_of

Value = tuple[int, int, int]
Town = tuple[list[AvailableInstructor], list[WeeklyNeed], list[Pair], AssignmentParameters]


def town_of(seed: int, people: int = 4, needs: int = 4) -> Town:
    """A tiny town of tight times and few people; every third has equal ways, so that fair load decides."""
    rng = np.random.default_rng(seed)
    step = 400 if seed % 3 else 2_000
    starts = (360, 390, 420, 480, 540)

    def spot() -> tuple[float, float]:
        return tuple(float(x) for x in rng.integers(0, 2_000 // step + 1, 2) * step)  # type: ignore[return-value]

    homes = [spot() for _ in range(people)]
    instructors = [
        AvailableInstructor(
            key=10 + 7 * one % 5 + one * 10,
            items=frozenset(rng.choice(2, rng.integers(1, 3), replace=False).tolist()),
            home_x_m=homes[one][0],
            home_y_m=homes[one][1],
            free=tuple(
                WeeklySpan(day, 360, int(rng.choice([450, 720]))) for day in (1, 2) if rng.random() < 0.9
            ),
            weekly_limit=int(rng.integers(0 if seed % 5 == 0 else 1, 4)),
        )
        for one in range(people)
    ]
    asked = []
    for one in range(needs):
        (x, y), begin = spot(), int(rng.choice(starts))
        asked.append(
            WeeklyNeed(
                key=100 - one,
                site=one,
                x_m=x,
                y_m=y,
                town=int(rng.integers(0, 2)),
                item=int(rng.integers(0, 2)),
                when=WeeklySpan(int(rng.integers(1, 3)), begin, begin + int(rng.choice([30, 60, 90]))),
                wanted=int(rng.choice([1, 1, 2])),
                weight=int(rng.integers(0, 6)),
            )
        )
    before = [Pair(one.key, need.key) for one in instructors for need in asked if rng.random() < 0.15]
    return instructors, asked, before, AssignmentParameters(reach_m=2_500, stability_m=300)


def possible(town: Town) -> list[Pair]:
    """The pairs that qualification, reach and free time allow."""
    instructors, needs, _, parameters = town
    return [
        Pair(one.key, need.key)
        for one in instructors
        for need in needs
        if need.item in one.items
        and travel_m_of(one, need) <= parameters.reach_m
        and not missing_of(one.free, need.when)
    ]


def is_allowed(town: Town, chosen: Iterable[Pair]) -> bool:
    """Whether limits, wanted places and the times of each person hold."""
    people, needs = {one.key: one for one in town[0]}, {one.key: one for one in town[1]}
    chosen = list(chosen)
    of_person, of_need = Counter(p.instructor for p in chosen), Counter(p.need for p in chosen)
    return (
        all(count <= people[key].weekly_limit for key, count in of_person.items())
        and all(count <= needs[key].wanted for key, count in of_need.items())
        and not any(
            a.instructor == b.instructor
            and clash_gap(needs[a.need], needs[b.need], town[3].travel_buffer_min)
            for a, b in combinations(chosen, 2)
        )
    )


def assignments(town: Town) -> Iterator[tuple[Pair, ...]]:
    """All that hard rules allow."""

    def grown(chosen: tuple[Pair, ...], rest: list[Pair]) -> Iterator[tuple[Pair, ...]]:
        yield chosen
        for position, pair in enumerate(rest):
            if is_allowed(town, (*chosen, pair)):
                yield from grown((*chosen, pair), rest[position + 1 :])

    return grown((), possible(town))


def value(town: Town, chosen: Iterable[Pair]) -> Value:
    """Weight (negative), travel less stability, fair load: smaller is better, in this order."""
    people, needs = {one.key: one for one in town[0]}, {one.key: one for one in town[1]}
    chosen, before = list(chosen), set(town[2])
    weight = sum(
        max(1, needs[key].weight // place)
        for key, count in Counter(pair.need for pair in chosen).items()
        for place in range(1, count + 1)
    )
    travel = sum(
        travel_m_of(people[pair.instructor], needs[pair.need]) - town[3].stability_m * (pair in before)
        for pair in chosen
    )
    load = sum(
        session_cost(session, people[key].weekly_limit)
        for key, count in Counter(pair.instructor for pair in chosen).items()
        for session in range(1, count + 1)
    )
    return -weight, travel, load


def answer_of(town: Town, pins: Iterable[Pair] = ()) -> SiteAssignmentResult:
    return assign(town[0], town[1], pins=list(pins), before=town[2], parameters=town[3])


def pairs_of(result: SiteAssignmentResult) -> list[Pair]:
    return [Pair(pair.instructor, pair.need) for pair in result.pairs]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6))
def test_the_answer_is_the_best_of_all_assignments(seed: int) -> None:
    town = town_of(seed)
    result = answer_of(town)
    chosen = pairs_of(result)
    assert set(chosen) <= set(possible(town)) and is_allowed(town, chosen)
    assert value(town, chosen) == min(value(town, one) for one in assignments(town))
    assert result.figures.is_proven and result.figures.gap == 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_with_pins_the_answer_is_the_best_that_keeps_them(seed: int, choice: int) -> None:
    town = town_of(seed)
    every = list(assignments(town))
    pins = every[choice % len(every)][:2]
    result = answer_of(town, pins)
    chosen = pairs_of(result)
    assert set(pins) <= set(chosen) and is_allowed(town, chosen)
    assert {Pair(p.instructor, p.need) for p in result.pairs if p.is_pinned} == set(pins)
    assert value(town, chosen) == min(value(town, one) for one in every if set(pins) <= set(one))


def by_night(town: Town, seed: int) -> Town:
    """The same town with sessions about midnight, of two days and of the week's end, and everybody free."""
    rng = np.random.default_rng(seed)
    begins = [(day, begin) for day in (7, 1) for begin in (0, 30, 90, 1_320, 1_350, 1_380)]
    needs = [
        replace(need, when=WeeklySpan(day, begin, begin + 30 * int(rng.integers(1, 3))))
        for need, (day, begin) in zip(town[1], rng.permutation(begins).tolist(), strict=False)
    ]
    free = tuple(WeeklySpan(day, 0, 1_440) for day in range(1, 8))
    return [replace(one, free=free, weekly_limit=3) for one in town[0]], needs, town[2], town[3]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_by_night_the_answer_is_the_best_of_all_assignments(seed: int) -> None:
    town = by_night(town_of(seed, 2, 6), seed)
    chosen = pairs_of(answer_of(town))
    assert is_allowed(town, chosen)
    assert value(town, chosen) == min(value(town, one) for one in assignments(town))


def spans() -> st.SearchStrategy[WeeklySpan]:
    minute = st.sampled_from([0, 30, 60, 1_350, 1_380, 1_440]) | st.integers(0, 1_440)
    minutes = st.lists(minute, min_size=2, max_size=2, unique=True).map(sorted)
    return st.builds(lambda day, pair: WeeklySpan(day, *pair), st.sampled_from([7, 1, 2, 4]), minutes)


def minutes_of_week(span: WeeklySpan, before: int = 0) -> set[int]:
    """The minutes of a span and so many before it, on the ring of a week."""
    day = (span.weekday - 1) * 1_440
    return {minute % 10_080 for minute in range(day + span.from_minute - before, day + span.to_minute)}


@settings(max_examples=300, deadline=None)
@given(spans(), spans(), st.integers(0, 180))
def test_sessions_clash_when_their_minutes_of_the_week_meet(
    one: WeeklySpan, other: WeeklySpan, buffer_min: int
) -> None:
    """With the buffer put before either, two sessions share a minute of the week exactly when they clash."""
    needs = [
        WeeklyNeed(key, key, 0.0, 0.0, key, 1, when, 1, 1) for key, when in enumerate((one, other), start=1)
    ]
    problem = Problem.of([], needs, AssignmentParameters(travel_buffer_min=buffer_min))
    meet = bool(
        minutes_of_week(one, buffer_min) & minutes_of_week(other)
        or minutes_of_week(one) & minutes_of_week(other, buffer_min)
    )
    assert bool(problem.clash(0, 1)) == bool(problem.clash(1, 0)) == meet
    found = clash_gap(needs[0], needs[1], buffer_min)
    assert (found is not None) == meet
    assert found == clash_gap(needs[1], needs[0], buffer_min)


@pytest.mark.parametrize("seed", [2240, 2257, 3263, 3654])
def test_halves_of_the_linear_programme_are_made_whole_without_loss(seed: int) -> None:
    town = town_of(seed, 4, 6)
    result = answer_of(town)
    assert value(town, pairs_of(result)) == min(value(town, one) for one in assignments(town))
    assert result.figures.is_proven


@pytest.mark.parametrize("seed", [2240, 2257, 3263, 3654])
def test_a_search_cut_short_keeps_hard_rules_and_states_its_gap(seed: int) -> None:
    town = town_of(seed, 4, 6)
    cut = answer_of((*town[:3], replace(town[3], most_columns=0, search_nodes=0, search_s=0.0)))
    chosen, best = pairs_of(cut), answer_of(town).figures.covered_weight
    assert set(chosen) <= set(possible(town)) and is_allowed(town, chosen)
    assert cut.figures.weight_bound >= best >= cut.figures.covered_weight
    assert (
        cut.figures.gap == (cut.figures.weight_bound - cut.figures.covered_weight) / cut.figures.weight_bound
    )
    assert not cut.figures.is_proven


@pytest.mark.parametrize("seed", [2240, 2257, 3654])
def test_only_a_search_that_the_clock_ended_is_not_reproducible(seed: int) -> None:
    town = town_of(seed, 4, 6)
    by_nodes = (*town[:3], replace(town[3], most_columns=0, search_nodes=0))
    by_clock = (*town[:3], replace(town[3], search_s=0.0))
    assert answer_of(town).figures.is_reproducible
    assert answer_of(by_nodes).figures.is_reproducible and answer_of(by_nodes) == answer_of(by_nodes)
    assert not answer_of(by_nodes).figures.is_proven
    assert not answer_of(by_clock).figures.is_reproducible


def test_an_answer_found_before_the_clock_is_asked_is_reproducible() -> None:
    town = town_of(3263, 4, 6)
    at_once = answer_of((*town[:3], replace(town[3], search_s=0.0)))
    assert at_once == answer_of(town) and at_once.figures.is_reproducible


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_why_is_true_for_every_pair(seed: int) -> None:
    town = town_of(seed)
    result = answer_of(town)
    chosen, every = set(pairs_of(result)), [(set(one), value(town, one)) for one in assignments(town)]
    explain = Explainer(town[0], town[1], result.pairs, town[3], result.prices, town[2])
    best = value(town, chosen)
    for one in town[0]:
        for need in town[1]:
            pair = Pair(one.key, need.key)
            why = explain.why(one.key, need.key)
            assert why.is_assigned == (pair in chosen)
            assert why.travel_m == travel_m_of(one, need)
            hard = {found.obstacle for found in why.obstacles} & HARD
            assert bool(hard) == (pair not in possible(town))
            if pair in chosen:
                assert not why.obstacles
                others = [worth for some, worth in every if pair not in some]
            else:
                circumstances = [found for found in why.obstacles if found.obstacle not in HARD]
                assert bool(circumstances) != is_allowed(town, [*chosen, pair])
                others = [worth for some, worth in every if pair in some]
            assert (why.loses is None) == (why.loses_at_most is None) == bool(hard or not others)
            if why.loses is not None and why.loses_at_most is not None:
                weight, travel_m = (least - most for least, most in zip(min(others)[:2], best, strict=False))
                assert weight >= why.loses.weight
                assert weight > 0 or travel_m >= why.loses.travel_m
                assert (weight, travel_m) <= (why.loses_at_most.weight, why.loses_at_most.travel_m)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.randoms())
def test_the_order_of_rows_does_not_matter(seed: int, shuffler: object) -> None:
    town = town_of(seed, 8, 10)
    shuffled: Town = (*(list(rows) for rows in town[:3]), town[3])  # type: ignore[assignment]
    for rows in shuffled[:3]:
        shuffler.shuffle(rows)  # type: ignore[attr-defined]
    assert answer_of(town) == answer_of(shuffled)
