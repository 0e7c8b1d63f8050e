"""A displacement that most neighbouring features of one kind agree on, whatever its cause."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from gis.compute.crs.shifted import Floats
from gis.compute.crs.systems import to_metric

_MOST = 8000  # features of the city's own, at even steps
_LEAST_PAIRS = 12
# BD-09 lies up to about 1,300 m off; votes are counted in this reach.
_VOTE_REACH_M = 1500.0
_VOTE_CELL_M = 20.0
_LEAST_VOTE_LEAD = 2.5
_LEAST_VOTE_SHARE = 0.25


def voted_shift(
    reference: gpd.GeoDataFrame, sample: gpd.GeoDataFrame, lon: float
) -> tuple[float, float] | None:
    """The displacement (metres east and north) most neighbouring pairs agree on; None without a clear winner."""
    held = _centres(to_metric(reference.geometry, lon))
    given = _centres(to_metric(sample.geometry, lon))
    pairs = cKDTree(given).query_ball_tree(cKDTree(held), r=_VOTE_REACH_M)
    differences = [given[row] - held[found] for row, found in enumerate(pairs) if found]
    if len(differences) < _LEAST_PAIRS:
        return None
    moves = np.vstack(differences)
    edges = np.arange(-_VOTE_REACH_M, _VOTE_REACH_M + _VOTE_CELL_M, _VOTE_CELL_M)
    votes, _, _ = np.histogram2d(moves[:, 0], moves[:, 1], bins=(edges, edges))
    blurred = sum(np.roll(votes, (i, j), axis=(0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1))
    votes = np.asarray(blurred)
    peak = np.unravel_index(int(np.argmax(votes)), votes.shape)
    centre = np.array([edges[peak[0]], edges[peak[1]]]) + _VOTE_CELL_M / 2
    near = moves[np.abs(moves - centre).max(axis=1) <= 1.5 * _VOTE_CELL_M]
    rivals = votes[np.abs(np.arange(len(votes)) - peak[0]) > 4]
    clear = votes[peak] >= _LEAST_VOTE_LEAD * max(float(rivals.max()), 1.0)
    if not clear or len(near) < max(_LEAST_PAIRS, _LEAST_VOTE_SHARE * len(given)):
        return None
    return float(np.median(near[:, 0])), float(np.median(near[:, 1]))


def _centres(geometry: gpd.GeoSeries) -> Floats:
    centre = shapely.centroid(np.asarray(geometry.values, dtype=object))
    xy: Floats = np.column_stack([shapely.get_x(centre), shapely.get_y(centre)])
    if len(xy) <= _MOST:
        return xy
    chosen = np.linspace(0, len(xy) - 1, _MOST).astype(int)
    return np.asarray(xy[chosen], dtype=np.float64)
