"""An exact test, on whole numbers, whether a segment meets others."""

from __future__ import annotations

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.polygons.tiling import Node


def hits(a: Node, b: Node, segments: IntArray) -> bool:
    """Say whether segment a–b meets any of the segments (n, 4) elsewhere than in a common end point; exact."""
    if len(segments) == 0:
        return False
    ax, ay = a
    bx, by = b
    cx, cy, dx, dy = segments.T
    near = (
        (np.minimum(cx, dx) <= max(ax, bx)) & (np.maximum(cx, dx) >= min(ax, bx))
        & (np.minimum(cy, dy) <= max(ay, by)) & (np.maximum(cy, dy) >= min(ay, by))
    )  # fmt: skip
    cx, cy, dx, dy = cx[near], cy[near], dx[near], dy[near]
    side_c = np.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
    side_d = np.sign((bx - ax) * (dy - ay) - (by - ay) * (dx - ax))
    side_a = np.sign((dx - cx) * (ay - cy) - (dy - cy) * (ax - cx))
    side_b = np.sign((dx - cx) * (by - cy) - (dy - cy) * (bx - cx))
    meets = (side_c * side_d <= 0) & (side_a * side_b <= 0)
    c_is_end = ((cx == ax) & (cy == ay)) | ((cx == bx) & (cy == by))
    d_is_end = ((dx == ax) & (dy == ay)) | ((dx == bx) & (dy == by))
    # Sharing exactly one end point and not lying on one line is the only innocent way to meet.
    innocent = (c_is_end ^ d_is_end) & ~((side_c == 0) & (side_d == 0))
    # On one line, with one common end, the other ends must lie on opposite sides of it.
    ex, ey = np.where(c_is_end, dx, cx), np.where(c_is_end, dy, cy)
    sx, sy = np.where(c_is_end, cx, dx), np.where(c_is_end, cy, dy)
    other_x, other_y = np.where((sx == ax) & (sy == ay), bx, ax), np.where((sx == ax) & (sy == ay), by, ay)
    apart = (ex - sx) * (other_x - sx) + (ey - sy) * (other_y - sy) < 0
    innocent |= (c_is_end ^ d_is_end) & (side_c == 0) & (side_d == 0) & apart
    return bool((meets & ~innocent).any())
