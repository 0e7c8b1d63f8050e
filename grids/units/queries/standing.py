"""What of a plan stands when its community is drawn anew: locked grids, and buildings assigned by hand."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from django.db.models import Q, QuerySet

from grids.units.models import BuildingAssignment, GridPlan, PlanEvent, PlanGrid
from grids.units.queries.grids import drawn_grids
from grids.units.queries.plans import EDITABLE
from wangge.errors import RuleBroken, not_found

MOST_TOLD = 20
ASSIGN, UNDO_ASSIGN, DRAW = "assign", "undo_assign", "draw"


@dataclass(frozen=True, slots=True)
class Standing:
    """The plan whose decisions hold, its version when they were read, and what they are.

    `previous`: its grids (EPSG:4490; index = what people call them, as in `locked`, `identity` and the values of
    `assigned`); `assigned`: building id → grid; `identity`: grid → base grid or None; `lost`: names of assigned
    buildings that the layer no longer has.
    """

    plan: GridPlan
    previous: gpd.GeoDataFrame
    locked: tuple[str, ...]
    assigned: pd.Series
    identity: dict[str, int | None]
    lost: tuple[str, ...]


def plan_with_decisions(community_id: int) -> GridPlan | None:
    """The community's newest plan under work, when any of its grids is locked or any building assigned by hand."""
    newest = (
        GridPlan.objects.filter(community_id=community_id, state__in=EDITABLE).order_by("-number").first()
    )
    if newest is None:
        return None
    locked = PlanGrid.objects.filter(plan=newest, is_locked=True)
    by_hand = BuildingAssignment.objects.filter(plan=newest, is_manual=True)
    return newest if locked.exists() or by_hand.exists() else None


def standing_of(plan: GridPlan, buildings: gpd.GeoDataFrame) -> Standing:
    """What stands of the plan; `buildings` are the layer's present ones (index = id, column `ref`)."""
    rows = list(PlanGrid.objects.filter(plan=plan).defer("geometry", "geometry_3857").order_by("sequence"))
    labels = {row.pk: row.label for row in rows}
    by_hand = BuildingAssignment.objects.filter(plan=plan, is_manual=True)
    wanted: dict[int, str] = {}
    lost: list[str] = []
    id_of_ref = dict(zip(buildings["ref"], buildings.index, strict=True))
    for building_id, ref, grid in by_hand.values_list("building_id", "building_ref", "plan_grid_id"):
        found = building_id if building_id in buildings.index else id_of_ref.get(ref)
        if found is None:
            lost.append(ref)
        else:
            wanted[int(found)] = labels[grid]
    previous = drawn_grids(plan, by="plan_grid_id")
    previous.index = previous.index.map(labels)
    return Standing(
        plan=plan,
        previous=previous,
        locked=tuple(row.label for row in rows if row.is_locked),
        assigned=pd.Series(wanted, dtype=object),
        identity={row.label: row.grid_id for row in rows},
        lost=tuple(sorted(lost)),
    )


def assignments_of(plan: GridPlan) -> QuerySet[BuildingAssignment]:
    """The plan's buildings with their grids, by id."""
    rows = BuildingAssignment.objects.filter(plan=plan).select_related("plan_grid")
    return rows.defer("plan_grid__geometry", "plan_grid__geometry_3857").order_by("id")


def assignments_by_ref(plan: GridPlan, refs: list[str]) -> list[BuildingAssignment]:
    """The plan's rows of these buildings, locked, in the order of their names; 404 when one is not in the plan."""
    rows = list(
        assignments_of(plan)
        .filter(building_ref__in=refs)
        .select_for_update(of=("self",))
        .order_by("building_ref")
    )
    if len(rows) != len(set(refs)):
        raise _not_in_plan(sorted(set(refs) - {row.building_ref for row in rows}))
    return rows


def _not_in_plan(missing: list[str]) -> RuleBroken:
    refused = not_found("建筑", "building")
    refused.facts["missing"] = missing[:MOST_TOLD]
    refused.how_to_fix_zh = "请只选本方案内的建筑；图层更新后请先重新划分"
    refused.how_to_fix_en = (
        "choose buildings of this plan; after an import of the layer draw the plan anew first"
    )
    return refused


def last_assignment(plan: GridPlan) -> PlanEvent | None:
    """The newest assignment by hand since the plan was drawn that has not been taken back, or None."""
    drawn = PlanEvent.objects.filter(plan=plan, action=DRAW).order_by("-id").first()
    since = Q() if drawn is None else Q(id__gt=drawn.pk)
    undone = PlanEvent.objects.filter(since, plan=plan, action=UNDO_ASSIGN).values_list(
        "after__undoes", flat=True
    )
    events = PlanEvent.objects.filter(since, plan=plan, action=ASSIGN)
    return events.exclude(pk__in=list(undone)).order_by("-id").first()
