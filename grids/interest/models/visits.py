"""Visits to households, and issues handed to the city's hotline."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grids.interest.models.interest_grids import InterestGrid
from grids.interest.rules.hotline_issue import IssueKind, IssueState
from grids.interest.rules.household_visit import VisitOutcome, VisitPurpose
from grids.units.models import Grid
from instructors.assignment.models import Site
from tenants.accounts.models import User
from tenants.bureau.models import OutboxMessage, StoredFile


class HouseholdVisit(models.Model):
    """A visit to one household of a base grid: why, how it ended, and a short note where people agreed. Rule: J13

    It keeps neither names nor numbers nor a door. `noted_at`: when it was noted at the door; `created_at`: when it
    arrived. `key`: the phone's own name for it, so that sending again records nothing twice; `key_digest`: of what was
    sent under it. The row is deleted on `erase_on`.
    """

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="household_visits", db_index=False)
    visited_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="household_visits", db_index=False
    )
    purpose = models.CharField(
        max_length=12, choices=[(purpose.value, purpose.value) for purpose in VisitPurpose]
    )
    outcome = models.CharField(
        max_length=12, choices=[(outcome.value, outcome.value) for outcome in VisitOutcome]
    )
    consented = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    noted_at = models.DateTimeField()
    key = models.CharField(max_length=64, null=True)
    key_digest = models.CharField(max_length=64, blank=True)
    erase_on = models.DateField(db_index=True)
    policy_version = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["visited_by", "key"], name="household_visit_once"),
            models.CheckConstraint(
                condition=~Q(outcome="talked") | Q(consented=True), name="household_visit_agreed_to"
            ),
            models.CheckConstraint(
                condition=Q(outcome="talked") | Q(note="", consented=False),
                name="household_visit_keeps_nothing",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["grid", "noted_at"], name="household_visit_grid")]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this visit are decided."""
        return self.grid.unit_path


class HotlineIssue(models.Model):
    """A fault or a matter seen in a base grid, referred to the city's hotline. Rule: J15

    `text` bears no phone or identity number: they are masked before it is stored. `message`: on its way through the
    outbox. `number`: what the hotline calls it.
    """

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="hotline_issues")
    interest_grid = models.ForeignKey(
        InterestGrid, null=True, on_delete=models.PROTECT, related_name="hotline_issues"
    )
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in IssueKind])
    place_name = models.CharField(max_length=120)
    text = models.CharField(max_length=500, blank=True)
    photo = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="hotline_issues")
    noted_at = models.DateTimeField()
    state = models.CharField(
        max_length=12,
        choices=[(state.value, state.value) for state in IssueState],
        default=IssueState.NOTED.value,
    )
    message = models.OneToOneField(OutboxMessage, null=True, on_delete=models.SET_NULL, related_name="+")
    handed_over_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    handed_over_at = models.DateTimeField(null=True)
    number = models.CharField(max_length=64, blank=True)
    answer = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["grid", "id"], condition=Q(state="noted"), name="hotline_issue_waiting")
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this issue are decided."""
        return self.grid.unit_path
