"""Tables of base grids, by noun."""

from grids.units.models.coverage import CommunityCoverage, CoverageRun, GridCoverage
from grids.units.models.fitness_groups import FitnessGroupMember, GridFitnessGroup
from grids.units.models.governance import GovernancePerson
from grids.units.models.grids import Grid, GridRelease
from grids.units.models.leaders import CultureSportsOfficer, GridLeader
from grids.units.models.pilots import Pilot
from grids.units.models.plans import BuildingAssignment, GridPlan, PlanEvent, PlanGrid, PlanStateChoices
from grids.units.models.sports_bodies import SportsBody

__all__ = [
    "BuildingAssignment",
    "CommunityCoverage",
    "CoverageRun",
    "CultureSportsOfficer",
    "FitnessGroupMember",
    "GovernancePerson",
    "Grid",
    "GridCoverage",
    "GridFitnessGroup",
    "GridLeader",
    "GridPlan",
    "GridRelease",
    "Pilot",
    "PlanEvent",
    "PlanGrid",
    "PlanStateChoices",
    "SportsBody",
]
