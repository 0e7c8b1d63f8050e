"""Walks on a street graph: where points meet it, how far everything is from the nearest place, who reaches whom.

Lengths are whole micrometres, so that a sum does not depend on the order of its terms: the same streets give the same
metres from either end, and places at equal distance are told apart by rank, not by rounding. Points meet a street
where they stand, between its crossings, without cutting it. The kernels are compiled; `kernel.py_func` is the same
text run by Python, and the tests compare both with a search of another kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from gis.compute.street_chart import PER_M, Chart, Spots, chart_of, spots_on
from gis.compute.street_graph import StreetGraph

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Farther than any walk, and far from the end of what 64 bits hold.
FAR = 1 << 60


class Net(NamedTuple):
    """Street graph for the kernels: arcs out of every node, ends and length of every edge, in micrometres."""

    first: Ints
    head: Ints
    arc: Ints
    arc_edge: Ints
    start: Ints
    stop: Ints
    length: Ints


@dataclass(frozen=True)
class Walkways:
    """A street graph made ready for many searches."""

    net: Net
    chart: Chart


def walkways(graph: StreetGraph) -> Walkways:
    """Make a street graph with at least one edge ready for searches."""
    return Walkways(_net(graph), chart_of(graph))


def _net(graph: StreetGraph) -> Net:
    length = np.maximum(np.round(graph.length_m * PER_M), 1).astype(np.int64)
    # A street that comes back to its own start leaves that node once: nothing gets nearer by walking round.
    back = np.flatnonzero(graph.start != graph.stop)
    tail = np.concatenate([graph.start, graph.stop[back]])
    head = np.concatenate([graph.stop, graph.start[back]])
    both = np.concatenate([np.arange(len(length)), back])
    order = np.lexsort((both, head, tail))
    first = np.zeros(len(graph.nodes) + 1, dtype=np.int64)
    np.cumsum(np.bincount(tail, minlength=len(graph.nodes)), out=first[1:])
    return Net(first, head[order], length[both[order]], both[order], graph.start, graph.stop, length)


def on_street(ways: Walkways, xy: Floats, within_m: float) -> Spots:
    """The nearest spot of the streets for every point (n, 2), none where it is farther than `within_m`."""
    return spots_on(ways.chart, ways.net.length, xy, within_m)


@njit(cache=True)
def _push(heap, size, key):  # type: ignore[no-untyped-def]
    """Add a key to a binary heap kept in an array; the new size."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if heap[above] <= key:
            break
        heap[at] = heap[above]
        at = above
    heap[at] = key
    return size + 1


@njit(cache=True)
def _pop(heap, size):  # type: ignore[no-untyped-def]
    """Close the gap that the taken first key left; the new size."""
    size -= 1
    key = heap[size]
    at = 0
    below = 1
    while below < size:
        if below + 1 < size and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= key:
            break
        heap[at] = heap[below]
        at = below
        below = 2 * at + 1
    heap[at] = key
    return size


class Work(NamedTuple):
    """What a search changes: per node micrometres (FAR at rest) and rank, the heap, the nodes it touched."""

    metres: Ints
    rank: Ints
    heap: Ints
    touched: Ints


def _work(net: Net, places: int) -> Work:
    nodes = len(net.first) - 1
    heap = np.empty(len(net.head) + 2 * places + 1, dtype=np.int64)
    return Work(
        np.full(nodes, FAR), np.full(nodes, -1, dtype=np.int64), heap, np.empty(nodes, dtype=np.int64)
    )


@njit(cache=True)
def _offer(work, bits, node, far, rank, size, count):  # type: ignore[no-untyped-def]
    """Take a shorter way to a node, or an equal one of lower rank; sizes of the heap and of the touched nodes.

    A heap key is distance and node in one number. An equal way of lower rank needs no new key: streets are at least
    a micrometre long, so the node has not been left yet.
    """
    if far < work.metres[node]:
        if work.metres[node] == FAR:
            work.touched[count] = node
            count += 1
        work.metres[node] = far
        work.rank[node] = rank
        size = _push(work.heap, size, (far << bits) | node)
    elif far == work.metres[node] and rank < work.rank[node]:
        work.rank[node] = rank
    return size, count


@njit(cache=True)
def _spread(net, places, begin, end, limit, work):  # type: ignore[no-untyped-def]
    """Dijkstra from places begin to end at once: per node the least way and, of equals, the lowest rank.

    Returns how many nodes were touched.
    """
    bits = _bits(len(work.metres))
    size, count = 0, 0
    for i in range(begin, end):
        edge = places.edge[i]
        if edge < 0:
            continue
        to_start = places.off[i] + places.along[i]
        to_stop = places.off[i] + net.length[edge] - places.along[i]
        if to_start <= limit:
            size, count = _offer(work, bits, net.start[edge], to_start, i, size, count)
        if to_stop <= limit:
            size, count = _offer(work, bits, net.stop[edge], to_stop, i, size, count)
    while size > 0:
        key = work.heap[0]
        size = _pop(work.heap, size)
        node = key & ((1 << bits) - 1)
        here = key >> bits
        if here > work.metres[node]:
            continue
        for k in range(net.first[node], net.first[node + 1]):
            far = here + net.arc[k]
            if far <= limit:
                size, count = _offer(work, bits, net.head[k], far, work.rank[node], size, count)
    return count


