"""How a plan is to be drawn: what the map arithmetic is asked for, within limits that it is made for.

Rule: J03
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from gis.compute.parameters import PartitionParameters
from grids.units.rules.grid_size import SizeLimits, check_limits_rise
from wangge.errors import RuleBroken, refuse_all


@dataclass(frozen=True, slots=True)
class Limit:
    """The least and most of one number of an order, both allowed, and what it is called."""

    least: float
    most: float
    zh: str


# alpha: what a grid in band is worth beside compactness; the others are prices, 0 switches them off. Above
# these, one price drowns all others and plans come out worse than with the default.
ORDER_LIMITS: Mapping[str, Limit] = {
    "alpha": Limit(0.0, 1.0, "均衡与紧凑的取舍"),
    "band": Limit(0.02, 0.5, "户数允许偏差"),
    "barrier_per_m": Limit(0.0, 1.0, "跨屏障每米的代价"),
    "compound": Limit(0.0, 100.0, "拆分小区的代价"),
    "stability": Limit(0.0, 100.0, "沿用原方案的权重"),
}


def check_order(given: Mapping[str, float | None]) -> None:
    """422 ORDER_LIMITS for every number of an order outside its limits, all at once; None stands for the default.

    Rule: J03
    """
    refuse_all(
        _refusal(name, float(value), ORDER_LIMITS[name])
        for name, value in given.items()
        if value is not None and not ORDER_LIMITS[name].least <= value <= ORDER_LIMITS[name].most
    )


def _refusal(name: str, value: float, limit: Limit) -> RuleBroken:
    return RuleBroken(
        "ORDER_LIMITS",
        zh=f"{limit.zh}（{name}）应在 {limit.least:g} 到 {limit.most:g} 之间，现为 {value:g}",
        en=f"{name} lies between {limit.least:g} and {limit.most:g}, here it is {value:g}",
        rule="J03",
        clause="城市社区每400户左右",
        facts={
            "name": name,
            "given": value if math.isfinite(value) else str(value),
            "least": limit.least,
            "most": limit.most,
        },
        how_to_fix_zh="请改为范围内的值，或不填以使用默认值",
        how_to_fix_en="choose a value within, or leave it out for the default",
        field=name,
    )


def engine_parameters(limits: SizeLimits) -> PartitionParameters:
    """The policy's size limits as the engine takes them; 422 POLICY_LIMITS when they contradict each other."""
    check_limits_rise(limits)
    return PartitionParameters(
        target=limits.target,
        soft_min=limits.soft_minimum,
        soft_max=limits.soft_maximum,
        hard_min=limits.hard_minimum,
        hard_max=limits.hard_maximum,
    )


@dataclass(frozen=True, slots=True)
class DrawingOrder:
    """What to draw with: preset fast, standard or best, the seed, and what else the engine takes (None: its default).

    `alpha`: what a grid in band is worth beside its compactness; `band`: how far from the target it may be, as a
    share; `barrier_per_m`, `compound`: prices of a metre of barrier inside a grid and of a compound split.
    """

    preset: str = "standard"
    seed: int = 20240401
    stability: float = 2.0
    cross_for_balance: bool = False
    alpha: float | None = None
    band: float | None = None
    barrier_per_m: float | None = None
    compound: float | None = None

    def parameters(self, limits: SizeLimits) -> PartitionParameters:
        """The engine's parameters under the policy's size limits; 422 ORDER_LIMITS, POLICY_LIMITS."""
        check_order({name: getattr(self, name) for name in ORDER_LIMITS})
        return replace(
            engine_parameters(limits),
            **{name: value for name, value in asdict(self).items() if value is not None},
        )

    def as_json(self) -> dict[str, Any]:
        """How the order is kept in a plan and in a job."""
        return asdict(self)
