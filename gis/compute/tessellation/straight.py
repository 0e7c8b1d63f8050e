"""How far a place is from the straight way between two others; compiled."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def distance_to_straight(
    px: float, py: float, ax: float, ay: float, bx: float, by: float
) -> float:  # pragma: no cover
    """Return the distance from a place to the straight way between two others, which may be one and the same."""
    wx, wy = bx - ax, by - ay
    squared = wx * wx + wy * wy
    share = ((px - ax) * wx + (py - ay) * wy) / squared if squared > 0 else 0.0
    if share <= 0.0:
        return float(np.sqrt((px - ax) * (px - ax) + (py - ay) * (py - ay)))
    if share >= 1.0:
        return float(np.sqrt((px - bx) * (px - bx) + (py - by) * (py - by)))
    return float(abs(((ay - py) * wx - (ax - px) * wy) / squared) * np.sqrt(squared))
