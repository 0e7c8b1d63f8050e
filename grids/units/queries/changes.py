"""What a plan changes against the plan before it: grids that are new, gone or reshaped, households that move."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Q, Subquery, Sum

from grids.units.models import BuildingAssignment, GridPlan, PlanGrid


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
