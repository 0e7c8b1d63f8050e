"""Results of coverage runs: households within a walk of a fitness site, per grid, community and city."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from gis.layers.models import Community
from grids.units.models.grids import Grid
from grids.units.models.plans import GridPlan
from tenants.accounts.models import User


class CoverageRun(models.Model):
    """One computation for the whole city. `method_counts` says how many households were measured which way."""

    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    job_id = models.BigIntegerField(null=True)
    parameters = models.JSONField(default=dict)
    policy_version = models.CharField(max_length=64, blank=True)
    households = models.PositiveIntegerField()
    covered_households = models.PositiveIntegerField()
    method_counts = models.JSONField(default=dict)
    sites = models.PositiveIntegerField(default=0)
    run_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job_id"], name="coveragerun_once_per_job"),
            models.CheckConstraint(
                condition=Q(covered_households__lte=F("households")), name="coveragerun_covered_within"
            ),
        ]


class GridCoverage(models.Model):
    """Coverage of one grid as the plan in force drew it; `sites_in_reach` are the nearest ones with metres."""

    run = models.ForeignKey(CoverageRun, on_delete=models.CASCADE, related_name="grids")
    grid = models.ForeignKey(Grid, on_delete=models.CASCADE, related_name="coverages")
    plan = models.ForeignKey(GridPlan, on_delete=models.CASCADE, related_name="+")
    households = models.PositiveIntegerField()
    covered_households = models.PositiveIntegerField()
    method = models.CharField(max_length=8, help_text="network, radius, or mixed")
    sites_in_reach = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "grid"], name="gridcoverage_once"),
            models.CheckConstraint(
                condition=Q(covered_households__lte=F("households")), name="gridcoverage_covered_within"
            ),
        ]


class CommunityCoverage(models.Model):
    """Coverage of one community, with or without grids."""

    run = models.ForeignKey(CoverageRun, on_delete=models.CASCADE, related_name="communities")
    community = models.ForeignKey(Community, on_delete=models.CASCADE, related_name="coverages")
    households = models.PositiveIntegerField()
    covered_households = models.PositiveIntegerField()
    method = models.CharField(max_length=8, help_text="network, radius, or mixed")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "community"], name="communitycoverage_once"),
            models.CheckConstraint(
                condition=Q(covered_households__lte=F("households")), name="communitycoverage_covered_within"
            ),
        ]
