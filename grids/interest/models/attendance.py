"""Who was at an occurrence, and how it was liked."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grids.interest.models.activities import Occurrence
from grids.interest.models.interest_grids import InterestGrid
from grids.interest.models.members import Participant
from grids.interest.rules.activity_states import CheckInWay
from tenants.accounts.models import User


class Attendance(models.Model):
    """A participant was at an occurrence. Rule: J09

    `interest_grid` and `attended_on` (the day in Shanghai) are the occurrence's, so that a year of a city is counted
    from one index. `is_first_time`: the person's first activity of all; one row of a person carries it. A participant
    who is forgotten (None) still counts.
    """

    occurrence = models.ForeignKey(
        Occurrence, on_delete=models.PROTECT, related_name="attendances", db_index=False
    )
    interest_grid = models.ForeignKey(
        InterestGrid, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    attended_on = models.DateField()
    participant = models.ForeignKey(
        Participant, null=True, on_delete=models.SET_NULL, related_name="attendances", db_index=False
    )
    way = models.CharField(max_length=8, choices=[(way.value, way.value) for way in CheckInWay])
    checked_in_at = models.DateTimeField()
    ticked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    is_first_time = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["occurrence", "participant"], name="attendance_once"),
            models.UniqueConstraint(
                fields=["participant"], condition=Q(is_first_time=True), name="attendance_first_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["interest_grid", "attended_on"],
                include=["participant", "is_first_time"],
                name="attendance_counted",
            ),
            # A person's own, and different people of a period in their order: nothing is sorted or hashed to count them.
            models.Index(
                fields=["participant", "attended_on"],
                include=["is_first_time"],
                name="attendance_by_person",
            ),
        ]


class OccurrenceRating(models.Model):
    """How one person who was there liked an occurrence: one tap on a face, given once and freely. Rule: J09

    `score`: 1 unhappy, 2 so-so, 3 happy.
    """

    attendance = models.OneToOneField(Attendance, on_delete=models.CASCADE, related_name="rating")
    occurrence = models.ForeignKey(Occurrence, on_delete=models.PROTECT, related_name="ratings")
    score = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=3), name="rating_on_a_face"),
        ]


class CheckInMade(models.Model):
    """A check-in by code, counted against its code and its address for some minutes and then forgotten. Rule: J09

    It names nobody: `code_digest` and `address_digest` are keyed digests, and no row tells whose presence it was.
    """

    code_digest = models.CharField(max_length=64)
    address_digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["code_digest"], name="check_in_made_by_code"),
            models.Index(fields=["address_digest", "made_at"], name="check_in_made_from"),
        ]


class FailedCheckIn(models.Model):
    """A check-in that was refused, counted against its address for a quarter of an hour and then forgotten. Rule: J09

    `address_digest`: the keyed digest of the address; the address itself is not kept.
    """

    address_digest = models.CharField(max_length=64)
    failed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["address_digest", "failed_at"], name="failed_check_in")]
