"""Coverage runs and their rows, and in which grid a home lies."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
from django.db.models import QuerySet

from gis.layers.queries.frames import frame_of
from grids.units.models import BuildingAssignment, CommunityCoverage, CoverageRun, GridCoverage, PlanGrid
from grids.units.queries.plans import plans_in_force
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths


def latest_run() -> CoverageRun | None:
    """The newest coverage run of the city."""
    return CoverageRun.objects.order_by("-id").first()


def grid_coverage_visible_to(user: User, run: CoverageRun | None) -> QuerySet[GridCoverage]:
    """A run's grids in the communities for which the user holds `coverage.view`, by id."""
    allowed = under_paths(granted_paths(user, "coverage.view"), "grid__community__unit__path")
    return GridCoverage.objects.filter(allowed, run=run).select_related("grid__community").order_by("id")


def community_coverage_visible_to(user: User, run: CoverageRun | None) -> QuerySet[CommunityCoverage]:
    """A run's communities for which the user holds `coverage.view`, by id."""
    allowed = under_paths(granted_paths(user, "coverage.view"), "community__unit__path")
    return CommunityCoverage.objects.filter(allowed, run=run).select_related("community").order_by("id")


def grid_of_home(homes: gpd.GeoDataFrame, on: date) -> pd.DataFrame:
    """`grid_id` (Int64, NA = none) per home, by the plans in force; `attrs["plan_of_grid"]` maps every grid in force.

    A home that a plan assigns stands where the plan says; one that came with a later import stands where it lies.
    """
    drawn = PlanGrid.objects.filter(plan__in=plans_in_force(on), grid__isnull=False)
    polygons = frame_of(drawn, {"grid_id": "grid_id", "plan_id": "plan_id"})
    assigned = BuildingAssignment.objects.filter(plan_grid__in=drawn, building__isnull=False)
    said = dict(assigned.values_list("building_id", "plan_grid__grid_id"))
    grids = pd.Series(homes.index.map(said), index=homes.index, dtype="Int64", name="grid_id")
    missing = homes[grids.isna()]
    if len(missing) and len(polygons):
        lies_in = gpd.sjoin(missing[["geometry"]], polygons[["grid_id", "geometry"]], predicate="within")
        found = lies_in["grid_id"][~lies_in.index.duplicated()].astype("Int64")
        grids.loc[found.index] = found
    result = grids.to_frame()
    result.attrs["plan_of_grid"] = {
        int(grid): int(plan) for grid, plan in zip(polygons["grid_id"], polygons["plan_id"], strict=True)
    }
    return result
