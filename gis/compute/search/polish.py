"""Annealing of a division by single moves and swaps that keep every grid connected and with homes.

Point 5 of the partition specification. `anneal.py_func` is the text run by Python; the tests compare the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.search.chance import draw, draw_below
from gis.compute.search.compiled import inlined, kernel
from gis.compute.search.energy import BARRIER, COMPOUND, MOVED, TARGET, Prices, grid_cost
from gis.compute.search.net import ANCHORED, BORDER, HOMES, SUMS, UNITS, net_of, work_of
from gis.compute.starts import is_sound
from gis.compute.zones import ZoneGraph

SWAP_SHARE = 0.4
WALK_STEPS = 6


@dataclass(frozen=True)
class Heat:
    """A run that cools: steps in all, first and last temperature (geometric), seed."""

    steps: int
    first: float
    last: float
    seed: int


@inlined
def _mark_own_neighbours(net, work, unit, mark):  # type: ignore[no-untyped-def]
    """Stamp the neighbours in the unit's own part with `-mark`; return how many they are and one of them."""
    wanted, first = 0, -1
    for e in range(net.indptr[unit], net.indptr[unit + 1]):
        v = net.indices[e]
        if work.label[v] == work.label[unit]:
            work.stamp[v + 1] = -mark
            wanted += 1
            first = v
    return wanted, first


@inlined
def _keeps_connected(net, work, unit):  # type: ignore[no-untyped-def]
    """Say whether the part of `unit` stays connected without it: one neighbour in it reaches all others."""
    label, stamp, queue = work.label, work.stamp, work.queue
    stamp[0] += 1
    mark = stamp[0]
    wanted, first = _mark_own_neighbours(net, work, unit, mark)
    if wanted <= 1:
        return wanted == 1
    stamp[unit + 1] = stamp[first + 1] = mark
    queue[0] = first
    head, tail, found = 0, 1, 1
    while head < tail and found < wanted:
        u = queue[head]
        head += 1
        for e in range(net.indptr[u], net.indptr[u + 1]):
            v = net.indices[e]
            if label[v] == label[unit] and stamp[v + 1] != mark:
                found += stamp[v + 1] == -mark
                stamp[v + 1] = mark
                queue[tail] = v
                tail += 1
    return found == wanted


@inlined
def _may_leave(net, work, unit):  # type: ignore[no-untyped-def]
    """Say whether the part of `unit` keeps a unit, a home and its connection without it; anchors stay."""
    sums, part = work.sums, work.label[unit]
    if net.figures[unit, ANCHORED] > 0.5 or sums[part, UNITS] < 1.5:
        return False
    if sums[part, HOMES] - net.figures[unit, HOMES] + sums[part, ANCHORED] <= 0.0:
        return False
    return _keeps_connected(net, work, unit)


@inlined
def _move(net, work, unit, to):  # type: ignore[no-untyped-def]
    """Move the unit to the part `to`, keep the sums up to date, and return the change of cost."""
    label, sums, prices = work.label, work.sums, net.prices
    part = label[unit]
    common_from = common_to = wall_from = wall_to = 0.0
    for e in range(net.indptr[unit], net.indptr[unit + 1]):
        other = label[net.indices[e]]
        if other == part:
            common_from += net.length[e]
            wall_from += net.barrier[e]
        elif other == to:
            common_to += net.length[e]
            wall_to += net.barrier[e]
    cost = -grid_cost(sums, part, prices) - grid_cost(sums, to, prices)
    for column in range(SUMS):
        sums[part, column] -= net.figures[unit, column]
        sums[to, column] += net.figures[unit, column]
    sums[part, BORDER] += 2.0 * common_from
    sums[to, BORDER] -= 2.0 * common_to
    label[unit] = to
    cost += grid_cost(sums, part, prices) + grid_cost(sums, to, prices)
    cost += prices[BARRIER] * (wall_to - wall_from)
    return cost + _ties_cost(net, work, unit, part, to)


