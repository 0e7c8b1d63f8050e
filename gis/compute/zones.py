"""A zone is the land of one community on one side of its barriers, with the number of grids it is to hold.

Point 3 of the partition specification. Land without homes and water are `loose`: they hold no grid of their
own and are attached to a neighbour's grid after the search. Two sides of a barrier form one zone only where a
side could not stand alone (below the hard minimum), or, if asked for, where that lowers the unattainable
deviation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from gis.compute.lattice import FloatArray, IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.tessellation import PASSABLE_M, Tessellation

# All ways of putting 8 pieces together are 4,140; above that pieces are merged greedily.
EXACT_PIECES = 8


@dataclass(frozen=True)
class GridCount:
    """How many grids some units are to form: `towers` of them are single units above the band.

    `attainable` is the deviation from the target (share) of the rest if it were split evenly.
    """

    k: int
    towers: int
    attainable: float


@dataclass(frozen=True)
class ZoneGraph:
    """Units of a zone as a graph in CSR form: row u's neighbours are `indices[indptr[u]:indptr[u + 1]]`.

    `length_m`, `barrier_m` belong to the neighbours; households, area, perimeter and compound (-1 none) to
    the units. `anchor` is the number of the named grid (locked or assigned by hand) a unit stands for, -1
    none: such a unit never leaves its grid, and no grid holds two of them.
    """

    indptr: IntArray
    indices: IntArray
    length_m: FloatArray
    barrier_m: FloatArray
    households: IntArray
    area_m2: FloatArray
    perimeter_m: FloatArray
    compound: IntArray
    anchor: IntArray


@dataclass(frozen=True)
class Zone:
    """Unit numbers of one zone (into the tessellation), its graph, its grid count, and what must be said
    about it.
    """

    units: IntArray
    graph: ZoneGraph
    count: GridCount
    pieces: tuple[int, ...]
    reasons: tuple[str, ...]

    @property
    def households(self) -> int:
        """The zone's households."""
        return int(self.graph.households.sum())


