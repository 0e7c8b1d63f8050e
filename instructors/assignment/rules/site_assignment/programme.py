"""One linear programme over some of the possible pairs, and what it proves for all of them.

Every pair belongs to groups: its need, its instructor, and sets of sessions of one instructor that clash. How many pairs
of a group are taken is the sum of its `Share`s, each between bounds and with its own cost. The dual price of a group then
gives every pair, in the programme or not, its reduced cost: what taking it costs beyond its own price.

Rule: S07
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from instructors.assignment.rules.site_assignment.problem import BoolArray, FloatArray, IntArray

# Costs are whole numbers and most prices come out whole: what is less than this is noise of the solver.
NOISE = 1e-5


@dataclass(frozen=True)
class Groups:
    """`pair`, `group`: which pairs belong to which groups, as two long lists. `low`, `high`: how many are taken."""

    pair: IntArray
    group: IntArray
    low: IntArray
    high: IntArray

    def __len__(self) -> int:
        return len(self.low)

    def sums(self, taken: FloatArray | BoolArray) -> FloatArray:
        """Of each group, the sum over its pairs."""
        return np.bincount(self.group, weights=taken[self.pair], minlength=len(self)).astype(np.float64)

    def per_pair(self, price: FloatArray, pairs: int) -> FloatArray:
        """Of each pair, the sum of the prices of its groups."""
        return np.bincount(self.pair, weights=price[self.group], minlength=pairs).astype(np.float64)


@dataclass(frozen=True)
class Shares:
    """Parts of what a group takes: from `low` to `high` of them at `cost` each."""

    group: IntArray
    cost: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class Answer:
    """`taken`: per pair of the city, 0 where it is not in the programme; `price`: per group; `shares`: as given."""

    taken: FloatArray
    shares: FloatArray
    price: FloatArray
    value: float


@dataclass(frozen=True)
class Programme:
    """The least cost of `columns` (pairs) and shares such that every group takes the sum of its shares."""

    columns: IntArray
    cost: FloatArray
    groups: Groups
    shares: Shares

    def matrix(self) -> csr_array:
        """Groups × (columns, then shares)."""
        place = np.full(int(max(self.groups.pair.max(initial=0), self.columns.max(initial=0))) + 1, -1)
        place[self.columns] = np.arange(len(self.columns))
        inside = place[self.groups.pair] >= 0
        count = len(self.columns)
        row = np.concatenate([self.groups.group[inside], self.shares.group])
        column = np.concatenate([place[self.groups.pair[inside]], count + np.arange(len(self.shares.group))])
        value = np.concatenate([np.ones(int(inside.sum())), -np.ones(len(self.shares.group))])
        return csr_array((value, (row, column)), shape=(len(self.groups), count + len(self.shares.group)))

    def solve(self, pairs: int) -> Answer:
        """By HiGHS; RuntimeError with its message when it finds no answer."""
        count = len(self.columns)
        bounds = np.vstack(
            [
                np.column_stack([np.zeros(count), np.ones(count)]),
                np.column_stack([self.shares.low, self.shares.high]),
            ]
        )
        matrix = self.matrix()
        used = np.flatnonzero(np.diff(matrix.indptr))
        found = linprog(
            np.concatenate([self.cost[self.columns], self.shares.cost]),
            A_eq=matrix[used],
            b_eq=np.zeros(len(used)),
            bounds=bounds,
            method="highs-ds",
        )
        if found.x is None:
            raise RuntimeError(f"the linear programme has no answer: {found.message}")
        taken, price = np.zeros(pairs), np.zeros(len(self.groups))
        taken[self.columns] = found.x[:count]
        price[used] = found.eqlin.marginals
        return Answer(taken, found.x[count:], price, float(found.fun))
