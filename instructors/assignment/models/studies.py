"""Studies of where sites are missing."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob, OrgUnit


class StudyState(models.TextChoices):
    """What became of a study; one at a time is computed."""

    COMPUTING = "computing"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class GapStudy(models.Model):
    """Who lives within a walk of a site today, and where the next sites would reach most. Rule: J20

    `figures`: households, covered today and in the end, the bound, homes by method. `steps`: lon, lat, name, gained,
    covered, share of each new place in the order to open them. `towns`: households and those covered today by town.
    `communities`: the same by id of the community, and how many households are measured by the straight line; empty
    in studies of earlier versions. `picture`: a map as SVG, a unit of its view box a metre.
    """

    state = models.CharField(max_length=10, choices=StudyState.choices, default=StudyState.COMPUTING)
    places = models.PositiveSmallIntegerField(help_text="how many new sites were asked for")
    as_of = models.DateField()
    figures = models.JSONField(default=dict)
    steps = models.JSONField(default=list)
    towns = models.JSONField(default=list)
    communities = models.JSONField(default=list)
    picture = models.TextField(blank=True)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey(BackgroundJob, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    policy_version = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="computing"), name="one_gap_study_computing"
            )
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this study are decided."""
        return self.unit.path
