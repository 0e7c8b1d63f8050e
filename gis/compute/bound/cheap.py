"""Bounds that cost next to nothing: sums, units above the band, pockets between them, units no grid can use."""

from __future__ import annotations

import numpy as np
from numba import njit

from gis.compute.bound.homes import Band, HomesGraph
from gis.compute.zones import parts_of


def out_of_reach(homes: HomesGraph, band: Band) -> np.ndarray:
    """Return which units lie in no connected set in band for sure (units above the band among them).

    Contiguity is relaxed: any units that can be reached within the band's upper end may be put together.
    """
    total = int(homes.households.sum())
    if total < band.low:
        return np.ones(len(homes.households), dtype=bool)
    # No set has more than all households: a band far above them must not cost memory.
    high = min(band.high, total)
    return np.asarray(_out_of_reach(homes.indptr, homes.indices, homes.households, band.low, high))


@njit(cache=True)
def _out_of_reach(indptr, indices, households, low, high):  # type: ignore[no-untyped-def]
    count = len(households)
    dead = np.zeros(count, dtype=np.bool_)
    away = np.full(count, high + 1, dtype=np.int64)
    queue = np.empty(count, dtype=np.int64)
    for u in range(count):
        if households[u] > high:
            dead[u] = True
        elif not _grows(indptr, indices, households, low, high, u, away, queue):
            dead[u] = not _may_sum(indptr, indices, households, low, high, u, away, queue)
    return dead


@njit(cache=True)
def _grows(indptr, indices, households, low, high, unit, away, queue):  # type: ignore[no-untyped-def]
    """Say whether taking neighbours as they come, where they fit, leads from the unit into the band."""
    away[unit] = 0
    queue[0] = unit
    total, tail, head = households[unit], 1, 0
    while head < tail and total < low:
        u = queue[head]
        head += 1
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if away[v] != 0 and total + households[v] <= high:
                away[v] = 0
                total += households[v]
                queue[tail] = v
                tail += 1
    for i in range(tail):
        away[queue[i]] = high + 1
    return total >= low


@njit(cache=True)
def _may_sum(indptr, indices, households, low, high, unit, away, queue):  # type: ignore[no-untyped-def]
    """Say whether some of the units reachable within `high` households sum up, with the unit, into the band."""
    tail = _near(indptr, indices, households, high, unit, away, queue)
    sums = np.zeros(high + 1, dtype=np.bool_)
    sums[households[unit]] = True
    for i in range(tail):
        v = queue[i]
        away[v] = high + 1
        if v != unit:
            for total in range(high, households[v] - 1, -1):
                if sums[total - households[v]]:
                    sums[total] = True
    return sums[low:].any()


@njit(cache=True)
def _near(indptr, indices, households, high, unit, away, queue):  # type: ignore[no-untyped-def]
    """Fill `queue` with the units whose cheapest path from the unit has at most `high` households."""
    away[unit] = households[unit]
    queue[0] = unit
    tail = 1
    for _ in range(len(households)):
        changed = False
        for i in range(tail):
            u = queue[i]
            for e in range(indptr[u], indptr[u + 1]):
                v = indices[e]
                if away[u] + households[v] < away[v]:
                    if away[v] > high:
                        queue[tail] = v
                        tail += 1
                    away[v] = away[u] + households[v]
                    changed = True
        if not changed:
            break
    return tail


def in_band_by_sums(households: int, k: int, band: Band) -> int:
    """Return how many of k grids with homes that hold so many households in all can be in band at most."""
    if k * band.low <= households <= k * band.high:
        return k
    # One household at least is left for each grid out of band.
    most = min(k - 1, (households - k) // (band.low - 1) if band.low > 1 else k - 1)
    return max(0, most)


def in_band_in_pockets(homes: HomesGraph, dead: np.ndarray, band: Band) -> int:
    """Return how many sets in band fit into the pockets left by the units that are in none."""
    pocket = parts_of(homes.indptr, homes.indices, ~dead)
    held = np.bincount(pocket[~dead], weights=homes.households[~dead])
    return int((held // band.low).sum()) if len(held) else 0
