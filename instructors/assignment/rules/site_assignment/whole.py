"""Where the linear programme takes pairs in halves, whole numbers are searched for among the pairs that still matter.

A pair whose reduced cost is above the gap between a whole answer and the linear one is in no better answer (below its
negative: in every better one). So the search looks at a narrow window of reduced costs first; when the answer found lies
within the window it is the optimum over all pairs, else the window widens.

Rule: S07
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from instructors.assignment.rules.site_assignment.clashes import broken_sets
from instructors.assignment.rules.site_assignment.levels import Face, Solved, wider
from instructors.assignment.rules.site_assignment.order import Order
from instructors.assignment.rules.site_assignment.problem import BoolArray, FloatArray
from instructors.assignment.rules.site_assignment.programme import NOISE, Programme, Shares
from instructors.assignment.rules.site_assignment.values import AssignmentParameters

# The narrowest window, and how it widens.
WINDOW, WIDER = 64.0, 8.0
# What milp answers when the seconds are over; the limit of nodes has another status.
_TIME_IS_UP = 1


@dataclass(frozen=True)
class Whole:
    """`taken`: per pair, the sure ones included; `is_best`: no better whole answer on the face searched."""

    taken: BoolArray
    is_best: bool


@dataclass
class Search:
    """The searches of one computation; `go_on` is asked between them. `is_ended_by_clock`: the seconds ended one."""

    order: Order
    go_on: Callable[[], None]
    is_ended_by_clock: bool = False


def search_face(search: Search, face: Face, levels: tuple[str, ...]) -> Whole | None:
    """The best whole answer on a face by the levels named (cover, travel, fair), in their order; None: there is none."""
    order = search.order
    narrowed = False
    if face.open.sum() > order.problem.parameters.most_columns:
        face, narrowed = replace(face, open=face.open & face.columns), True
    while True:
        search.go_on()
        taken, is_best = _best_by_levels(search, face, levels)
        if taken is None:
            return None
        broken = broken_sets(order.problem, order.spread, taken.astype(np.float64))
        if not broken:
            return Whole(taken, is_best and not narrowed)
        face = wider(face, np.empty(0, dtype=np.int64), broken)


def search_windows(search: Search, solved: Solved) -> Whole | None:
    """The best whole answer by travel, then fair load, among those that lose no cover; None when they all do.

    `solved`: the level of travel.
    """
    order, cost = search.order, search.order.spread.cost
    linear = float(cost @ (solved.answer.taken + solved.sought.sure))
    window = WINDOW
    while True:
        face = _within(solved, window)
        found = search_face(search, face, ("travel", "fair"))
        gap = np.inf if found is None else float(cost[found.taken].sum()) - linear
        if gap <= window or face.open.sum() >= solved.sought.open.sum():
            return found
        if face.open.sum() > order.problem.parameters.most_columns:
            return found and replace(found, is_best=False)
        window = max(window * WIDER, gap if np.isfinite(gap) else 0.0)


def _within(solved: Solved, window: float) -> Face:
    sought = solved.sought
    sure = sought.open & (solved.reduced < -window)
    taken = np.rint(sought.groups.sums(sure)).astype(np.int64)
    groups = replace(
        sought.groups, low=np.maximum(sought.groups.low - taken, 0), high=sought.groups.high - taken
    )
    return Face(sought.open & (np.abs(solved.reduced) <= window), sought.sure | sure, sought.columns, groups)


def _best_by_levels(search: Search, face: Face, levels: tuple[str, ...]) -> tuple[BoolArray | None, bool]:
    columns = np.flatnonzero(face.open)
    shares, cover, fair = search.order.together(face, "cover" in levels)
    none = np.zeros(len(columns))
    costs = {
        "cover": np.concatenate([none, cover]),
        "travel": np.concatenate([search.order.spread.cost[columns], np.zeros(len(cover))]),
        "fair": np.concatenate([none, fair]),
    }
    matrix = Programme(columns, search.order.spread.cost.astype(np.float64), face.groups, shares).matrix()
    equal, most, is_best = matrix, np.zeros(0), True
    answer: FloatArray | None = None
    for name in levels:
        found, proven = _search(search, (costs[name], shares, len(columns)), (equal, len(face.groups), most))
        if found is None:
            return None, False
        answer, is_best = found, is_best and proven
        value = np.rint(costs[name] @ answer)
        equal, most = (
            vstack([equal, csr_array(costs[name][None, :])], format="csr"),
            np.append(most, value + 0.5),
        )
    taken = face.sure.copy()
    assert answer is not None
    taken[columns[answer[: len(columns)] > 0.5]] = True
    return taken, is_best


def _search(
    search: Search,
    asked: tuple[FloatArray, Shares, int],
    rows: tuple[csr_array, int, FloatArray],
) -> tuple[FloatArray | None, bool]:
    """The answer of one search, and whether it is proven to be the best."""
    cost, shares, count = asked
    matrix, groups, most = rows
    found = milp(
        cost,
        integrality=np.concatenate([np.ones(count), np.zeros(len(shares.group))]),
        bounds=Bounds(
            np.concatenate([np.zeros(count), shares.low]), np.concatenate([np.ones(count), shares.high])
        ),
        constraints=LinearConstraint(
            matrix,
            np.concatenate([np.zeros(groups), np.full(len(most), -np.inf)]),
            np.concatenate([np.zeros(groups), most]),
        ),
        options=_limits(search.order.problem.parameters),
    )
    search.is_ended_by_clock |= found.status == _TIME_IS_UP
    return found.x, found.status == 0


def _limits(parameters: AssignmentParameters) -> dict[str, float]:
    return {
        "mip_rel_gap": 0.0,
        "node_limit": parameters.search_nodes,
        "time_limit": parameters.search_s,
    }


def rounded(order: Order, taken: FloatArray) -> Whole:
    """The pairs taken most, one after the other, as far as hard rules allow: when no search came to an end."""
    problem, spread = order.problem, order.spread
    need_room = problem.wanted - order.pinned_need
    room = problem.limit - order.pinned_instructor
    chosen = np.zeros(len(spread), dtype=np.bool_)
    for pair in sorted(np.flatnonzero(taken > NOISE), key=lambda one: (-taken[one], one)):
        who, need = spread.instructor[pair], spread.need[pair]
        mine = spread.of_instructor(int(who))
        held = spread.need[mine[chosen[mine]]]
        if need_room[need] > 0 and room[who] > 0 and not problem.clash(held, need).any():
            chosen[pair] = True
            need_room[need] -= 1
            room[who] -= 1
    return Whole(chosen, False)
