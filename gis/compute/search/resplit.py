"""Re-splitting pairs: two neighbouring grids are merged and cut anew along a random spanning tree.

Point 7 of the partition specification, the main search. One pass over the tree gives the sums of the subtree
below every edge: each border between two units counts for the subtrees that hold just one of them, that is
below the lowest common ancestor. Both sides of every cut are connected by construction.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from gis.compute.lattice import FloatArray, IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.search.chance import draw
from gis.compute.search.compiled import inlined, kernel
from gis.compute.search.energy import BAND, BARRIER, COMPOUND, MOVED, SLACK, TARGET, Prices, grid_cost
from gis.compute.search.net import ANCHORED, BORDER, HOMES, SUMS, Net, net_of, work_of
from gis.compute.search.polish import Heat
from gis.compute.starts import is_sound
from gis.compute.zones import ZoneGraph

# Columns of `Tree.below` after those of `Work.sums`: metres and barrier metres of borders that leave the
# subtree, households kept if it is called a less those kept if it is called b, anchors of a less those of b.
CROSS, WALL, KEPT, HELD = range(SUMS, SUMS + 4)
BELOW = SUMS + 4
# Shares of trees grown from a random, the last and the first edge of the frontier.
RANDOM_TREES, DEEP_TREES = 0.6, 0.8
PAIR_TRIES = 8
_NO_CUT = 1e300


class Tree(NamedTuple):
    """Room for a tree over two merged parts: units in the order they joined, places of parents, depths.

    `place` is a unit's place in that order (-1 not in the tree), `frontier` holds (unit, place of its
    parent), `below` the sums of every subtree (row 0: both parts), `split` the compounds a cut above each
    place splits, `side` whether a place lies below the cut, `seen` the step at which a compound was met.
    """

    order: IntArray
    parent: IntArray
    depth: IntArray
    place: IntArray
    frontier: IntArray
    below: FloatArray
    split: IntArray
    visits: IntArray
    side: IntArray
    rest: FloatArray
    seen: IntArray


def tree_of(net: Net) -> Tree:
    """Return room for trees over any two parts of the zone."""
    n, edges = len(net.compound), len(net.indices)
    return Tree(
        order=np.zeros(n, dtype=np.int64),
        parent=np.zeros(n, dtype=np.int64),
        depth=np.zeros(n, dtype=np.int64),
        place=np.full(n, -1, dtype=np.int64),
        frontier=np.zeros((edges + 1, 2), dtype=np.int64),
        below=np.zeros((n, BELOW)),
        split=np.zeros(n, dtype=np.int64),
        visits=np.zeros(n, dtype=np.int64),
        side=np.zeros(n, dtype=np.int64),
        rest=np.zeros(SUMS),
        seen=np.zeros(int(net.compound.max(initial=-1)) + 2, dtype=np.int64),
    )


@kernel
def grow_tree(net, work, tree, root, a, b):  # type: ignore[no-untyped-def]
    """Grow a random spanning tree over the parts a and b from `root`; return its number of units."""
    kind = draw(work.chance)
    order, parent, depth, place, frontier = tree.order, tree.parent, tree.depth, tree.place, tree.frontier
    head, tail, count = 0, 1, 0
    frontier[0, 0], frontier[0, 1] = root, -1
    for _ in range(len(frontier)):
        if head >= tail:
            break
        if kind < RANDOM_TREES:
            at = head + int(draw(work.chance) * (tail - head))
        elif kind < DEEP_TREES:
            at = tail - 1 - int(draw(work.chance) * min(3, tail - head))
        else:
            at = head + int(draw(work.chance) * min(3, tail - head))
        unit, up = frontier[at, 0], frontier[at, 1]
        if kind < DEEP_TREES:
            tail -= 1
            frontier[at, 0], frontier[at, 1] = frontier[tail, 0], frontier[tail, 1]
        else:
            frontier[at, 0], frontier[at, 1] = frontier[head, 0], frontier[head, 1]
            head += 1
        if place[unit] >= 0:
            continue
        place[unit] = count
        order[count] = unit
        parent[count] = up
        depth[count] = 0 if up < 0 else depth[up] + 1
        for e in range(net.indptr[unit], net.indptr[unit + 1]):
            other = net.indices[e]
            if place[other] < 0 and (work.label[other] == a or work.label[other] == b):
                frontier[tail, 0], frontier[tail, 1] = other, count
                tail += 1
        count += 1
    return count


@inlined
def _own_figures(net, work, tree, i, a, b):  # type: ignore[no-untyped-def]
    unit, below = tree.order[i], tree.below
    for column in range(SUMS):
        below[i, column] = net.figures[unit, column]
    below[i, CROSS] = below[i, WALL] = below[i, KEPT] = below[i, HELD] = 0.0
    if net.before[unit] == a:
        below[i, KEPT] = net.figures[unit, HOMES]
    elif net.before[unit] == b:
        below[i, KEPT] = -net.figures[unit, HOMES]
    if net.figures[unit, ANCHORED] > 0.5:
        below[i, HELD] = 1.0 if work.label[unit] == a else -1.0
    tree.split[i] = 0


@inlined
def _count_border(net, tree, i):  # type: ignore[no-untyped-def]
    """Count the borders between place i and earlier places for the subtrees that hold one side only."""
    parent, depth, below = tree.parent, tree.depth, tree.below
    unit = tree.order[i]
    for e in range(net.indptr[unit], net.indptr[unit + 1]):
        j = tree.place[net.indices[e]]
        if j < 0 or j > i:
            continue
        low, high = i, j
        while low != high:  # both end at the root at the latest
            if depth[low] >= depth[high]:
                low = parent[low]
            else:
                high = parent[high]
        length, wall = net.length[e], net.barrier[e]
        below[i, BORDER] -= length
        below[j, BORDER] -= length
        below[i, CROSS] += length
        below[j, CROSS] += length
        below[low, CROSS] -= 2.0 * length
        if wall > 0.0:
            below[i, WALL] += wall
            below[j, WALL] += wall
            below[low, WALL] -= 2.0 * wall


@inlined
def _count_splits(net, work, tree, count, a, b, step):  # type: ignore[no-untyped-def]
    """Count for every place the compounds with units both below it and elsewhere in the two parts."""
    visits, parent = tree.visits, tree.parent
    for i in range(count):
        compound = net.compound[tree.order[i]]
        if compound < 0 or tree.seen[compound] == step:
            continue
        tree.seen[compound] = step
        total = work.members[compound, a] + work.members[compound, b]
        if total < 2:
            continue
        for j in range(i, count):
            at = j if net.compound[tree.order[j]] == compound else 0
            while at > 0:
                visits[at] += 1
                at = parent[at]
        for j in range(i, count):
            at = j if net.compound[tree.order[j]] == compound else 0
            while at > 0 and visits[at] > 0:
                tree.split[at] += visits[at] < total
                visits[at] = 0
                at = parent[at]


@kernel
def sum_below(net, work, tree, count, a, b, step):  # type: ignore[no-untyped-def]
    """Fill `tree.below` and `tree.split` for a tree of `count` units over the parts a and b."""
    for i in range(count):
        _own_figures(net, work, tree, i, a, b)
    for i in range(count):
        _count_border(net, tree, i)
    if net.prices[COMPOUND] > 0.0 and len(tree.seen) > 1:
        _count_splits(net, work, tree, count, a, b, step)
    for i in range(count - 1, 0, -1):
        up = tree.parent[i]
        for column in range(BELOW):
            tree.below[up, column] += tree.below[i, column]


@inlined
def _is_called_a(side, whole):  # type: ignore[no-untyped-def]
    """Say whether the side below a cut is to bear the label a: anchors first, then who keeps more people."""
    if side[HELD] != 0.0:
        return side[HELD] > 0.0
    if whole[HELD] != 0.0:
        return whole[HELD] < 0.0
    return side[KEPT] >= whole[KEPT] - side[KEPT]


@kernel
def cut_cost(net, tree, i):  # type: ignore[no-untyped-def]
    """Return the cost of the two sides of the cut above place i with barriers, splits and moves.

    A side without homes, or two anchors on one side, cost `_NO_CUT`.
    """
    side, whole, rest, prices = tree.below[i], tree.below[0], tree.rest, net.prices
    for column in range(SUMS):
        rest[column] = whole[column] - side[column]
    if side[HOMES] + side[ANCHORED] <= 0.0 or rest[HOMES] + rest[ANCHORED] <= 0.0:
        return _NO_CUT
    if side[ANCHORED] > 1.5 or rest[ANCHORED] > 1.5:
        return _NO_CUT
    border = side[BORDER]
    side[BORDER] = border + side[CROSS]
    rest[BORDER] += side[CROSS]
    cost = grid_cost(side, prices) + grid_cost(rest, prices)
    side[BORDER] = border
    cost += prices[COMPOUND] * tree.split[i] - prices[BARRIER] * side[WALL]
    kept = side[KEPT] if _is_called_a(side, whole) else whole[KEPT] - side[KEPT]
    return cost - prices[MOVED] * kept / prices[TARGET]


@kernel
def pair_cost(net, work, tree, count, a, b, step):  # type: ignore[no-untyped-def]
    """Return what the two parts cost as they are, on the scale of `cut_cost`."""
    cost = grid_cost(work.sums[a], net.prices) + grid_cost(work.sums[b], net.prices)
    wall = kept = 0.0
    for i in range(count):
        unit = tree.order[i]
        if work.label[unit] != a:
            continue
        if net.before[unit] == a:
            kept += net.figures[unit, HOMES]
        elif net.before[unit] == b:
            kept -= net.figures[unit, HOMES]
        for e in range(net.indptr[unit], net.indptr[unit + 1]):
            if work.label[net.indices[e]] == b:
                wall += net.barrier[e]
        compound = net.compound[unit]
        if compound >= 0 and tree.seen[compound] == step and work.members[compound, b] > 0:
            cost += net.prices[COMPOUND]
            tree.seen[compound] = 0
    return cost - net.prices[BARRIER] * wall - net.prices[MOVED] * kept / net.prices[TARGET]


@kernel
def apply_cut(net, work, tree, count, cut, a, b):  # type: ignore[no-untyped-def]
    """Make the two sides of the cut above place `cut` the parts a and b."""
    below, side, sums = tree.below, tree.side, work.sums
    is_a = _is_called_a(below[cut], below[0])
    low, high = (a, b) if is_a else (b, a)
    for column in range(SUMS):
        sums[low, column] = below[cut, column]
        sums[high, column] = below[0, column] - below[cut, column]
    sums[low, BORDER] += below[cut, CROSS]
    sums[high, BORDER] += below[cut, CROSS]
    for i in range(count):
        side[i] = 1 if i == cut else (side[tree.parent[i]] if i > cut else 0)
        unit = tree.order[i]
        to = low if side[i] == 1 else high
        if net.compound[unit] >= 0 and work.label[unit] != to:
            work.members[net.compound[unit], work.label[unit]] -= 1
            work.members[net.compound[unit], to] += 1
        work.label[unit] = to


@inlined
def _is_outside(work, part, prices):  # type: ignore[no-untyped-def]
    return abs(work.sums[part, HOMES] / prices[TARGET] - 1.0) > prices[BAND] + SLACK


@inlined
def _pair(net, work, idle):  # type: ignore[no-untyped-def]
    """Draw a unit and a neighbour in another part; pairs wholly in band are let pass with the share `idle`."""
    for _ in range(PAIR_TRIES):
        unit = int(draw(work.chance) * len(work.label))
        degree = net.indptr[unit + 1] - net.indptr[unit]
        if degree == 0:
            continue
        other = net.indices[net.indptr[unit] + int(draw(work.chance) * degree)]
        a, b = work.label[unit], work.label[other]
        if a == b:
            continue
        if _is_outside(work, a, net.prices) or _is_outside(work, b, net.prices):
            return unit, other
        if idle >= 1.0 or draw(work.chance) < idle:
            return unit, other
    return -1, -1


@inlined
def _best_cut(net, tree, count):  # type: ignore[no-untyped-def]
    best, lowest = -1, _NO_CUT
    for i in range(1, count):
        cost = cut_cost(net, tree, i)
        if cost < lowest:
            best, lowest = i, cost
    return best, lowest


@kernel
def resplit(net, work, tree, steps, first_heat, last_heat, idle):  # type: ignore[no-untyped-def]
    """Return (labels of lowest cost seen, change of cost against the start); `work` is used up.

    Every loop is bounded by `steps`, the number of units or of borders.
    """
    best = work.label.copy()
    cost = lowest = 0.0
    cooling = (last_heat / first_heat) ** (1.0 / max(1, steps))
    heat = first_heat
    for step in range(1, steps + 1):
        heat *= cooling
        unit, other = _pair(net, work, idle)
        if unit < 0:
            continue
        a, b = work.label[unit], work.label[other]
        count = grow_tree(net, work, tree, unit, a, b)
        sum_below(net, work, tree, count, a, b, step)
        cut, found = _best_cut(net, tree, count)
        if cut >= 0:
            change = found - pair_cost(net, work, tree, count, a, b, step)
            if change <= 0.0 or draw(work.chance) < math.exp(-change / heat):
                apply_cut(net, work, tree, count, cut, a, b)
                cost += change
                if cost < lowest - 1e-9:
                    lowest = cost
                    best[:] = work.label
        for i in range(count):
            tree.place[tree.order[i]] = -1
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
