"""Random spanning trees over two merged grids, and the sums below the places that are worth a cut.

A tree is grown with its homes alone: most trees have no cut whose sizes would do, and cost nothing more. Where
there are some, the rest is summed up along these places only (`weigh`): a border between two units counts for the
subtrees that hold just one of them, that is below the lowest common ancestor.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gis.compute.lattice import FloatArray, IntArray
from gis.compute.search.chance import drawn_below, spun
from gis.compute.search.compiled import inlined, kernel
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

# Columns of `Tree.below`: area, outer border less what is inside the two parts, metres and barrier metres of
# borders that leave the subtree, moments of area, then the ties: households kept if it is called a less those
# kept if it is called b, anchored units, anchors of a less those of b.
(
    B_AREA, B_BORDER, CROSS, WALL, B_SECOND, B_FIRST_X, B_FIRST_Y, KEPT, B_ANCHORED, HELD,
) = range(10)  # fmt: skip
UNTIED, TIED = 7, 10
# Shares of trees grown from a random, the last and the first edges of the frontier, in 1/1024.
RANDOM_TREES, DEEP_TREES = 614, 819
NEAR = 3
# Place of a unit in the frontier.
WAITING = -2


class Tree(NamedTuple):
    """Room for a tree over two merged parts: units in the order they joined, places of parents.

    `place` is a unit's place in that order (-1 not seen, -2 in the frontier), `frontier` holds units waiting,
    `links` (later place, earlier place, edge) of each border inside, `homes` the households of every subtree,
    `cuts` the places worth a cut, `up` for each place the nearest of these at or above it (0: the root), `below`
    their sums (row 0: both parts), `side` whether a place lies below the cut, `units` counts a compound's units
    below it. `width` is the number of columns of `below` that are needed, `has_walls` whether barriers cost.
    """

    order: IntArray
    parent: IntArray
    place: IntArray
    frontier: IntArray
    links: IntArray
    homes: FloatArray
    cuts: IntArray
    up: IntArray
    below: FloatArray
    side: IntArray
    units: IntArray
    width: int
    has_walls: bool


def tree_of(net: Net) -> Tree:
    """Return room for trees over any two parts of the zone."""
    n, edges = len(net.compound), len(net.indices)
    ties = bool((net.before >= 0).any() or (net.figures[:, ANCHORED] > 0).any())
    return Tree(
        order=np.zeros(n, dtype=np.int64),
        parent=np.zeros(n, dtype=np.int64),
        place=np.full(n, -1, dtype=np.int64),
        frontier=np.zeros(n + 1, dtype=np.int64),
        links=np.zeros((edges + 1, 3), dtype=np.int64),
        homes=np.zeros(n),
        cuts=np.zeros(n, dtype=np.int64),
        up=np.zeros(n, dtype=np.int64),
        below=np.zeros((n, TIED)),
        side=np.zeros(n, dtype=np.int64),
        units=np.zeros(int(net.compound.max(initial=-1)) + 1, dtype=np.int64),
        width=TIED if ties else UNTIED,
        has_walls=bool((net.barrier > 0).any()),
    )


@inlined
def _place_in_frontier(kind, head, tail, x, turn):  # type: ignore[no-untyped-def]
    """Return the place of the next edge to leave the frontier [head, tail), drawn from (x, turn)."""
    if kind < RANDOM_TREES:
        return head + drawn_below(x, turn, tail - head)
    if kind < DEEP_TREES:
        return tail - 1 - drawn_below(x, turn, min(NEAR, tail - head))
    return head + drawn_below(x, turn, min(NEAR, tail - head))


@inlined
def _look_around(net, label, tree, unit, count, found, tail, a, b):  # type: ignore[no-untyped-def]
    """List the borders of a unit that joins, and add its neighbours not seen yet to the frontier.

    Returns the ends of `links` and `frontier`. Without branches, which no processor could foretell: what does not
    count is written over.
    """
    place, links, frontier, indices = tree.place, tree.links, tree.frontier, net.indices
    for e in range(net.indptr[unit], net.indptr[unit + 1]):
        other = indices[e]
        at = place[other]
        links[found, 0], links[found, 1], links[found, 2] = count, at, e
        found += at >= 0
        is_new = (at == -1) & ((label[other] == a) | (label[other] == b))
        frontier[tail] = other
        tail += is_new
        place[other] = at - is_new
    return found, tail


@inlined
def _parent(links, first, found, kind, x, turn):  # type: ignore[no-untyped-def]
    """Return which of the neighbours that joined before, `links[first:found]`, a unit hangs on: any, last, first."""
    if found == first:
        return -1
    up = links[first + drawn_below(x, turn, found - first), 1]
    if kind >= RANDOM_TREES:
        for link in range(first, found):
            other = links[link, 1]
            up = max(up, other) if kind < DEEP_TREES else min(up, other)
    return up


@kernel
def grow_tree(net, work, tree, root, a, b):  # type: ignore[no-untyped-def]
    """Grow a random spanning tree over the parts a and b from `root`; each unit enters the frontier once.

    Returns the number of units and of the borders between them; `homes` holds the sums of every subtree.
    """
    order, parent, place, homes = tree.order, tree.parent, tree.place, tree.homes
    frontier, links, figures = tree.frontier, tree.links, net.figures
    x, turn = spun(work.chance[0], work.chance[1])
    kind = drawn_below(x, turn, 1024)
    is_deep = kind < DEEP_TREES
    head, tail, count, found = 0, 1, 0, 0
    frontier[0] = root
    while head < tail:
        x, turn = spun(x, turn)
        at = _place_in_frontier(kind, head, tail, x, turn)
        unit = frontier[at]
        tail -= is_deep
        frontier[at] = frontier[tail if is_deep else head]
        head += not is_deep
        order[count], homes[count] = unit, figures[unit, HOMES]
        place[unit] = WAITING
        first = found
        found, tail = _look_around(net, work.label, tree, unit, count, found, tail, a, b)
        x, turn = spun(x, turn)
        parent[count] = _parent(links, first, found, kind, x, turn)
        place[unit] = count
        count += 1
    work.chance[0], work.chance[1] = x, turn
    for i in range(count - 1, 0, -1):
        homes[parent[i]] += homes[i]
    return count, found


@inlined
def _own_figures(figures, below, width, i, unit):  # type: ignore[no-untyped-def]
    """Add a unit to the row of the cut it lies below, borders inside and plan before apart."""
    below[i, B_AREA] += figures[unit, AREA]
    below[i, B_BORDER] += figures[unit, BORDER]
    below[i, B_SECOND] += figures[unit, SECOND]
    below[i, B_FIRST_X] += figures[unit, FIRST_X]
    below[i, B_FIRST_Y] += figures[unit, FIRST_Y]


@inlined
def _own_ties(figures, below, i, unit, before, is_a):  # type: ignore[no-untyped-def]
    """Add what the unit is tied to: the parts a and b of the plan before (1, -1, else 0), anchors."""
    below[i, KEPT] += figures[unit, HOMES] * before
    below[i, B_ANCHORED] += figures[unit, ANCHORED]
    below[i, HELD] += figures[unit, ANCHORED] if is_a else -figures[unit, ANCHORED]


@inlined
def _common_ancestor(parent, up, i, j):  # type: ignore[no-untyped-def]
    """Return the lowest place worth a cut (or the root) above both; parents joined before their children."""
    while i != j:
        if i > j:
            i = up[parent[i]]
        else:
            j = up[parent[j]]
    return i


@kernel
def _count_borders(net, tree, found):  # type: ignore[no-untyped-def]
    """Count the borders inside the two parts for the subtrees that hold one side only."""
    links, up, parent, below = tree.links, tree.up, tree.parent, tree.below
    length, barrier = net.length, net.barrier
    for link in range(found):
        i, j, e = up[links[link, 0]], up[links[link, 1]], links[link, 2]
        metres = length[e]
        below[i, B_BORDER] -= metres
        below[j, B_BORDER] -= metres
        if i == j:
            continue
        low = _common_ancestor(parent, up, i, j)
        below[i, CROSS] += metres
        below[j, CROSS] += metres
        below[low, CROSS] -= 2.0 * metres
        if tree.has_walls:
            below[i, WALL] += barrier[e]
            below[j, WALL] += barrier[e]
            below[low, WALL] -= 2.0 * barrier[e]


@kernel
def weigh(net, work, tree, size, worth, parts):  # type: ignore[no-untyped-def]
    """Sum up the subtrees below the first `worth` of `tree.cuts` (ascending places), and the whole in row 0.

    `size`: what `grow_tree` returned; `parts`: the two parts a and b.
    """
    cuts, up, parent, below, order = tree.cuts, tree.up, tree.parent, tree.below, tree.order
    width, label, before, figures = tree.width, work.label, net.before, net.figures
    count, found = size
    a, b = parts
    below[0, :] = 0.0
    at = 0
    for i in range(count):
        if at < worth and cuts[at] == i:
            at += 1
            up[i] = i
            below[i, :] = 0.0
        else:
            up[i] = up[parent[i]] if i > 0 else 0
        unit = order[i]
        _own_figures(figures, below, width, up[i], unit)
        if width > UNTIED:
            kept = 1.0 if before[unit] == a else (-1.0 if before[unit] == b else 0.0)
            _own_ties(figures, below, up[i], unit, kept, label[unit] == a)
    _count_borders(net, tree, found)
    for at in range(worth - 1, -1, -1):
        i = cuts[at]
        above = up[parent[i]]
        for column in range(width):
            below[above, column] += below[i, column]
