"""What a division costs: shape of its grids, homes outside the band, barriers kept inside, splits, moves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gis.compute.lattice import FloatArray, IntArray
from gis.compute.parameters import PartitionParameters, SizeLimits
from gis.compute.search.compiled import kernel
from gis.compute.search.net import AREA, BORDER, FIRST_X, FIRST_Y, HOMES, SECOND, part_sums
from gis.compute.zones import ZoneGraph

# Places in the vector of prices the kernels read.
(
    TARGET, BAND, ROUGH, COMPACT, ROUND, OUTSIDE, SATURATING, SQUARED, FAR, FAR_PRICE,
    HARD_LOW, HARD_HIGH, HARD, BARRIER, MOVED, COMPOUND,
) = range(16)  # fmt: skip
# Deviations are compared with this slack, like everywhere.
SLACK = 1e-9
# Overshoot at which half of the saturating penalty is reached.
HALF = 0.03
# The parameters' prices are on the scale of the annealing, where 6 per 1/PP is paid: at a PP of 0.6 one grid
# of perfect shape is worth 6 / 0.6**2 of them.
PER_SHAPE = 0.06


@dataclass(frozen=True)
class Prices:
    """What things cost in one search.

    `rough` is paid per 1/PP of a grid, `compact` and `round` are what a grid's Polsby-Popper and its roundness
    (a disc's moment of inertia by its own) are worth. Out of band costs `outside` once, `saturating` up to
    that much, `squared` times the overshoot squared; `far_price` per share of the target beyond `far`;
    `hard` beyond the hard limits. `barrier_per_m` inside a grid, `moved` per target of households, `compound`
    per further grid a compound lies in.
    """

    rough: float = 0.0
    compact: float = 0.0
    round: float = 0.0
    outside: float = 0.0
    saturating: float = 0.0
    squared: float = 0.0
    far: float = 0.15
    far_price: float = 0.0
    hard: float = 0.0
    barrier_per_m: float = 0.0
    moved: float = 0.0
    compound: float = 0.0

    def vector(self, limits: SizeLimits) -> FloatArray:
        """Return the prices in the order the kernels want."""
        return np.array(
            [
                limits.target, limits.band, self.rough, self.compact, self.round, self.outside,
                self.saturating, self.squared, self.far, self.far_price, limits.hard_min, limits.hard_max,
                self.hard, self.barrier_per_m, self.moved, self.compound,
            ],
            dtype=np.float64,
        )  # fmt: skip


@kernel
def grid_cost(sums, prices):  # type: ignore[no-untyped-def]
    """Return what one grid costs by its sums (a row of `Work.sums`)."""
    deviation = abs(sums[HOMES] / prices[TARGET] - 1.0)
    over = deviation - prices[BAND]
    area, border = max(sums[AREA], 1e-9), max(sums[BORDER], 1e-9)
    compact = 4.0 * math.pi * area / (border * border)
    cost = prices[ROUGH] / compact - prices[COMPACT] * compact
    if prices[ROUND] > 0.0:
        inertia = sums[SECOND] - (sums[FIRST_X] * sums[FIRST_X] + sums[FIRST_Y] * sums[FIRST_Y]) / area
        cost -= prices[ROUND] * area * area / (2.0 * math.pi * max(inertia, 1e-9))
    if over > SLACK:
        cost += prices[OUTSIDE] + prices[SATURATING] * over / (over + HALF) + prices[SQUARED] * over * over
    if deviation > prices[FAR]:
        cost += prices[FAR_PRICE] * (deviation - prices[FAR])
    if sums[HOMES] < prices[HARD_LOW]:
        cost += prices[HARD] * (1.0 + (prices[HARD_LOW] - sums[HOMES]) / prices[TARGET])
    elif sums[HOMES] > prices[HARD_HIGH]:
        cost += prices[HARD] * (1.0 + (sums[HOMES] - prices[HARD_HIGH]) / prices[TARGET])
    return cost


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
    cost_of: Any = grid_cost.py_func
    cost = float(sum(cost_of(row, vector) for row in part_sums(graph, label, k)))
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
    """Return the prices of the annealing, which must come into the band from anywhere."""
    return Prices(
        rough=6.0,
        saturating=30.0,
        squared=30.0,
        hard=100.0,
        barrier_per_m=parameters.barrier_per_m,
        moved=parameters.stability,
        compound=parameters.compound,
    )


def plan_prices(parameters: PartitionParameters, alpha: float, far: float) -> Prices:
    """Return the prices of the plan itself, in grids of perfect shape: what `pick` measures, and the ties."""
    return Prices(
        compact=1.0,
        outside=alpha,
        far=far,
        far_price=4.0,
        hard=10.0,
        barrier_per_m=parameters.barrier_per_m * PER_SHAPE,
        moved=parameters.stability * PER_SHAPE,
        compound=parameters.compound * PER_SHAPE,
    )
