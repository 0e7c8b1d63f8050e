"""A plan goes forward only when everything about it holds, and all that does not is said at once.

Rule: J03
Rule: J04
Rule: J05
Rule: J06
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta

from grids.units.rules.contiguity import contiguity_hint
from grids.units.rules.grid_code import check_grid_code, duplicate_code_refusals
from grids.units.rules.grid_overlap import (
    GridOverlap,
    StrayLand,
    gap_refusals,
    outside_refusals,
    overlap_refusals,
)
from grids.units.rules.grid_size import SizedGrid, SizeLimits, check_grid_size
from grids.units.rules.plan_hint import PlanHint
from grids.units.rules.rural_unit import RuralGrid, rural_refusals
from wangge.errors import RuleBroken

# A year, also a leap year: sizes, codes and homes are judged today and say little about a later day, and a plan
# that waits longer, mostly for a mistyped year, would stand in the way of every other plan of its community.
MOST_DAYS_AHEAD = 366


@dataclass(frozen=True, slots=True)
class PlannedGrid:
    """What the rules look at in one grid of a plan.

    `label` is what people call it before it has a code. `size_reason` is the drafter's,
    `size_reason_approved` the county's answer. A grid is rural when it names villager groups. `parts` counts
    its separate pieces of land.
    """

    label: str
    households: int
    code: str = ""
    parts: int = 1
    size_reason: str = ""
    size_reason_approved: bool = False
    contiguity_reason: str = ""
    villager_groups: frozenset[str] = frozenset()
    merge_reason: str = ""
    has_leader: bool = False

    @property
    def is_rural(self) -> bool:
        """True for a grid made of villager groups, to which the urban size does not apply."""
        return bool(self.villager_groups)


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """One community's plan: its grids, and what the map arithmetic found wrong with their land."""

    community: str
    grids: tuple[PlannedGrid, ...]
    overlaps: tuple[GridOverlap, ...] = ()
    gaps: tuple[StrayLand, ...] = ()
    outside: tuple[StrayLand, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanReadiness:
    """All that stops a plan and all that is only worth a look; ready means nothing stops it."""

    refusals: list[RuleBroken] = field(default_factory=list)
    hints: list[PlanHint] = field(default_factory=list)

    @property
    def is_ready(self) -> bool:
        """True when nothing stops the plan."""
        return not self.refusals


def readiness_to_submit(plan: PlanFacts, limits: SizeLimits) -> PlanReadiness:
    """What must hold before a plan is validated and submitted; a stated reason is enough for an odd size."""
    return _readiness(plan, limits, reason_must_be_approved=False)


def readiness_to_approve(plan: PlanFacts, limits: SizeLimits) -> PlanReadiness:
    """What must hold before the county approves: the same, and every odd size has an approved reason."""
    return _readiness(plan, limits, reason_must_be_approved=True)


def readiness_to_publish(
    plan: PlanFacts, limits: SizeLimits, community_codes: Collection[str], *, effective_on: date, today: date
) -> PlanReadiness:
    """What must hold before a plan is published: approved, coded, effective today or within a year.

    `community_codes` are the village-level codes valid on the effective date. A grid without a leader is a
    hint: the map may be in force before every post is filled.
    """
    ready = _readiness(plan, limits, reason_must_be_approved=True)
    ready.refusals.extend(_code_refusals(plan, community_codes))
    if effective_on < today:
        ready.refusals.append(_effective_in_the_past(effective_on, today))
    if (effective_on - today).days > MOST_DAYS_AHEAD:
        ready.refusals.append(_effective_too_far(effective_on, today))
    ready.hints.extend(_leader_hint(grid) for grid in plan.grids if not grid.has_leader)
    return ready


def _readiness(plan: PlanFacts, limits: SizeLimits, *, reason_must_be_approved: bool) -> PlanReadiness:
    ready = PlanReadiness()
    if not plan.grids:
        ready.refusals.append(_no_grids(plan.community))
    ready.refusals.extend(overlap_refusals(plan.overlaps))
    ready.refusals.extend(gap_refusals(plan.gaps))
    ready.refusals.extend(outside_refusals(plan.outside))
    rural = [grid for grid in plan.grids if grid.is_rural]
    ready.refusals.extend(
        rural_refusals(RuralGrid(grid.label, grid.villager_groups, grid.merge_reason) for grid in rural)
    )
    for grid in plan.grids:
        _add_size(ready, grid, limits, len(plan.grids), reason_must_be_approved)
        hint = contiguity_hint(grid.label, grid.parts, grid.contiguity_reason)
        if hint is not None:
            ready.hints.append(hint)
    ready.refusals.extend(duplicate_code_refusals([grid.code for grid in plan.grids if grid.code]))
    return ready


def _add_size(
    ready: PlanReadiness, grid: PlannedGrid, limits: SizeLimits, grids: int, reason_must_be_approved: bool
) -> None:
    if grid.is_rural:
        return
    has_reason = grid.size_reason_approved if reason_must_be_approved else bool(grid.size_reason.strip())
    try:
        hint = check_grid_size(
            SizedGrid(grid.label, grid.households, is_sole_grid=grids == 1, has_reason=has_reason), limits
        )
    except RuleBroken as refusal:
        ready.refusals.append(refusal)
    else:
        if hint is not None:
            ready.hints.append(hint)


def _code_refusals(plan: PlanFacts, community_codes: Collection[str]) -> list[RuleBroken]:
    refusals: list[RuleBroken] = []
    for grid in plan.grids:
        try:
            check_grid_code(grid.code, community_codes)
        except RuleBroken as refusal:
            refusals.append(refusal)
    return refusals


def _no_grids(community: str) -> RuleBroken:
    return RuleBroken(
        "GRID_PLAN_EMPTY",
        zh=f"{community}的方案中没有网格",
        en=f"the plan of {community} has no grid",
        rule="J03",
        facts={"community": community},
        how_to_fix_zh="请先自动划分或绘制网格",
        how_to_fix_en="compute or draw the grids first",
        field="grids",
    )


def _effective_in_the_past(effective_on: date, today: date) -> RuleBroken:
    return RuleBroken(
        "EFFECTIVE_DATE_PAST",
        zh=f"生效日期{effective_on.isoformat()}早于今天{today.isoformat()}",
        en=f"the effective date {effective_on.isoformat()} lies before today, {today.isoformat()}",
        rule="J03",
        facts={"effective_on": effective_on.isoformat(), "today": today.isoformat()},
        how_to_fix_zh="请选择今天或之后的日期",
        how_to_fix_en="choose today or a later day",
        field="effective_on",
    )


def _effective_too_far(effective_on: date, today: date) -> RuleBroken:
    latest = today + timedelta(days=MOST_DAYS_AHEAD)
    return RuleBroken(
        "EFFECTIVE_TOO_FAR",
        zh=f"生效日期{effective_on.isoformat()}距今超过一年，最迟为{latest.isoformat()}",
        en=f"the effective date {effective_on.isoformat()} is more than a year ahead; {latest.isoformat()} is the "
        "latest",
        rule="J03",
        facts={"effective_on": effective_on.isoformat(), "latest": latest.isoformat()},
        how_to_fix_zh="请核对年份，选择一年之内的日期",
        how_to_fix_en="check the year and choose a day within a year",
        field="effective_on",
    )


def _leader_hint(grid: PlannedGrid) -> PlanHint:
    return PlanHint(
        "LEADER_MISSING",
        zh=f"网格{grid.label}尚无网格长",
        en=f"grid {grid.label} has no leader yet",
        rule="J06",
        facts={"grid": grid.label},
    )
