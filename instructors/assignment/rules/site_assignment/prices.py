"""The dual prices of an answer, in keys: its proof, and what a pair costs that is forced or forbidden.

Rule: S07
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from instructors.assignment.rules.site_assignment.outcome import Outcome
from instructors.assignment.rules.site_assignment.problem import FloatArray, IntArray
from instructors.assignment.rules.site_assignment.programme import NOISE
from instructors.assignment.rules.site_assignment.values import Prices


def prices_of(outcome: Outcome) -> Prices:
    """Prices of cover and of travel, wherever one of the two is not 0."""
    if outcome.solved is None:
        return Prices()
    cover, travel = outcome.solved
    price = np.zeros((len(travel.answer.price), 2))
    price[: len(cover.answer.price), 0] = cover.answer.price
    price[:, 1] = travel.answer.price
    needs, people = len(outcome.problem.needs), len(outcome.problem.instructors)
    weight_gap, travel_gap = outcome.linear_gap()
    return Prices(
        _by_key(outcome.problem.need_keys, price[:needs]),
        _by_key(outcome.problem.instructor_keys, price[needs : needs + people]),
        _of_sets(outcome, price),
        (weight_gap, travel_gap),
    )


def _by_key(keys: IntArray, price: FloatArray) -> dict[int, tuple[float, float]]:
    return {
        int(keys[row]): (float(price[row, 0]), float(price[row, 1]))
        for row in np.flatnonzero((np.abs(price) > NOISE).any(axis=1))
    }


def _of_sets(
    outcome: Outcome, price: FloatArray
) -> tuple[tuple[int, frozenset[int], tuple[float, float]], ...]:
    assert outcome.solved is not None
    groups, problem = outcome.solved[1].sought.groups, outcome.problem
    first = len(problem.needs) + len(problem.instructors)
    members: dict[int, list[int]] = defaultdict(list)
    inside = np.flatnonzero(groups.group >= first)
    for pair, group in zip(groups.pair[inside], groups.group[inside], strict=True):
        if np.abs(price[group]).max() > NOISE:
            members[int(group)].append(int(pair))
    return tuple(
        (
            int(problem.instructor_keys[outcome.spread.instructor[pairs[0]]]),
            frozenset(problem.need_keys[outcome.spread.need[pairs]].tolist()),
            (float(price[group, 0]), float(price[group, 1])),
        )
        for group, pairs in sorted(members.items())
    )
