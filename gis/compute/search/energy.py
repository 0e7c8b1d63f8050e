"""What a division costs: shape of its grids, homes outside the band, barriers kept inside, splits, moves."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from gis.compute.lattice import FloatArray
from gis.compute.parameters import PartitionParameters, SizeLimits
from gis.compute.search.compiled import inlined, kernel
from gis.compute.search.net import AREA, BORDER, FIRST_X, FIRST_Y, HOMES, SECOND

# Places in the vector of prices the kernels read.
(
    TARGET, BAND, ROUGH, COMPACT, ROUND, OUTSIDE, SATURATING, SQUARED, FAR, FAR_PRICE,
    HARD_LOW, HARD_HIGH, HARD, BARRIER, MOVED, COMPOUND,
) = range(16)  # fmt: skip
# Deviations are compared with this slack, like everywhere.
SLACK = 1e-9
# Overshoot at which half of the saturating penalty is reached.
HALF = 0.03
# The parameters' prices are on the scale of an annealing that pays 6 per 1/PP: at a PP of 0.6 one grid of perfect
# shape is worth 6 / 0.6**2 of them.
PER_SHAPE = 0.06
# What roundness is worth beside Polsby-Popper: both measures of shape gained in the trials.
ROUNDNESS = 0.5
SHAPES = 1.0 + ROUNDNESS
# Moving a whole grid's households at stability 1 costs as much as half a grid of perfect shape.
PER_MOVE = 0.5
# A deviation up to this share is nobody's complaint, unless nothing better is attainable.
FAR_OFF = 0.15
# A grid twice as far off is far more than twice as bad, so that none is given up for the others.
FAR_STEEPNESS = 6.0
# Where not all grids can be in band, shape is not given up for a few that can. There sizes count lightly up to the
# soft limits: the worst deviation goes before grids in band only where the band can be kept, and in the trials this
# brought more grids into band, too, since who may be a little farther off leaves room for others.
UNATTAINABLE_ALPHA = 0.2
# What a share of the target beyond `far` costs, in grids of perfect shape: while divisions are sought, when they are
# picked, and where not all grids can be in band.
FAR_PRICE_SOUGHT, FAR_PRICE_PICKED, FAR_PRICE_HOPELESS = 10.0, 4.0, 2.0


@dataclass(frozen=True)
class Prices:
    """What things cost in one search.

    `rough` is paid per 1/PP of a grid, `compact` and `round` are what a grid's Polsby-Popper and its roundness
    (a disc's moment of inertia by its own) are worth. Out of band costs `outside` once, `saturating` up to
    that much, `squared` times the overshoot squared; `far_price` per share of the target beyond `far`, and ever
    more; `hard` beyond the hard limits. `barrier_per_m` inside a grid, `moved` per target of households, `compound`
    per further grid a compound lies in.
    """

    rough: float = 0.0
    compact: float = 0.0
    round: float = 0.0
    outside: float = 0.0
    saturating: float = 0.0
    squared: float = 0.0
    far: float = FAR_OFF
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


@inlined
def size_cost(homes, prices):  # type: ignore[no-untyped-def]
    """Return what the number of households of one grid costs."""
    deviation = abs(homes / prices[TARGET] - 1.0)
    over = deviation - prices[BAND]
    cost = 0.0
    if over > SLACK:
        cost = prices[OUTSIDE] + prices[SATURATING] * over / (over + HALF) + prices[SQUARED] * over * over
        if deviation > prices[FAR]:
            far = deviation - prices[FAR]
            cost += prices[FAR_PRICE] * (far + FAR_STEEPNESS * far * far)
        if homes < prices[HARD_LOW]:
            cost += prices[HARD] * (1.0 + (prices[HARD_LOW] - homes) / prices[TARGET])
        elif homes > prices[HARD_HIGH]:
            cost += prices[HARD] * (1.0 + (homes - prices[HARD_HIGH]) / prices[TARGET])
    return cost


@inlined
def shape_cost(area, border, second, first_x, first_y, prices):  # type: ignore[no-untyped-def]
    """Return what the shape of one grid costs."""
    area, border = max(area, 1e-9), max(border, 1e-9)
    compact = 4.0 * math.pi * area / (border * border)
    cost = prices[ROUGH] / compact - prices[COMPACT] * compact
    if prices[ROUND] > 0.0:
        inertia = second - (first_x * first_x + first_y * first_y) / area
        cost -= prices[ROUND] * area * area / (2.0 * math.pi * max(inertia, 1e-9))
    return cost


@kernel
def grid_cost(sums, part, prices):  # type: ignore[no-untyped-def]
    """Return what one grid costs by its row of `Work.sums`."""
    cost = size_cost(sums[part, HOMES], prices)
    return cost + shape_cost(
        sums[part, AREA],
        sums[part, BORDER],
        sums[part, SECOND],
        sums[part, FIRST_X],
        sums[part, FIRST_Y],
        prices,
    )


def is_hopeless(limits: SizeLimits, attainable: float) -> bool:
    """Say whether a zone whose grids would be off by `attainable`, split evenly, cannot keep the band throughout."""
    return attainable > limits.band + SLACK


def far_deviation(limits: SizeLimits, attainable: float) -> float:
    """Return the deviation beyond which a grid is far off: the soft limits' where not all can be in band."""
    return max(limits.soft_deviation if is_hopeless(limits, attainable) else FAR_OFF, attainable)


def worth_of_band(alpha: float, limits: SizeLimits, attainable: float) -> float:
    """Return what a grid in band is worth: α, and no more than `UNATTAINABLE_ALPHA` where not all can be in band."""
    return min(alpha, UNATTAINABLE_ALPHA) if is_hopeless(limits, attainable) else alpha


def plan_prices(parameters: PartitionParameters, alpha: float, attainable: float) -> Prices:
    """Return the prices of the plan itself, in grids of perfect shape.

    `alpha`: what a grid in band is worth where all of them could be (`attainable` within the band).
    """
    limits = parameters.limits
    far_price = FAR_PRICE_HOPELESS if is_hopeless(limits, attainable) else FAR_PRICE_SOUGHT
    return Prices(
        compact=1.0,
        round=ROUNDNESS,
        outside=worth_of_band(alpha, limits, attainable),
        far=far_deviation(limits, attainable),
        far_price=SHAPES * far_price,
        hard=10.0,
        barrier_per_m=parameters.barrier_per_m * PER_SHAPE,
        moved=parameters.stability * PER_MOVE,
        compound=parameters.compound * PER_SHAPE,
    )


def shaping_prices(prices: Prices, worst: float) -> Prices:
    """Return prices under which shape counts for more: nobody is asked to be nearer than the worst grid (share)."""
    price = min(prices.far_price, SHAPES * FAR_PRICE_PICKED)
    return replace(prices, far=max(prices.far, worst), far_price=price)


def loose_prices(prices: Prices) -> Prices:
    """Return prices that drive a zone into the band whatever the shapes, by steps that all count."""
    return replace(prices, compact=0.1, round=0.0, squared=20.0, compound=0.0, barrier_per_m=0.0)
