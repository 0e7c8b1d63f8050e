"""Checking a plan: its land by the map arithmetic, its sizes, villager groups, codes and date by the rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd
import shapely

from gis.compute.topology import Finding, check_plan
from gis.layers.queries.frames import community_frame
from grids.units.models import GridPlan, PlanGrid
from grids.units.queries.grids import drawn_grids
from grids.units.queries.leaders import grids_with_leader
from grids.units.queries.plans import community_codes, homes_outside_plan, plan_grids
from grids.units.queries.policy import size_limits
from grids.units.rules.drawing_order import engine_parameters
from grids.units.rules.grid_overlap import GridOverlap, StrayLand
from grids.units.rules.grid_size import SizeLimits
from grids.units.rules.plan_hint import PlanHint
from grids.units.rules.plan_readiness import (
    PlanFacts,
    PlannedGrid,
    PlanReadiness,
    readiness_to_approve,
    readiness_to_publish,
    readiness_to_submit,
)
from tenants.bureau.queries.city import city_profile
from wangge.errors import RuleBroken

NOWHERE = (0.0, 0.0)
# What the rules say themselves, with the policy's words; the arithmetic's own finding would be the same twice.
_SAID_BY_RULES = {
    "GRID_OVERLAP",
    "GRID_GAP",
    "GRID_OUTSIDE",
    "NOT_CONTIGUOUS",
    "GRID_SIZE",
    "GRID_SIZE_SOFT",
    "GRID_EMPTY",
}


def check_to_submit(plan: GridPlan) -> PlanReadiness:
    """Everything that keeps the plan from being validated and submitted, and every hint."""
    facts, land = _facts(plan, plan_grids(plan))
    return _with_homes(_with_land(readiness_to_submit(facts, size_limits(plan.policy)), land), plan)


def check_to_approve(plan: GridPlan) -> PlanReadiness:
    """Everything that keeps the county from approving the plan."""
    facts, land = _facts(plan, plan_grids(plan))
    return _with_homes(_with_land(readiness_to_approve(facts, size_limits(plan.policy)), land), plan)


def check_to_publish(plan: GridPlan, *, effective_on: date, today: date) -> PlanReadiness:
    """Everything that keeps the plan from being put in force on that day; its grids bear their codes already."""
    facts, land = _facts(plan, plan_grids(plan), leaders_on=effective_on)
    codes = community_codes(plan.community, effective_on)
    ready = readiness_to_publish(
        facts, size_limits(plan.policy), codes, effective_on=effective_on, today=today
    )
    return _with_homes(_with_land(ready, land), plan)


def findings_of(ready: PlanReadiness) -> list[dict[str, Any]]:
    """Refusals, then hints, as a plan keeps them: level, code, zh, en, rule, facts, how_to_fix."""
    refusals = [
        {
            "level": "refusal",
            "code": broken.code,
            "zh": broken.zh,
            "en": broken.en,
            "rule": broken.rule or "",
            "facts": broken.facts,
            "how_to_fix_zh": broken.how_to_fix_zh,
            "how_to_fix_en": broken.how_to_fix_en,
        }
        for broken in ready.refusals
    ]
    hints = [
        {
            "level": "hint",
            "code": hint.code,
            "zh": hint.zh,
            "en": hint.en,
            "rule": hint.rule,
            "facts": dict(hint.facts),
            "how_to_fix_zh": "",
            "how_to_fix_en": "",
        }
        for hint in ready.hints
    ]
    return refusals + hints


def _facts(
    plan: GridPlan, rows: list[PlanGrid], leaders_on: date | None = None
) -> tuple[PlanFacts, list[Finding]]:
    led = set() if leaders_on is None else grids_with_leader([row.grid_id for row in rows], leaders_on)
    land = _land_findings(plan, size_limits(plan.policy)) if rows else []
    labels = {row.sequence: row.label for row in rows}
    facts = PlanFacts(
        community=plan.community.name,
        grids=tuple(_planned(row, led) for row in rows),
        overlaps=tuple(_overlaps(land, labels)),
        gaps=tuple(_stray(land, "GRID_GAP", labels, plan.community.name)),
        outside=tuple(_stray(land, "GRID_OUTSIDE", labels, plan.community.name)),
    )
    return facts, land


def _planned(row: PlanGrid, led: set[int]) -> PlannedGrid:
    return PlannedGrid(
        label=row.label,
        households=row.households,
        code=row.code,
        parts=row.parts,
        size_reason=row.size_reason,
        size_reason_approved=row.size_reason_approved_by_id is not None,
        contiguity_reason=row.contiguity_reason,
        villager_groups=frozenset(row.villager_groups),
        merge_reason=row.merge_reason,
        has_leader=row.grid_id in led,
    )


def _land_findings(plan: GridPlan, limits: SizeLimits) -> list[Finding]:
    grids = drawn_grids(plan).sort_values("sequence").set_index("sequence")
    frame: shapely.Geometry = community_frame(plan.community).geometry.iloc[0]
    households: pd.Series = grids["households"].astype("int64")
    metric_crs = f"EPSG:{city_profile().gauss_kruger_epsg}"
    return check_plan(
        grids,
        frame,
        metric_crs=metric_crs,
        households=households,
        parameters=engine_parameters(limits),
        rural=plan.community.settlement == "rural",
    )


def _overlaps(land: Iterable[Finding], labels: dict[int, str]) -> Iterable[GridOverlap]:
    for finding in land:
        if finding.code == "GRID_OVERLAP":
            first, second = (labels.get(int(str(grid)), str(grid)) for grid in list(finding.grids)[:2])
            yield GridOverlap(first, second, _area(finding), finding.place or NOWHERE)


def _stray(land: Iterable[Finding], code: str, labels: dict[int, str], community: str) -> Iterable[StrayLand]:
    for finding in land:
        if finding.code == code:
            grids = list(finding.grids)
            label = (
                community
                if code == "GRID_GAP" or not grids
                else labels.get(int(str(grids[0])), str(grids[0]))
            )
            yield StrayLand(label, _area(finding), finding.place or NOWHERE)


def _area(finding: Finding) -> float:
    # Borders that merely miss each other's vertices share no measurable land, and are refused all the same.
    return max(float(finding.area_m2 or 0.0), 0.001)


def _with_land(ready: PlanReadiness, land: Iterable[Finding]) -> PlanReadiness:
    """Add what only the arithmetic says: invalid polygons and lost buildings."""
    for finding in land:
        if finding.code in _SAID_BY_RULES:
            continue
        facts: dict[str, object] = {"grids": [str(grid) for grid in finding.grids], "place": finding.place}
        if finding.hard:
            ready.refusals.append(
                RuleBroken(
                    finding.code, zh=finding.zh, en=finding.en, rule="J03", facts=facts, field="geometry",
                    how_to_fix_zh="请重新划分该社区或修改边界", how_to_fix_en="draw the community again or edit it",
                )
            )  # fmt: skip
        else:
            ready.hints.append(PlanHint(finding.code, zh=finding.zh, en=finding.en, rule="J05", facts=facts))
    return ready


def _with_homes(ready: PlanReadiness, plan: GridPlan) -> PlanReadiness:
    """Say which homes came with an import after the plan was drawn; a plan is judged by the homes it was drawn for."""
    buildings, households = homes_outside_plan(plan)
    if buildings:
        ready.hints.append(
            PlanHint(
                "HOUSEHOLDS_UNPLACED",
                zh=f"划分之后图层有更新：{buildings}栋建筑{households}户尚未划入本方案，请重新划分",
                en=f"layers have changed since: {buildings} buildings with {households} households are not in the "
                "plan; draw it again",
                rule="J03",
                facts={"buildings": buildings, "households": households},
            )
        )
    return ready
