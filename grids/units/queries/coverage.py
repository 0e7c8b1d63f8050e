"""Coverage runs and their rows, and in which grid a home lies."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
from django.db.models import Max, QuerySet

from gis.layers.models import ImportStatus, LayerImport, LayerKind
from gis.layers.queries.frames import frame_of
from grids.units.models import BuildingAssignment, CommunityCoverage, CoverageRun, GridCoverage, PlanGrid
from grids.units.models.coverage import ReachedHouseholds
from grids.units.queries.plans import plans_in_force
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.rules.local_time import local_date


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


def reached_told(row: ReachedHouseholds) -> dict[str, Any]:
    """The households of a run or of one of its rows by what they reach, each with its share to four places. Rule: J11"""
    counts = {
        "": row.covered_households, "site_": row.site_households, "activity_": row.activity_households
    }  # fmt: skip
    named = {f"{part or 'covered_'}households": count for part, count in counts.items()}
    shares = {f"{part}share": share_of(count, row.households) for part, count in counts.items()}
    return {"households": row.households, **named, **shares}


def share_of(part: int, whole: int) -> float | None:
    """A part of a whole, to four places; None where there is no whole."""
    return round(part / whole, 4) if whole else None


def homes_as_of() -> date | None:
    """The day on which the newest file of buildings was brought in; None where none stands."""
    applied = LayerImport.objects.filter(kind=LayerKind.BUILDINGS, status=ImportStatus.APPLIED)
    newest = applied.aggregate(newest=Max("applied_at"))["newest"]
    return None if newest is None else local_date(newest)


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
