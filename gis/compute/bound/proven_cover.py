"""The best cover of a zone by sets of a size range, proven: linear relaxation first, then a walk over its losses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from gis.compute.bound.columns import Columns
from gis.compute.bound.homes import Band, HomesGraph
from gis.compute.bound.least_loss import Choices, least_loss
from gis.compute.lattice import FloatArray, IntArray

# Losses against the relaxation within which a cover is sought, one after the other, in grids of perfect shape.
BUDGETS = 0.3, 1.0, 3.0, 9.0, 1e9


@dataclass(frozen=True)
class Wanted:
    """So many sets, of most `worth` (per set), less `price` per unit (of the homes' graph) that joins a tower.

    Every unit is in one set, or, only beside units above the band, joined to one of those. `may_join`: units allowed
    to (towers among them). `exclusive`: rows of sets of which at most one can be chosen.
    """

    sets: int
    worth: FloatArray
    tower: np.ndarray
    price: FloatArray
    may_join: np.ndarray
    exclusive: csr_array


@dataclass(frozen=True)
class Covered:
    """The sets chosen (None: none found), and whether it is proven that there is no better cover, or none at all."""

    chosen: IntArray | None
    is_proven: bool


class ProvenCover:
    """The search over one list of sets; covers that cannot be realised are barred one by one.

    `looks`: sets looked at in all at most.
    """

    def __init__(self, homes: HomesGraph, columns: Columns, wanted: Wanted, sizes: Band, looks: int) -> None:
        self._sets, self._looks = wanted.sets, looks
        self._items = len(homes.households) + wanted.exclusive.shape[0]
        self._barred: list[IntArray] = []
        self._order = np.zeros(0, dtype=np.int64)
        lost = _losses(homes, columns, wanted)
        self._choices = None if lost is None else _choices(homes, columns, wanted, sizes, lost)
        if lost is not None:
            self._order = np.argsort(lost[0], kind="stable")

    def best(self) -> Covered:
        """Return the best cover that is not barred."""
        if self._choices is None:
            return Covered(None, is_proven=True)
        barred = [np.sort(row) for row in self._barred]
        start = np.concatenate([[0], np.cumsum([len(row) for row in barred])]).astype(np.int64)
        choices = self._choices._replace(
            barred_start=start, barred=np.concatenate([np.zeros(0, dtype=np.int64), *barred])
        )
        for budget in BUDGETS:
            chosen, _, looks = least_loss(choices, self._items, self._sets, budget, self._looks)
            self._looks = max(0, looks)
            if len(chosen):
                return Covered(self._order[chosen], is_proven=looks >= 0)
            if looks < 0:
                return Covered(None, is_proven=False)
        return Covered(None, is_proven=True)

    def bar(self, chosen: IntArray) -> None:
        """Never again choose all of these sets together."""
        place = np.empty(len(self._order), dtype=np.int64)
        place[self._order] = np.arange(len(self._order))
        self._barred.append(place[chosen])


def _losses(homes: HomesGraph, columns: Columns, wanted: Wanted) -> tuple[FloatArray, FloatArray] | None:
    """Return what every set and every unit that joins a tower loses at least, None where there is no cover."""
    sets, units = len(columns), len(homes.households)
    held = csr_array((np.ones(len(columns.members)), columns.members, columns.start), shape=(sets, units))
    free = np.flatnonzero(wanted.may_join)
    count = csr_array(np.append(np.ones(sets), np.zeros(len(free)))[None, :])
    equal = vstack([hstack([held.T, eye_array(units, format="csc")[:, free]]), count], format="csc")
    once = hstack([wanted.exclusive, csr_array((wanted.exclusive.shape[0], len(free)))], format="csc")
    cost = np.concatenate([-wanted.worth, wanted.price[free]])
    answer = linprog(
        cost,
        A_ub=once if once.shape[0] else None,
        b_ub=np.ones(once.shape[0]) if once.shape[0] else None,
        A_eq=equal,
        b_eq=np.append(np.ones(units), wanted.sets),
        bounds=(0, None),
        method="highs",
    )
    if answer.status != 0:
        return None
    lost = cost - equal.T @ answer.eqlin.marginals
    if once.shape[0]:
        lost -= once.T @ answer.ineqlin.marginals
    price = np.zeros(units)
    price[free] = np.maximum(0.0, lost[sets:])
    return np.maximum(0.0, lost[:sets]), price


def _choices(
    homes: HomesGraph,
    columns: Columns,
    wanted: Wanted,
    sizes: Band,
    lost: tuple[FloatArray, FloatArray],
) -> Choices:
    """Return what the walk needs, sets in the order of their losses, each with the gates that it takes."""
    units, order = len(homes.households), np.argsort(lost[0], kind="stable")
    gates = wanted.exclusive.T.tocsr()
    rows = [
        np.concatenate(
            [
                columns.members[columns.start[s] : columns.start[s + 1]],
                units + gates.indices[gates.indptr[s] : gates.indptr[s + 1]],
            ]
        )
        for s in order.tolist()
    ]
    return Choices(
        units=units,
        start=np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        members=np.concatenate(rows).astype(np.int64),
        loss=lost[0][order],
        may_join=wanted.may_join.astype(np.bool_),
        tower=wanted.tower.astype(np.bool_),
        price=lost[1],
        households=homes.households,
        indptr=homes.indptr,
        indices=homes.indices,
        low=sizes.low,
        high=sizes.high,
        barred_start=np.zeros(1, dtype=np.int64),
        barred=np.zeros(0, dtype=np.int64),
    )
