"""Sets of one instructor's possible sessions of which any two clash: at most one of them can be taken.

There are far too many to write down all; only those that an answer breaks are added to the programme. Rule: S07
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from instructors.assignment.rules.site_assignment.problem import FloatArray, IntArray, Problem
from instructors.assignment.rules.site_assignment.programme import NOISE
from instructors.assignment.rules.site_assignment.spread import Spread


def broken_sets(problem: Problem, spread: Spread, taken: FloatArray) -> list[IntArray]:
    """Sets of pairs, as large as they can be made, of which more than one is taken."""
    found: dict[bytes, IntArray] = {}
    for busy in _busy_days(problem, spread, taken):
        for pairs in _broken_within(problem, spread, taken, busy):
            found.setdefault(pairs.tobytes(), pairs)
    return list(found.values())


def _busy_days(problem: Problem, spread: Spread, taken: FloatArray) -> Iterator[IntArray]:
    """For each instructor and part of the week with more than one session taken, wholly or in part: those pairs."""
    used = np.flatnonzero(taken > NOISE)
    day = spread.instructor[used] * 8 + problem.part_of_week[spread.need[used]]
    order = np.argsort(day, kind="stable")
    used, day = used[order], day[order]
    for some in np.split(used, np.flatnonzero(np.diff(day)) + 1):
        if len(some) > 1 and taken[some].sum() > 1 + NOISE:
            yield some


def _broken_within(problem: Problem, spread: Spread, taken: FloatArray, busy: IntArray) -> Iterator[IntArray]:
    needs = spread.need[busy]
    clash = problem.clash(needs[:, None], needs[None, :])
    np.fill_diagonal(clash, False)
    if not clash.any():
        return
    for first in range(len(busy)):
        members, common = [first], clash[first].copy()
        for other in np.argsort(-taken[busy], kind="stable"):
            if common[other]:
                members.append(int(other))
                common &= clash[other]
        if taken[busy[members]].sum() > 1 + NOISE:
            yield _widened(problem, spread, busy[members])


def _widened(problem: Problem, spread: Spread, pairs: IntArray) -> IntArray:
    """The set with every further possible session of the instructor that clashes with all in it."""
    possible = spread.of_instructor(int(spread.instructor[pairs[0]]))
    part = problem.part_of_week
    possible = possible[part[spread.need[possible]] == part[spread.need[pairs[0]]]]
    clash = problem.clash(spread.need[possible][:, None], spread.need[possible][None, :])
    inside = np.isin(possible, pairs)
    common = clash[inside].all(axis=0) & ~inside
    while common.any():
        one = int(np.argmax(common))
        inside[one], common[one] = True, False
        common &= clash[one]
    return np.sort(possible[inside])
