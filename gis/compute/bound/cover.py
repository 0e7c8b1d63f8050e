"""The best way to cover a zone by connected sets of a given size range, as a whole-number programme.

Every unit is in one set, or, only beside units above the band, joined to one of those.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from gis.compute.bound.columns import Columns
from gis.compute.bound.homes import HomesGraph
from gis.compute.bound.packing import INFEASIBLE
from gis.compute.lattice import FloatArray, IntArray
from gis.compute.zones import parts_of


@dataclass(frozen=True)
class Wanted:
    """So many sets, of most `worth` (per set), less `price` per unit (of the homes' graph) that joins a tower.

    `may_join`: units allowed to (towers among them). `exclusive`: rows of sets of which at most one can be
    chosen. `nodes` bounds the branching.
    """

    sets: int
    worth: FloatArray
    tower: np.ndarray
    price: FloatArray
    may_join: np.ndarray
    exclusive: csr_array
    nodes: int


class Cover:
    """The programme; answers found wanting are forbidden one by one and the next best is asked for."""

    def __init__(self, homes: HomesGraph, columns: Columns, wanted: Wanted) -> None:
        self._homes, self._wanted = homes, wanted
        self._sets, self._units = len(columns), len(homes.households)
        held = csr_array(
            (np.ones(len(columns.members)), columns.members, columns.start), shape=(self._sets, self._units)
        )
        count = np.append(np.ones(self._sets), np.zeros(self._units))
        self._equal = vstack(
            [hstack([held.T, eye_array(self._units)]), csr_array(count[None, :])], format="csr"
        )
        once = wanted.exclusive
        self._limits = [hstack([once, csr_array((once.shape[0], self._units))], format="csr")]
        self._high = [np.ones(once.shape[0])]
        for u in np.flatnonzero(~wanted.tower):
            self._forbid_alone(np.array([u]))

    def _forbid_alone(self, piece: IntArray) -> None:
        """Let the piece join a tower only together with a neighbour of it."""
        row = np.zeros(self._sets + self._units)
        around = np.unique(np.concatenate([self._homes.neighbours(int(u)) for u in piece]))
        row[self._sets + np.setdiff1d(around, piece)] = -1.0
        row[self._sets + piece[np.argmax(self._homes.households[piece])]] = 1.0
        self._add(row, 0.0)

    def _add(self, row: FloatArray, high: float) -> None:
        self._limits.append(csr_array(row[None, :]))
        self._high.append(np.array([high]))

    def forbid(self, chosen: IntArray) -> None:
        """Never again choose all of these sets together."""
        row = np.zeros(self._sets + self._units)
        row[chosen] = 1.0
        self._add(row, len(chosen) - 1.0)

    def best(self, rounds: int) -> IntArray | None:
        """Return the numbers of the best sets found, the same for the same programme, or None."""
        return self._asked(rounds)[0]

    def worth_at_most(self, rounds: int) -> float:
        """Return a worth that no cover exceeds; minus infinity where there is none at all."""
        return self._asked(rounds)[1]

    def _asked(self, rounds: int) -> tuple[IntArray | None, float]:
        at_most = np.inf
        for _ in range(rounds):
            answer = self._solved()
            if answer.status == INFEASIBLE:
                return None, -np.inf
            if answer.mip_dual_bound is not None:
                at_most = min(at_most, -answer.mip_dual_bound)
            if answer.x is None:
                break
            left = answer.x[self._sets :] > 0.5
            piece = parts_of(self._homes.indptr, self._homes.indices, left)
            adrift = np.setdiff1d(np.unique(piece[left]), piece[self._wanted.tower])
            if len(adrift) == 0:
                return np.flatnonzero(answer.x[: self._sets] > 0.5), at_most
            for number in adrift:
                self._forbid_alone(np.flatnonzero(piece == number))
        return None, at_most

    def _solved(self) -> OptimizeResult:
        rows = vstack([self._equal, *self._limits], format="csc")
        equal = np.append(np.ones(self._units), self._wanted.sets)
        high = np.concatenate([equal, *self._high])
        low = np.concatenate([equal, np.full(len(high) - len(equal), -np.inf)])
        most = np.ones(self._sets + self._units)
        most[self._sets :] = self._wanted.may_join
        return milp(
            np.concatenate([-self._wanted.worth, self._wanted.price]),
            integrality=np.ones(len(most)),
            bounds=Bounds(0, most),
            constraints=LinearConstraint(rows, low, high),
            options={"node_limit": self._wanted.nodes},
        )
