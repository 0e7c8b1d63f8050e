"""Re-splitting pairs: two neighbouring grids are merged and cut anew along a random spanning tree.

Point 7 of the partition specification, the main search. One pass over the tree gives the sums of the subtree
below every edge: each border between two units counts for the subtrees that hold just one of them, that is
below the lowest common ancestor. Both sides of every cut are connected by construction.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.search.chance import draw, draw_below
from gis.compute.search.compiled import inlined, kernel
from gis.compute.search.energy import (
    BAND,
    BARRIER,
    COMPACT,
    COMPOUND,
    MOVED,
    ROUND,
    SLACK,
    TARGET,
    Prices,
    grid_cost,
    shape_cost,
    size_cost,
)
from gis.compute.search.net import (
    BORDER,
    HOMES,
    SUMS,
    net_of,
    work_of,
)
from gis.compute.search.polish import Heat
from gis.compute.search.tree import (
    B_ANCHORED,
    B_AREA,
    B_BORDER,
    B_FIRST_X,
    B_FIRST_Y,
    B_HOMES,
    B_SECOND,
    CROSS,
    HELD,
    KEPT,
    PLAIN,
    WALL,
    grow_tree,
    tree_of,
)
from gis.compute.starts import is_sound
from gis.compute.zones import ZoneGraph

PAIR_TRIES = 8
# A cut worse than the pair as it is by so many times the heat is as good as never taken (e^-12).
HOPELESS = 12.0


@inlined
def _is_called_a(below, width, i):  # type: ignore[no-untyped-def]
    """Say whether the side below place i is to bear the label a: anchors first, then who keeps more people."""
    if width == PLAIN:
        return True
    if below[i, HELD] != 0.0:
        return below[i, HELD] > 0.0
    if below[0, HELD] != 0.0:
        return below[0, HELD] < 0.0
    return below[i, KEPT] >= below[0, KEPT] - below[i, KEPT]


@inlined
def _may_cut(below, width, i):  # type: ignore[no-untyped-def]
    """Say whether both sides of the cut above place i have homes or an anchor, and one anchor at most."""
    homes, rest = below[i, B_HOMES], below[0, B_HOMES] - below[i, B_HOMES]
    if width == PLAIN:
        return homes > 0.0 and rest > 0.0
    held, rest_held = below[i, B_ANCHORED], below[0, B_ANCHORED] - below[i, B_ANCHORED]
    return homes + held > 0.0 and rest + rest_held > 0.0 and held < 1.5 and rest_held < 1.5


@inlined
def _shapes_cost(below, prices, i):  # type: ignore[no-untyped-def]
    """Return what the shapes of the two sides of the cut above place i cost."""
    cross = below[i, CROSS]
    cost = shape_cost(
        below[i, B_AREA],
        below[i, B_BORDER] + cross,
        below[i, B_SECOND],
        below[i, B_FIRST_X],
        below[i, B_FIRST_Y],
        prices,
    )
    return cost + shape_cost(
        below[0, B_AREA] - below[i, B_AREA],
        below[0, B_BORDER] - below[i, B_BORDER] + cross,
        below[0, B_SECOND] - below[i, B_SECOND],
        below[0, B_FIRST_X] - below[i, B_FIRST_X],
        below[0, B_FIRST_Y] - below[i, B_FIRST_Y],
        prices,
    )


@inlined
def cut_cost(below, width, prices, i, limit):  # type: ignore[no-untyped-def]
    """Return the cost of the two sides of the cut above place i with barriers and moves, splits apart.

    A cut that is not allowed, or that costs `limit` whatever its shapes, costs `inf`.
    """
    if not _may_cut(below, width, i):
        return math.inf
    shapes = 2.0 * (prices[COMPACT] + prices[ROUND])
    cost = size_cost(below[i, B_HOMES], prices) - prices[BARRIER] * below[i, WALL]
    if width > PLAIN:
        kept = below[i, KEPT] if _is_called_a(below, width, i) else below[0, KEPT] - below[i, KEPT]
        cost -= prices[MOVED] * kept / prices[TARGET]
    if cost - shapes >= limit:
        return math.inf
    cost += size_cost(below[0, B_HOMES] - below[i, B_HOMES], prices)
    if cost - shapes >= limit:
        return math.inf
    return cost + _shapes_cost(below, prices, i)


@kernel
def split_compounds(net, work, tree, count, cut, a, b):  # type: ignore[no-untyped-def]
    """Return how many compounds have units on both sides of the cut; marks the places below it."""
    side, units, order, parent = tree.side, tree.units, tree.order, tree.parent
    compounds, members = net.compound, work.members
    for i in range(count):
        side[i] = 1 if i == cut else (side[parent[i]] if i > cut else 0)
        if side[i] == 1 and compounds[order[i]] >= 0:
            units[compounds[order[i]]] += 1
    found = 0
    for i in range(cut, count):
        compound = compounds[order[i]]
        if side[i] == 1 and compound >= 0 and units[compound] > 0:
            found += units[compound] < members[compound, a] + members[compound, b]
            units[compound] = 0
    return found


@kernel
def best_cut(net, work, tree, count, a, b, limit):  # type: ignore[no-untyped-def]
    """Return (place, cost) of the cheapest cut below `limit`, (-1, limit) where there is none."""
    best, lowest = -1, limit
    below, width, prices = tree.below, tree.width, net.prices
    compound = prices[COMPOUND] if len(tree.units) > 0 else 0.0
    for i in range(1, count):
        cost = cut_cost(below, width, prices, i, lowest)
        if compound > 0.0 and cost < lowest:
            cost += compound * split_compounds(net, work, tree, count, i, a, b)
        if cost < lowest:
            best, lowest = i, cost
    return best, lowest


@kernel
def _ties_cost(net, work, tree, count, a, b):  # type: ignore[no-untyped-def]
    """Return what the two parts cost by splits, moved households and barriers left outside."""
    order, label, units, compounds, members = tree.order, work.label, tree.units, net.compound, work.members
    wall = kept = 0.0
    split = 0
    for i in range(count):
        unit = order[i]
        if label[unit] != a:
            continue
        if net.before[unit] == a:
            kept += net.figures[unit, HOMES]
        elif net.before[unit] == b:
            kept -= net.figures[unit, HOMES]
        for e in range(net.indptr[unit], net.indptr[unit + 1]):
            if net.barrier[e] > 0.0 and label[net.indices[e]] == b:
                wall += net.barrier[e]
        compound = compounds[unit]
        if compound >= 0 and members[compound, b] > 0:
            split += units[compound] == 0
            units[compound] = 1
    for i in range(count):
        if compounds[order[i]] >= 0:
            units[compounds[order[i]]] = 0
    prices = net.prices
    return prices[COMPOUND] * split - prices[BARRIER] * wall - prices[MOVED] * kept / prices[TARGET]


@kernel
def pair_cost(net, work, tree, count, a, b):  # type: ignore[no-untyped-def]
    """Return what the two parts cost as they are, on the scale of `best_cut`."""
    cost = grid_cost(work.sums, a, net.prices) + grid_cost(work.sums, b, net.prices)
    return cost + _ties_cost(net, work, tree, count, a, b)


@kernel
def apply_cut(net, work, tree, count, cut, a, b):  # type: ignore[no-untyped-def]
    """Make the two sides of the cut above place `cut` the parts a and b."""
    side, sums, label, members = tree.side, work.sums, work.label, work.members
    order, parent, below, figures, compounds = tree.order, tree.parent, tree.below, net.figures, net.compound
    low, high = (a, b) if _is_called_a(below, tree.width, cut) else (b, a)
    for column in range(SUMS):
        sums[low, column] = sums[high, column] = 0.0
    for i in range(count):
        side[i] = 1 if i == cut else (side[parent[i]] if i > cut else 0)
        unit = order[i]
        to = low if side[i] == 1 else high
        for column in range(SUMS):
            sums[to, column] += figures[unit, column]
        if compounds[unit] >= 0 and label[unit] != to:
            members[compounds[unit], label[unit]] -= 1
            members[compounds[unit], to] += 1
        label[unit] = to
    sums[low, BORDER] = below[cut, B_BORDER] + below[cut, CROSS]
    sums[high, BORDER] = below[0, B_BORDER] - below[cut, B_BORDER] + below[cut, CROSS]


@inlined
def _is_outside(sums, part, prices):  # type: ignore[no-untyped-def]
    return abs(sums[part, HOMES] / prices[TARGET] - 1.0) > prices[BAND] + SLACK


@kernel
def _pair(net, work, idle):  # type: ignore[no-untyped-def]
    """Draw a unit and a neighbour in another part; pairs wholly in band are let pass with the share `idle`."""
    indptr, label, chance, sums, prices = net.indptr, work.label, work.chance, work.sums, net.prices
    for _ in range(PAIR_TRIES):
        unit = draw_below(chance, len(label))
        degree = indptr[unit + 1] - indptr[unit]
        if degree == 0:
            continue
        other = net.indices[indptr[unit] + draw_below(chance, degree)]
        a, b = label[unit], label[other]
        if a == b:
            continue
        if idle >= 1.0 or _is_outside(sums, a, prices) or _is_outside(sums, b, prices):
            return unit, other
        if draw(chance) < idle:
            return unit, other
    return -1, -1


@kernel
def resplit(net, work, tree, steps, first_heat, last_heat, idle):  # type: ignore[no-untyped-def]
    """Return (labels of lowest cost seen, change of cost against the start); `work` is used up.

    Every loop is bounded by `steps`, the number of units or of borders.
    """
    label, chance, place, order = work.label, work.chance, tree.place, tree.order
    best = label.copy()
    cost = lowest = 0.0
    cooling = (last_heat / first_heat) ** (1.0 / max(1, steps))
    heat = first_heat
    for _ in range(steps):
        heat *= cooling
        unit, other = _pair(net, work, idle)
        if unit < 0:
            continue
        a, b = label[unit], label[other]
        count = grow_tree(net, work, tree, unit, a, b)
        now = pair_cost(net, work, tree, count, a, b)
        cut, found = best_cut(net, work, tree, count, a, b, now + HOPELESS * heat)
        change = found - now
        if cut >= 0 and (change <= 0.0 or draw(chance) < math.exp(-change / heat)):
            apply_cut(net, work, tree, count, cut, a, b)
            cost += change
            if cost < lowest - 1e-9:
                lowest = cost
                best[:] = label
        for i in range(count):
            place[order[i]] = -1
    return best, lowest


def resplit_pairs(
    graph: ZoneGraph,
    start: IntArray,
    k: int,
    heat: Heat,
    limits: SizeLimits,
    prices: Prices,
    before: IntArray | None = None,
    idle: float = 1.0,
) -> IntArray:
    """Return the start improved by re-splitting pairs; connected, k parts, the same for the same seed.

    `before`: part per unit in the plan before (-1 none). `idle`: share of the pairs wholly in band that are
    tried. Raises ValueError on an unsound start.
    """
    if not is_sound(graph, start, k):
        raise ValueError("the start is not contiguous or has an empty part")
    if k < 2 or heat.steps <= 0:
        return start.copy()
    net = net_of(graph, before, prices.vector(limits))
    work = work_of(graph, net, start, k, heat.seed)
    run: Any = resplit
    best, _ = run(net, work, tree_of(net), heat.steps, heat.first, heat.last, idle)
    return np.asarray(best)
