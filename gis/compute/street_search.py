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
Shorts = npt.NDArray[np.int32]

# Farther than any walk, and far from the end of what 64 bits hold.
FAR = 1 << 60
# Buckets of 5 m hold few nodes each and were the quickest on streets; no more than 65,536 of them.
BUCKET = 5 * PER_M
MOST_BUCKETS_BITS = 16
OUTSIDE = -2


class Net(NamedTuple):
    """Street graph for the kernels: arcs out of every node, ends and length of every edge, in micrometres."""

    first: Shorts
    head: Shorts
    arc: Ints
    arc_edge: Shorts
    start: Shorts
    stop: Shorts
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
    nodes, heads, edges, start, stop = (
        column.astype(np.int32) for column in (first, head[order], both[order], graph.start, graph.stop)
    )
    return Net(nodes, heads, length[both[order]], edges, start, stop, length)


def on_street(ways: Walkways, xy: Floats, within_m: float) -> Spots:
    """The nearest spot of the streets for every point (n, 2), none where it is farther than `within_m`."""
    return spots_on(ways.chart, ways.net.length, xy, within_m)


class Work(NamedTuple):
    """What a search changes: per node micrometres (FAR at rest) and rank, and the queue.

    The queue is a ring of buckets of `width` micrometres, each a chain of nodes: the first of every bucket, and per
    node the one after it (-1) and before it (-1 for the first, OUTSIDE for nodes that do not wait).
    """

    metres: Ints
    rank: Shorts
    ring: Shorts
    after: Shorts
    before: Shorts
    touched: Shorts
    width: int


