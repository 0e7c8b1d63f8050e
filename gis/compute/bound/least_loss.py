"""The best exact cover by a depth-first walk over what each choice loses against the relaxed programme.

The duals of the linear relaxation say of every set, and of every unit that joins a tower, by how much the cover falls
behind the relaxation at least if it is chosen. Losses add up, so that a walk that starts with the least ones and
turns back where their sum is no longer below the best cover found ends with a proof.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gis.compute.lattice import FloatArray, IntArray

# Losses are compared with this slack: the duals are floating-point numbers.
SLACK = 1e-7
# What becomes of an item while the walk is on.
OPEN, TAKEN, LEFT = 0, 1, 2


class Choices(NamedTuple):
    """What may be chosen: set s holds the items `members[start[s]:start[s + 1]]` and loses `loss[s]`.

    Items below `units` are units with `households`, neighbours in CSR form; those above are taken once at most, but need
    not be. A unit that `may_join` may be left to a tower for `price`; pieces left over hold a `tower`. A piece of units
    that may not is cut into sets of `low` to `high` households. Sets come in order of their loss.
    `barred`: rows of sets (`barred_start`) that are not to be chosen together.
    """

    units: int
    start: IntArray
    members: IntArray
    loss: FloatArray
    may_join: np.ndarray
    tower: np.ndarray
    price: FloatArray
    households: IntArray
    indptr: IntArray
    indices: IntArray
    low: int
    high: int
    barred_start: IntArray
    barred: IntArray


class _Walk(NamedTuple):
    """Level d of a walk decides about `unit[d]`: of the sets `alive[first[d]:end[d]]` those before `at[d]` are done.

    `at` one past `end` says that the unit is left to a tower. `chosen[d]` is the level's set (-1 none), `lost[d]` and
    `taken[d]` are the losses and the sets above it. `state` of every item; `holders`, `mark` and `queue` are room.
    """

    state: np.ndarray
    alive: IntArray
    first: IntArray
    end: IntArray
    at: IntArray
    unit: IntArray
    chosen: IntArray
    lost: FloatArray
    taken: IntArray
    is_chosen: np.ndarray
    holders: IntArray
    mark: np.ndarray
    queue: IntArray


@njit(cache=True)
def _walk(choices, items):  # type: ignore[no-untyped-def]
    sets, levels = len(choices.loss), choices.units + 2
    walk = _Walk(
        np.zeros(items, dtype=np.int8),
        np.empty(sets * levels + 1, dtype=np.int64),
        np.zeros(levels, dtype=np.int64),
        np.zeros(levels, dtype=np.int64),
        np.zeros(levels, dtype=np.int64),
        np.full(levels, -1, dtype=np.int64),
        np.full(levels, -1, dtype=np.int64),
        np.zeros(levels),
        np.zeros(levels, dtype=np.int64),
        np.zeros(sets, dtype=np.bool_),
        np.zeros(items, dtype=np.int64),
        np.zeros(choices.units, dtype=np.bool_),
        np.empty(choices.units + 1, dtype=np.int64),
    )
    for s in range(sets):
        walk.alive[s] = s
    walk.end[0] = sets
    return walk


@njit(cache=True)
def _reached(choices, walk, first, most):  # type: ignore[no-untyped-def]
    """Put the units of the first one's piece into the queue, marked, and return how many they are.

    A piece consists of units whose state is not `TAKEN` and at `most` so much.
    """
    mark, queue, state = walk.mark, walk.queue, walk.state
    mark[first] = True
    queue[0] = first
    head, tail = 0, 1
    while head < tail:
        u = queue[head]
        head += 1
        for e in range(choices.indptr[u], choices.indptr[u + 1]):
            v = choices.indices[e]
            if not mark[v] and state[v] != TAKEN and state[v] <= most:
                mark[v] = True
                queue[tail] = v
                tail += 1
    return tail


@njit(cache=True)
def _fits_pieces(choices, walk, sets):  # type: ignore[no-untyped-def]
    """Say whether the open pieces can be cut into `sets` sets as far as their households tell.

    Pieces with units that may join a tower are not asked for a least number.
    """
    least = most = 0
    walk.mark[:] = False
    for first in range(choices.units):
        if walk.mark[first] or walk.state[first] != OPEN:
            continue
        total, may_join = 0, False
        for i in range(_reached(choices, walk, first, OPEN)):
            total += choices.households[walk.queue[i]]
            may_join |= choices.may_join[walk.queue[i]]
        if not may_join:
            fewest = (total + choices.high - 1) // choices.high
            if fewest * choices.low > total:
                return False
            least += fewest
        most += total // choices.low
    return least <= sets <= most


@njit(cache=True)
def _is_joined(choices, walk):  # type: ignore[no-untyped-def]
    """Say whether each piece of units not taken holds a tower."""
    walk.mark[:] = False
    for first in range(choices.units):
        if walk.mark[first] or walk.state[first] == TAKEN:
            continue
        has_tower = False
        for i in range(_reached(choices, walk, first, LEFT)):
            has_tower |= choices.tower[walk.queue[i]]
        if not has_tower:
            return False
    return True


@njit(cache=True)
def _is_barred(choices, is_chosen):  # type: ignore[no-untyped-def]
    for row in range(len(choices.barred_start) - 1):
        every = True
        for i in range(choices.barred_start[row], choices.barred_start[row + 1]):
            every &= is_chosen[choices.barred[i]]
        if every:
            return True
    return False


@njit(cache=True)
def _lost_in_all(choices, walk, depth):  # type: ignore[no-untyped-def]
    """Return the loss of the sets chosen with all other units left, infinity where those may not be or not alone."""
    lost = walk.lost[depth]
    for u in range(choices.units):
        if walk.state[u] == OPEN and not choices.tower[u]:
            if not choices.may_join[u]:
                return np.inf
            lost += choices.price[u]
    return lost if _is_joined(choices, walk) and not _is_barred(choices, walk.is_chosen) else np.inf


@njit(cache=True)
def _begin(choices, walk, depth, sets):  # type: ignore[no-untyped-def]
    """Choose the unit the level decides about; say if there is one and the rest can be cut into enough sets."""
    if not _fits_pieces(choices, walk, sets - walk.taken[depth]):
        return False
    holders, several = walk.holders, len(choices.loss)
    holders[:] = 0
    for i in range(walk.first[depth], walk.end[depth]):
        s = walk.alive[i]
        for at in range(choices.start[s], choices.start[s + 1]):
            holders[choices.members[at]] += 1
    # The one that the fewest sets hold; units that may join a tower come last.
    best, fewest = -1, 2 * several + 1
    for u in range(choices.units):
        if walk.state[u] == OPEN and not choices.tower[u]:
            number = holders[u] + (several if choices.may_join[u] else 0)
            if number < fewest:
                best, fewest = u, number
    walk.unit[depth], walk.at[depth], walk.chosen[depth] = best, walk.first[depth], -1
    return best >= 0


@njit(cache=True)
def _put(choices, walk, s, to):  # type: ignore[no-untyped-def]
    for at in range(choices.start[s], choices.start[s + 1]):
        walk.state[choices.members[at]] = to
    walk.is_chosen[s] = to == TAKEN


@njit(cache=True)
def _takes_back(choices, walk, depth):  # type: ignore[no-untyped-def]
    """Undo what the level has chosen; say whether there is more to choose."""
    if walk.chosen[depth] >= 0:
        _put(choices, walk, walk.chosen[depth], OPEN)
        walk.chosen[depth] = -1
    elif walk.at[depth] > walk.end[depth]:
        walk.state[walk.unit[depth]] = OPEN
        return False
    return True


@njit(cache=True)
def _next_set(choices, walk, depth, most):  # type: ignore[no-untyped-def]
    """Return the next set that holds the level's unit and loses less than `most` (-1: none), and the sets looked at."""
    begun = walk.at[depth]
    while walk.at[depth] < walk.end[depth]:
        s = walk.alive[walk.at[depth]]
        walk.at[depth] += 1
        if choices.loss[s] >= most:
            break
        for at in range(choices.start[s], choices.start[s + 1]):
            if choices.members[at] == walk.unit[depth]:
                return s, walk.at[depth] - begun
    looks = walk.at[depth] - begun
    walk.at[depth] = walk.end[depth] + 1
    return -1, looks


