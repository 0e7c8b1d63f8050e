"""What a plan changes against the plan before it: grids that are new, gone or reshaped, households that move."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery, Sum

from gis.compute.identity import match_grids
from grids.units.models import BuildingAssignment, GridPlan, PlanGrid
from grids.units.queries.grids import grid_of_building


def changes_against(plan: GridPlan, before: GridPlan | None) -> dict[str, Any]:
    """Codes of the grids that are new (places in the plan), gone and changed, and the households that move.

    A household moves when its building's grid continues another identity than before. Without a plan before there is
    nothing to compare: all empty.
    """
    if before is None:
        return {}
    old = {row.grid_id: row for row in PlanGrid.objects.filter(plan=before)}
    new = list(PlanGrid.objects.filter(plan=plan).order_by("sequence"))
    kept = {row.grid_id for row in new if row.grid_id is not None}
    return {
        "against": before.pk,
        "new": [row.label for row in new if row.grid_id not in old],
        "gone": sorted(row.code for grid_id, row in old.items() if grid_id not in kept),
        "changed": [
            old[row.grid_id].code
            for row in new
            if row.grid_id in old and not old[row.grid_id].geometry.equals_exact(row.geometry)
        ],
        "moved_households": moved_households(plan, before),
    }


def moved_households(plan: GridPlan, before: GridPlan) -> int:
    """Households whose building stands in another grid than in the plan before; buildings of both plans only."""
    was = BuildingAssignment.objects.filter(plan=before, building_ref=OuterRef("building_ref"))
    rows = (
        BuildingAssignment.objects.filter(plan=plan)
        .annotate(was=Subquery(was.values("plan_grid__grid_id")[:1]), now=F("plan_grid__grid_id"))
        .filter(was__isnull=False)
    )
    moved = rows.filter(Q(now=None) | ~Q(now=F("was"))).aggregate(sum=Sum("households"))["sum"]
    return int(moved or 0)


def identities_from(plan: GridPlan, before: GridPlan) -> dict[int, int]:
    """Which identity each grid of the plan (by row id) takes over from the plan before; the others are new.

    By most shared households; a grid that shares none, such as land without homes, by the same outline.
    """
    new, old = grid_of_building(plan, "plan_grid_id"), grid_of_building(before, "plan_grid__grid_id")
    kept = {
        row: int(str(grid))
        for row, grid in match_grids(new["grid"], old["grid"], new["households"]).items()
        if grid is not None
    }
    for row, grid in same_outlines(
        PlanGrid.objects.filter(plan=plan), before, taken=set(kept.values())
    ).items():
        kept.setdefault(row, grid)
    return kept


def same_outlines(rows: Iterable[PlanGrid], before: GridPlan, taken: Collection[int]) -> dict[int, int]:
    """Grids (by row id, or by place where they have none yet) whose outline an untaken grid of the plan before has."""
    free = {
        old.geometry.wkb.tobytes(): old.grid_id
        for old in PlanGrid.objects.filter(plan=before).exclude(grid=None).exclude(grid__in=taken)
    }
    found = {row.pk or row.sequence: free.get(row.geometry.wkb.tobytes()) for row in rows}
    return {row: grid for row, grid in found.items() if grid is not None}
