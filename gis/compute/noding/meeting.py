"""Where segments meet: crossings of both, and vertices of one on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from gis.compute.lattice import FloatArray, IntArray

# A vertex nearer to a segment than this parts it, so that no rounding leaves it on the wrong side.
_NEAR = 0.01


@njit(cache=True)
def meetings(
    ends: IntArray, starts: IntArray, held: IntArray, east: float, north: float
) -> tuple[IntArray, FloatArray, np.ndarray]:  # pragma: no cover
    """Return the segments that are met within by others, the places (n, 2), and whether both are crossed there.

    `east`, `north`: the origin. Places are doubles of coordinates that are counted from zero, not from there.
    """
    segment = np.empty(64, dtype=np.int64)
    place = np.empty((64, 2))
    crosses = np.empty(64, dtype=np.bool_)
    count = 0
    for c in range(len(starts) - 1):
        for i in range(starts[c], starts[c + 1]):
            for j in range(i + 1, starts[c + 1]):
                s, t = held[i], held[j]
                if _are_apart(ends, s, t):
                    continue
                if count + 4 > len(segment):
                    segment = np.concatenate((segment, np.empty(len(segment), dtype=np.int64)))
                    place = np.concatenate((place, np.empty((len(place), 2))))
                    crosses = np.concatenate((crosses, np.empty(len(crosses), dtype=np.bool_)))
                share = _crossing(ends, s, t)
                for k in range(2 if share >= 0 else 4):
                    # Of four vertices, the first two are those of t, which may lie on s.
                    own = s if (k < 2 if share < 0 else k < 1) else t
                    if share >= 0:
                        x = (ends[s, 0] + share * (ends[s, 2] - ends[s, 0]) + east) - east
                        y = (ends[s, 1] + share * (ends[s, 3] - ends[s, 1]) + north) - north
                    else:
                        other = t if k < 2 else s
                        if not _touches(ends, own, ends[other, k % 2 * 2], ends[other, k % 2 * 2 + 1]):
                            continue
                        x, y = float(ends[other, k % 2 * 2]), float(ends[other, k % 2 * 2 + 1])
                    segment[count], crosses[count] = own, share >= 0
                    place[count, 0], place[count, 1] = x, y
                    count += 1
    return segment[:count], place[:count], crosses[:count]


@njit(cache=True)
def _are_apart(ends: IntArray, s: int, t: int) -> bool:  # pragma: no cover
    """Say whether the boxes of two segments do not meet."""
    return bool(
        max(ends[t, 0], ends[t, 2]) < min(ends[s, 0], ends[s, 2])
        or min(ends[t, 0], ends[t, 2]) > max(ends[s, 0], ends[s, 2])
        or max(ends[t, 1], ends[t, 3]) < min(ends[s, 1], ends[s, 3])
        or min(ends[t, 1], ends[t, 3]) > max(ends[s, 1], ends[s, 3])
    )


@njit(cache=True)
def _turn(ends: IntArray, s: int, x: int, y: int) -> int:  # pragma: no cover
    """Return twice the area between a segment and a place, positive on its left."""
    return int((ends[s, 2] - ends[s, 0]) * (y - ends[s, 1]) - (ends[s, 3] - ends[s, 1]) * (x - ends[s, 0]))


@njit(cache=True)
def _crossing(ends: IntArray, s: int, t: int) -> float:  # pragma: no cover
    """Return at which part of s the two segments cross within both, -1 if they do not."""
    c, d = _turn(ends, s, ends[t, 0], ends[t, 1]), _turn(ends, s, ends[t, 2], ends[t, 3])
    if not ((c > 0 and d < 0) or (c < 0 and d > 0)):
        return -1.0
    a, b = _turn(ends, t, ends[s, 0], ends[s, 1]), _turn(ends, t, ends[s, 2], ends[s, 3])
    if not ((a > 0 and b < 0) or (a < 0 and b > 0)):
        return -1.0
    return float(a / (a - b))


@njit(cache=True)
def _touches(ends: IntArray, s: int, x: int, y: int) -> bool:  # pragma: no cover
    """Say whether a vertex lies within a hundredth of a segment, beside its ends."""
    wx, wy = float(ends[s, 2] - ends[s, 0]), float(ends[s, 3] - ends[s, 1])
    if abs(_turn(ends, s, x, y)) >= _NEAR * np.sqrt(wx * wx + wy * wy):
        return False
    along = (x - ends[s, 0]) * wx + (y - ends[s, 1]) * wy
    return bool(0 < along < wx * wx + wy * wy)
