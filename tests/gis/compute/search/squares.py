"""Small made-up zones for the search tests: squares of 30 m in rows, neighbours by edge."""

from __future__ import annotations

from typing import Any

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.parameters import PartitionParameters, SizeLimits
from gis.compute.search.energy import Prices, grid_cost
from gis.compute.search.net import part_sums
from gis.compute.starts import growth_start, repaired
from gis.compute.zones import ZoneGraph, grid_count

LIMITS = SizeLimits()


def squares(width: int, height: int, households: np.ndarray) -> ZoneGraph:
    """Return a zone with a barrier every fifth column and compounds of seven units in a row."""
    pairs = [
        (y * width + x, (y + dy) * width + x + dx)
        for y in range(height)
        for x in range(width)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
        if 0 <= x + dx < width and 0 <= y + dy < height
    ]
    rows, columns = np.array(sorted(pairs)).T
    count = width * height
    return ZoneGraph(
        indptr=np.searchsorted(rows, np.arange(count + 1)).astype(np.int64),
        indices=columns.astype(np.int64),
        length_m=np.full(len(columns), 30.0),
        barrier_m=np.where((np.minimum(rows, columns) % 5 == 0) & (abs(columns - rows) == 1), 30.0, 0.0),
        households=households.astype(np.int64),
        area_m2=np.full(count, 900.0),
        perimeter_m=np.full(count, 120.0),
        compound=(np.arange(count) // 7).astype(np.int64),
        anchor=np.full(count, -1, dtype=np.int64),
        centre_m=30.0 * np.column_stack([np.arange(count) % width, np.arange(count) // width]),
    )


def some_zone(seed: int = 0, width: int = 10, height: int = 10) -> tuple[ZoneGraph, int, np.ndarray]:
    """Return a zone of 0 to 79 households per unit, its number of grids and a grown start."""
    graph = squares(width, height, np.random.default_rng(seed).integers(0, 80, width * height))
    k = grid_count(graph.households, LIMITS).k
    start = repaired(graph, growth_start(graph, k), k)
    assert start is not None
    return graph, k, start


def homes_of(graph: ZoneGraph, label: np.ndarray) -> np.ndarray:
    """Return the households of every part."""
    return np.bincount(label, weights=graph.households)


def total_cost(
    graph: ZoneGraph,
    label: IntArray,
    k: int,
    limits: SizeLimits,
    prices: Prices,
    before: IntArray | None = None,
) -> float:
    """Return what a division costs, computed afresh."""
    vector = prices.vector(limits)
    cost_of: Any = grid_cost
    sums = part_sums(graph, label, k)
    cost = float(sum(cost_of(sums, part, vector) for part in range(k)))
    row = np.repeat(np.arange(len(label)), np.diff(graph.indptr))
    inside = (label[row] == label[graph.indices]) & (row < graph.indices)
    cost += prices.barrier_per_m * float(graph.barrier_m[inside].sum())
    grouped = graph.compound >= 0
    cost += prices.compound * len(np.unique(graph.compound[grouped] * k + label[grouped]))
    if before is not None:
        moved = (before >= 0) & (before != label)
        cost += prices.moved * float(graph.households[moved].sum()) / limits.target
    return cost


def start_prices(parameters: PartitionParameters) -> Prices:
    """Return prices that bring a zone into the band from anywhere."""
    return Prices(
        rough=6.0,
        saturating=30.0,
        squared=30.0,
        hard=100.0,
        barrier_per_m=parameters.barrier_per_m,
        moved=parameters.stability,
        compound=parameters.compound,
    )