def grid_count(households: IntArray, limits: SizeLimits, *, sole: bool = False) -> GridCount:
    """Return the tower-aware number of grids for units with these households.

    `sole`: the units are a whole community; below the soft minimum it is one grid.
    """
    total = int(households.sum())
    if total <= 0 or (sole and total < limits.soft_min):
        return GridCount(1, 0, abs(total - limits.target) / limits.target)
    tower = households > limits.target * (1 + limits.band)
    towers = int(tower.sum())
    rest = total - int(households[tower].sum())
    dwelling_units = int(((households > 0) & ~tower).sum())
    if rest == 0 or (towers and rest < limits.hard_min):
        return GridCount(max(1, towers), towers, 0.0)
    options = sorted({max(1, rest // limits.target), rest // limits.target + 1})
    plain = min(options, key=lambda k: (abs(rest / k - limits.target), k))
    plain = max(1, min(plain, dwelling_units))
    return GridCount(towers + plain, towers, abs(rest / plain - limits.target) / limits.target)


def zones_of(
    tessellation: Tessellation,
    limits: SizeLimits,
    compound: IntArray,
    *,
    cross_for_balance: bool = False,
) -> tuple[list[Zone], IntArray]:
    """Return the zones of a community and its loose units (water, land without homes beyond a barrier).

    `compound`: per unit, -1 for none. Zones are ordered by their smallest unit. No zones: a community without
    homes.
    """
    piece = tessellation.piece
    count = int(piece.max()) + 1 if len(piece) else 0
    homes = np.bincount(piece[piece >= 0], weights=tessellation.households[piece >= 0], minlength=count)
    housed = np.flatnonzero(homes > 0)
    if len(housed) == 0:
        return [], np.arange(len(piece))
    blocks = _merge_pieces(tessellation, housed, limits, cross_for_balance)
    zones = []
    taken = np.zeros(len(piece), dtype=bool)
    for block in blocks:
        zone = _zone(tessellation, block, limits, compound, sole=len(blocks) == 1)
        taken[zone.units] = True
        zones.append(zone)
    zones.sort(key=lambda z: int(z.units[0]))
    return zones, np.flatnonzero(~taken)


# ---- Which pieces belong together --------------------------------------------------------------------------


def _merge_pieces(
    tessellation: Tessellation, housed: IntArray, limits: SizeLimits, cross_for_balance: bool
) -> list[tuple[int, ...]]:
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


def loose_stretches(tessellation: Tessellation, loose: np.ndarray) -> IntArray:
    """Return a number per unit, equal for loose units connected through loose units (-1 for the others)."""
    pairs = tessellation.adjacency
    both = loose[pairs.left] & loose[pairs.right]
    parent = np.arange(len(loose))

    def root(u: int) -> int:
        while parent[u] != u:
            parent[u] = parent[parent[u]]
            u = int(parent[u])
        return u

    for a, b in zip(pairs.left[both].tolist(), pairs.right[both].tolist(), strict=True):
        ra, rb = root(a), root(b)
        parent[max(ra, rb)] = min(ra, rb)
    return np.array([root(u) if loose[u] else -1 for u in range(len(loose))], dtype=np.int64)


def _nearest_link(tessellation: Tessellation, p: int, others: list[int]) -> tuple[int, int]:
    own = shapely.union_all(tessellation.cells[tessellation.piece == p])
    gaps = [
        (float(own.distance(shapely.union_all(tessellation.cells[tessellation.piece == q]))), q)
        for q in others
    ]
    q = min(gaps)[1]
    return min(p, q), max(p, q)


# ---- The graph of a zone -----------------------------------------------------------------------------------


def _zone(
    tessellation: Tessellation, block: tuple[int, ...], limits: SizeLimits, compound: IntArray, *, sole: bool
) -> Zone:
    housed = np.isin(tessellation.piece, block)
    units = np.flatnonzero(housed)
    reasons: list[str] = []
    if len(block) > 1:
        units, bridged = _with_bridges(tessellation, housed)
        reasons.append("屏障一侧户数不足以单独成网格，跨屏障合并")
        if not bridged:
            reasons.append("社区由不相连的地块组成，网格可能不连片")
    graph = _graph(tessellation, units, compound)
    count = grid_count(graph.households, limits, sole=sole)
    if sole and int(graph.households.sum()) < limits.soft_min:
        reasons.append(f"社区不足{limits.soft_min}户，整体为一个网格")
    return Zone(units.astype(np.int64), graph, count, block, tuple(reasons))


def _with_bridges(tessellation: Tessellation, housed: np.ndarray) -> tuple[IntArray, bool]:
    """Return the housed units plus the loose ones needed to connect them, and whether that connected them."""
    if _is_connected(tessellation, housed):
        return np.flatnonzero(housed), True
    stretch = loose_stretches(tessellation, ~_all_homes(tessellation))
    member = housed.copy()
    pairs = tessellation.adjacency
    touching: dict[int, set[int]] = {}
    for a, b in zip(pairs.left.tolist(), pairs.right.tolist(), strict=True):
        for loose, land in ((a, b), (b, a)):
            if stretch[loose] >= 0 and housed[land]:
                touching.setdefault(int(stretch[loose]), set()).add(int(tessellation.piece[land]))
    for number, pieces in sorted(touching.items()):
        if len(pieces) > 1:
            member |= stretch == number
    return np.flatnonzero(member), _is_connected(tessellation, member)


def _all_homes(tessellation: Tessellation) -> np.ndarray:
    """Return which units lie in a piece that has homes."""
    piece = tessellation.piece
    homes = np.bincount(piece[piece >= 0], weights=tessellation.households[piece >= 0], minlength=1)
    return (piece >= 0) & (homes[np.maximum(piece, 0)] > 0)


def _is_connected(tessellation: Tessellation, member: np.ndarray) -> bool:
    stretch = loose_stretches(tessellation, member)
    return len(np.unique(stretch[member])) <= 1


def _graph(tessellation: Tessellation, units: IntArray, compound: IntArray) -> ZoneGraph:
    pairs = tessellation.adjacency
    local = np.full(len(tessellation.cells), -1, dtype=np.int64)
    local[units] = np.arange(len(units))
    inside = (local[pairs.left] >= 0) & (local[pairs.right] >= 0)
    left, right = local[pairs.left[inside]], local[pairs.right[inside]]
    length, barrier = pairs.length_m[inside], pairs.barrier_m[inside]
    wide = length - barrier >= PASSABLE_M
    keep = wide | _needed_links(len(units), left, right, wide, length)
    left, right, length, barrier = left[keep], right[keep], length[keep], barrier[keep]
    left, right, length, barrier = _joined_islands(tessellation, units, left, right, length, barrier)
    rows, columns = np.concatenate([left, right]), np.concatenate([right, left])
    order = np.lexsort((columns, rows))
    return ZoneGraph(
        indptr=np.searchsorted(rows[order], np.arange(len(units) + 1)).astype(np.int64),
        indices=columns[order].astype(np.int64),
        length_m=np.concatenate([length, length])[order],
        barrier_m=np.concatenate([barrier, barrier])[order],
        households=tessellation.households[units].astype(np.int64),
        area_m2=tessellation.area_m2[units],
        perimeter_m=tessellation.perimeter_m[units],
        compound=compound[units].astype(np.int64),
        anchor=np.full(len(units), -1, dtype=np.int64),
    )


def _needed_links(
    count: int, left: IntArray, right: IntArray, wide: np.ndarray, length: FloatArray
) -> np.ndarray:
    """Return the narrow or barrier links without which the zone would fall apart (longest first)."""
    parent = list(range(count))

    def root(u: int) -> int:
        while parent[u] != u:
            parent[u] = parent[parent[u]]
            u = parent[u]
        return u

    needed = np.zeros(len(left), dtype=bool)
    for i in np.flatnonzero(wide):
        parent[root(int(left[i]))] = root(int(right[i]))
    narrow = np.flatnonzero(~wide)
    for i in narrow[np.argsort(-length[narrow], kind="stable")]:
        a, b = root(int(left[i])), root(int(right[i]))
        if a != b:
            parent[a] = b
            needed[i] = True
    # Where two sides of a barrier are merged, every stretch of common border between them may be used.
    joined = needed.copy()
    if needed.any():
        joined |= ~wide & (length >= PASSABLE_M)
    return joined


def _joined_islands(
    tessellation: Tessellation,
    units: IntArray,
    left: IntArray,
    right: IntArray,
    length: FloatArray,
    barrier: FloatArray,
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Add a link of no length between each island and the land nearest to it, so that the graph is connected."""
    parent = np.arange(len(units))
    for _ in range(len(units)):
        for a, b in zip(left.tolist(), right.tolist(), strict=True):
            low, high = sorted((int(parent[a]), int(parent[b])))
            if low != high:
                parent[parent == high] = low
        roots = np.unique(parent)
        if len(roots) == 1:
            break
        own = np.flatnonzero(parent == roots[1])
        other = np.flatnonzero(parent != roots[1])
        cells = tessellation.cells[units]
        near = shapely.STRtree(cells[other]).query_nearest(
            cells[own], all_matches=False, return_distance=True
        )
        at = int(np.argmin(near[1]))
        left = np.append(left, own[near[0][0][at]])
        right = np.append(right, other[near[0][1][at]])
        length, barrier = np.append(length, 0.0), np.append(barrier, 0.0)
    return left, right, length, barrier


def attach_loose(tessellation: Tessellation, label: IntArray, loose: IntArray) -> IntArray:
    """Return the labels with every loose unit given to the neighbouring grid it borders on the longest.

    `label`: grid per unit, -1 for the loose ones. Loose units join one by one, longest border first, so that
    a grid stays in one piece; an islet that touches nothing joins the nearest grid.
    """
    label = label.copy()
    pairs = tessellation.adjacency
    waiting = set(loose.tolist())
    order = np.lexsort((pairs.right, pairs.left, -pairs.length_m))
    links: dict[int, list[tuple[int, float]]] = {}
    for i in order.tolist():
        a, b, metres = int(pairs.left[i]), int(pairs.right[i]), float(pairs.length_m[i])
        links.setdefault(a, []).append((b, metres))
        links.setdefault(b, []).append((a, metres))
    while waiting:
        offers: list[tuple[float, int, int]] = []
        for u in sorted(waiting):
            border: dict[int, float] = {}
            for v, metres in links.get(u, []):
                if label[v] >= 0:
                    border[int(label[v])] = border.get(int(label[v]), 0.0) + metres
            if border:
                grid = min(border, key=lambda g: (-border[g], g))
                offers.append((-border[grid], u, grid))
        if not offers:
            _attach_islets(tessellation, label, waiting)
            return label
        # All offers of one round at once: each unit borders on a grid already drawn, so none is cut off.
        for _, u, grid in sorted(offers):
            label[u] = grid
            waiting.discard(u)
    return label


def _attach_islets(tessellation: Tessellation, label: IntArray, waiting: set[int]) -> None:
    drawn = np.flatnonzero(label >= 0)
    tree = shapely.STRtree(tessellation.cells[drawn])
    for u in sorted(waiting):
        label[u] = label[drawn[int(tree.nearest(tessellation.cells[u]))]]
