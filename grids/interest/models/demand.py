"""What people ask for, stored once and handed up to the street or town."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from gis.layers.models import Community
from grids.interest.models.interest_grids import InterestGrid
from grids.interest.models.visits import HouseholdVisit
from grids.interest.rules.demand_states import DemandSource, DemandState
from grids.interest.rules.order_line_wish import ContactRole, CourseType, Crowd, TimeOfDay
from grids.units.models import Grid
from instructors.assignment.models import Site
from instructors.people.models import ActivityItem
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit


class Demand(models.Model):
    """An item that an interest grid, or people of a base grid, ask for. Rule: J22

    Of one interest grid (or one base grid) and one item there is one open demand: who asks too raises `askers`.
    `people`: how many would take part, where somebody said so. What is empty of times and place is taken from the
    interest grid when the demand is handed up.
    """

    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="demands")
    interest_grid = models.ForeignKey(
        InterestGrid, null=True, on_delete=models.PROTECT, related_name="demands"
    )
    grid = models.ForeignKey(Grid, null=True, on_delete=models.PROTECT, related_name="demands")
    item = models.ForeignKey(ActivityItem, on_delete=models.PROTECT, related_name="demands")
    course_type = models.CharField(
        max_length=12,
        choices=[(each.value, each.value) for each in CourseType],
        default=CourseType.SKILL_CLASS.value,
    )
    askers = models.PositiveIntegerField(default=1)
    people = models.PositiveIntegerField(null=True)
    has_basis = models.BooleanField(null=True, help_text="whether the people have done it before")
    crowd = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in Crowd], default=Crowd.EVERYBODY.value
    )
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list)
    time_of_day = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in TimeOfDay], blank=True
    )
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    place_name = models.CharField(max_length=120, blank=True)
    contact_role = models.CharField(
        max_length=10,
        choices=[(each.value, each.value) for each in ContactRole],
        default=ContactRole.APPLICANT.value,
    )
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.value) for state in DemandState],
        default=DemandState.OPEN.value,
    )
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    town = models.ForeignKey(OrgUnit, null=True, on_delete=models.PROTECT, related_name="+")
    handed_up_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    handed_up_on = models.DateField(null=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_on = models.DateField(null=True)
    answer_reason = models.CharField(max_length=300, blank=True)
    closed_on = models.DateField(null=True)
    close_reason = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(interest_grid=None, grid__isnull=False) | Q(interest_grid__isnull=False),
                name="demand_of_a_grid",
            ),
            models.UniqueConstraint(
                fields=["interest_grid", "item"],
                condition=Q(state="open", interest_grid__isnull=False),
                name="demand_once_open",
            ),
            models.UniqueConstraint(
                fields=["grid", "item"],
                condition=Q(state="open", interest_grid=None),
                name="demand_once_open_of_base_grid",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("open", "closed")) | Q(town__isnull=False, handed_up_on__isnull=False),
                name="demand_handed_up_to_a_town",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["community", "id"], condition=Q(state="open"), name="demand_open"),
            models.Index(fields=["town", "id"], condition=Q(state="handed_up"), name="demand_waiting"),
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this demand are decided."""
        return self.community.unit_path


class DemandAsk(models.Model):
    """One asking that was counted: where it came from and how many people it spoke for. Rule: J22"""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="asks", db_index=False)
    source = models.CharField(
        max_length=14, choices=[(source.value, source.value) for source in DemandSource]
    )
    visit = models.ForeignKey(HouseholdVisit, null=True, on_delete=models.SET_NULL, related_name="asks")
    askers = models.PositiveIntegerField(default=1)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_on = models.DateField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["demand", "visit"], name="demand_ask_once_a_visit")
        ]
