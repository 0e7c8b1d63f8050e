"""Instructors assigned to the sites of a city of Jiaozuo's size: 30,000 × 2,050, beside a greedy answer and scipy.

`./dev bench assignment`. The town is made up, with a fixed seed: 48 street/towns, homes clustered in them, 16 items of
which a few are asked for and taught far more than the rest, sessions mostly at six to eight in the morning. Seconds are
CPU of this process. The greedy answer takes the places by worth, each with the nearest instructor who still can. Then one
need in a hundred changes, and the plan is computed anew with and without stability. Besides, a quarter of such a city with
too few instructors: 1,500 × 500.
"""

from __future__ import annotations

import random
import resource
import time
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

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
from instructors.assignment.rules.site_assignment.problem import Problem
from instructors.assignment.rules.site_assignment.spread import spread_of

MORNING, DAY, EVENING = (330, 510), (510, 1020), (1020, 1290)
# Hours of needs: from minute, how often.
HOURS = ((360, 0.40), (390, 0.20), (420, 0.08), (570, 0.06), (900, 0.06), (1110, 0.08), (1140, 0.12))
ITEMS = 16


@dataclass(frozen=True)
class Town:
    instructors: tuple[AvailableInstructor, ...]
    needs: tuple[WeeklyNeed, ...]


