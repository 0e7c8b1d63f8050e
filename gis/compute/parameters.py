"""What is wanted of a plan: sizes, how hard to search, what compactness, barriers and stability are worth.

All numbers are tenant policy (row J03) or an order's own choice; nothing here depends on a community.
"""

from __future__ import annotations

from dataclasses import dataclass

# Wiggles of Voronoi borders below this width are straightened; up to 4 m no footprint was cut in the
# measurements.
SIMPLIFY_M = 2.0
PRESET_NAMES = ("fast", "standard", "best")


@dataclass(frozen=True)
class SizeLimits:
    """The wanted number of households per grid and how far it may be missed (tenant policy, row J03)."""

    target: int = 400
    soft_min: int = 300
    soft_max: int = 500
    hard_min: int = 100
    hard_max: int = 800
    band: float = 0.10


@dataclass(frozen=True)
class PartitionParameters:
    """What is wanted of a plan.

    `preset`: fast, standard or best. `alpha`: what a grid in band is worth beside its compactness (0.3
    compact, 0.5 balanced); None leaves it to the preset. `barrier_per_m`: price of a metre of barrier kept
    inside a grid; `compound`: price of a compound split; `stability`: price of moving 400 households away
    from the plan before. `cross_for_balance` lets grids cross a barrier wherever that lowers the unattainable
    deviation, instead of only where a side cannot stand alone.
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
        if not 0 < self.hard_min <= self.soft_min <= self.target <= self.soft_max <= self.hard_max:
            raise ValueError("limits must rise from hard_min over soft_min, target, soft_max to hard_max")
        if self.preset not in PRESET_NAMES:
            raise ValueError(f"preset is one of {', '.join(PRESET_NAMES)}")
        if not 0 < self.band < 1 or min(self.barrier_per_m, self.compound, self.stability) < 0:
            raise ValueError("the band lies between 0 and 1, weights are not negative")
        if self.alpha is not None and not 0 <= self.alpha <= 1:
            raise ValueError("alpha lies between 0 and 1")

    @property
    def limits(self) -> SizeLimits:
        """The size limits alone."""
        return SizeLimits(self.target, self.soft_min, self.soft_max, self.hard_min, self.hard_max, self.band)
