"""What people decided before the computation: it stays, unless it breaks a hard rule.

Rule: S07
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from instructors.assignment.rules.site_assignment.problem import (
    BoolArray,
    IntArray,
    Problem,
    missing_of,
    travel_m_of,
)
from instructors.assignment.rules.site_assignment.spread import Spread, code_of
from instructors.assignment.rules.site_assignment.values import Pair
from wangge.errors import RuleBroken, refuse_all


@dataclass(frozen=True)
class Pinned:
    """`pairs`: which possible pairs are pinned; `barred`: which can no longer be taken because of them."""

    pairs: BoolArray
    barred: BoolArray
    per_need: IntArray
    per_instructor: IntArray


def pinned_of(problem: Problem, spread: Spread, pins: Collection[Pair]) -> Pinned:
    """The pins among the possible pairs; 422 ASSIGNMENT_PIN for each that breaks a hard rule, all at once."""
    wanted = sorted(set(pins))
    refuse_all(_refusals(problem, wanted))
    who = np.searchsorted(problem.instructor_keys, [pin.instructor for pin in wanted]).astype(np.int64)
    what = np.searchsorted(problem.need_keys, [pin.need for pin in wanted]).astype(np.int64)
    pairs = np.isin(code_of(problem, spread.instructor, spread.need), code_of(problem, who, what))
    barred = pairs.copy()
    for one, need in zip(who, what, strict=True):
        others = spread.of_instructor(int(one))
        barred[others] |= problem.clash(spread.need[others], need)
    return Pinned(
        pairs,
        barred,
        np.bincount(what, minlength=len(problem.needs)),
        np.bincount(who, minlength=len(problem.instructors)),
    )


def _refusals(problem: Problem, pins: list[Pair]) -> Iterator[RuleBroken]:
    people = {one.key: position for position, one in enumerate(problem.instructors)}
    needs = {one.key: position for position, one in enumerate(problem.needs)}
    by_person: dict[int, list[Pair]] = {}
    by_need: dict[int, list[Pair]] = {}
    for pin in pins:
        if pin.instructor not in people or pin.need not in needs:
            yield _refusal(
                pin, "unknown", "教师或需求不在本次计算之列", "its instructor or its need is not asked about"
            )
            continue
        by_person.setdefault(people[pin.instructor], []).append(pin)
        by_need.setdefault(needs[pin.need], []).append(pin)
        yield from _against_person(problem, pin, people[pin.instructor], needs[pin.need])
    for person, some in by_person.items():
        yield from _against_each_other(problem, some, needs)
        for pin in some[int(problem.limit[person]) :]:
            yield _too_many(pin, "weekly_limit", int(problem.limit[person]), len(some))
    for need, some in by_need.items():
        for pin in some[int(problem.wanted[need]) :]:
            yield _too_many(pin, "wanted", int(problem.wanted[need]), len(some))


def _against_person(problem: Problem, pin: Pair, person: int, need: int) -> Iterator[RuleBroken]:
    who, what, reach_m = problem.instructors[person], problem.needs[need], problem.parameters.reach_m
    if what.item not in who.items:
        yield _refusal(
            pin,
            "not_qualified",
            "该教师不能教授所需项目",
            "the instructor may not teach the item",
            item=what.item,
        )
    if travel_m_of(who, what) > reach_m:
        yield _refusal(
            pin,
            "too_far",
            f"路程超过{reach_m}米",
            f"the site is more than {reach_m} m from home",
            reach_m=reach_m,
        )
    if missing := missing_of(who.free, what.when):
        times = [[span.weekday, span.from_minute, span.to_minute] for span in missing]
        yield _refusal(
            pin, "not_free", "该教师当时没有空闲", "the instructor is not free then", missing=times
        )


def _against_each_other(problem: Problem, pins: list[Pair], needs: dict[int, int]) -> Iterator[RuleBroken]:
    for one, other in combinations(pins, 2):
        if problem.clash(needs[one.need], needs[other.need]):
            yield _refusal(
                other,
                "clashes",
                f"与已固定的需求{one.need}时间冲突或路途时间不足",
                f"it clashes with need {one.need}, pinned too, or leaves too little time for the way",
                other_need=one.need,
            )


def _too_many(pin: Pair, what: str, most: int, given: int) -> RuleBroken:
    zh, en = {
        "weekly_limit": (f"该教师每周至多{most}次", f"the instructor takes {most} sessions a week at most"),
        "wanted": (f"该需求只需{most}人", f"the need wants {most} instructors"),
    }[what]
    return _refusal(pin, what, f"{zh}，已固定{given}", f"{en}, {given} are pinned", most=most, pinned=given)


def _refusal(pin: Pair, why: str, zh: str, en: str, **facts: object) -> RuleBroken:
    return RuleBroken(
        "ASSIGNMENT_PIN",
        zh=f"不能固定教师{pin.instructor}到需求{pin.need}：{zh}",
        en=f"instructor {pin.instructor} cannot be pinned to need {pin.need}: {en}",
        rule="S07",
        facts={"instructor": pin.instructor, "need": pin.need, "why": why, **facts},
        how_to_fix_zh="请取消该固定，或修改教师的资格、空闲时间、上限或需求",
        how_to_fix_en="take the pin away, or change the instructor's items, free times or limit, or the need",
        field="pins",
    )
