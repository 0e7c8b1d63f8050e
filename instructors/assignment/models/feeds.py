"""Calendars that people subscribe to outside the product."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from instructors.assignment.models.sites import Site
from instructors.people.models import Instructor
from tenants.accounts.models import User


class CalendarFeed(models.Model):
    """An address under which one person's bookings, or one site's timetable, can be read by who knows its secret.

    Of the secret only the SHA-256 is kept: the address is shown once. It answers while its owner may still see what it
    shows, and until it is revoked. Rule: S07
    """

    digest = models.CharField(max_length=64, unique=True)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    instructor = models.ForeignKey(Instructor, null=True, on_delete=models.CASCADE, related_name="+")
    site = models.ForeignKey(Site, null=True, on_delete=models.CASCADE, related_name="+")
    note = models.CharField(
        max_length=60, blank=True, help_text="where it is used, such as a phone's calendar"
    )
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(instructor__isnull=False, site__isnull=True)
                | Q(instructor__isnull=True, site__isnull=False),
                name="feed_of_one_thing",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["owner", "id"], name="feed_owner")]
