"""Going through all plans that may beat the best known one, with the bound to cut most of them short.

Branch and bound: a branch takes some places in and leaves some out; a few subgradient steps bound what it can cover,
strike out or take in what the bound decides by itself, and meet plans on the way. A branch whose bound does not exceed
the best plan is done. The kernels are compiled; `kernel.py_func` is the same text run by Python.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gis.compute.siting.bound import count_cover, pay_out, turn
from gis.compute.siting.problem import Cover, Floats, Ints

# What floating-point sums of whole weights below 2^36 can be off by, and more.
TOLERANCE = 0.1
STEPS = 20
FREE, IN, OUT = 0, 1, 2


class Tree(NamedTuple):
    """Where the search stands: state of every place, places decided in turn, per branch where its decisions begin.

    `branch` is the place a branch decided, `pay` the payments it began with.
    """

    state: Ints
    trail: Ints
    begin: Ints
    branch: Ints
    pay: Floats


@njit(cache=True)
def _ranked(state, paid, count):  # type: ignore[no-untyped-def]
    """Places by the bound's taste: those taken in, then the free ones by pay; how many are in and how many free."""
    key = np.empty(len(paid))
    inside, free = 0, 0
    for j in range(len(paid)):
        key[j] = -paid[j]
        if state[j] == IN:
            key[j] = -np.inf
            inside += 1
        elif state[j] == OUT:
            key[j] = np.inf
        else:
            free += 1
    return np.argsort(key, kind="mergesort"), inside, free


@njit(cache=True)
def _decide(tree, size, place, side):  # type: ignore[no-untyped-def]
    """Write a decision down; decisions so far."""
    tree.state[place] = side
    tree.trail[size] = place
    return size + 1


@njit(cache=True)
def _settle(tree, size, ranked, taken, inside, free, paid, bound, floor):  # type: ignore[no-untyped-def]
    """Take in and leave out what the bound decides by itself; decisions so far."""
    last = inside + free
    least_in = paid[ranked[taken - 1]] if taken > inside else np.inf
    best_out = paid[ranked[taken]] if taken < last else -np.inf
    for k in range(inside, last):
        j = ranked[k]
        if k < taken and bound - paid[j] + best_out < floor:
            size = _decide(tree, size, j, IN)
        elif k >= taken and bound + paid[j] - least_in < floor:
            size = _decide(tree, size, j, OUT)
    return size


@njit(cache=True)
def _bounded(cover, count, tree, size, pay, known, plan):  # type: ignore[no-untyped-def]
    """Lower a branch's bound: whether it is still open, decisions, best worth known, place to branch on, work done.

    `plan` receives a better plan that is met. Branches on the place that the steps took in nearest to half the times.
    """
    places = len(cover.first) - 1
    paid, way, times = np.zeros(places), np.zeros(len(pay)), np.zeros(len(pay), dtype=np.int64)
    often = np.zeros(places)
    best, length, work = np.inf, 0.5, 0
    for _ in range(STEPS):
        kept = pay_out(cover, pay, paid)
        ranked, inside, free = _ranked(tree.state, paid, count)
        taken = min(count, inside + free)
        chosen = ranked[:taken]
        bound = kept + paid[chosen].sum()
        work += 2 * len(cover.demand)
        worth = count_cover(cover, chosen, times)
        if worth > known:
            known = worth
            plan[:taken] = chosen
            plan[taken:] = -1
        best = min(best, bound)
        floor = known + 1 - TOLERANCE
        if bound < floor or inside > count:
            return False, size, known, -1, work
        size = _settle(tree, size, ranked, taken, inside, free, paid, bound, floor)
        often[chosen] += 1
        square = turn(cover, pay, times, way, 0.7)
        if square == 0.0:
            break
        stride = length * (bound - known) / square
        for i in range(len(pay)):
            pay[i] = min(max(pay[i] + stride * way[i], 0.0), float(cover.weight[i]))
        length *= 0.93
    at, nearest = -1, np.inf
    inside = 0
    for j in range(places):
        if tree.state[j] == IN:
            inside += 1
        if tree.state[j] == FREE and abs(often[j] / STEPS - 0.5) < nearest:
            at, nearest = j, abs(often[j] / STEPS - 0.5)
    # Nothing left to decide: the last plan of the branch has been counted.
    return at >= 0 and inside < count, size, known, at, work


@njit(cache=True)
def prove(cover, count, pay, known, budget):  # type: ignore[no-untyped-def]
    """Look for a plan that covers more than `known`: whether the search came to its end, the most covered, the plan.

    The plan is empty where none covers more; -1 in it stands for a place that is not needed. `budget` bounds the work
    in visits of a demand by a place that covers it.
    """
    places = len(cover.first) - 1
    plan = np.full(count, -1, dtype=np.int64)
    known_before = known
    tree = Tree(
        np.zeros(places, dtype=np.int64),
        np.empty(places + 1, dtype=np.int64),
        np.zeros(places + 2, dtype=np.int64),
        np.zeros(places + 2, dtype=np.int64),
        np.zeros((places + 2, len(pay))),
    )
    tried = np.zeros(places + 2, dtype=np.int64)
    tree.pay[0] = pay
    is_open, size, known, at, spent = _bounded(cover, count, tree, 0, tree.pay[0], known, plan)
    tree.branch[0], tree.begin[0] = at, size
    depth = 0 if is_open else -1
    while depth >= 0 and spent < budget:
        tried[depth] += 1
        if tried[depth] > OUT:
            depth -= 1
            continue
        while size > tree.begin[depth]:
            size -= 1
            tree.state[tree.trail[size]] = FREE
        size = _decide(tree, size, tree.branch[depth], tried[depth])
        below = tree.pay[depth + 1]
        below[:] = tree.pay[depth]
        is_open, size, known, at, work = _bounded(cover, count, tree, size, below, known, plan)
        spent += work
        if is_open:
            depth += 1
            tree.branch[depth], tree.begin[depth], tried[depth] = at, size, 0
    return depth < 0, known, plan if known > known_before else plan[:0]


def all_plans_beaten(
    cover: Cover, count: int, pay: Floats, known: int, budget: int
) -> tuple[bool, int, Ints]:
    """Whether it is certain now what the best plan covers, what the best known one covers, and that plan if new."""
    done, worth, plan = prove(cover, count, pay, known, budget)
    return bool(done), int(worth), plan[plan >= 0]
