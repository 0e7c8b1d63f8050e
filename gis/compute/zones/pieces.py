"""Which sides of a barrier form one zone: only where a side could not stand alone, or for balance where asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from gis.compute.lattice import IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.tessellation import Tessellation
from gis.compute.zones.count import grid_count
from gis.compute.zones.loose import loose_stretches

# All ways of putting 8 pieces together are 4,140; above that pieces are merged greedily.
EXACT_PIECES = 8


def merge_pieces(
    tessellation: Tessellation, housed: IntArray, limits: SizeLimits, cross_for_balance: bool
) -> list[tuple[int, ...]]:
    """Return which pieces with homes (numbers `housed`) form a zone together: one sorted tuple per zone."""
    pieces = [int(p) for p in housed]
    total = int(tessellation.households.sum())
    if len(pieces) == 1 or total < limits.soft_min:
        return [tuple(pieces)]
    links = _links(tessellation, pieces)
    cost = _BlockCost(tessellation, limits, cross_for_balance)
    if len(pieces) <= EXACT_PIECES:
        allowed = [p for p in _partitions(pieces) if all(_is_linked(b, links) for b in p)]
        return list(min((cost.of_all(p), tuple(sorted(p))) for p in allowed)[1])
    return _merge_greedily(pieces, links, cost)


class _BlockCost:
    """Compares ways of putting pieces together: hard limits first, then crossings and balance as asked."""

    def __init__(self, tessellation: Tessellation, limits: SizeLimits, cross_for_balance: bool) -> None:
        self._limits = limits
        self._cross_for_balance = cross_for_balance
        self._units = {
            int(p): tessellation.households[tessellation.piece == p]
            for p in np.unique(tessellation.piece)
            if p >= 0
        }
        self._known: dict[tuple[int, ...], tuple[int, float]] = {}

    def _of_block(self, block: tuple[int, ...]) -> tuple[int, float]:
        if block not in self._known:
            households = np.concatenate([self._units[p] for p in block])
            count = grid_count(households, self._limits)
            plain = count.k - count.towers
            short = int(households.sum() < self._limits.hard_min)
            self._known[block] = (short, max(1, plain) * max(0.0, count.attainable - self._limits.band))
        return self._known[block]

    def of_all(self, partition: Sequence[tuple[int, ...]]) -> tuple[float, float, float]:
        costs = [self._of_block(b) for b in partition]
        short = float(sum(c[0] for c in costs))
        unattainable = round(sum(c[1] for c in costs), 6)
        crossings = float(sum(len(b) - 1 for b in partition))
        if self._cross_for_balance:
            return short, unattainable, crossings
        return short, crossings, unattainable


def _partitions(items: list[int]) -> Iterator[tuple[tuple[int, ...], ...]]:
    if not items:
        yield ()
        return
    first, rest = items[0], items[1:]
    for smaller in _partitions(rest):
        yield ((first,), *smaller)
        for i, block in enumerate(smaller):
            yield (*smaller[:i], (first, *block), *smaller[i + 1 :])


def _is_linked(block: tuple[int, ...], links: set[tuple[int, int]]) -> bool:
    if len(block) == 1:
        return True
    reached, waiting = {block[0]}, [block[0]]
    while waiting:
        at = waiting.pop()
        for other in block:
            if other not in reached and (min(at, other), max(at, other)) in links:
                reached.add(other)
                waiting.append(other)
    return len(reached) == len(block)


def _merge_greedily(
    pieces: list[int], links: set[tuple[int, int]], cost: _BlockCost
) -> list[tuple[int, ...]]:
    blocks: list[tuple[int, ...]] = [(p,) for p in pieces]
    for _ in range(len(pieces)):
        best: tuple[tuple[float, float, float], int, int] | None = None
        for i in range(len(blocks)):
            for j in range(i + 1, len(blocks)):
                joined = tuple(sorted(blocks[i] + blocks[j]))
                if not any((min(a, b), max(a, b)) in links for a in blocks[i] for b in blocks[j]):
                    continue
                now, then = cost.of_all((blocks[i], blocks[j])), cost.of_all((joined,))
                gain = (then[0] - now[0], then[1] - now[1], then[2] - now[2])
                if gain < (0.0, 0.0, 0.0) and (best is None or (gain, i, j) < best):
                    best = (gain, i, j)
        if best is None:
            break
        _, i, j = best
        joined = tuple(sorted(blocks[i] + blocks[j]))
        blocks = [b for n, b in enumerate(blocks) if n not in (i, j)] + [joined]
    return sorted(blocks)


def _links(tessellation: Tessellation, pieces: list[int]) -> set[tuple[int, int]]:
    """Return pairs of housed pieces that meet across a barrier, or across loose land or water between them.

    A piece that meets no other (an island of the community) is linked to the nearest one.
    """
    piece, pairs = tessellation.piece, tessellation.adjacency
    housed = np.isin(piece, pieces)
    links: set[tuple[int, int]] = set()
    direct = housed[pairs.left] & housed[pairs.right] & (piece[pairs.left] != piece[pairs.right])
    for a, b in zip(piece[pairs.left[direct]], piece[pairs.right[direct]], strict=True):
        links.add((int(min(a, b)), int(max(a, b))))
    for touching in _between(tessellation, housed).values():
        links |= {(a, b) for a in touching for b in touching if a < b}
    for p in pieces:
        if not any(p in pair for pair in links) and len(pieces) > 1:
            links.add(_nearest_link(tessellation, p, [q for q in pieces if q != p]))
    return links


def _between(tessellation: Tessellation, housed: np.ndarray) -> dict[int, list[int]]:
    """Return per connected stretch of loose units the housed pieces that touch it."""
    stretch = loose_stretches(tessellation, ~housed)
    pairs = tessellation.adjacency
    found: dict[int, set[int]] = {}
    for a, b in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True):
        for loose, land in ((a, b), (b, a)):
            if not housed[loose] and housed[land]:
                found.setdefault(int(stretch[loose]), set()).add(int(tessellation.piece[land]))
    return {s: sorted(pieces) for s, pieces in found.items()}


def _nearest_link(tessellation: Tessellation, p: int, others: list[int]) -> tuple[int, int]:
    own = shapely.union_all(tessellation.cells[tessellation.piece == p])
    gaps = [
        (float(own.distance(shapely.union_all(tessellation.cells[tessellation.piece == q]))), q)
        for q in others
    ]
    q = min(gaps)[1]
    return min(p, q), max(p, q)
