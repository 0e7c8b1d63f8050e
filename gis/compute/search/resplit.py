"""Re-splitting pairs: two neighbouring grids are merged and cut anew along a random spanning tree.

Point 7 of the partition specification, the main search. One pass over the tree gives the homes below every edge;
only where sizes leave hope for a cut (`sift`) the shapes are summed up (`weigh`) and compared (`best_cut`). Both
sides of every cut are connected by construction.
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
    FAR,
    FAR_PRICE,
    FAR_STEEPNESS,
    MOVED,
    OUTSIDE,
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
    B_SECOND,
    CROSS,
    HELD,
    KEPT,
    UNTIED,
    WALL,
    grow_tree,
    tree_of,
    weigh,
)
from gis.compute.starts import is_sound
from gis.compute.zones import ZoneGraph

PAIR_TRIES = 8
# A cut worse than the pair as it is by so many times the heat is as good as never taken (e^-12).
HOPELESS = 12.0
# No grid of a town is much rounder than a square (Polsby-Popper 0.785, moment of inertia 0.955 of a disc's): a cut
# that would need this is not weighed.
ROUNDEST_COMPACT, ROUNDEST_ROUND = 0.8, 0.96


@inlined
def _best_shapes(prices):  # type: ignore[no-untyped-def]
    """Return what the shapes of two grids are worth at best."""
    return 2.0 * (ROUNDEST_COMPACT * prices[COMPACT] + ROUNDEST_ROUND * prices[ROUND])


@inlined
def _widest(prices, budget):  # type: ignore[no-untyped-def]
    """Return the deviation (share) beyond which the size of one grid alone costs more than `budget`."""
    if budget < prices[OUTSIDE]:
        return prices[BAND] + SLACK
    if prices[FAR_PRICE] <= 0.0:
        return math.inf
    far = (budget - prices[OUTSIDE]) / prices[FAR_PRICE]
    far = (math.sqrt(1.0 + 4.0 * FAR_STEEPNESS * far) - 1.0) / (2.0 * FAR_STEEPNESS)
    return max(prices[BAND] + SLACK, prices[FAR] + far)


@inlined
def _relief(net, tree, homes, found):  # type: ignore[no-untyped-def]
    """Return how much households kept and barriers left outside may take off the cost of a cut at most."""
    relief = 0.0
    if tree.width > UNTIED:
        relief += net.prices[MOVED] * homes / net.prices[TARGET]
    if tree.has_walls:
        for link in range(found):
            relief += net.prices[BARRIER] * net.barrier[tree.links[link, 2]]
    return relief


@kernel
def sift(net, tree, size, limit):  # type: ignore[no-untyped-def]
    """List in `tree.cuts` the places whose sizes leave hope for a cut below `limit`; return how many they are."""
    count, found = size
    prices, homes, cuts = net.prices, tree.homes, tree.cuts
    both = homes[0]
    budget = limit + _best_shapes(prices) + _relief(net, tree, both, found)
    widest = _widest(prices, budget) * prices[TARGET]
    most = min(prices[TARGET] + widest, both)
    least = both - most
    worth = 0
    for i in range(1, count):
        if homes[i] < least or homes[i] > most:
            continue
        if size_cost(homes[i], prices) + size_cost(both - homes[i], prices) < budget:
            cuts[worth] = i
            worth += 1
    return worth


@inlined
def _is_called_a(below, width, i):  # type: ignore[no-untyped-def]
    """Say whether the side below place i is to bear the label a: anchors first, then who keeps more people."""
    if width == UNTIED:
        return True
    if below[i, HELD] != 0.0:
        return below[i, HELD] > 0.0
    if below[0, HELD] != 0.0:
        return below[0, HELD] < 0.0
    return below[i, KEPT] >= below[0, KEPT] - below[i, KEPT]


@inlined
def _may_cut(tree, i):  # type: ignore[no-untyped-def]
    """Say whether both sides of the cut above place i have homes or an anchor, and one anchor at most."""
    below, homes, rest = tree.below, tree.homes[i], tree.homes[0] - tree.homes[i]
    if tree.width == UNTIED:
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
def cut_cost(tree, prices, i):  # type: ignore[no-untyped-def]
    """Return the cost of the two sides of the cut above place i with barriers and moves, splits apart.

    A cut that is not allowed costs `inf`. The place is one of those weighed.
    """
    if not _may_cut(tree, i):
        return math.inf
    below, homes = tree.below, tree.homes
    cost = size_cost(homes[i], prices) + size_cost(homes[0] - homes[i], prices)
    cost -= prices[BARRIER] * below[i, WALL]
    if tree.width > UNTIED:
        kept = below[i, KEPT] if _is_called_a(below, tree.width, i) else below[0, KEPT] - below[i, KEPT]
        cost -= prices[MOVED] * kept / prices[TARGET]
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
            found += units[compound] < members[a, compound] + members[b, compound]
            units[compound] = 0
    return found


@kernel
def best_cut(net, work, tree, size, worth, parts, limit):  # type: ignore[no-untyped-def]
    """Return (place, cost) of the cheapest cut below `limit` of those weighed, (-1, limit) where there is none."""
    best, lowest = -1, limit
    prices = net.prices
    compound = prices[COMPOUND] if len(tree.units) > 0 else 0.0
    for at in range(worth):
        i = tree.cuts[at]
        cost = cut_cost(tree, prices, i)
        if compound > 0.0 and cost < lowest:
            cost += compound * split_compounds(net, work, tree, size[0], i, parts[0], parts[1])
        if cost < lowest:
            best, lowest = i, cost
    return best, lowest


@inlined
def _ties_cost(net, work, tree, size, a, b):  # type: ignore[no-untyped-def]
    """Return what the two parts cost by splits, moved households and barriers left outside."""
    label, members, prices = work.label, work.members, net.prices
    count, found = size
    wall = kept = 0.0
    split = 0
    for compound in range(len(tree.units)):
        split += (members[a, compound] > 0) & (members[b, compound] > 0)
    if tree.has_walls:
        for link in range(found):
            unit, other = tree.order[tree.links[link, 0]], tree.order[tree.links[link, 1]]
            if label[unit] != label[other]:
                wall += net.barrier[tree.links[link, 2]]
    if tree.width > UNTIED:
        for i in range(count):
            unit = tree.order[i]
            if label[unit] == a:
                before = net.before[unit]
                kept += net.figures[unit, HOMES] * (1.0 if before == a else (-1.0 if before == b else 0.0))
    return prices[COMPOUND] * split - prices[BARRIER] * wall - prices[MOVED] * kept / prices[TARGET]


@kernel
def pair_cost(net, work, tree, size, a, b):  # type: ignore[no-untyped-def]
    """Return what the two parts cost as they are, on the scale of `best_cut`."""
    cost = grid_cost(work.sums, a, net.prices) + grid_cost(work.sums, b, net.prices)
    return cost + _ties_cost(net, work, tree, size, a, b)


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
            members[label[unit], compounds[unit]] -= 1
            members[to, compounds[unit]] += 1
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
        size = grow_tree(net, work, tree, unit, a, b)
        count = size[0]
        now = pair_cost(net, work, tree, size, a, b)
        limit = now + HOPELESS * heat
        worth = sift(net, tree, size, limit)
        cut, found = -1, limit
        if worth > 0:
            weigh(net, work, tree, size, worth, (a, b))
            cut, found = best_cut(net, work, tree, size, worth, (a, b), limit)
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
