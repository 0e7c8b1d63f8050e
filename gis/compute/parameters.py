"""What is wanted of a plan: sizes, how hard to search, what compactness, barriers and stability are worth.

All numbers are tenant policy (row J03) or an order's own choice; nothing here depends on a community.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral, Real

# Wiggles of Voronoi borders below this width are straightened; up to 4 m no footprint was cut in the
# measurements.
SIMPLIFY_M = 2.0
PRESET_NAMES = ("fast", "standard", "best")
# No grid holds more homes than a large city; above this the arithmetic of deviations means nothing.
MOST_HOUSEHOLDS_OF_A_GRID = 1_000_000
_LIMITS = ("hard_min", "soft_min", "target", "soft_max", "hard_max")
_WEIGHTS = ("barrier_per_m", "compound", "stability", "simplify_m")


@dataclass(frozen=True)
class SizeLimits:
    """The wanted number of households per grid and how far it may be missed (tenant policy, row J03)."""

    target: int = 400
    soft_min: int = 300
    soft_max: int = 500
    hard_min: int = 100
    hard_max: int = 800
    band: float = 0.10

    @property
    def soft_deviation(self) -> float:
        """The deviation (share) up to which no grid leaves the soft limits, on whichever side they are nearer."""
        return min(self.target - self.soft_min, self.soft_max - self.target) / self.target


@dataclass(frozen=True)
class PartitionParameters:
    """What is wanted of a plan.

    `preset`: fast, standard or best. `alpha`: what a grid in band is worth beside its compactness (0.3
    compact, 0.5 balanced); None leaves it to the preset. `barrier_per_m`: price of a metre of barrier kept
    inside a grid; `compound`: price of a compound split; `stability`: price of moving 400 households away
    from the plan before. `cross_for_balance` lets grids cross a barrier wherever that lowers the unattainable
    deviation, instead of only where a side cannot stand alone. Raises ValueError for limits, a band, weights,
    a preset or a seed that make no sense, among them NaN, infinity and fractions of a household.
    """

    target: int = 400
    soft_min: int = 300
    soft_max: int = 500
    hard_min: int = 100
    hard_max: int = 800
    band: float = 0.10
    preset: str = "standard"
    seed: int = 20240401
    alpha: float | None = None
    barrier_per_m: float = 0.004
    compound: float = 0.5
    stability: float = 2.0
    simplify_m: float = SIMPLIFY_M
    cross_for_balance: bool = False

    def __post_init__(self) -> None:
        for name in (*_LIMITS, "seed"):
            _check_whole(name, getattr(self, name))
        if not 0 < self.hard_min <= self.soft_min <= self.target <= self.soft_max <= self.hard_max:
            raise ValueError("limits must rise from hard_min over soft_min, target, soft_max to hard_max")
        if self.hard_max > MOST_HOUSEHOLDS_OF_A_GRID:
            raise ValueError(f"target and hard_max are not above {MOST_HOUSEHOLDS_OF_A_GRID}")
        if self.seed < 0:
            raise ValueError("seed is not negative")
        if self.preset not in PRESET_NAMES:
            raise ValueError(f"preset is one of {', '.join(PRESET_NAMES)}")
        self._check_weights()

    def _check_weights(self) -> None:
        for name in ("band", *_WEIGHTS, *(() if self.alpha is None else ("alpha",))):
            _check_finite(name, getattr(self, name))
        if not 0 < self.band < 1 or min(getattr(self, name) for name in _WEIGHTS) < 0:
            raise ValueError("the band lies between 0 and 1, weights and simplify_m are not negative")
        if self.alpha is not None and not 0 <= self.alpha <= 1:
            raise ValueError("alpha lies between 0 and 1")

    @property
    def limits(self) -> SizeLimits:
        """The size limits alone."""
        return SizeLimits(self.target, self.soft_min, self.soft_max, self.hard_min, self.hard_max, self.band)


def _check_whole(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(f"{name} is a whole number, not {value!r}")


def _check_finite(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise ValueError(f"{name} is a finite number, not {value!r}")
