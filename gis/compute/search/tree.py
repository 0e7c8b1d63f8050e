"""Random spanning trees over two merged grids, with the sums of the subtree below every place.

Each border between two units counts for the subtrees that hold just one of them, that is below the lowest
common ancestor.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gis.compute.lattice import FloatArray, IntArray
from gis.compute.search.chance import draw_below
from gis.compute.search.compiled import inlined, kernel
from gis.compute.search.energy import (
    ROUND,
)
from gis.compute.search.net import (
    ANCHORED,
    AREA,
    BORDER,
    FIRST_X,
    FIRST_Y,
    HOMES,
    SECOND,
    Net,
)

# Columns of `Tree.below`: homes, area, outer border less what is inside the two parts, metres and barrier
# metres of borders that leave the subtree, households kept if it is called a less those kept if it is called
# b, anchored units, anchors of a less those of b, moments of area.
B_HOMES, B_AREA, B_BORDER, CROSS, WALL, KEPT, B_ANCHORED, HELD, B_SECOND, B_FIRST_X, B_FIRST_Y = range(11)
PLAIN, WITH_TIES, WITH_MOMENTS = 5, 8, 11
# Shares of trees grown from a random, the last and the first edges of the frontier, in 1/1024.
RANDOM_TREES, DEEP_TREES = 614, 819
NEAR = 3


class Tree(NamedTuple):
    """Room for a tree over two merged parts: units in the order they joined, places of parents, depths.

    `place` is a unit's place in that order (-1 not in the tree), `frontier` holds (unit, place of its
    parent), `below` the sums of every subtree (row 0: both parts), `side` whether a place lies below the cut,
    `units` counts a compound's units below it. `width` is the number of columns of `below` that are needed.
    """

    order: IntArray
    parent: IntArray
    depth: IntArray
    place: IntArray
    frontier: IntArray
    below: FloatArray
    side: IntArray
    units: IntArray
    width: int


def tree_of(net: Net) -> Tree:
    """Return room for trees over any two parts of the zone."""
    n, edges = len(net.compound), len(net.indices)
    ties = bool((net.before >= 0).any() or (net.figures[:, ANCHORED] > 0).any())
    width = WITH_MOMENTS if net.prices[ROUND] > 0 else WITH_TIES if ties else PLAIN
    return Tree(
        order=np.zeros(n, dtype=np.int64),
        parent=np.zeros(n, dtype=np.int64),
        depth=np.zeros(n, dtype=np.int64),
        place=np.full(n, -1, dtype=np.int64),
        frontier=np.zeros((edges + 1, 2), dtype=np.int64),
        below=np.zeros((n, WITH_MOMENTS)),
        side=np.zeros(n, dtype=np.int64),
        units=np.zeros(int(net.compound.max(initial=-1)) + 1, dtype=np.int64),
        width=width,
    )


@inlined
def _own_figures(figures, below, width, i, unit):  # type: ignore[no-untyped-def]
    """Fill the row of `below` of a unit that joins at place i, borders and plan before apart."""
    below[i, B_HOMES] = figures[unit, HOMES]
    below[i, B_AREA] = figures[unit, AREA]
    below[i, B_BORDER] = figures[unit, BORDER]
    below[i, CROSS] = below[i, WALL] = 0.0
    if width > WITH_TIES:
        below[i, B_SECOND] = figures[unit, SECOND]
        below[i, B_FIRST_X] = figures[unit, FIRST_X]
        below[i, B_FIRST_Y] = figures[unit, FIRST_Y]


@inlined
def _own_ties(figures, below, i, unit, before, is_a):  # type: ignore[no-untyped-def]
    """Fill what the unit at place i is tied to: the parts a and b of the plan before (1, -1, else 0), anchors."""
    below[i, KEPT] = figures[unit, HOMES] * before
    below[i, B_ANCHORED] = figures[unit, ANCHORED]
    below[i, HELD] = figures[unit, ANCHORED] if is_a else -figures[unit, ANCHORED]


@inlined
def _count_border(parent, depth, below, i, j, length, wall):  # type: ignore[no-untyped-def]
    """Count a border between places i and j for the subtrees that hold one side only."""
    low, high = i, j
    while low != high:  # both end at the root at the latest
        if depth[low] >= depth[high]:
            low = parent[low]
        else:
            high = parent[high]
    below[i, B_BORDER] -= length
    below[j, B_BORDER] -= length
    below[i, CROSS] += length
    below[j, CROSS] += length
    below[low, CROSS] -= 2.0 * length
    if wall > 0.0:
        below[i, WALL] += wall
        below[j, WALL] += wall
        below[low, WALL] -= 2.0 * wall


@inlined
def _place_in_frontier(kind, head, tail, chance):  # type: ignore[no-untyped-def]
    """Draw the place of the next edge to leave the frontier [head, tail)."""
    if kind < RANDOM_TREES:
        return head + draw_below(chance, tail - head)
    if kind < DEEP_TREES:
        return tail - 1 - draw_below(chance, min(NEAR, tail - head))
    return head + draw_below(chance, min(NEAR, tail - head))


@kernel
def _span_tree(net, work, tree, root, a, b):  # type: ignore[no-untyped-def]
    """Grow a random spanning tree over the parts a and b; each edge enters the frontier once at most."""
    indptr, indices, length, barrier = net.indptr, net.indices, net.length, net.barrier
    order, parent, depth, place = tree.order, tree.parent, tree.depth, tree.place
    frontier, below, label, chance = tree.frontier, tree.below, work.label, work.chance
    figures, width = net.figures, tree.width
    kind = draw_below(chance, 1024)
    is_deep = kind < DEEP_TREES
    head, tail, count = 0, 1, 0
    frontier[0, 0], frontier[0, 1] = root, -1
    while head < tail:
        at = _place_in_frontier(kind, head, tail, chance)
        unit, up = frontier[at, 0], frontier[at, 1]
        if is_deep:
            tail -= 1
        filler = tail if is_deep else head
        head += not is_deep
        frontier[at, 0], frontier[at, 1] = frontier[filler, 0], frontier[filler, 1]
        if place[unit] >= 0:
            continue
        place[unit], order[count], parent[count] = count, unit, up
        depth[count] = 0 if up < 0 else depth[up] + 1
        _own_figures(figures, below, width, count, unit)
        for e in range(indptr[unit], indptr[unit + 1]):
            other = indices[e]
            if place[other] >= 0:
                _count_border(parent, depth, below, count, place[other], length[e], barrier[e])
            elif label[other] == a or label[other] == b:
                frontier[tail, 0], frontier[tail, 1] = other, count
                tail += 1
        count += 1
    return count


@kernel
def grow_tree(net, work, tree, root, a, b):  # type: ignore[no-untyped-def]
    """Grow a random spanning tree over the parts a and b from `root` and sum up every subtree.

    Returns the number of its units.
    """
    order, parent, below, width = tree.order, tree.parent, tree.below, tree.width
    label, before = work.label, net.before
    count = _span_tree(net, work, tree, root, a, b)
    if width > PLAIN:
        for i in range(count):
            unit = order[i]
            kept = 1.0 if before[unit] == a else (-1.0 if before[unit] == b else 0.0)
            _own_ties(net.figures, below, i, unit, kept, label[unit] == a)
    for i in range(count - 1, 0, -1):
        up = parent[i]
        for column in range(width):
            below[up, column] += below[i, column]
    return count
