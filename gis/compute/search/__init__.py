"""Dividing a zone into connected grids near the target size: starts, polish, pick, re-split pairs.

Points 4 to 7 of the partition specification. The kernels are compiled by numba, cached on disk and warmed by
`warm_up`; the same input and seed give the same division.
"""

from __future__ import annotations

import numpy as np

from gis.compute import bound
from gis.compute.parameters import SizeLimits
from gis.compute.search.divide import Division, divide
from gis.compute.search.energy import Prices
from gis.compute.search.pick import Yardstick, pick, score
from gis.compute.search.polish import Heat, polish
from gis.compute.search.resplit import resplit_pairs
from gis.compute.zones import ZoneGraph

__all__ = [
    "Division",
    "Heat",
    "Prices",
    "Yardstick",
    "divide",
    "pick",
    "polish",
    "resplit_pairs",
    "score",
    "warm_up",
]


def warm_up() -> None:
    """Compile the kernels (or load them from numba's cache) so that the first plan does not wait for it."""
    graph = ZoneGraph(
        indptr=np.array([0, 1, 3, 4], dtype=np.int64),
        indices=np.array([1, 0, 2, 1], dtype=np.int64),
        length_m=np.ones(4),
        barrier_m=np.zeros(4),
        households=np.array([1, 1, 1], dtype=np.int64),
        area_m2=np.ones(3),
        perimeter_m=np.full(3, 4.0),
        compound=np.full(3, -1, dtype=np.int64),
        anchor=np.full(3, -1, dtype=np.int64),
    )
    bound.warm_up(graph)
    start = np.array([0, 0, 1])
    polish(graph, start, 2, Heat(10, 1.0, 0.1, 1), SizeLimits(), Prices(compact=1.0))
    resplit_pairs(graph, start, 2, Heat(10, 1.0, 0.1, 1), SizeLimits(), Prices(compact=1.0))
