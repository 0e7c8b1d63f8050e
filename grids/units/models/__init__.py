"""Tables of base grids, by noun."""

from grids.units.models.coverage import CommunityCoverage, CoverageRun, GridCoverage
from grids.units.models.grids import Grid, GridRelease
from grids.units.models.leaders import CultureSportsOfficer, GridLeader
from grids.units.models.plans import BuildingAssignment, GridPlan, PlanEvent, PlanGrid, PlanStateChoices

__all__ = [
    "BuildingAssignment",
    "CommunityCoverage",
    "CoverageRun",
    "CultureSportsOfficer",
    "Grid",
    "GridCoverage",
    "GridLeader",
    "GridPlan",
    "GridRelease",
    "PlanEvent",
    "PlanGrid",
    "PlanStateChoices",
]
