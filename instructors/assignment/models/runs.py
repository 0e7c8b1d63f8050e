"""Computed assignments of instructors to sites."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from instructors.assignment.models.sites import SiteNeed
from instructors.people.models import Instructor
from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob, OrgUnit


class RunState(models.TextChoices):
    """What became of a computation; one run at most is adopted."""

    COMPUTING = "computing"
    READY = "ready"
    ADOPTED = "adopted"
    REPLACED = "replaced"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AssignmentRun(models.Model):
    """One computation of who serves which site, for the whole city. Rule: S07

    `parameters`: as the rules name them. `figures`: covered and asked weight, travel, load, optimality gap, households in
    reach, who was left out and why. `as_of`: the day on which qualifications must hold. `inputs`: short digests of what was
    computed from, so that a change since is told. `prices`: of the programme, so that any pair can be explained.
    `replaces`: the run that was in force when this one was adopted.
    """

    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.COMPUTING)
    as_of = models.DateField()
    parameters = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey(BackgroundJob, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    adopted_at = models.DateTimeField(null=True)
    adopted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    replaces = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    inputs = models.JSONField(default=dict)
    prices = models.JSONField(default=dict)
    policy_version = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="adopted"), name="one_adopted_run")
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this run are decided."""
        return self.unit.path


class SiteAssignment(models.Model):
    """In a run, an instructor serves a need every week. `travel_m`: from home, as the crow flies or along streets."""

    run = models.ForeignKey(AssignmentRun, on_delete=models.CASCADE, related_name="assignments")
    need = models.ForeignKey(SiteNeed, on_delete=models.CASCADE, related_name="assignments")
    instructor = models.ForeignKey(Instructor, on_delete=models.CASCADE, related_name="assignments")
    travel_m = models.PositiveIntegerField()
    is_pinned = models.BooleanField(default=False)
    is_kept = models.BooleanField(default=False, help_text="as in the run adopted before")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "need", "instructor"], name="assignment_once")
        ]
        indexes: ClassVar = [models.Index(fields=["run", "instructor"], name="assignment_by_person")]


class UnservedNeed(models.Model):
    """In a run, places of a need that stay empty, and the reason with its facts."""

    run = models.ForeignKey(AssignmentRun, on_delete=models.CASCADE, related_name="unserved")
    need = models.ForeignKey(SiteNeed, on_delete=models.CASCADE, related_name="unserved")
    places = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=24)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "need"], name="unserved_once")]
