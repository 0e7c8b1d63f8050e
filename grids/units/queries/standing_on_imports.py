"""What of the grids stands on an import of a map layer, for whoever wants to take the import back."""

from __future__ import annotations

from grids.units.models import BuildingAssignment, GridPlan
from grids.units.rules.plan_states import PlanState


def published_plans_on(layer_import_id: int) -> dict[str, int]:
    """“grid plan” → how many published plans hold buildings that this import brought, or rows that stand for its
    compounds; empty for none."""
    published = BuildingAssignment.objects.filter(plan__state=PlanState.PUBLISHED)
    own = published.filter(building__layer_import=layer_import_id)
    stood_for = published.filter(building__stands_for__layer_import=layer_import_id)
    plans = set(own.values_list("plan_id", flat=True)) | set(stood_for.values_list("plan_id", flat=True))
    return {str(GridPlan._meta.verbose_name): len(plans)} if plans else {}
