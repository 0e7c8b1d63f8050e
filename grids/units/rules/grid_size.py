"""An urban base grid has about 400 households, and one far from that needs a reason the county accepts.

Rule: J03
"""

from __future__ import annotations

from dataclasses import dataclass

from gis.compute.parameters import MOST_HOUSEHOLDS_OF_A_GRID
from grids.units.rules.plan_hint import PlanHint
from wangge.errors import RuleBroken

SIZE_CLAUSE = "城市社区每400户左右"


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """The policy's numbers, in households; every limit itself is still allowed.

    Between the soft limits nothing is said, between soft and hard a hint, beyond the hard ones a reason is
    needed. A community with fewer than `small_community` households is one grid.
    """

    target: int
    soft_minimum: int
    soft_maximum: int
    hard_minimum: int
    hard_maximum: int
    small_community: int


@dataclass(frozen=True, slots=True)
class SizedGrid:
    """What the size rule looks at.

    `has_reason` is for the caller to fill: a reason stated, when a plan is submitted; a reason the county
    approved, when it is approved or published.
    """

    label: str
    households: int
    is_sole_grid: bool = False
    has_reason: bool = False


def check_limits_rise(limits: SizeLimits) -> None:
    """422 POLICY_LIMITS unless the limits rise from hard over soft minimum, target and soft to hard maximum.

    No limit is above what the engine counts as a grid (`MOST_HOUSEHOLDS_OF_A_GRID`).

    Rule: J03
    """
    values = (
        limits.hard_minimum, limits.soft_minimum, limits.target, limits.soft_maximum, limits.hard_maximum,
    )  # fmt: skip
    if list(values) == sorted(values) and limits.hard_minimum >= 1:
        _check_believable(limits, values)
        return
    listed = " ≤ ".join(str(value) for value in values)
    raise RuleBroken(
        "POLICY_LIMITS",
        zh=f"网格户数的政策参数相互矛盾：应为 1 ≤ 下限 ≤ 建议下限 ≤ 目标 ≤ 建议上限 ≤ 上限，现为 {listed}",
        en=f"the policy's limits of grid sizes contradict each other: {listed} does not rise from 1 on",
        rule="J03",
        clause=SIZE_CLAUSE,
        facts={"limits": list(values)},
        how_to_fix_zh="请市体育局更正网格户数参数，再重新划分",
        how_to_fix_en="let the bureau correct the grid size parameters, then draw again",
    )


def _check_believable(limits: SizeLimits, values: tuple[int, ...]) -> None:
    if limits.hard_maximum <= MOST_HOUSEHOLDS_OF_A_GRID:
        return
    most = MOST_HOUSEHOLDS_OF_A_GRID
    raise RuleBroken(
        "POLICY_LIMITS",
        zh=f"网格户数的政策参数过大：目标{limits.target}户、上限{limits.hard_maximum}户，最多{most}户",
        en=f"the policy's limits of grid sizes are beyond belief: target {limits.target}, hard maximum "
        f"{limits.hard_maximum}; none may exceed {most}",
        rule="J03",
        clause=SIZE_CLAUSE,
        facts={"limits": list(values), "most": most},
        how_to_fix_zh="请市体育局更正网格户数参数，再重新划分",
        how_to_fix_en="let the bureau correct the grid size parameters, then draw again",
    )


def deviation_share(households: int, limits: SizeLimits) -> float:
    """How far from the target, as a share of it: −0.25 is a quarter too small."""
    return (households - limits.target) / limits.target


def is_one_grid_community(households: int, limits: SizeLimits) -> bool:
    """True when a community is too small to be divided."""
    return households < limits.small_community


def is_outside_hard_limits(households: int, limits: SizeLimits) -> bool:
    """True below the hard minimum or above the hard maximum; both limits themselves are inside."""
    return not limits.hard_minimum <= households <= limits.hard_maximum


def check_grid_size(grid: SizedGrid, limits: SizeLimits) -> PlanHint | None:
    """Refuse a grid beyond the hard limits with 422 GRID_SIZE; return a hint beyond the soft ones.

    The sole grid of its community and a grid with a reason are never refused.

    Rule: J03
    """
    if limits.soft_minimum <= grid.households <= limits.soft_maximum:
        return None
    beyond_hard = is_outside_hard_limits(grid.households, limits)
    if beyond_hard and not grid.is_sole_grid and not grid.has_reason:
        raise RuleBroken(
            "GRID_SIZE",
            zh=f"城市网格约{limits.target}户，当前{grid.households}户，请说明理由",
            en=f"an urban grid has about {limits.target} households; {grid.label} has {grid.households}",
            rule="J03",
            clause=SIZE_CLAUSE,
            facts=_facts(grid, limits),
            how_to_fix_zh=f"请调整边界使户数在{limits.hard_minimum}–{limits.hard_maximum}之间，或填写理由报区县批准",
            how_to_fix_en=f"move the border so that it has {limits.hard_minimum}–{limits.hard_maximum} "
            "households, or state a reason for the county to approve",
            field="households",
        )
    return PlanHint(
        "GRID_SIZE_HINT",
        zh=f"网格{grid.label}现有{grid.households}户，偏离目标{limits.target}户"
        f"{deviation_share(grid.households, limits):+.0%}",
        en=f"grid {grid.label} has {grid.households} households, "
        f"{deviation_share(grid.households, limits):+.0%} from the target of {limits.target}",
        rule="J03",
        facts=_facts(grid, limits),
    )


def _facts(grid: SizedGrid, limits: SizeLimits) -> dict[str, object]:
    return {
        "grid": grid.label,
        "households": grid.households,
        "target": limits.target,
        "hard_minimum": limits.hard_minimum,
        "hard_maximum": limits.hard_maximum,
        "sole_grid": grid.is_sole_grid,
        "has_reason": grid.has_reason,
    }
