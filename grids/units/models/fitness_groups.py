"""The fitness organisation of a base grid (网格健身组织) and its members."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from grids.units.models.at_a_time import day_range, one_id
from grids.units.models.grids import Grid
from tenants.accounts.models import User


class GridFitnessGroup(models.Model):
    """The fitness organisation of one base grid from its founding to its last day; one at a time. Rules: J03, J06"""

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="fitness_groups")
    name = models.CharField(max_length=60)
    founded_on = models.DateField()
    dissolved_on = models.DateField(null=True, help_text="its last day")
    dissolve_reason = models.CharField(max_length=300, blank=True)
    founded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    policy_version = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(dissolved_on=None) | Q(dissolved_on__gte=F("founded_on")),
                name="fitness_group_days_in_order",
            ),
            ExclusionConstraint(
                name="fitness_group_one_per_grid",
                expressions=[(one_id("grid"), "&&"), (day_range("founded_on", "dissolved_on"), "&&")],
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this group are decided."""
        return self.grid.unit_path


class FitnessGroupMember(models.Model):
    """A person of a grid's fitness organisation: a name and days, and the account where the person has one.

    `leads`: the grid's leader, who is in it by right.
    """

    group = models.ForeignKey(GridFitnessGroup, on_delete=models.PROTECT, related_name="members")
    name = models.CharField(max_length=60)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    leads = models.BooleanField(default=False)
    joined_on = models.DateField()
    left_on = models.DateField(null=True, help_text="the last day")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(left_on__gte=F("joined_on")), name="group_member_days_in_order"
            ),
            models.UniqueConstraint(
                fields=["group", "name"], condition=Q(left_on=None), name="group_member_once"
            ),
        ]
