"""Edges that meet end to end are joined to lines and straightened; compiled, on bundles of edges."""

from __future__ import annotations

import numpy as np
import shapely
from numba import njit

from gis.compute.lattice import FloatArray, GeometryArray, IntArray
from gis.compute.tessellation.straight import distance_to_straight


def joined_lines(
    edges: FloatArray, bundle: IntArray, tolerance_m: FloatArray
) -> tuple[GeometryArray, IntArray]:
    """Return the lines that the edges (n, 2, 2) of each bundle make, straightened by its tolerance, and their bundles.

    `bundle` numbers the edges' bundles in rising order. The same lines as `shapely.line_merge` and then
    `shapely.simplify` give for each bundle; where edges fork or go round, it is these that do it.
    """
    first = np.searchsorted(bundle, np.arange(len(tolerance_m) + 1))
    xy, begins, of, is_knot = paths(edges.reshape(-1, 4), first, tolerance_m)
    line = np.repeat(np.arange(len(begins) - 1), np.diff(begins))
    lines = shapely.linestrings(xy, indices=line) if len(of) else np.zeros(0, dtype=object)
    if is_knot.any():
        knots, own = _knots(edges, bundle, is_knot, tolerance_m)
        order = np.argsort(np.concatenate([of, own]), kind="stable")
        return np.concatenate([lines, knots])[order], np.concatenate([of, own])[order]
    return np.asarray(lines), of


def _knots(
    edges: FloatArray, bundle: IntArray, is_knot: np.ndarray, tolerance_m: FloatArray
) -> tuple[GeometryArray, IntArray]:
    numbers, place = np.unique(bundle[is_knot[bundle]], return_inverse=True)
    tied = shapely.multilinestrings(shapely.linestrings(edges[is_knot[bundle]]), indices=place)
    lines, at = shapely.get_parts(shapely.line_merge(tied), return_index=True)
    own = numbers[at]
    bent = (shapely.get_num_points(lines) > 2) & ~shapely.is_closed(lines)
    lines[bent] = shapely.simplify(lines[bent], tolerance_m[own][bent], preserve_topology=False)
    return np.asarray(lines), own


@njit(cache=True)
def _straightened(
    xy: FloatArray, begin: int, end: int, tolerance: float, stack: IntArray, kept: np.ndarray
) -> int:  # pragma: no cover
    """Drop vertices of xy[begin:end] that lie within the tolerance (Douglas and Peucker); return the new end."""
    if end - begin < 3:
        return end
    kept[begin:end] = False
    kept[begin] = kept[end - 1] = True
    stack[0], stack[1] = begin, end - 1
    height = 2
    while height:
        height -= 2
        i, j = stack[height], stack[height + 1]
        most, at = -1.0, i
        for k in range(i + 1, j):
            off = distance_to_straight(xy[k, 0], xy[k, 1], xy[i, 0], xy[i, 1], xy[j, 0], xy[j, 1])
            if off > most:
                most, at = off, k
        if most > tolerance:
            kept[at] = True
            stack[height], stack[height + 1], stack[height + 2], stack[height + 3] = i, at, at, j
            height += 4
    to = begin
    for k in range(begin, end):
        if kept[k]:
            xy[to, 0], xy[to, 1] = xy[k, 0], xy[k, 1]
            to += 1
    return to


@njit(cache=True)
def paths(
    edges: FloatArray, first: IntArray, tolerance: FloatArray
) -> tuple[FloatArray, IntArray, IntArray, np.ndarray]:  # pragma: no cover
    """Return the vertices of the lines, where each line begins, its bundle, and which bundles fork or go round.

    `edges`: both ends (n, 4); those of bundle b are `first[b]` to `first[b + 1]`. Ends are numbered 2 * edge + 0 or 1.
    """
    count = len(edges)
    at = edges.reshape(2 * count, 2)
    xy = np.empty((2 * count, 2))
    begins = np.zeros(count + 1, dtype=np.int64)
    of = np.empty(count, dtype=np.int64)
    is_knot = np.zeros(len(first) - 1, dtype=np.bool_)
    meets = np.full(2 * count, -1, dtype=np.int64)
    used = np.zeros(count, dtype=np.bool_)
    stack = np.empty(4 * count + 8, dtype=np.int64)
    kept = np.empty(2 * count, dtype=np.bool_)
    free = np.empty(2 * count, dtype=np.int64)
    lines, filled = 0, 0
    for b in range(len(first) - 1):
        low, high = 2 * first[b], 2 * first[b + 1]
        is_knot[b] = _fork(at, low, high, meets)
        if is_knot[b]:
            continue
        begun, walked = lines, 0
        for k in range(_free_ends(at, low, high, meets, free)):
            if used[free[k] // 2]:
                continue
            begin = filled
            filled = _walk(at, free[k], meets, used, xy, begin)
            walked += filled - begin - 1
            filled = _straightened(xy, begin, filled, tolerance[b], stack, kept)
            of[lines] = b
            lines += 1
            begins[lines] = filled
        if 2 * walked < high - low:
            # Some edges go round.
            is_knot[b] = True
            lines, filled = begun, begins[begun]
    return xy[:filled], begins[: lines + 1], of[:lines], is_knot


@njit(cache=True)
def _fork(at: FloatArray, low: int, high: int, meets: IntArray) -> bool:  # pragma: no cover
    """Note for each end the one that it meets, and say whether more than two meet anywhere."""
    for i in range(low, high):
        for j in range(i + 1, high):
            if at[j, 0] == at[i, 0] and at[j, 1] == at[i, 1]:
                if meets[i] != -1 or meets[j] != -1:
                    return True
                meets[i], meets[j] = j, i
    return False


@njit(cache=True)
def _free_ends(
    at: FloatArray, low: int, high: int, meets: IntArray, free: IntArray
) -> int:  # pragma: no cover
    """Write the ends that meet none, from west to east and south to north, to `free`; return how many."""
    ends = 0
    for i in range(low, high):
        if meets[i] != -1:
            continue
        k = ends
        while k > 0:
            j = free[k - 1]
            if at[j, 0] < at[i, 0] or (at[j, 0] == at[i, 0] and at[j, 1] < at[i, 1]):
                break
            free[k] = j
            k -= 1
        free[k] = i
        ends += 1
    return ends


@njit(cache=True)
def _walk(
    at: FloatArray, i: int, meets: IntArray, used: np.ndarray, xy: FloatArray, begin: int
) -> int:  # pragma: no cover
    """Write the vertices from a free end on to xy[begin:], the way most of the edges run; return where they end."""
    filled, ahead = begin + 1, 0
    xy[begin, 0], xy[begin, 1] = at[i, 0], at[i, 1]
    while i != -1:
        used[i // 2] = True
        ahead += 1 if i % 2 == 0 else -1
        other = i ^ 1
        xy[filled, 0], xy[filled, 1] = at[other, 0], at[other, 1]
        filled += 1
        i = meets[other]
    if ahead < 0:
        xy[begin:filled] = xy[begin:filled][::-1].copy()
    return filled