@njit(cache=True)
def _bits(count):  # type: ignore[no-untyped-def]
    """Binary digits that the numbers below `count` need."""
    bits = 1
    while (1 << bits) < count:
        bits += 1
    return bits


@njit(cache=True)
def _gather(net, work, places, by_edge, order, homes, limit, far, who):  # type: ignore[no-untyped-def]
    """For every home the better of its street's two ends and of the places on the same street."""
    for h in range(len(homes.edge)):
        edge = homes.edge[h]
        if edge < 0:
            continue
        along, start, stop = homes.along[h], net.start[edge], net.stop[edge]
        best, mine = work.metres[start] + along, work.rank[start]
        walk = work.metres[stop] + net.length[edge] - along
        if walk < best or (walk == best and work.rank[stop] < mine):
            best, mine = walk, work.rank[stop]
        for k in range(by_edge[edge], by_edge[edge + 1]):
            walk = places.off[order[k]] + abs(along - places.along[order[k]])
            if walk < best or (walk == best and order[k] < mine):
                best, mine = walk, order[k]
        if best + homes.off[h] <= limit:
            far[h] = best + homes.off[h]
            who[h] = mine


def nearest_place(ways: Walkways, places: Spots, homes: Spots, limit_m: float) -> tuple[Ints, Ints]:
    """For every home the micrometres to the nearest place (FAR beyond the limit) and its index (-1).

    Of places at equal distance the first counts. Homes and places off the streets (edge -1) have none.
    """
    net = ways.net
    work = _work(net, len(places.edge))
    limit = _limit(net, limit_m)
    _spread(net, places, 0, len(places.edge), limit, work)
    far, who = np.full(len(homes.edge), FAR), np.full(len(homes.edge), -1, dtype=np.int64)
    _gather(net, work, places, *_by_edge(net, places), homes, limit, far, who)
    return far, who


def metres_to_nodes(ways: Walkways, places: Spots, limit_m: float) -> tuple[Ints, Ints]:
    """For every node the micrometres to the nearest place (FAR beyond the limit) and its index (-1)."""
    work = _work(ways.net, len(places.edge))
    _spread(ways.net, places, 0, len(places.edge), _limit(ways.net, limit_m), work)
    return work.metres, work.rank


def _limit(net: Net, limit_m: float) -> int:
    """The limit in micrometres, as far as distance and node fit into one key: 270 km on 16 million nodes."""
    return min(round(limit_m * PER_M), (1 << 62) >> _bits(len(net.first) - 1))


def _by_edge(net: Net, spots: Spots) -> tuple[Ints, Ints]:
    """Points sorted by their edge: first of every edge, and the points in that order."""
    order = np.argsort(spots.edge, kind="stable")
    return np.searchsorted(spots.edge[order], np.arange(len(net.length) + 1)), order


@njit(cache=True)
def _pairs_on(net, work, places, i, edge, members, homes, limit, pairs, found):  # type: ignore[no-untyped-def]
    """Add the homes of one street that place i reaches; the pairs (moved where they needed room), their number."""
    while found + len(members) > len(pairs):
        wider = np.empty((2 * len(pairs), 3), dtype=np.int64)
        wider[:found] = pairs[:found]
        pairs = wider
    for h in members:
        along = homes.along[h]
        by_start = work.metres[net.start[edge]] + along
        by_stop = work.metres[net.stop[edge]] + net.length[edge] - along
        walk = min(by_start, by_stop)
        if edge == places.edge[i]:
            walk = min(walk, places.off[i] + abs(along - places.along[i]))
        if walk + homes.off[h] <= limit:
            pairs[found, 0], pairs[found, 1], pairs[found, 2] = i, h, walk + homes.off[h]
            found += 1
    return pairs, found


@njit(cache=True)
def _reach(net, places, homes, by_edge, order, limit, work, seen):  # type: ignore[no-untyped-def]
    """Rows (place, home, micrometres) of every home within the limit of a place; `seen` is -1 per edge."""
    pairs = np.empty((1024, 3), dtype=np.int64)
    found = 0
    for i in range(len(places.edge)):
        own = places.edge[i]
        if own < 0:
            continue
        count = _spread(net, places, i, i + 1, limit, work)
        # The place's own street even where its ends are too far.
        seen[own] = i
        members = order[by_edge[own] : by_edge[own + 1]]
        pairs, found = _pairs_on(net, work, places, i, own, members, homes, limit, pairs, found)
        for t in range(count):
            node = work.touched[t]
            for k in range(net.first[node], net.first[node + 1]):
                edge = net.arc_edge[k]
                if seen[edge] != i:
                    seen[edge] = i
                    members = order[by_edge[edge] : by_edge[edge + 1]]
                    pairs, found = _pairs_on(net, work, places, i, edge, members, homes, limit, pairs, found)
        for t in range(count):
            work.metres[work.touched[t]] = FAR
    return pairs[:found]


def reached_homes(ways: Walkways, places: Spots, homes: Spots, limit_m: float) -> Ints:
    """Every home within the limit of every place: rows (place, home, micrometres), sorted by place, then home."""
    net = ways.net
    by_edge, order = _by_edge(net, homes)
    seen = np.full(len(net.length), -1, dtype=np.int64)
    work = _work(net, 1)
    pairs = _reach(net, places, homes, by_edge, order, _limit(net, limit_m), work, seen)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
