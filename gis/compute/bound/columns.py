"""All connected sets of units that are in band, each once, as long as there are not too many of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from gis.compute.bound.homes import Band, HomesGraph
from gis.compute.lattice import IntArray

# A set looked at without being in band costs time but no room: so many are looked at per set kept.
LOOKS_PER_SET = 40
# Room for the members of the sets kept, on average.
UNITS_PER_SET = 16


@dataclass(frozen=True)
class Columns:
    """Sets of units: set i holds `members[start[i]:start[i + 1]]`."""

    start: IntArray
    members: IntArray

    def __len__(self) -> int:
        return len(self.start) - 1


def sets_in_band(homes: HomesGraph, band: Band, limit: int, closed: np.ndarray) -> Columns | None:
    """Return every connected set of units in band, or None where there are more than `limit`, or too many near it.

    `closed`: units known to be in no such set.
    """
    longest = max(1, int(np.searchsorted(np.cumsum(np.sort(homes.households)), band.high, side="right")))
    kept, used, start, members = _enumerate(homes, closed, (band.low, band.high), limit, longest)
    if kept < 0:
        return None
    return Columns(start[: kept + 1].copy(), members[:used].copy())


class _Walk(NamedTuple):
    """Level d of a walk has the candidates `ahead[first[d]:end[d]]`, those from `last[d]` on done, those from
    `fresh[d]` on brought in by the unit chosen one level up.
    """

    ahead: IntArray
    first: IntArray
    last: IntArray
    fresh: IntArray
    end: IntArray
    chosen: IntArray
    seen: np.ndarray


@njit(cache=True)
def _begin(walk, root):  # type: ignore[no-untyped-def]
    walk.ahead[0] = root
    walk.seen[root] = True
    walk.first[0], walk.last[0], walk.fresh[0], walk.end[0] = 0, 1, 1, 1


@njit(cache=True)
def _deepen(indptr, indices, walk, depth, unit, root):  # type: ignore[no-untyped-def]
    """Open the next level: what is left of this one and the neighbours of the unit not seen before."""
    ahead, seen = walk.ahead, walk.seen
    at = walk.end[depth]
    walk.first[depth + 1] = at
    for i in range(walk.first[depth], walk.last[depth]):
        ahead[at] = ahead[i]
        at += 1
    walk.fresh[depth + 1] = at
    for e in range(indptr[unit], indptr[unit + 1]):
        other = indices[e]
        if other > root and not seen[other]:
            seen[other] = True
            ahead[at] = other
            at += 1
    walk.last[depth + 1] = at
    walk.end[depth + 1] = at


@njit(cache=True)
def _leave(walk, depth):  # type: ignore[no-untyped-def]
    """Forget what the level brought in, so that its siblings may bring it in again."""
    for i in range(walk.fresh[depth], walk.end[depth]):
        walk.seen[walk.ahead[i]] = False


@njit(cache=True)
def _next(households, walk, depth, room):  # type: ignore[no-untyped-def]
    """Return the level's next candidate that fits into the room left, or -1."""
    while walk.last[depth] > walk.first[depth]:
        walk.last[depth] -= 1
        unit = walk.ahead[walk.last[depth]]
        if households[unit] <= room:
            return unit
    return -1


@njit(cache=True)
def _enumerate(homes, closed, ends, limit, longest):  # type: ignore[no-untyped-def]
    """Walk from each root over higher numbers only, each set once (ESU, Wernicke 2006).

    Bounded by `limit * LOOKS_PER_SET` sets looked at; the first value returned is -1 where a bound was hit.
    """
    households, count = homes.households, len(homes.households)
    start = np.zeros(limit + 2, dtype=np.int64)
    members = np.empty(limit * min(longest, UNITS_PER_SET) + longest, dtype=np.int64)
    walk = _walk(count, longest)
    walk.seen[:] = closed
    kept = looks = 0
    for root in range(count):
        if closed[root]:
            continue
        _begin(walk, root)
        depth = total = 0
        while depth >= 0:
            unit = _next(households, walk, depth, ends[1] - total)
            if unit < 0:
                _leave(walk, depth)
                depth -= 1
                total -= households[walk.chosen[max(depth, 0)]]
                continue
            looks += 1
            walk.chosen[depth] = unit
            total += households[unit]
            if total >= ends[0]:
                used = start[kept] + depth + 1
                if kept == limit or used > len(members):
                    return -1, 0, start, members
                members[start[kept] : used] = walk.chosen[: depth + 1]
                kept += 1
                start[kept] = used
            if looks > limit * LOOKS_PER_SET:
                return -1, 0, start, members
            _deepen(homes.indptr, homes.indices, walk, depth, unit, root)
            depth += 1
        walk.seen[root] = False
    return kept, start[kept], start, members


@njit(cache=True)
def _walk(count, longest):  # type: ignore[no-untyped-def]
    levels = longest + 2
    return _Walk(
        np.empty(levels * count, dtype=np.int64),
        np.zeros(levels, dtype=np.int64),
        np.zeros(levels, dtype=np.int64),
        np.zeros(levels, dtype=np.int64),
        np.zeros(levels, dtype=np.int64),
        np.zeros(levels, dtype=np.int64),
        np.zeros(count, dtype=np.bool_),
    )
