"""Which pixels segments meet: squares around lattice points, their left and lower sides part of them, the others not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from gis.compute.lattice import FloatArray, IntArray


@njit(cache=True)
def pixels_met(
    ends: IntArray,
    own: IntArray,
    starts: IntArray,
    held: IntArray,
    places: IntArray,
    order: IntArray,
    first_in_cell: IntArray,
    pieces: FloatArray,
    first_piece: IntArray,
) -> tuple[IntArray, IntArray]:  # pragma: no cover
    """Return segments and the pixels that they meet, sorted by segment, not along it.

    `own` (n, 2): pixels at the ends of each segment, which do not count (-1: all do); `pieces[first_piece[s]:
    first_piece[s + 1]]`: where segment s is parted, along it; a piece within one pixel is left out.
    """
    segment = np.empty(64, dtype=np.int64)
    pixel = np.empty(64, dtype=np.int64)
    count = 0
    for c in range(len(starts) - 1):
        if first_in_cell[c] == first_in_cell[c + 1]:
            continue
        for i in range(starts[c], starts[c + 1]):
            s = held[i]
            low_x, high_x = min(ends[s, 0], ends[s, 2]), max(ends[s, 0], ends[s, 2])
            low_y, high_y = min(ends[s, 1], ends[s, 3]), max(ends[s, 1], ends[s, 3])
            for k in range(first_in_cell[c], first_in_cell[c + 1]):
                p = order[k]
                x, y = places[p, 0], places[p, 1]
                if x < low_x or x > high_x or y < low_y or y > high_y or p == own[s, 0] or p == own[s, 1]:
                    continue
                if not _meets(ends, s, pieces[first_piece[s] : first_piece[s + 1]], x, y):
                    continue
                if count == len(segment):
                    segment = np.concatenate((segment, np.empty(count, dtype=np.int64)))
                    pixel = np.concatenate((pixel, np.empty(count, dtype=np.int64)))
                segment[count], pixel[count] = s, p
                count += 1
    by_segment = np.argsort(segment[:count], kind="mergesort")
    return segment[:count][by_segment], pixel[:count][by_segment]


@njit(cache=True)
def _meets(ends: IntArray, s: int, pieces: FloatArray, x: int, y: int) -> bool:  # pragma: no cover
    """Say whether any piece of a segment meets the pixel around a place."""
    ax, ay = float(ends[s, 0]), float(ends[s, 1])
    for m in range(len(pieces) + 1):
        bx, by = float(ends[s, 2]), float(ends[s, 3])
        if m < len(pieces):
            bx, by = pieces[m, 0], pieces[m, 1]
        if np.floor(ax + 0.5) != np.floor(bx + 0.5) or np.floor(ay + 0.5) != np.floor(by + 0.5):
            if ax <= bx:
                if _runs_through(ax, ay, bx, by, float(x), float(y)):
                    return True
            elif _runs_through(bx, by, ax, ay, float(x), float(y)):
                return True
        ax, ay = bx, by
    return False


@njit(cache=True)
def _runs_through(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> bool:  # pragma: no cover
    """Say whether the straight way from a to b, not westwards, meets the pixel around a place."""
    left, right, low, high = x - 0.5, x + 0.5, y - 0.5, y + 0.5
    if ax >= right or bx < left or min(ay, by) >= high or max(ay, by) < low:
        return False
    if ax == bx or ay == by:
        return True
    rises = ay < by
    upper_left, upper_right = _side(ax, ay, bx, by, left, high), _side(ax, ay, bx, by, right, high)
    lower_left, lower_right = _side(ax, ay, bx, by, left, low), _side(ax, ay, bx, by, right, low)
    # A way through a corner meets the pixel where it goes on into it; the lower left corner belongs to it.
    if upper_left == 0:
        return not rises
    if upper_right == 0:
        return rises
    if lower_left == 0:
        return True
    if upper_left == upper_right == lower_left and lower_right == 0:
        return not rises
    return not upper_left == upper_right == lower_left == lower_right


@njit(cache=True)
def _side(ax: float, ay: float, bx: float, by: float, x: float, y: float) -> int:  # pragma: no cover
    """Return on which side of a–b a place lies: 1 left, -1 right, 0 on it; exact where the differences are."""
    ux, uy, vx, vy = bx - ax, by - ay, x - ax, y - ay
    one, two = ux * vy, uy * vx
    turn = one - two
    if abs(turn) <= 1e-12 * (abs(one) + abs(two)):
        turn += _lost(ux, vy, one) - _lost(uy, vx, two)
    return 1 if turn > 0 else (-1 if turn < 0 else 0)


@njit(cache=True)
def _lost(a: float, b: float, product: float) -> float:  # pragma: no cover
    """Return a * b - product to the last bit (Dekker 1971)."""
    split = 134217729.0
    high_a = split * a - (split * a - a)
    high_b = split * b - (split * b - b)
    low_a, low_b = a - high_a, b - high_b
    return low_a * low_b - (((product - high_a * high_b) - low_a * high_b) - high_a * low_b)
