"""The order in which rows stand says nothing: rows are put in one order of their own before any work, grids after it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from gis.compute.lattice import FloatArray, GeometryArray, IntArray


def canonical_order(geometries: GeometryArray, *columns: pd.Series) -> IntArray:
    """Return the row numbers that sort geometries by their bounds, then their bytes, then the columns as text.

    Rows that stay equal are interchangeable: they keep the order they came in. Missing and empty geometries
    stand last.
    """
    shapes = np.asarray(geometries, dtype=object)
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    order = np.lexsort(bounds.T[::-1])
    at = bounds[order]
    same = ((at[1:] == at[:-1]) | (np.isnan(at[1:]) & np.isnan(at[:-1]))).all(axis=1)
    if not same.any():
        return np.asarray(order)
    texts = [[str(value) for value in column] for column in columns]
    run = np.concatenate([[0], np.cumsum(~same)])
    doubtful = np.flatnonzero(np.concatenate([[False], same]) | np.concatenate([same, [False]]))
    rows = order[doubtful]
    wkb = shapely.to_wkb(shapes[rows], output_dimension=3, include_srid=False)
    keys = [
        (int(run[at]), wkb[i] or b"", *(text[row] for text in texts))
        for i, (at, row) in enumerate(zip(doubtful, rows, strict=True))
    ]
    order[doubtful] = rows[sorted(range(len(rows)), key=keys.__getitem__)]
    return np.asarray(order)


def west_to_east(
    cells: GeometryArray, weight: FloatArray, label: IntArray, count: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the numbers of the parts from west to east, the new number of each old one, the middles in that order.

    `label`: part per cell. A part's middle is that of its cells by weight, to whole units of the plane; among
    equals the northern part comes first.
    """
    middle = shapely.get_coordinates(shapely.centroid(cells))
    size = np.bincount(label, weights=weight, minlength=count)
    x = np.round(np.bincount(label, weights=weight * middle[:, 0], minlength=count) / size)
    y = np.round(np.bincount(label, weights=weight * middle[:, 1], minlength=count) / size)
    order = np.lexsort((-y, x))
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    return order, rank, np.column_stack([x, y])[order].astype(np.int64)
