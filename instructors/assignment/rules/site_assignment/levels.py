"""One level of the order after the other, each on the optimal face of the one before.

A level is solved over few pairs at first; pairs whose reduced cost promises more and sets of clashing sessions that the
answer breaks are added until there are none: then it is the optimum over all pairs. What its prices prove (a pair or a
share of positive reduced cost is at its least, of negative at its most, in every optimum) is all that the next level may
not change. So the order of the levels is exact, and no level needs a weight to outdo the next.

Rule: S07
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from instructors.assignment.rules.site_assignment.clashes import broken_sets
from instructors.assignment.rules.site_assignment.problem import BoolArray, FloatArray, IntArray, Problem
from instructors.assignment.rules.site_assignment.programme import NOISE, Answer, Groups, Programme, Shares
from instructors.assignment.rules.site_assignment.spread import Spread

# Pairs of a need that are added at a time. Where few needs are left with any, their prices still move: then so many
# pairs are shared among them, whatever they promise now.
PER_NEED, FEW_NEEDS, FOR_FEW = 8, 500, 20_000


@dataclass(frozen=True)
class Face:
    """What the levels so far leave open.

    `open`: pairs that may be taken or not; `sure`: pairs every optimum takes; `columns`: pairs in the programme.
    The bounds of `groups` count open pairs only.
    """

    open: BoolArray
    sure: BoolArray
    columns: BoolArray
    groups: Groups


@dataclass(frozen=True)
class Level:
    """What one level asks for: `cost` per pair, and the shares of the groups with what they cost.

    One that `is_guide` need not be proven: it ends when another round gains nothing.
    """

    name: str
    cost: FloatArray
    shares: Callable[[Face], Shares]
    is_guide: bool = False


@dataclass(frozen=True)
class Solved:
    """A level's answer, the face it was sought on (with all columns and sets), the face of its optima, and the reduced
    costs of all pairs."""

    answer: Answer
    sought: Face
    face: Face
    reduced: FloatArray
    rounds: int


def solve_level(
    problem: Problem,
    spread: Spread,
    face: Face,
    level: Level,
    go_on: Callable[[], None],
    reached: float = np.inf,
) -> Solved:
    """The optimum of a level on a face, over all its open pairs.

    `reached`: a value that some allowed answer has. When the programme's value is the same its prices prove it best,
    and sets that its own answer breaks do not matter.
    """
    rounds, last = 0, np.inf
    while True:
        go_on()
        rounds += 1
        shares = level.shares(face)
        columns = np.flatnonzero(face.columns & face.open)
        answer = Programme(columns, level.cost, face.groups, shares).solve(len(spread))
        reduced = level.cost - face.groups.per_pair(answer.price, len(spread))
        added = _promising(spread, face, reduced)
        broken = [] if answer.value >= reached - NOISE else _broken(problem, spread, face, answer)
        stalls = not broken and answer.value >= last - NOISE
        if not broken and (not added.size or (stalls and level.is_guide)):
            return Solved(answer, face, _optimal_face(face, shares, answer, reduced), reduced, rounds)
        if stalls:
            added = _as_many_again(face, reduced, len(columns))
        face, last = wider(face, added, broken), answer.value


def _broken(problem: Problem, spread: Spread, face: Face, answer: Answer) -> list[IntArray]:
    return broken_sets(problem, spread, answer.taken + face.sure)


def _promising(spread: Spread, face: Face, reduced: FloatArray) -> IntArray:
    """Pairs outside the programme that may lower its cost: of each need that has such, the best."""
    outside = face.open & ~face.columns
    found = np.flatnonzero(outside & (reduced < -NOISE))
    needs, most = np.unique(spread.need[found]), PER_NEED
    if len(needs) <= FEW_NEEDS:
        found, most = np.flatnonzero(outside & np.isin(spread.need, needs)), FOR_FEW // max(len(needs), 1)
    order = np.lexsort((found, reduced[found], spread.need[found]))
    found = found[order]
    need = spread.need[found]
    return found[np.arange(len(found)) - np.searchsorted(need, need) < most]


def _as_many_again(face: Face, reduced: FloatArray, count: int) -> IntArray:
    """The most promising pairs outside the programme: where only the proof is missing, many at once find it sooner."""
    outside = np.flatnonzero(face.open & ~face.columns)
    return outside[np.argsort(reduced[outside], kind="stable")[:count]]


def wider(face: Face, added: IntArray, broken: list[IntArray]) -> Face:
    """The same with more columns, and with sets of which one pair at most is taken."""
    columns = face.columns.copy()
    columns[added] = True
    groups = face.groups
    if broken:
        more = np.repeat(np.arange(len(broken)), [len(some) for some in broken]) + len(groups)
        room = np.array([1 - int(face.sure[some].sum()) for some in broken])
        groups = Groups(
            np.concatenate([groups.pair, *broken]),
            np.concatenate([groups.group, more]),
            np.concatenate([groups.low, np.zeros(len(broken), dtype=np.int64)]),
            np.concatenate([groups.high, room]),
        )
    return replace(face, columns=columns, groups=groups)


def _optimal_face(face: Face, shares: Shares, answer: Answer, reduced: FloatArray) -> Face:
    sure = face.open & (reduced < -NOISE)
    reduced_share = shares.cost + answer.price[shares.group]
    low = np.where(reduced_share < -NOISE, shares.high, shares.low)
    high = np.where(reduced_share > NOISE, shares.low, shares.high)
    count, taken = len(face.groups), face.groups.sums(sure)
    groups = replace(
        face.groups,
        low=_whole(np.bincount(shares.group, weights=low, minlength=count) - taken),
        high=_whole(np.bincount(shares.group, weights=high, minlength=count) - taken),
    )
    return Face(face.open & (np.abs(reduced) <= NOISE), face.sure | sure, face.columns, groups)


def _whole(numbers: FloatArray) -> IntArray:
    return np.rint(numbers).astype(np.int64)
