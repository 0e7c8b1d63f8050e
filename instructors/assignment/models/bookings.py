"""The one table that occupies an instructor's time or a place."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from instructors.assignment.models.sites import Site
from instructors.people.models import Instructor
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit


class BookingKind(models.TextChoices):
    """What the time is taken for; `reference` says which one, and only its owner understands it."""

    COURSE = "course"  # a delivered class
    SITE_DUTY = "site_duty"
    ACTIVITY = "activity"


class Booking(models.Model):
    """An instructor, a place, or both, taken for a time. Rule: S07

    `busy`: the time itself, half-open. `padded`: busy, half the travel buffer longer at both ends: two bookings of one
    person in different street/towns must not overlap in it, so that the whole buffer lies between them. The database
    refuses the second of two clashing bookings, whoever writes it.
    """

    kind = models.CharField(max_length=10, choices=BookingKind.choices)
    reference = models.CharField(max_length=80)
    instructor = models.ForeignKey(Instructor, null=True, on_delete=models.PROTECT, related_name="bookings")
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="bookings")
    hall = models.CharField(
        max_length=40, blank=True, help_text="which part of the site is taken; empty: all of it"
    )
    town = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    busy = DateTimeRangeField()
    padded = DateTimeRangeField()
    is_exclusive = models.BooleanField(default=True, help_text="nobody else may use the place at that time")
    is_active = models.BooleanField(default=True)
    end_reason = models.CharField(max_length=200, blank=True)
    booked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(instructor__isnull=False) | Q(site__isnull=False), name="booking_takes_something"
            ),
            models.CheckConstraint(
                condition=Q(padded__contains=models.F("busy")), name="booking_padded_outside"
            ),
            models.UniqueConstraint(
                fields=["kind", "reference", "instructor"], condition=Q(is_active=True), name="booking_once"
            ),
            ExclusionConstraint(
                name="booking_instructor_busy",
                expressions=[("instructor", RangeOperators.EQUAL), ("busy", RangeOperators.OVERLAPS)],
                condition=Q(is_active=True, instructor__isnull=False),
            ),
            ExclusionConstraint(
                name="booking_instructor_travels",
                expressions=[
                    ("instructor", RangeOperators.EQUAL),
                    ("town", RangeOperators.NOT_EQUAL),
                    ("padded", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_active=True, instructor__isnull=False),
            ),
            ExclusionConstraint(
                name="booking_place_taken",
                expressions=[
                    ("site", RangeOperators.EQUAL),
                    ("hall", RangeOperators.EQUAL),
                    ("busy", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_active=True, is_exclusive=True, site__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "reference"], name="booking_reference")]