def town_of(people: int, sites: int, seed: int, side_m: float = 63_000.0) -> Town:
    """Homes and sites clustered alike in 48 towns of very different size."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(0, side_m, (48, 2))
    size = rng.pareto(1.2, 48) + 0.2
    spread = rng.uniform(800, 3_500, 48)
    share = 1 / np.arange(1, ITEMS + 1) ** 1.1

    def scattered(count: int) -> tuple[np.ndarray, np.ndarray]:
        town = rng.choice(48, count, p=size / size.sum())
        return town, centre[town] + rng.normal(size=(count, 2)) * spread[town, None]

    _, homes = scattered(people)
    town, spots = scattered(sites)
    return Town(
        tuple(_instructor(key, xy, rng, share) for key, xy in enumerate(homes)),
        tuple(_needs(zip(town, spots, strict=True), rng, share)),
    )


def _instructor(key: int, xy: np.ndarray, rng: np.random.Generator, share: np.ndarray) -> AvailableInstructor:
    items = rng.choice(ITEMS, rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1]), replace=False, p=share / share.sum())
    free = []
    for weekday in range(1, 8):
        for begin, end in (MORNING, DAY, EVENING):
            often = 0.5 if weekday > 5 else {MORNING: 0.3, DAY: 0.1, EVENING: 0.25}[begin, end]
            if rng.random() < often:
                free.append(WeeklySpan(weekday, begin, end))
    limit = int(rng.choice([1, 2, 3, 5], p=[0.35, 0.3, 0.25, 0.1]))
    return AvailableInstructor(
        key, frozenset(map(int, items)), round(float(xy[0]), 1), round(float(xy[1]), 1), tuple(free), limit
    )


def _needs(sites, rng: np.random.Generator, share: np.ndarray) -> list[WeeklyNeed]:  # type: ignore[no-untyped-def]
    hours, often = np.array([h for h, _ in HOURS]), np.array([o for _, o in HOURS])
    found: list[WeeklyNeed] = []
    for site, (town, xy) in enumerate(sites):
        households = int(rng.integers(80, 2_500))
        for _ in range(int(rng.choice([2, 4, 6, 10], p=[0.2, 0.4, 0.3, 0.1]))):
            begin = int(rng.choice(hours, p=often))
            found.append(
                WeeklyNeed(
                    key=len(found),
                    site=site,
                    x_m=round(float(xy[0]), 1),
                    y_m=round(float(xy[1]), 1),
                    town=int(town),
                    item=int(rng.choice(ITEMS, p=share / share.sum())),
                    when=WeeklySpan(int(rng.integers(1, 8)), begin, begin + int(rng.choice([60, 90, 120]))),
                    wanted=int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])),
                    weight=households,
                )
            )
    return found


@dataclass(frozen=True)
class Greedy:
    """Covered weight, metres and seconds of CPU."""

    weight: int
    travel_m: int
    seconds: float


def greedy(town: Town) -> Greedy:
    """The places in the order of their worth, each with the nearest instructor who still can."""
    begin = time.process_time()
    problem = Problem.of(town.instructors, town.needs, AssignmentParameters())
    nobody = np.empty(0, dtype=np.int64)
    spread = spread_of(problem, before=nobody, barred=nobody)
    places = sorted(
        (-need.worth(place), at, place)
        for at, need in enumerate(problem.needs)
        for place in range(1, need.wanted + 1)
    )
    held: dict[int, list[int]] = {}
    weight = travel_m = 0
    for worth, need, _ in places:
        pairs = spread.of_need(need)
        for who, way in zip(spread.instructor[pairs].tolist(), spread.travel_m[pairs].tolist(), strict=True):
            mine = held.get(who, [])
            if len(mine) < problem.limit[who] and not any(problem.clash(other, need) for other in mine):
                held[who] = [*mine, need]
                weight, travel_m = weight - worth, travel_m + way
                break
    return Greedy(weight, travel_m, time.process_time() - begin)


def changed_needs(town: Town, seed: int) -> list[WeeklyNeed]:
    """The needs with one in a hundred at another time."""
    rng, changed = np.random.default_rng(seed), list(town.needs)
    for at in rng.choice(len(changed), len(changed) // 100, replace=False):
        changed[at] = replace(changed[at], when=WeeklySpan(int(rng.integers(1, 8)), 420, 480))
    return changed


def told(name: str, result: SiteAssignmentResult, seconds: float) -> None:
    figures = result.figures
    print(
        f"{name}: {seconds:.1f} s of CPU, peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB;"
        f" possible pairs {figures.possible_pairs:,}, looked at {figures.pairs_looked_at:,};"
        f" places {figures.covered_places:,} of {figures.asked_places:,},"
        f" weight {figures.covered_weight:,} of {figures.asked_weight:,}, gap {figures.gap:.6f},"
        f" {'proven best' if figures.is_proven else f'travel gap {figures.travel_gap_m} m'};"
        f" travel mean {figures.mean_travel_m:.0f} m, 95 % {figures.p95_travel_m:.0f} m;"
        f" sessions {dict(figures.sessions)};"
        f" empty {dict(Counter(str(one.reason) for one in result.unserved))}",
        flush=True,
    )


def beside_greedy(town: Town) -> SiteAssignmentResult:
    """Ours, told beside the greedy answer of the same town."""
    begin, wall = time.process_time(), time.perf_counter()
    result = assign(town.instructors, town.needs)
    used = time.process_time() - begin
    print(
        f"\n{len(town.instructors):,} × {len({need.site for need in town.needs}):,} sites, {len(town.needs):,} needs:"
        f" {time.perf_counter() - wall:.1f} s on the clock"
    )
    told("ours", result, used)
    plain, figures = greedy(town), result.figures
    print(
        f"greedy: {plain.seconds:.1f} s of CPU; weight {plain.weight:,}"
        f" (ours {figures.covered_weight / plain.weight - 1:+.4%}), travel {plain.travel_m:,} m"
        f" (ours {figures.total_travel_m / plain.travel_m - 1:+.2%})",
        flush=True,
    )
    assert figures.covered_weight >= plain.weight
    return result


@pytest.mark.bench
def test_assignment_of_a_city_with_too_few_instructors() -> None:
    assert beside_greedy(town_of(1_500, 500, 1, 31_000.0)).figures.is_proven


@pytest.mark.bench
def test_assignment_of_a_city() -> None:
    town = town_of(30_000, 2_050, 1)
    result = beside_greedy(town)
    assert result.figures.is_proven
    before = [Pair(pair.instructor, pair.need) for pair in result.pairs]
    needs = changed_needs(town, 7)
    begin = time.process_time()
    again = assign(town.instructors, needs, before=before)
    told("1 % of the needs changed", again, time.process_time() - begin)
    kept = again.figures.kept_pairs / len(before)
    loose = assign(town.instructors, needs, before=before, parameters=AssignmentParameters(stability_m=0))
    print(f"pairs kept: {kept:.2%}; without stability {loose.figures.kept_pairs / len(before):.2%}")
    assert kept > 0.95
    explain = Explainer(town.instructors, town.needs, result.pairs, prices=result.prices)
    asked = random.Random(1).sample(before, 20)
    begin = time.process_time()
    for pair, other in pairwise(asked):
        explain.why(pair.instructor, pair.need)
        explain.why(pair.instructor, other.need)
    print(f"why: {(time.process_time() - begin) / 38:.3f} s of CPU for a pair")


@pytest.mark.bench
@pytest.mark.parametrize(("people", "sites"), [(600, 300), (2_000, 1_000)])
def test_assignment_beside_linear_sum_assignment(people: int, sites: int) -> None:
    """Everybody may serve every need, all at one time, one session each: the classical problem, dense."""
    rng = np.random.default_rng(3)
    homes, spots = rng.uniform(0, 20_000, (people, 2)), rng.uniform(0, 20_000, (sites, 2))
    free = WeeklySpan(1, 360, 420)
    instructors = [
        AvailableInstructor(key, frozenset({0}), *map(float, xy), (free,), 1) for key, xy in enumerate(homes)
    ]
    needs = [WeeklyNeed(key, key, *map(float, xy), 0, 0, free, 1, 100) for key, xy in enumerate(spots)]
    begin = time.process_time()
    cost = np.rint(np.hypot(*(spots[:, None] - homes[None]).transpose(2, 0, 1)))
    best = int(cost[linear_sum_assignment(cost)].sum())
    theirs = time.process_time() - begin
    begin = time.process_time()
    result = assign(instructors, needs, parameters=AssignmentParameters(reach_m=30_000))
    ours = time.process_time() - begin
    assert result.figures.total_travel_m == best
    print(
        f"\ndense {people:,} × {sites:,}: both {best:,} m; linear_sum_assignment {theirs:.2f} s of CPU,"
        f" ours {ours:.2f} s ({ours / theirs:.1f}×), {result.figures.pairs_looked_at:,} of {cost.size:,} pairs in it"
    )
