"""The gates of a set of homes: units without homes that it cannot be connected without.

Two grids cannot both hold a gate, so that of all sets with a gate in common at most one is a grid.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from gis.compute.bound.columns import Columns
from gis.compute.bound.homes import HomesGraph
from gis.compute.zones import ZoneGraph


def gates_of(graph: ZoneGraph, homes: HomesGraph, columns: Columns) -> csr_array:
    """Return per gate (row) and set (column) whether the set needs it; gates of a single set are left out."""
    members = homes.unit[columns.members]
    rows, sets = _gates(graph.indptr, graph.indices, graph.households, columns.start, members)
    table = csr_array((np.ones(len(rows)), (rows, sets)), shape=(len(graph.households), len(columns)))
    return table[np.flatnonzero(table.sum(axis=1) > 1)]


@njit(cache=True)
def _reached(indptr, indices, households, shut, state, queue):  # type: ignore[no-untyped-def]
    """Return how many members (state 1) are reached from `queue[0]` over members and, unless `shut` is it or
    -2, land without homes. Reached units are put into the queue; the second value is how many they are.
    """
    found, head, tail = 1, 0, 1
    state[queue[0]] += 2
    while head < tail:
        u = queue[head]
        head += 1
        for e in range(indptr[u], indptr[u + 1]):
            v = indices[e]
            if state[v] >= 2 or v == shut:
                continue
            if state[v] == 1 or (shut != -2 and households[v] == 0):
                found += state[v]
                state[v] += 2
                queue[tail] = v
                tail += 1
    for i in range(tail):
        state[queue[i]] -= 2
    return found, tail


@njit(cache=True)
def _gates(indptr, indices, households, start, members):  # type: ignore[no-untyped-def]
    state = np.zeros(len(households), dtype=np.int8)
    queue = np.empty(len(households), dtype=np.int64)
    rows, sets = [0], [0]
    for s in range(len(start) - 1):
        size = start[s + 1] - start[s]
        state[members[start[s] : start[s + 1]]] = 1
        queue[0] = members[start[s]]
        if _reached(indptr, indices, households, -2, state, queue)[0] < size:
            tail = _reached(indptr, indices, households, -1, state, queue)[1]
            for unit in np.unique(queue[:tail]):
                if households[unit] > 0:
                    continue
                queue[0] = members[start[s]]
                if _reached(indptr, indices, households, unit, state, queue)[0] < size:
                    rows.append(unit)
                    sets.append(s)
        state[members[start[s] : start[s + 1]]] = 0
    return np.array(rows[1:]), np.array(sets[1:])
