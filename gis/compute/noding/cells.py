"""Square cells over the plane, so that only what is near is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from gis.compute.lattice import IntArray

# There are about as many cells as segments, and no more in a row than this.
_MOST_CELLS = 4096


class Cells:
    """Square cells from (0, 0) on, with the segments (ax, ay, bx, by; whole numbers) that come near each.

    Cell c has the segments `held[starts[c]:starts[c + 1]]`.
    """

    def __init__(self, ends: IntArray, reach: IntArray) -> None:
        wide, high = int(reach[0]) + 2, int(reach[1]) + 2
        self._size = max(2, int(np.sqrt(wide * float(high) / max(len(ends), 1))))
        self._size = max(self._size, max(wide, high) // _MOST_CELLS + 1)
        self._rows = high // self._size + 1
        self._count = self._rows * (wide // self._size + 1)
        self.starts, self.held = cells_of_segments(ends, self._size, self._rows, self._count)

    def sorted(self, places: IntArray) -> tuple[IntArray, IntArray]:
        """Return the places' numbers by cell, and where each cell's begin."""
        cell = places[:, 0] // self._size * self._rows + places[:, 1] // self._size
        order = np.argsort(cell, kind="stable")
        return order, np.searchsorted(cell[order], np.arange(self._count + 1))


@njit(cache=True)
def cells_of_segments(
    ends: IntArray, size: int, rows: int, cells: int
) -> tuple[IntArray, IntArray]:  # pragma: no cover
    """Return which segments come within a unit of each cell, in rising order."""
    count = np.zeros(cells + 1, dtype=np.int64)
    held = np.zeros(0, dtype=np.int64)
    columns = cells // rows
    for filling in range(2):
        if filling == 1:
            total = 0
            for c in range(cells + 1):
                more = count[c]
                count[c] = total
                total += more
            held = np.empty(total, dtype=np.int64)
        for s in range(len(ends)):
            first_x, last_x = min(ends[s, 0], ends[s, 2]), max(ends[s, 0], ends[s, 2])
            for column in range(max(first_x - 1, 0) // size, min((last_x + 1) // size, columns - 1) + 1):
                low, high = _reach_in_column(ends, s, column * size - 1, (column + 1) * size + 1)
                for row in range(max(low - 1, 0) // size, min((high + 1) // size, rows - 1) + 1):
                    c = column * rows + row
                    if filling == 1:
                        held[count[c]] = s
                    count[c] += 1
    starts = np.zeros(cells + 1, dtype=np.int64)
    starts[1:] = count[:cells]
    return starts, held


@njit(cache=True)
def _reach_in_column(ends: IntArray, s: int, west: int, east: int) -> tuple[int, int]:  # pragma: no cover
    """Return how far down and up a segment reaches between two meridians, at least."""
    ax, ay, bx, by = ends[s, 0], ends[s, 1], ends[s, 2], ends[s, 3]
    low, high = min(ay, by), max(ay, by)
    if ax == bx:
        return low, high
    slope = (by - ay) / (bx - ax)
    one = ay + slope * (max(west, min(ax, bx)) - ax)
    two = ay + slope * (min(east, max(ax, bx)) - ax)
    return max(low, int(np.floor(min(one, two))) - 1), min(high, int(np.floor(max(one, two))) + 2)
