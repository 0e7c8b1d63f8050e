"""The nearest spot of the streets for many points: straight pieces sorted into square cells, searched ring by ring."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit

from gis.compute.street_graph import StreetGraph

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PER_M = 1_000_000


class Chart(NamedTuple):
    """Straight pieces of the streets sorted into square cells, to find the nearest one quickly."""

    ends: Floats
    edge: Ints
    run: Floats
    first: Ints
    member: Ints
    columns: int
    rows: int
    west: float
    south: float
    cell: float


class Spots(NamedTuple):
    """Where points meet the streets: edge (-1 where none is near enough), micrometres along it and off it."""

    edge: Ints
    along: Ints
    off: Ints


def chart_of(graph: StreetGraph) -> Chart:
    """Sort the pieces of a graph with at least one edge into cells of about one piece each."""
    xy, of = shapely.get_coordinates(graph.lines, return_index=True)
    same = np.flatnonzero(of[1:] == of[:-1])
    ends = np.ascontiguousarray(np.hstack([xy[same], xy[same + 1]]))
    step = np.hypot(ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1])
    edge = of[same].astype(np.int64)
    total = np.cumsum(step) - step
    run = total - total[np.searchsorted(edge, edge)]
    west, south = xy.min(axis=0)
    width, height = xy.max(axis=0) - (west, south)
    cell = max(1.0, float(np.sqrt(max(width * height, width, height) / len(ends))))
    columns, rows = int(width / cell) + 1, int(height / cell) + 1
    first = np.zeros(columns * rows + 1, dtype=np.int64)
    bare = Chart(ends, edge, run, first, first[:0], columns, rows, float(west), float(south), cell)
    _sort_into_cells(bare, first[1:], first[:0])
    np.cumsum(first, out=first)
    member = np.empty(first[-1], dtype=np.int64)
    _sort_into_cells(bare, first[:-1].copy(), member)
    return bare._replace(member=member)


@njit(cache=True)
def _cell_of(metres, cell, count):  # type: ignore[no-untyped-def]
    """Column or row of a coordinate, the outermost ones for what lies outside."""
    at = int(np.floor(metres / cell))
    return min(max(at, 0), count - 1)


@njit(cache=True)
def _sort_into_cells(chart, cursor, member):  # type: ignore[no-untyped-def]
    """Count (with an empty `member`) or file every straight piece in the cells it passes through."""
    for piece in range(len(chart.ends)):
        x0, y0, x1, y1 = chart.ends[piece]
        if x0 > x1:
            x0, y0, x1, y1 = x1, y1, x0, y0
        left = _cell_of(x0 - chart.west, chart.cell, chart.columns)
        right = _cell_of(x1 - chart.west, chart.cell, chart.columns)
        for column in range(left, right + 1):
            low, high = y0, y1
            if right > left:
                # A hair wider than the column: a piece on the line between two columns is filed in both.
                begin = chart.west + column * chart.cell - 0.001
                end = begin + chart.cell + 0.002
                slope = (y1 - y0) / (x1 - x0)
                low = y0 + slope * (max(x0, begin) - x0)
                high = y0 + slope * (min(x1, end) - x0)
            bottom = _cell_of(min(low, high) - chart.south - 0.001, chart.cell, chart.rows)
            top = _cell_of(max(low, high) - chart.south + 0.001, chart.cell, chart.rows)
            for row in range(bottom, top + 1):
                at = row * chart.columns + column
                if len(member) > 0:
                    member[cursor[at]] = piece
                cursor[at] += 1


@njit(cache=True)
def _nearest_in_cell(chart, at, x, y, best, piece, part):  # type: ignore[no-untyped-def]
    """Squared distance, straight piece and how far along it (0 to 1), the best so far and of one cell."""
    for k in range(chart.first[at], chart.first[at + 1]):
        other = chart.member[k]
        x0, y0, x1, y1 = chart.ends[other]
        dx, dy = x1 - x0, y1 - y0
        square = dx * dx + dy * dy
        share = 0.0
        if square > 0.0:
            share = min(max(((x - x0) * dx + (y - y0) * dy) / square, 0.0), 1.0)
        gx, gy = x0 + share * dx - x, y0 + share * dy - y
        metres = gx * gx + gy * gy
        if metres < best or (metres == best and other < piece):
            best, piece, part = metres, other, share
    return best, piece, part


@njit(cache=True)
def _nearest_piece(chart, x, y, within):  # type: ignore[no-untyped-def]
    """The nearest straight piece within some metres (-1 if none), the share along it and the metres off it."""
    column = int(np.floor((x - chart.west) / chart.cell))
    row = int(np.floor((y - chart.south) / chart.cell))
    best, piece, part = (within + 1e-9) ** 2, -1, 0.0
    # Rings of cells around the point's own; ring r holds nothing nearer than r - 1 cells.
    outside = max(-column, column - chart.columns + 1, -row, row - chart.rows + 1, 0)
    last = max(abs(column), abs(column - chart.columns), abs(row), abs(row - chart.rows)) + 1
    for ring in range(outside, last + 1):
        near = max(ring - 1, 0) * chart.cell
        if near * near > best:
            break
        for r in range(max(row - ring, 0), min(row + ring, chart.rows - 1) + 1):
            step = 1 if abs(r - row) == ring else max(2 * ring, 1)
            for c in range(column - ring, column + ring + 1, step):
                if 0 <= c < chart.columns:
                    best, piece, part = _nearest_in_cell(
                        chart, r * chart.columns + c, x, y, best, piece, part
                    )
    return piece, part, np.sqrt(best)


@njit(cache=True)
def _locate(chart, length, xy, within, edge, along, off):  # type: ignore[no-untyped-def]
    for i in range(len(xy)):
        piece, part, metres = _nearest_piece(chart, xy[i, 0], xy[i, 1], within)
        if piece < 0:
            edge[i] = -1
            continue
        x0, y0, x1, y1 = chart.ends[piece]
        here = chart.edge[piece]
        run = chart.run[piece] + part * np.sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2)
        edge[i] = here
        along[i] = min(max(int(np.rint(run * PER_M)), 0), length[here])
        off[i] = int(np.rint(metres * PER_M))


def spots_on(chart: Chart, length: Ints, xy: Floats, within_m: float) -> Spots:
    """The nearest spot of the streets for every point (n, 2), none where it is farther than `within_m`.

    `length` are the micrometres of every edge. Of edges at equal distance the first counts.
    """
    edge, along, off = (np.zeros(len(xy), dtype=np.int64) for _ in range(3))
    _locate(chart, length, np.ascontiguousarray(xy, dtype=np.float64), within_m, edge, along, off)
    return Spots(edge, along, off)
