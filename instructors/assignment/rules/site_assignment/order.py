"""The three levels of the order as costs of pairs and of shares, and the guide that finds pairs worth looking at.

Rule: S07
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instructors.assignment.rules.site_assignment.levels import Face, Level
from instructors.assignment.rules.site_assignment.problem import BoolArray, FloatArray, IntArray, Problem
from instructors.assignment.rules.site_assignment.programme import Shares
from instructors.assignment.rules.site_assignment.spread import Spread

# Fair load is counted in whole parts of a session² per session of the limit: divisible by all limits to 10.
PARTS = 2_520


def session_cost(session: int, limit: int) -> int:
    """What the session-th session of an instructor costs in fair load: the rise of sessions² / limit."""
    return (2 * session - 1) * PARTS // limit


@dataclass(frozen=True)
class Order:
    """`pinned_need`, `pinned_instructor`: how many pairs of each are pinned already.

    The first groups are the needs, then the instructors, then sets that clash.
    """

    problem: Problem
    spread: Spread
    pinned_need: IntArray
    pinned_instructor: IntArray

    def cover(self) -> Level:
        """First level: the worth of the places filled, negative."""
        return Level("cover", np.zeros(len(self.spread)), lambda face: self._places(face, 1.0))

    def travel(self) -> Level:
        """Second level: metres of travel less what keeping saves."""
        return Level("travel", self.spread.cost.astype(np.float64), _any_number)

    def fair(self) -> Level:
        """Third level: sessions² / weekly limit, in parts."""
        return Level("fair", np.zeros(len(self.spread)), self._sessions)

    def guide(self) -> Level:
        """Cover and travel in one sum: near the answer, not exact; it tells which pairs and sets matter."""
        outdoes = 2.0 * (self.problem.parameters.reach_m + self.problem.parameters.stability_m + 1)
        return Level(
            "guide",
            self.spread.cost.astype(np.float64),
            lambda face: self._places(face, outdoes),
            is_guide=True,
        )

    def together(self, face: Face, with_cover: bool) -> tuple[Shares, FloatArray, FloatArray]:
        """One set of shares for all levels, with what each costs in cover and in fair load.

        Without cover the needs' bounds say all that is left of it.
        """
        needs, count = len(self.problem.needs), len(self.problem.needs) + len(self.problem.instructors)
        of_need = self._places(face, 1.0) if with_cover else _any_number(face)
        of_person, rest = self._sessions(face), _any_number(face)
        parts = [
            _part(of_need, of_need.group < needs),
            _part(of_person, (of_person.group >= needs) & (of_person.group < count)),
            _part(rest, rest.group >= count),
        ]
        none = [np.zeros(len(part.group)) for part in parts]
        shares = Shares(
            np.concatenate([part.group for part in parts]),
            np.concatenate(none),
            np.concatenate([part.low for part in parts]),
            np.concatenate([part.high for part in parts]),
        )
        cover = np.concatenate([parts[0].cost, none[1], none[2]])
        return shares, cover, np.concatenate([none[0], parts[1].cost, none[2]])

    def _places(self, face: Face, factor: float) -> Shares:
        groups, needs = face.groups, len(self.problem.needs)
        need = np.repeat(np.arange(needs), groups.high[:needs])
        place = _count_within(need) + 1 + self._taken(face)[need]
        worth = np.maximum(1, self.problem.weight[need] // place)
        rest = np.arange(needs, len(groups))
        return Shares(
            np.concatenate([need, rest]),
            np.concatenate([-factor * worth, np.zeros(len(rest))]),
            np.concatenate([np.zeros(len(need)), groups.low[rest]]),
            np.concatenate([np.ones(len(need)), groups.high[rest]]),
        )

    def _sessions(self, face: Face) -> Shares:
        groups, first = face.groups, len(self.problem.needs)
        last = first + len(self.problem.instructors)
        least = groups.low[first:last]
        who = np.repeat(np.arange(last - first), groups.high[first:last])
        further = _count_within(who)
        session = further + 1 + self._taken(face)[first + who]
        rest = np.concatenate([np.arange(first), np.arange(last, len(groups))])
        return Shares(
            np.concatenate([first + who, rest]),
            np.concatenate([(2 * session - 1) * PARTS // self.problem.limit[who], np.zeros(len(rest))]),
            np.concatenate([further < least[who], groups.low[rest]]).astype(np.float64),
            np.concatenate([np.ones(len(who)), groups.high[rest]]),
        )

    def _taken(self, face: Face) -> IntArray:
        """Per need, then per instructor: the pairs that are pinned or sure."""
        needs, people = len(self.problem.needs), len(self.problem.instructors)
        return np.concatenate(
            [
                self.pinned_need + np.bincount(self.spread.need[face.sure], minlength=needs),
                self.pinned_instructor + np.bincount(self.spread.instructor[face.sure], minlength=people),
            ]
        )


def _any_number(face: Face) -> Shares:
    low, high = face.groups.low.astype(np.float64), face.groups.high.astype(np.float64)
    return Shares(np.arange(len(low)), np.zeros(len(low)), low, high)


def _part(shares: Shares, wanted: BoolArray) -> Shares:
    return Shares(shares.group[wanted], shares.cost[wanted], shares.low[wanted], shares.high[wanted])


def _count_within(label: IntArray) -> IntArray:
    """For a sorted label, how many of the same come before."""
    return np.arange(len(label)) - np.searchsorted(label, label)
