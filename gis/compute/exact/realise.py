"""Chosen sets of homes become a division of the whole zone: land without homes connects them and joins them."""

from __future__ import annotations

from collections import deque

import numpy as np

from gis.compute.bound.homes import HomesGraph
from gis.compute.lattice import IntArray
from gis.compute.starts import is_sound
from gis.compute.zones import ZoneGraph, parts_of

ATTEMPTS = 6


def division_of(
    graph: ZoneGraph, homes: HomesGraph, chosen: list[IntArray], k: int
) -> tuple[IntArray | None, IntArray]:
    """Return a sound division into k grids whose first ones hold the chosen sets, or None and who is to blame.

    `chosen`: disjoint sets of units of the homes' graph. Of the units left over the largest ones are the
    other grids, and the rest joins those. To blame are the sets (numbers into `chosen`) that could not all be
    connected over the same land without homes.
    """
    cores = [homes.unit[c] for c in chosen] + _left_over(homes, chosen, k - len(chosen))
    order = list(range(len(cores)))
    blamed: set[int] = set()
    for _ in range(ATTEMPTS):
        label, failed = _connected(graph, cores, order)
        if failed is None:
            done = _filled(graph, label, len(chosen))
            if done is not None and is_sound(graph, done, k):
                return done, np.zeros(0, dtype=np.int64)
            break
        blamed |= {failed, *(i for i in range(len(chosen)) if _needs_land(graph, cores[i]))}
        # Who found its way closed goes first next time.
        order = [failed, *[i for i in order if i != failed]]
    return None, np.array(sorted(blamed) or range(len(chosen)), dtype=np.int64)


def _left_over(homes: HomesGraph, chosen: list[IntArray], grids: int) -> list[IntArray]:
    left = np.ones(len(homes.households), dtype=bool)
    for members in chosen:
        left[members] = False
    units = np.flatnonzero(left)
    order = units[np.lexsort((units, -homes.households[units]))]
    return [homes.unit[[u]] for u in order[:grids]]


def _needs_land(graph: ZoneGraph, core: IntArray) -> bool:
    member = np.zeros(len(graph.households), dtype=bool)
    member[core] = True
    return len(np.unique(parts_of(graph.indptr, graph.indices, member)[core])) > 1


def _connected(graph: ZoneGraph, cores: list[IntArray], order: list[int]) -> tuple[IntArray, int | None]:
    """Return labels of the cores joined over land without homes, and the number of one that could not be."""
    label = np.full(len(graph.households), -1, dtype=np.int64)
    for number, core in enumerate(cores):
        label[core] = number
    for number in order:
        for _ in range(len(cores[number])):
            path = _bridge(graph, label, number)
            if path is None:
                return label, number
            if not path:
                break
            label[path] = number
    return label, None


def _bridge(graph: ZoneGraph, label: IntArray, number: int) -> list[int] | None:
    """Return the units without homes on the shortest way from one part of a grid to another ([]: connected)."""
    own = np.flatnonzero(label == number)
    piece = parts_of(graph.indptr, graph.indices, label == number)
    first = own[piece[own] == piece[own[0]]].tolist()
    if len(first) == len(own):
        return []
    came = dict.fromkeys(first, -1)
    waiting = deque(first)
    while waiting:
        u = waiting.popleft()
        for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
            if v in came:
                continue
            if label[v] == number:
                return _way_back(came, u)
            if label[v] < 0 and graph.households[v] == 0:
                came[v] = u
                waiting.append(v)
    return None


def _way_back(came: dict[int, int], at: int) -> list[int]:
    path = []
    while came[at] >= 0:
        path.append(at)
        at = came[at]
    return path


def _filled(graph: ZoneGraph, label: IntArray, in_band: int) -> IntArray | None:
    """Return the labels with what is left given away: homes to grids out of band only, land to any neighbour."""
    label = label.copy()
    for _ in range(len(label)):
        if not ((label < 0) & (graph.households > 0)).any():
            break
        if not _take_homes(graph, label, in_band):
            return None
    for _ in range(len(label)):
        offer = _best_offer(graph, label)
        if offer is None:
            break
        label[offer[0]] = offer[1]
    return None if (label < 0).any() else label


def _take_homes(graph: ZoneGraph, label: IntArray, in_band: int) -> bool:
    """Give the nearest unit with homes, and the land that leads to it, to a grid out of band; say if there was one."""
    sources = np.flatnonzero(label >= in_band).tolist()
    came = dict.fromkeys(sources, -1)
    grid = {u: int(label[u]) for u in sources}
    waiting = deque(sources)
    while waiting:
        u = waiting.popleft()
        for v in graph.indices[graph.indptr[u] : graph.indptr[u + 1]].tolist():
            if v in came or label[v] >= 0:
                continue
            came[v], grid[v] = u, grid[u]
            if graph.households[v] > 0:
                label[_way_back(came, v)] = grid[v]
                return True
            waiting.append(v)
    return False


def _best_offer(graph: ZoneGraph, label: IntArray) -> tuple[int, int] | None:
    """Return the open unit and the grid that share the longest border."""
    best: tuple[float, int, int] | None = None
    for u in np.flatnonzero(label < 0).tolist():
        border: dict[int, float] = {}
        for e in range(int(graph.indptr[u]), int(graph.indptr[u + 1])):
            grid = int(label[graph.indices[e]])
            if grid >= 0:
                border[grid] = border.get(grid, 0.0) + float(graph.length_m[e])
        for grid, metres in border.items():
            offer = (-metres, u, grid)
            best = offer if best is None or offer < best else best
    return None if best is None else (best[1], best[2])
