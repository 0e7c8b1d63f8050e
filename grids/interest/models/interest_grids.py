"""Interest grids: people with one hobby in one neighbourhood."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.gis.db import models
from django.db.models import Q
from django.db.models.functions import Now

from gis.layers.models import Community
from grids.interest.rules.people_states import InterestGridState
from grids.units.models import Grid
from instructors.assignment.models import Site
from instructors.people.models import ActivityItem
from tenants.accounts.models import User

STORAGE_SRID = 4490


class InterestGrid(models.Model):
    """People with one hobby (square dance, walking, table tennis …), their place and usual time. Rule: J07

    `community`: its home. `base_grids`: whom it serves; those of other communities only with the county's approval
    (`crossing_approved_by`). `recurrence`: an RFC 5545 RRULE of its usual times, empty where they are not fixed;
    `from_minute`, `minutes`: when on such a day, in minutes after midnight in Shanghai. It meets at `site`, or at
    `place` (a point and words). `active_since`: the day it was first confirmed; `last_activity_on`: the last day an activity
    of it was held; `woken_on`: the last day it woke. The days of its states stand in `InterestGridSpan`.
    """

    code = models.CharField(max_length=20, unique=True, help_text="community code and a number")
    sequence = models.PositiveIntegerField()
    name = models.CharField(max_length=60)
    item = models.ForeignKey(ActivityItem, on_delete=models.PROTECT, related_name="interest_grids")
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="interest_grids")
    base_grids = models.ManyToManyField(Grid, related_name="interest_grids")
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="interest_grids")
    place = models.PointField(srid=STORAGE_SRID, null=True)
    place_name = models.CharField(max_length=120, blank=True)
    recurrence = models.CharField(max_length=300, blank=True)
    from_minute = models.PositiveSmallIntegerField(null=True)
    minutes = models.PositiveSmallIntegerField(null=True)
    is_outdoors = models.BooleanField(default=True)
    introduction = models.CharField(max_length=500, blank=True)
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.value) for state in InterestGridState],
        default=InterestGridState.PROPOSED.value,
    )
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    crossing_approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    crossing_approved_on = models.DateField(null=True)
    active_since = models.DateField(null=True)
    last_activity_on = models.DateField(null=True)
    woken_on = models.DateField(null=True)
    dormant_since = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    close_reason = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["community", "item", "name"], condition=~Q(state="closed"), name="interest_grid_once"
            ),
            models.UniqueConstraint(fields=["community", "sequence"], name="interest_grid_sequence_once"),
            models.CheckConstraint(
                condition=Q(from_minute=None) | Q(from_minute__lt=1440), name="interest_grid_minute_of_a_day"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "last_activity_on"], name="interest_grid_state")]

    def __str__(self) -> str:
        return self.code

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this interest grid are decided."""
        return self.community.unit_path


class InterestGridSpan(models.Model):
    """The days an interest grid was in a state, from a first to a last; the present state has no last day. Rule: J07

    A state that was left on the day it was entered has no span.
    """

    interest_grid = models.ForeignKey(InterestGrid, on_delete=models.CASCADE, related_name="spans")
    state = models.CharField(
        max_length=10, choices=[(state.value, state.value) for state in InterestGridState]
    )
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["interest_grid"], condition=Q(until=None), name="interest_grid_span_present"
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=models.F("since")), name="interest_grid_span_days"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "since", "interest_grid"], name="interest_grid_span_state")
        ]
