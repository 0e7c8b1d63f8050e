"""The largest number of disjoint connected sets in band, as a whole-number programme over all of them.

Left-over units form the grids out of band. Of those only so much is asked that every division fulfils it:
a unit for each grid, each unit above the band in a grid of its own, and no more pieces than grids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from gis.compute.bound.columns import Columns
from gis.compute.bound.homes import HomesGraph
from gis.compute.lattice import FloatArray, IntArray
from gis.compute.zones import parts_of

# Slack for the solver's tolerances when its bound is rounded down to a whole number of grids.
SOLVER_SLACK = 1e-4
# What scipy calls a programme without any answer.
INFEASIBLE = 2


@dataclass(frozen=True)
class Question:
    """How many of `k` grids can be in band at most, if at least `more_than` + 1 of them are?

    `at_most`: a bound known already. `tower`: per unit of the homes' graph, whether it is above the band; at
    most one of them to a grid. `exclusive`: rows of sets of which at most one can be a grid. `nodes` bounds the
    branching, `rounds` the times that pieces left over in excess are forbidden.
    """

    k: int
    at_most: int
    tower: np.ndarray
    more_than: int = -1
    nodes: int = 50
    rounds: int = 20
    exclusive: csr_array | None = None


@dataclass(frozen=True)
class Packing:
    """At most so many sets fit (`more_than` where more are impossible), and the solver's own answer, if any:
    numbers of sets whose left-over pieces can be the other grids.
    """

    at_most: int
    chosen: IntArray | None


def pack(homes: HomesGraph, columns: Columns, question: Question) -> Packing:
    """Return the answer to the question over these sets."""
    programme = _Programme(homes, columns, question)
    at_most = question.at_most
    for _ in range(question.rounds):
        answer = programme.solved()
        if answer.status == INFEASIBLE:
            return Packing(min(at_most, max(0, question.more_than)), None)
        if answer.mip_dual_bound is not None and np.isfinite(answer.mip_dual_bound):
            at_most = min(at_most, int(np.floor(-answer.mip_dual_bound + SOLVER_SLACK)))
        if answer.x is None:
            break
        if not programme.forbid_excess(answer.x):
            return Packing(at_most, np.flatnonzero(answer.x[: len(columns)] > 0.5))
    return Packing(at_most, None)


class _Programme:
    """Variables: set s is a grid (x), unit u is left over (w), m = Σx grids are in band and k − m are not."""

    def __init__(self, homes: HomesGraph, columns: Columns, question: Question) -> None:
        self._homes, self._question = homes, question
        self._sets, self._units = len(columns), len(homes.households)
        self._spare = question.k - int(question.tower.sum())
        size = np.diff(columns.start)
        held = csr_array(
            (np.ones(len(columns.members)), columns.members, columns.start), shape=(len(size), self._units)
        )
        count = csr_array(np.concatenate([np.ones(self._sets), np.zeros(self._units), [-1.0]])[None, :])
        nothing = csr_array((self._units, 1))
        self._equal = vstack([hstack([held.T, eye_array(self._units), nothing]), count], format="csr")
        self._cuts: list[FloatArray] = []
        self._bounds: list[float] = []
        # As many units left over as grids out of band.
        self._add(-np.ones(self._units), -1.0, -question.k)
        piece = parts_of(homes.indptr, homes.indices, np.ones(self._units, dtype=bool))
        for number in np.unique(piece):
            self._forbid_alone([np.flatnonzero(piece == number)])
        for u in np.flatnonzero(~question.tower):
            self._forbid_alone([np.array([u])])

    def _add(self, of_units: FloatArray, of_sets: float, high: float) -> None:
        self._cuts.append(np.append(of_units, of_sets))
        self._bounds.append(high)

    def _forbid_alone(self, pieces: list[IntArray]) -> None:
        """Ask for one grid out of band, free of towers, for each piece left over while its neighbours are not.

        The grid that holds the piece's largest unit then lies inside the piece, and pieces are disjoint. A
        piece with a tower in it says nothing and is passed over.
        """
        row = np.zeros(self._units)
        for piece in pieces:
            if self._question.tower[piece].any():
                continue
            around = np.unique(np.concatenate([self._homes.neighbours(int(u)) for u in piece]))
            row[np.setdiff1d(around, piece)] -= 1.0
            row[piece[np.argmax(self._homes.households[piece])]] += 1.0
        self._add(row, 1.0, self._spare)

    def forbid_excess(self, answer: FloatArray) -> bool:
        """Forbid the answer where it leaves more pieces without a tower than grids for them; say if it did."""
        left = answer[self._sets : -1] > 0.5
        piece = parts_of(self._homes.indptr, self._homes.indices, left)
        pieces = [np.flatnonzero(piece == number) for number in np.unique(piece[left])]
        pieces = [p for p in pieces if not self._question.tower[p].any()]
        grids = self._spare - round(float(answer[-1]))
        if len(pieces) <= grids:
            return False
        self._forbid_alone(pieces)
        for one in pieces if len(pieces) > 1 else []:
            self._forbid_alone([one])
        return True

    def solved(self) -> OptimizeResult:
        """Return HiGHS' answer, the same for the same programme: it is bounded by nodes, never by time."""
        cuts = csr_array(np.array(self._cuts))
        rows = vstack([self._equal, hstack([csr_array((cuts.shape[0], self._sets)), cuts])], format="csc")
        equal = np.append(np.ones(self._units), 0.0)
        high = np.concatenate([equal, self._bounds])
        if self._question.exclusive is not None:
            once = self._question.exclusive
            aside = csr_array((once.shape[0], self._units + 1))
            rows = vstack([rows, hstack([once, aside])], format="csc")
            high = np.concatenate([high, np.ones(once.shape[0])])
        low = np.concatenate([equal, np.full(len(high) - len(equal), -np.inf)])
        least, most = max(0, self._question.more_than + 1), min(self._spare, self._question.at_most)
        several = self._sets + self._units
        return milp(
            np.append(np.zeros(several), -1.0),
            integrality=np.ones(several + 1),
            bounds=Bounds(np.append(np.zeros(several), least), np.append(np.ones(several), most)),
            constraints=LinearConstraint(rows, low, high),
            options={"node_limit": self._question.nodes},
        )
