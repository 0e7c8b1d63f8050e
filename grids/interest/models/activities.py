"""Activities of interest grids and their occurrences."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Q
from django.db.models.functions import Now

from gis.layers.models import Community
from grids.interest.models.interest_grids import STORAGE_SRID, InterestGrid
from grids.interest.rules.activity_states import (
    ActivityState,
    AssistTheme,
    CancelCategory,
    OccurrenceState,
)
from instructors.assignment.models import Site
from instructors.people.models import Instructor
from tenants.accounts.models import User
from tenants.bureau.models import StoredFile


class Activity(models.Model):
    """What an interest grid does together, once or by a rule of recurrence. Rules: J09, J16

    `recurrence`: an RFC 5545 RRULE, empty for a one-off; `starts_at` its first time, `until` its last day. It is at a
    `site` (or one `hall` of it), or at `place` (a point and words). `instructor`: whose time it takes. `expanded_to`:
    the last day up to which its occurrences stand. `welcomes_visitors`: people from outside may come.
    """

    interest_grid = models.ForeignKey(InterestGrid, on_delete=models.PROTECT, related_name="activities")
    title = models.CharField(max_length=80)
    recurrence = models.CharField(max_length=300, blank=True)
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    until = models.DateField(null=True)
    expanded_to = models.DateField(null=True)
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    hall = models.CharField(max_length=40, blank=True)
    is_exclusive = models.BooleanField(default=False)
    place = models.PointField(srid=STORAGE_SRID, null=True, spatial_index=False)
    place_name = models.CharField(max_length=120, blank=True)
    is_outdoors = models.BooleanField(default=True)
    instructor = models.ForeignKey(Instructor, null=True, on_delete=models.PROTECT, related_name="+")
    assist_themes = ArrayField(
        models.CharField(max_length=12, choices=[(each.value, each.value) for each in AssistTheme]),
        default=list,
    )
    welcomes_visitors = models.BooleanField(default=False)
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.value) for state in ActivityState],
        default=ActivityState.ACTIVE.value,
    )
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(minutes__gt=0), name="activity_lasts"),
        ]
        indexes: ClassVar = [
            # What the nightly job extends: series that go on.
            models.Index(
                fields=["expanded_to", "id"],
                condition=Q(state="active") & ~Q(recurrence=""),
                name="activity_to_extend",
            )
        ]


class Occurrence(models.Model):
    """One meeting of an activity: when, where, and what became of it. Rule: J09

    Time and place are its own, so that a held one keeps them when the series is changed. `headcount`: people who were
    there and whose names nobody took; `visitors`: how many of all present came from outside the city.
    """

    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, related_name="occurrences", db_index=False
    )
    interest_grid = models.ForeignKey(
        InterestGrid, on_delete=models.PROTECT, related_name="occurrences", db_index=False
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="+")
    place = models.PointField(srid=STORAGE_SRID, null=True, spatial_index=False)
    place_name = models.CharField(max_length=120, blank=True)
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.value) for state in OccurrenceState],
        default=OccurrenceState.PLANNED.value,
    )
    cancel_category = models.CharField(
        max_length=12, blank=True, choices=[(each.value, each.value) for each in CancelCategory]
    )
    cancel_reason = models.CharField(max_length=300, blank=True)
    headcount = models.PositiveIntegerField(default=0)
    visitors = models.PositiveIntegerField(default=0)
    held_at = models.DateTimeField(null=True, help_text="when it was finished")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["activity", "starts_at"], name="occurrence_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="occurrence_lasts"),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | ~Q(cancel_category=""), name="occurrence_cancelled_why"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["interest_grid", "starts_at"], name="occurrence_interest_grid"),
            models.Index(
                fields=["interest_grid", "starts_at"], condition=Q(state="held"), name="occurrence_held"
            ),
            models.Index(fields=["starts_at", "id"], name="occurrence_when"),
            # What the hourly job looks at: few are planned and over.
            models.Index(fields=["ends_at"], condition=Q(state="planned"), name="occurrence_waiting"),
        ]


class OccurrencePhoto(models.Model):
    """A photo of an occurrence, without what the camera wrote into it; `consent_note`: who agreed to be shown. Rule: J09"""

    occurrence = models.ForeignKey(Occurrence, on_delete=models.CASCADE, related_name="photos")
    file = models.OneToOneField(StoredFile, on_delete=models.PROTECT, related_name="+")
    caption = models.CharField(max_length=120, blank=True)
    consent_note = models.CharField(max_length=200)
    taken_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())


class CalendarFeed(models.Model):
    """A secret link under which calendar programs read the activities of an interest grid or a community. Rule: J09

    Only the digest of its key is kept; a revoked link is as unknown as one that never was.
    """

    interest_grid = models.ForeignKey(InterestGrid, null=True, on_delete=models.CASCADE, related_name="+")
    community = models.ForeignKey(Community, null=True, on_delete=models.CASCADE, related_name="+")
    key_digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(interest_grid=None, community__isnull=False)
                | Q(interest_grid__isnull=False, community=None),
                name="calendar_feed_of_one",
            )
        ]
