"""Lines are led through the pixels that they meet and split at nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from gis.compute.lattice import IntArray


@njit(cache=True)
def split_at_nodes(
    vertex: IntArray,
    goes_on: np.ndarray,
    at: IntArray,
    met: IntArray,
    places: IntArray,
    is_node: np.ndarray,
) -> tuple[IntArray, IntArray]:  # pragma: no cover
    """Return the lines from node to node as pixels `way[first[i]:first[i + 1]]`.

    `vertex`: pixel of each vertex; `goes_on`: whether its line does; `at`, `met`: vertices in rising order and the pixels
    met between each and the next one, in any order.
    """
    way = np.empty(2 * len(vertex) + 2 * len(met), dtype=np.int64)
    first = np.empty(len(vertex) + len(met) + 1, dtype=np.int64)
    line = np.empty(len(vertex) + len(met), dtype=np.int64)
    count, lines, m, n = 0, 0, 0, 0
    for v in range(len(vertex)):
        if n == 0 or line[n - 1] != vertex[v]:
            line[n] = vertex[v]
            n += 1
        if goes_on[v]:
            begin = n
            while m < len(met) and at[m] == v:
                _sort_in(line, begin, n, met[m], places, vertex[v], vertex[v + 1])
                n += 1
                m += 1
            continue
        if n > 1:
            count, lines = _split(line[:n], is_node, way, first, count, lines)
        n = 0
    first[lines] = count
    return way[:count], first[: lines + 1]


@njit(cache=True)
def _sort_in(
    line: IntArray, begin: int, n: int, pixel: int, places: IntArray, start: int, end: int
) -> None:  # pragma: no cover
    """Put a pixel into line[begin:n] where it comes on the way from one pixel to another."""
    wx, wy = places[end, 0] - places[start, 0], places[end, 1] - places[start, 1]
    steep = abs(wy) > abs(wx)
    k = n
    while k > begin:
        px, py = places[pixel, 0] - places[line[k - 1], 0], places[pixel, 1] - places[line[k - 1], 1]
        px, py = (px if wx > 0 else -px), (py if wy > 0 else -py)
        ahead, aside = (py, px) if steep else (px, py)
        if ahead > 0 or (ahead == 0 and aside > 0):
            break
        line[k] = line[k - 1]
        k -= 1
    line[k] = pixel


@njit(cache=True)
def _split(
    line: IntArray, is_node: np.ndarray, way: IntArray, first: IntArray, count: int, lines: int
) -> tuple[int, int]:  # pragma: no cover
    """Write the parts of a line between nodes, and places where it turns straight back, to `way` and `first`."""
    first[lines] = count
    way[count] = line[0]
    count += 1
    for k in range(1, len(line)):
        way[count] = line[k]
        count += 1
        if k == len(line) - 1:
            lines += 1
        elif is_node[line[k]] or line[k - 1] == line[k + 1]:
            lines += 1
            first[lines] = count
            way[count] = line[k]
            count += 1
    return count, lines


@njit(cache=True)
def edge_keys(way: IntArray, first: IntArray) -> tuple[IntArray, IntArray]:  # pragma: no cover
    """Return the first two pixels of each line, seen from the end that both directions agree on; -1: it is none."""
    count = len(first) - 1
    one, two = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    for i in range(count):
        a, b = first[i], first[i + 1] - 1
        forward = way[a] < way[b]
        if way[a] == way[b]:
            if b - a < 2:
                continue
            forward = way[a + 1] < way[b - 1]
        one[i], two[i] = (way[a], way[a + 1]) if forward else (way[b], way[b - 1])
    return one, two
