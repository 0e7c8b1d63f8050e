"""What no plan can beat: Lagrangian relaxation of the maximal covering location problem.

Let every demand i pay u_i, between 0 and its weight, to each chosen place that covers it, and keep the rest of its
weight in any case. Then a plan covers at most the sum of the rests plus what its places are paid, and the best p
places are simply the p best paid: an upper bound for every u. The subgradient method looks for the u that makes it
least (as low as the linear relaxation, up to convergence). Places that even in the bound cannot be part of a better
plan than the best known are struck out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from gis.compute.siting.problem import Cover, Floats, Ints

# Multipliers are rounded to this part of a weight before the bound is taken, which is then exact.
GRAIN = 1024


class Descent(NamedTuple):
    """Steps of the subgradient method: how many, step length at first, steps without progress that shorten it."""

    steps: int = 1000
    length: float = 0.5
    patience: int = 20
    shrink: float = 0.8
    memory: float = 0.85


@dataclass(frozen=True)
class Bound:
    """Payments per demand, and in units of 1/GRAIN: the bound, what every place is paid, the p-th and next best pay."""

    pay: Floats
    bound: int
    paid: Ints
    least_in: int
    best_out: int

    @property
    def whole(self) -> int:
        """The bound in whole weights."""
        return self.bound // GRAIN


def even_pay(cover: Cover) -> Floats:
    """Every demand shares its weight evenly among the candidates that cover it."""
    return np.asarray(cover.weight / np.maximum(np.diff(cover.by), 1), dtype=np.float64)


@njit(cache=True)
def pay_out(cover, pay, paid):  # type: ignore[no-untyped-def]
    """Fill what every place is paid; the sum that the demand keeps."""
    kept = 0.0
    for i in range(len(pay)):
        kept += cover.weight[i] - pay[i]
    for j in range(len(paid)):
        total = 0.0
        for a in range(cover.first[j], cover.first[j + 1]):
            total += pay[cover.demand[a]]
        paid[j] = total
    return kept


@njit(cache=True)
def count_cover(cover, chosen, times):  # type: ignore[no-untyped-def]
    """Fill how many chosen places cover each demand; the weight covered."""
    times[:] = 0
    for j in chosen:
        for a in range(cover.first[j], cover.first[j + 1]):
            times[cover.demand[a]] += 1
    covered = 0
    for i in range(len(times)):
        if times[i] > 0:
            covered += cover.weight[i]
    return covered


@njit(cache=True)
def turn(cover, pay, times, way, memory):  # type: ignore[no-untyped-def]
    """Turn the smoothed direction towards the subgradient; its squared length."""
    square = 0.0
    for i in range(len(pay)):
        slope = 1.0 - times[i]
        if (slope > 0.0 and pay[i] >= cover.weight[i]) or (slope < 0.0 and pay[i] <= 0.0):
            slope = 0.0
        way[i] = (1.0 - memory) * slope + memory * way[i]
        square += way[i] * way[i]
    return square


@njit(cache=True)
def descend(cover, count, pay, known, descent):  # type: ignore[no-untyped-def]
    """Lower the bound from given payments; best payments, their bound, best plan met on the way, what it covers.

    `known` is what some plan covers: the aim of the steps. Steps end early when no better plan is possible.
    """
    places = len(cover.first) - 1
    paid, way, times = np.zeros(places), np.zeros(len(pay)), np.zeros(len(pay), dtype=np.int64)
    pay = pay.copy()
    best_pay, best = pay.copy(), np.inf
    plan, covered = np.zeros(0, dtype=np.int64), -1
    length, idle = descent.length, 0
    for _ in range(descent.steps):
        bound = pay_out(cover, pay, paid)
        chosen = np.argsort(-paid, kind="mergesort")[:count]
        for j in chosen:
            bound += paid[j]
        now = count_cover(cover, chosen, times)
        if now > covered:
            covered, plan = now, np.sort(chosen)
        idle = 0 if bound < best * (1.0 - 2e-5) else idle + 1
        if bound < best:
            best = bound
            best_pay[:] = pay
        known = max(known, covered)
        square = turn(cover, pay, times, way, descent.memory)
        if best < known + 1.0 or square == 0.0:
            break
        if idle >= descent.patience:
            length, idle = length * descent.shrink, 0
        stride = length * (bound - known) / square
        for i in range(len(pay)):
            pay[i] = min(max(pay[i] + stride * way[i], 0.0), float(cover.weight[i]))
    return best_pay, best, plan, covered


def exact_bound(cover: Cover, count: int, pay: Floats) -> Bound:
    """The bound of given payments in whole numbers: no rounding, no order of summation."""
    whole = cover.weight * GRAIN
    grains = np.clip(np.round(pay * GRAIN).astype(np.int64), 0, whole)
    sums = np.concatenate([[0], np.cumsum(grains[cover.demand])])
    paid = sums[cover.first[1:]] - sums[cover.first[:-1]]
    ranked = np.sort(paid)[::-1]
    bound = int((whole - grains).sum() + ranked[:count].sum())
    next_best = int(ranked[count]) if count < len(ranked) else -1
    return Bound(pay, bound, paid, int(ranked[count - 1]) if count else 0, next_best)


def still_open(bound: Bound, known: int) -> Ints:
    """Candidates that may be part of a plan covering more than `known`."""
    within = np.minimum(bound.bound, bound.bound - bound.least_in + bound.paid)
    return np.flatnonzero(within >= (known + 1) * GRAIN)
