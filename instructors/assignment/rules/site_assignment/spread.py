"""The pairs that hard rules allow: who may teach the item, lives in reach and is free then.

Rule: S07
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from instructors.assignment.rules.site_assignment.problem import BoolArray, IntArray, Problem
from instructors.assignment.rules.site_assignment.values import WeeklySpan


@dataclass(frozen=True)
class Spread:
    """Possible pairs in the order of need, cost and instructor.

    `instructor`, `need`: positions in the problem; `travel_m`; `kept`: adopted before. `cost`: metres of travel less
    what keeping saves.
    """

    instructor: IntArray
    need: IntArray
    travel_m: IntArray
    kept: BoolArray
    cost: IntArray

    def __len__(self) -> int:
        return len(self.need)

    @cached_property
    def rank(self) -> IntArray:
        """How many pairs of the same need come before."""
        first = np.searchsorted(self.need, self.need)
        return np.arange(len(self)) - first

    @cached_property
    def by_instructor(self) -> tuple[IntArray, IntArray]:
        """The pairs in the order of instructors, and where the pairs of each begin (one entry more at the end)."""
        order = np.argsort(self.instructor, kind="stable")
        count = int(self.instructor.max()) + 1 if len(self) else 0
        return order, np.searchsorted(self.instructor[order], np.arange(count + 1))

    def of_instructor(self, instructor: int) -> IntArray:
        """The pairs of an instructor."""
        order, begin = self.by_instructor
        if instructor + 1 >= len(begin):
            return order[:0]
        return order[begin[instructor] : begin[instructor + 1]]

    def of_need(self, need: int) -> slice:
        """The pairs of a need."""
        return slice(*np.searchsorted(self.need, [need, need + 1]))


def spread_of(problem: Problem, before: IntArray, barred: IntArray) -> Spread:
    """All possible pairs but those barred; `before`, `barred`: codes (`code_of`) of pairs."""
    here = np.array([(need.x_m, need.y_m) for need in problem.needs]).reshape(-1, 2)
    homes = np.array([(one.home_x_m, one.home_y_m) for one in problem.instructors]).reshape(-1, 2)
    if not len(here) or not len(homes):
        return _sorted(problem, ([], []), before, barred)
    teaches, free = _teaching(problem), _freedom(problem)
    spots, spot = np.unique(here, axis=0, return_inverse=True)
    tree = cKDTree(homes)
    who, travel = [_NONE] * len(here), [_NONE] * len(here)
    for position, needs in enumerate(_groups(spot.ravel(), len(spots))):
        near = np.array(
            tree.query_ball_point(spots[position], problem.parameters.reach_m + 1.0), dtype=np.int64
        )
        way = np.rint(np.hypot(*(homes[near] - spots[position]).T)).astype(np.int64)
        near, way = near[way <= problem.parameters.reach_m], way[way <= problem.parameters.reach_m]
        for need in needs:
            one = problem.needs[need]
            may = teaches[one.item][near] & free[one.when][near]
            who[need], travel[need] = near[may], way[may]
    return _sorted(problem, (who, travel), before, barred)


def code_of(problem: Problem, instructor: IntArray, need: IntArray) -> IntArray:
    """One number per pair of positions."""
    return instructor * len(problem.needs) + need


_NONE: IntArray = np.empty(0, dtype=np.int64)


def _sorted(
    problem: Problem, found: tuple[list[IntArray], list[IntArray]], before: IntArray, barred: IntArray
) -> Spread:
    who, travel = found
    need = np.repeat(np.arange(len(who)), [len(some) for some in who]).astype(np.int64)
    instructor, travel_m = np.concatenate([_NONE, *who]), np.concatenate([_NONE, *travel])
    code = code_of(problem, instructor, need)
    kept = np.isin(code, before)
    cost = travel_m - problem.parameters.stability_m * kept
    order = np.lexsort((instructor, cost, need))
    order = order[~np.isin(code[order], barred)]
    return Spread(instructor[order], need[order], travel_m[order], kept[order], cost[order])


def _groups(label: IntArray, count: int) -> list[IntArray]:
    order = np.argsort(label, kind="stable")
    return np.split(order, np.searchsorted(label[order], np.arange(1, count)))


def _teaching(problem: Problem) -> dict[int, BoolArray]:
    asked = {need.item for need in problem.needs}
    return {
        item: np.array([item in one.items for one in problem.instructors], dtype=np.bool_) for item in asked
    }


def _freedom(problem: Problem) -> dict[WeeklySpan, BoolArray]:
    rows = [
        (position, span.weekday, span.from_minute, span.to_minute)
        for position, one in enumerate(problem.instructors)
        for span in joined(one.free)
    ]
    who, weekday, begin, end = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    free = {}
    for when in {need.when for need in problem.needs}:
        free[when] = np.zeros(len(problem.instructors), dtype=np.bool_)
        covers = (weekday == when.weekday) & (begin <= when.from_minute) & (end >= when.to_minute)
        free[when][who[covers]] = True
    return free


def joined(spans: tuple[WeeklySpan, ...]) -> list[WeeklySpan]:
    """The same times with spans that touch or overlap made one."""
    whole: list[WeeklySpan] = []
    for span in sorted(spans, key=lambda one: (one.weekday, one.from_minute)):
        last = whole[-1] if whole else None
        if last and last.weekday == span.weekday and span.from_minute <= last.to_minute:
            whole[-1] = WeeklySpan(last.weekday, last.from_minute, max(last.to_minute, span.to_minute))
        else:
            whole.append(span)
    return whole
