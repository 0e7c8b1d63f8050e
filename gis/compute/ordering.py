"""The order in which rows of a layer stand says nothing: they are put in one order of their own before any work."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from gis.compute.lattice import GeometryArray, IntArray


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