@njit(cache=True)
def _deepen(choices, walk, depth, most):  # type: ignore[no-untyped-def]
    """Open the next level with the sets still open that lose less than `most` more; return how many were looked at."""
    tail = looks = walk.end[depth]
    for i in range(walk.first[depth], walk.end[depth]):
        s = walk.alive[i]
        if choices.loss[s] >= most:
            break
        looks += 1
        is_open = True
        for at in range(choices.start[s], choices.start[s + 1]):
            is_open &= walk.state[choices.members[at]] == OPEN
        walk.alive[tail] = s
        tail += is_open
    walk.first[depth + 1], walk.end[depth + 1] = walk.end[depth], tail
    return looks - walk.end[depth]


@njit(cache=True)
def least_loss(choices, items, sets, budget, looks):  # type: ignore[no-untyped-def]
    """Return (the chosen sets, their loss, looks left): `sets` of them, of least loss below `budget`.

    No sets where there is none; a negative number of looks left where `looks` (sets looked at) did not do, and
    nothing is proven.
    """
    walk = _walk(choices, items)
    best, least = np.empty(0, dtype=np.int64), budget
    depth, is_new = 0, True
    while depth >= 0 and looks >= 0:
        if is_new:
            is_new = False
            is_full = walk.taken[depth] == sets
            if is_full:
                lost = _lost_in_all(choices, walk, depth)
                if lost < least - SLACK:
                    best, least = np.flatnonzero(walk.is_chosen), lost
            if is_full or not _begin(choices, walk, depth, sets):
                depth -= 1
                continue
        if not _takes_back(choices, walk, depth):
            depth -= 1
            continue
        room = least - SLACK - walk.lost[depth]
        u = walk.unit[depth]
        s, seen = _next_set(choices, walk, depth, room)
        looks -= seen
        if s < 0 and not (choices.may_join[u] and choices.price[u] < room):
            depth -= 1
            continue
        if s >= 0:
            _put(choices, walk, s, TAKEN)
            walk.chosen[depth] = s
        else:
            walk.state[u] = LEFT
        loss = choices.loss[s] if s >= 0 else choices.price[u]
        walk.taken[depth + 1], walk.lost[depth + 1] = walk.taken[depth] + (s >= 0), walk.lost[depth] + loss
        looks -= _deepen(choices, walk, depth, room - loss)
        depth, is_new = depth + 1, True
    return best, least, looks