@inlined
def _ties_cost(net, work, unit, part, to):  # type: ignore[no-untyped-def]
    """Return the change in moved households and split compounds when the unit goes over, and count its
    compound.
    """
    cost = 0.0
    if net.before[unit] >= 0:
        moved = net.prices[MOVED] * net.figures[unit, HOMES] / net.prices[TARGET]
        if part == net.before[unit]:
            cost += moved
        elif to == net.before[unit]:
            cost -= moved
    compound = net.compound[unit]
    if compound >= 0:
        members = work.members
        members[part, compound] -= 1
        if members[part, compound] == 0:
            cost -= net.prices[COMPOUND]
        if members[to, compound] == 0:
            cost += net.prices[COMPOUND]
        members[to, compound] += 1
    return cost


@inlined
def _partner(net, work, unit, at, part):  # type: ignore[no-untyped-def]
    """Return a unit of the part of `at` that borders on `part`, found by a short random walk, or -1."""
    label, indptr, indices = work.label, net.indptr, net.indices
    to = label[at]
    for _ in range(WALK_STEPS):
        degree = indptr[at + 1] - indptr[at]
        step = indices[indptr[at] + draw_below(work.chance, degree)]
        if label[step] == to:
            at = step
        if at == unit:
            continue
        for e in range(indptr[at], indptr[at + 1]):
            if label[indices[e]] == part:
                return at
    return -1


@inlined
def _candidate(net, work):  # type: ignore[no-untyped-def]
    """Draw a unit and a neighbour; return (unit, neighbour) if the unit may go over to the neighbour's part."""
    unit = draw_below(work.chance, len(work.label))
    degree = net.indptr[unit + 1] - net.indptr[unit]
    if degree == 0:
        return -1, -1
    neighbour = net.indices[net.indptr[unit] + draw_below(work.chance, degree)]
    if work.label[unit] == work.label[neighbour] or not _may_leave(net, work, unit):
        return -1, -1
    return unit, neighbour


@kernel
def anneal(net, work, steps, first_heat, last_heat):  # type: ignore[no-untyped-def]
    """Return (labels of lowest cost seen, change of cost against the start); `work` is used up.

    Every loop is bounded by `steps`, the number of units or `WALK_STEPS`.
    """
    best = work.label.copy()
    cost = lowest = 0.0
    cooling = (last_heat / first_heat) ** (1.0 / max(1, steps))
    heat = first_heat
    for _ in range(steps):
        heat *= cooling
        unit, neighbour = _candidate(net, work)
        if unit < 0:
            continue
        part, to = work.label[unit], work.label[neighbour]
        change = _move(net, work, unit, to)
        partner = -1
        if draw(work.chance) < SWAP_SHARE:
            partner = _partner(net, work, unit, neighbour, part)
            if partner >= 0 and not _may_leave(net, work, partner):
                partner = -1
        if partner >= 0:
            change += _move(net, work, partner, part)
        if change <= 0.0 or draw(work.chance) < math.exp(-change / heat):
            cost += change
            if cost < lowest - 1e-9:
                lowest = cost
                best[:] = work.label
            continue
        if partner >= 0:
            _move(net, work, partner, to)
        _move(net, work, unit, part)
    return best, lowest


def polish(
    graph: ZoneGraph,
    start: IntArray,
    k: int,
    heat: Heat,
    limits: SizeLimits,
    prices: Prices,
    before: IntArray | None = None,
) -> IntArray:
    """Return the start improved by annealing; connected, k parts, the same for the same seed.

    `before`: part per unit in the plan before (-1 none), which the search is loath to leave. Raises
    ValueError on an unsound start.
    """
    if not is_sound(graph, start, k):
        raise ValueError("the start is not contiguous or has an empty part")
    if k < 2 or heat.steps <= 0:
        return start.copy()
    net = net_of(graph, before, prices.vector(limits))
    run: Any = anneal
    best, _ = run(net, work_of(graph, net, start, k, heat.seed), heat.steps, heat.first, heat.last)
    return np.asarray(best)
