"""Base grids a user may see: on the day asked for, as the plan in force draws them."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
from django.db.models import Q, QuerySet
from django.db.models.functions import Upper

from gis.layers.queries.frames import frame_of
from grids.units.models import BuildingAssignment, Grid, GridPlan, PlanGrid
from grids.units.queries.plans import plans_in_force
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found
from wangge.kernel.permissions import require


def grids_visible_to(user: User) -> QuerySet[Grid]:
    """Every base grid that ever was, in the communities for which the user holds `grid.view`, by id."""
    allowed = under_paths(granted_paths(user, "grid.view"), "community__unit__path")
    return Grid.objects.filter(allowed).select_related("community__unit").order_by("id")


def drawn_grids_visible_to(user: User, on: date) -> QuerySet[PlanGrid]:
    """The grids as drawn by the plans in force that day, in the user's communities, by id."""
    allowed = under_paths(granted_paths(user, "grid.view"), "plan__community__unit__path")
    return (
        PlanGrid.objects.filter(allowed, plan__in=plans_in_force(on), grid__isnull=False)
        .select_related("plan__community__unit", "grid")
        .order_by("id")
    )


def draft_grids_visible_to(user: User, plan_ids: list[int] | None = None) -> QuerySet[PlanGrid]:
    """The grids of plans that are not in force yet (of some plans, where named), for who may see plans."""
    allowed = under_paths(granted_paths(user, "grid_plan.view"), "plan__community__unit__path")
    rows = PlanGrid.objects.filter(allowed).select_related("plan__community__unit", "grid").order_by("id")
    if plan_ids is not None:
        return rows.filter(plan_id__in=plan_ids)
    return rows.exclude(plan__state__in=("published", "superseded"))


def grid_for_update(user: User, grid_id: int, permission: str) -> Grid:
    """The grid, locked; 404 outside the user's scope, then 403 without the right."""
    found = grids_visible_to(user).filter(pk=grid_id).first()
    if found is None:
        raise not_found("网格", "grid")
    require(user, permission, found.unit_path)
    rows = Grid.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("community__unit").get(pk=grid_id)


def drawn_grids(plan: GridPlan, by: str = "id") -> gpd.GeoDataFrame:
    """The plan's grids in EPSG:4490: plan_grid_id, grid_id, sequence, households; index by `id` or `grid_id`."""
    columns = {"plan_grid_id": "id", "grid_id": "grid_id", "sequence": "sequence", "households": "households"}
    frame = frame_of(PlanGrid.objects.filter(plan=plan), columns)
    if by != "id":
        frame = frame.dropna(subset=[by])
        frame.index = frame[by].astype("int64").rename("id")
    return frame


def grid_of_building(plan: GridPlan, grid_field: str) -> pd.DataFrame:
    """The plan's buildings by their names: `grid` (a field of the assignment) and `households`."""
    rows = BuildingAssignment.objects.filter(plan=plan).values_list("building_ref", grid_field, "households")
    return pd.DataFrame(list(rows), columns=["ref", "grid", "households"]).set_index("ref")


def valid_on(on: date) -> Q:
    """Grids that exist on that day."""
    return Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gte=on))


def used_sequences(community_id: int) -> list[int]:
    """Every number a grid of the community has ever borne."""
    return list(Grid.objects.filter(community_id=community_id).values_list("sequence", flat=True))


def linked_external_codes(codes: list[str]) -> dict[str, int]:
    """Which of these external codes, in capitals, belong to which grid. Rule: J02"""
    # Links made before the codes were kept in capitals count as well.
    rows = Grid.objects.annotate(code_text=Upper("external_grid_code")).filter(code_text__in=codes)
    return {str(code): pk for code, pk in rows.values_list("code_text", "pk")}
