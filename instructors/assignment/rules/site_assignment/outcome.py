"""What the levels found, in positions of the problem, before it is told in keys.

Rule: S07
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instructors.assignment.rules.site_assignment.levels import Solved
from instructors.assignment.rules.site_assignment.pins import Pinned
from instructors.assignment.rules.site_assignment.problem import BoolArray, IntArray, Problem
from instructors.assignment.rules.site_assignment.programme import NOISE
from instructors.assignment.rules.site_assignment.spread import Spread
from instructors.assignment.rules.site_assignment.values import SolveStep


@dataclass(frozen=True)
class Outcome:
    """`taken`: pairs of the answer, pinned ones too; `solved`: cover and travel, None where nothing was open."""

    problem: Problem
    spread: Spread
    pinned: Pinned
    taken: BoolArray
    is_proven: bool
    is_reproducible: bool
    looked_at: int
    solved: tuple[Solved, Solved] | None
    steps: tuple[SolveStep, ...]

    @property
    def per_need(self) -> IntArray:
        """How many instructors each need has."""
        return np.bincount(self.spread.need[self.taken], minlength=len(self.problem.needs))

    @property
    def per_instructor(self) -> IntArray:
        """How many sessions each instructor has."""
        return np.bincount(self.spread.instructor[self.taken], minlength=len(self.problem.instructors))

    def worth(self, places: IntArray) -> int:
        """What so many places per need are worth together."""
        return sum(
            self.problem.needs[need].worth(place)
            for need, count in enumerate(places)
            for place in range(1, int(count) + 1)
        )

    def linear_gap(self) -> tuple[int, int | None]:
        """What the linear programmes leave open: weight, and metres at the same weight (None: not known)."""
        if self.solved is None:
            return 0, 0
        cover, travel = self.solved
        bound = self.worth(self.pinned.per_need) - cover.answer.value
        weight = int(np.floor(bound + NOISE)) - self.worth(self.per_need)
        if weight > 0:
            return weight, None
        linear = self.spread.cost @ (travel.answer.taken + travel.sought.sure + self.pinned.pairs)
        return 0, int(np.floor(self.spread.cost[self.taken].sum() - linear + NOISE))