def _work(net: Net, places: Spots, limit: int) -> Work:
    nodes = len(net.first) - 1
    leap = int(max(net.arc.max(), (places.off + net.length[places.edge]).max(initial=0)))
    span = min(leap, limit)
    width = max(BUCKET, span >> MOST_BUCKETS_BITS)
    return Work(
        np.full(nodes, FAR),
        np.full(nodes, -1, dtype=np.int32),
        np.full(span // width + 2, -1, dtype=np.int32),
        np.full(nodes, -1, dtype=np.int32),
        np.full(nodes, OUTSIDE, dtype=np.int32),
        np.empty(nodes, dtype=np.int32),
        width,
    )


@njit(cache=True)
def _take_out(ring, after, before, bucket, node):  # type: ignore[no-untyped-def]
    """Remove a waiting node from its bucket."""
    next_one, last_one = after[node], before[node]
    if last_one >= 0:
        after[last_one] = next_one
    else:
        ring[bucket] = next_one
    if next_one >= 0:
        before[next_one] = last_one
    before[node] = OUTSIDE


@njit(cache=True)
def _put_in(ring, after, before, bucket, node):  # type: ignore[no-untyped-def]
    """Let a node wait in a bucket."""
    next_one = ring[bucket]
    after[node], before[node] = next_one, -1
    if next_one >= 0:
        before[next_one] = node
    ring[bucket] = node


@njit(cache=True)
def _seed(net, places, begin, end, limit, work):  # type: ignore[no-untyped-def]
    """Let both ends of the streets of places begin to end wait; how many wait."""
    count = 0
    for i in range(begin, end):
        edge = places.edge[i]
        if edge < 0:
            continue
        for side in range(2):
            node = net.start[edge] if side == 0 else net.stop[edge]
            along = places.along[i] if side == 0 else net.length[edge] - places.along[i]
            far = places.off[i] + along
            if far > limit or far > work.metres[node] or (far == work.metres[node] and work.rank[node] <= i):
                continue
            if work.metres[node] == FAR:
                work.touched[count] = node
                count += 1
            else:
                bucket = work.metres[node] // work.width % len(work.ring)
                _take_out(work.ring, work.after, work.before, bucket, node)
            work.metres[node], work.rank[node] = far, i
            _put_in(work.ring, work.after, work.before, far // work.width % len(work.ring), node)
    return count


@njit(cache=True)
def _spread(net, places, begin, end, limit, work):  # type: ignore[no-untyped-def]
    """From places begin to end at once: per node the least way and, of equals, the lowest rank; nodes touched.

    Dijkstra with buckets (Dial; Meyer and Sanders' delta-stepping): nodes of one bucket go in any order, and one that
    was left too early waits again. Labels only sink, so it ends. The arrays have names of their own here because
    every access through a tuple costs as much as a step.
    """
    count = _seed(net, places, begin, end, limit, work)
    waiting, at = count, 0
    first, head, arc = net.first, net.head, net.arc
    metres, rank, ring, after, before = work.metres, work.rank, work.ring, work.after, work.before
    touched, width, buckets = work.touched, work.width, len(work.ring)
    while waiting > 0:
        while ring[at] >= 0:
            node = ring[at]
            _take_out(ring, after, before, at, node)
            waiting -= 1
            here, mine = metres[node], rank[node]
            for k in range(first[node], first[node + 1]):
                other, far = head[k], here + arc[k]
                now = metres[other]
                if far > limit or far > now or (far == now and mine >= rank[other]):
                    continue
                if now == FAR:
                    touched[count] = other
                    count += 1
                if before[other] == OUTSIDE:
                    waiting += 1
                else:
                    _take_out(ring, after, before, now // width % buckets, other)
                metres[other], rank[other] = far, mine
                _put_in(ring, after, before, far // width % buckets, other)
        at = at + 1 if at + 1 < buckets else 0
    return count


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
    limit = _limit(limit_m)
    work = _work(net, places, limit)
    _spread(net, places, 0, len(places.edge), limit, work)
    far, who = np.full(len(homes.edge), FAR), np.full(len(homes.edge), -1, dtype=np.int64)
    _gather(net, work, places, *_by_edge(net, places), homes, limit, far, who)
    return far, who


def metres_to_nodes(ways: Walkways, places: Spots, limit_m: float) -> tuple[Ints, Ints]:
    """For every node the micrometres to the nearest place (FAR beyond the limit) and its index (-1)."""
    limit = _limit(limit_m)
    work = _work(ways.net, places, limit)
    _spread(ways.net, places, 0, len(places.edge), limit, work)
    return work.metres, work.rank.astype(np.int64)


def _limit(limit_m: float) -> int:
    """The limit in micrometres."""
    return min(round(limit_m * PER_M), FAR - 1)


def _by_edge(net: Net, spots: Spots) -> tuple[Ints, Ints]:
    """Points sorted by their edge: first of every edge, and the points in that order."""
    order = np.argsort(spots.edge, kind="stable")
    return np.searchsorted(spots.edge[order], np.arange(len(net.length) + 1)), order


@njit(cache=True)
def _roomy(pairs, wanted):  # type: ignore[no-untyped-def]
    """The same rows with room for more."""
    if wanted <= len(pairs):
        return pairs
    wider = np.empty((2 * wanted, 3), dtype=np.int64)
    wider[: len(pairs)] = pairs
    return wider


@njit(cache=True)
def _streets_reached(net, own, touched, seen, mark, streets):  # type: ignore[no-untyped-def]
    """List every street at a touched node once, the place's own first; how many they are."""
    first, arc_edge = net.first, net.arc_edge
    streets[0], seen[own], count = own, mark, 1
    for node in touched:
        for k in range(first[node], first[node + 1]):
            edge = arc_edge[k]
            if seen[edge] != mark:
                seen[edge] = mark
                streets[count] = edge
                count += 1
    return count


@njit(cache=True)
def _reach(net, places, homes, by_edge, order, limit, work, seen):  # type: ignore[no-untyped-def]
    """Rows (place, home, micrometres) of every home within the limit of a place; `seen` is -1 per street."""
    metres, touched = work.metres, work.touched
    start, stop, length = net.start, net.stop, net.length
    home_along, home_off = homes.along, homes.off
    pairs, found = np.empty((1024, 3), dtype=np.int64), 0
    streets = np.empty(len(length), dtype=np.int32)
    for i in range(len(places.edge)):
        own, own_along, own_off = places.edge[i], places.along[i], places.off[i]
        if own < 0:
            continue
        count = _spread(net, places, i, i + 1, limit, work)
        reached = _streets_reached(net, own, touched[:count], seen, i, streets)
        for edge in streets[:reached]:
            by_start, by_stop, long = metres[start[edge]], metres[stop[edge]], length[edge]
            first, last = by_edge[edge], by_edge[edge + 1]
            pairs = _roomy(pairs, found + last - first)
            for h in order[first:last]:
                along = home_along[h]
                walk = min(by_start + along, by_stop + long - along)
                if edge == own:
                    walk = min(walk, own_off + abs(along - own_along))
                if walk + home_off[h] <= limit:
                    pairs[found, 0], pairs[found, 1], pairs[found, 2] = i, h, walk + home_off[h]
                    found += 1
        for node in touched[:count]:
            metres[node] = FAR
    return pairs[:found]


def reached_homes(ways: Walkways, places: Spots, homes: Spots, limit_m: float) -> Ints:
    """Every home within the limit of every place: rows (place, home, micrometres), sorted by place, then home."""
    net = ways.net
    by_edge, order = _by_edge(net, homes)
    seen = np.full(len(net.length), -1, dtype=np.int64)
    limit = _limit(limit_m)
    pairs = _reach(net, places, homes, by_edge, order, limit, _work(net, places, limit), seen)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
