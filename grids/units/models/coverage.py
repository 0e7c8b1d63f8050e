"""Results of coverage runs: households within a walk of a fitness site or of a regular activity, per grid, community and city.

Rule: J11
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from gis.layers.models import Community
from grids.units.models.grids import Grid
from grids.units.models.plans import GridPlan
from tenants.accounts.models import User


class ReachedHouseholds(models.Model):
    """How many households there are, and how many of them reach what. A run before activities were counted has none.

    `covered_households`: within a walk of a site or of a regular activity, `activity_households`: of an activity,
    `activity_only_households`: of an activity and of no site.
    """

    households = models.PositiveIntegerField()
    covered_households = models.PositiveIntegerField()
    activity_households = models.PositiveIntegerField(default=0, db_default=0)
    activity_only_households = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True

    @property
    def site_households(self) -> int:
        """Households within a walk of a fitness site."""
        return self.covered_households - self.activity_only_households


def _parts_within(name: str) -> models.CheckConstraint:
    """Households of an activity are among the covered, those of an activity alone among those of an activity."""
    within = Q(activity_households__lte=F("covered_households"))
    return models.CheckConstraint(
        condition=within & Q(activity_only_households__lte=F("activity_households")), name=name
    )


class CoverageRun(ReachedHouseholds):
    """One computation for the whole city. `method_counts` says how many households were measured which way.

    `activity_places`: different points at which regular activities of the day took place, None: a run that did not
    look; `places_left_out`: of these, how many lay too far from every home; `homes_as_of`: when the newest building
    file was brought in, and so since when the households are counted as they are.
    """

    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    job_id = models.BigIntegerField(null=True)
    parameters = models.JSONField(default=dict)
    policy_version = models.CharField(max_length=64, blank=True)
    method_counts = models.JSONField(default=dict)
    sites = models.PositiveIntegerField(default=0)
    activity_places = models.PositiveIntegerField(null=True)
    places_left_out = models.PositiveIntegerField(default=0, db_default=0)
    homes_as_of = models.DateField(null=True)
    run_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job_id"], name="coveragerun_once_per_job"),
            models.CheckConstraint(
                condition=Q(covered_households__lte=F("households")), name="coveragerun_covered_within"
            ),
            _parts_within("coveragerun_parts_within"),
        ]


class GridCoverage(ReachedHouseholds):
    """Coverage of one grid as the plan in force drew it; `sites_in_reach` are the nearest ones with metres."""

    run = models.ForeignKey(CoverageRun, on_delete=models.CASCADE, related_name="grids")
    grid = models.ForeignKey(Grid, on_delete=models.CASCADE, related_name="coverages")
    plan = models.ForeignKey(GridPlan, on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=8, help_text="network, radius, or mixed")
    sites_in_reach = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "grid"], name="gridcoverage_once"),
            models.CheckConstraint(
                condition=Q(covered_households__lte=F("households")), name="gridcoverage_covered_within"
            ),
            _parts_within("gridcoverage_parts_within"),
        ]


class CommunityCoverage(ReachedHouseholds):
    """Coverage of one community, with or without grids."""

    run = models.ForeignKey(CoverageRun, on_delete=models.CASCADE, related_name="communities")
    community = models.ForeignKey(Community, on_delete=models.CASCADE, related_name="coverages")
    method = models.CharField(max_length=8, help_text="network, radius, or mixed")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "community"], name="communitycoverage_once"),
            models.CheckConstraint(
                condition=Q(covered_households__lte=F("households")), name="communitycoverage_covered_within"
            ),
            _parts_within("communitycoverage_parts_within"),
        ]
