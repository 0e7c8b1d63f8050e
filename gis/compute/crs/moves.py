"""The moves that a file may have suffered: a shifted datum taken for a true one, or the other way round."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gis.compute.crs.shifted import Floats, Pair, from_bd09, from_gcj02, to_bd09, to_gcj02
from gis.compute.crs.systems import BD09, GCJ02, STORAGE_EPSG, to_metric

_EXPLAINED_WITHIN_M = 40.0

# By the cause: the move that sets such a file right, and the system that it is told in.
MOVES: dict[str, tuple[Callable[[npt.ArrayLike, npt.ArrayLike], Pair], str]] = {
    "is_gcj02": (from_gcj02, GCJ02),
    "is_bd09": (from_bd09, BD09),
    "was_unshifted_gcj02": (to_gcj02, GCJ02),
    "was_unshifted_bd09": (to_bd09, BD09),
}


def moved(geometry: gpd.GeoSeries, move: Callable[[npt.ArrayLike, npt.ArrayLike], Pair]) -> gpd.GeoSeries:
    """The shapes (EPSG:4490 lon-lat), every one of their places moved."""

    def apply(xy: Floats) -> Floats:
        return np.column_stack(move(xy[:, 0], xy[:, 1]))

    return gpd.GeoSeries(shapely.transform(geometry.values, apply), index=geometry.index, crs=STORAGE_EPSG)


def shift_m(sample: gpd.GeoDataFrame, cause: str, lon: float) -> tuple[float, float]:
    """How far east and north the file lies of where the hypothesis would put it, in metres."""
    west, south, east, north = sample.total_bounds
    middle = gpd.GeoSeries([shapely.Point((west + east) / 2, (south + north) / 2)], crs=STORAGE_EPSG)
    given = to_metric(middle, lon).iloc[0]
    right = to_metric(moved(middle, MOVES[cause][0]), lon).iloc[0]
    return float(given.x - right.x), float(given.y - right.y)


def explanation(sample: gpd.GeoDataFrame, voted: tuple[float, float], lon: float) -> str:
    """The hypothesis whose shift at this place equals the voted one within 40 m, or `unexplained`."""
    for cause in MOVES:
        east_m, north_m = shift_m(sample, cause, lon)
        if np.hypot(voted[0] - east_m, voted[1] - north_m) <= _EXPLAINED_WITHIN_M:
            return cause
    return "unexplained"
