"""When an instructor can be asked: a weekly pattern and its exceptions, in the city's local time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from instructors.people.models.instructors import Instructor


class FreeTime(models.Model):
    """Free each week on a weekday (1 Monday … 7 Sunday) from minute to minute of the day. Rule: S07"""

    instructor = models.ForeignKey(Instructor, on_delete=models.CASCADE, related_name="free_times")
    weekday = models.PositiveSmallIntegerField()
    from_minute = models.PositiveSmallIntegerField(help_text="of the local day, 0–1439")
    to_minute = models.PositiveSmallIntegerField(help_text="of the local day, 1–1440")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    weekday__gte=1, weekday__lte=7, to_minute__lte=1440, to_minute__gt=F("from_minute")
                ),
                name="free_time_possible",
            )
        ]


class TimeException(models.Model):
    """A span of one day that the pattern does not hold for: free besides, or not free after all. Rule: S07"""

    instructor = models.ForeignKey(Instructor, on_delete=models.CASCADE, related_name="time_exceptions")
    on = models.DateField()
    from_minute = models.PositiveSmallIntegerField(default=0)
    to_minute = models.PositiveSmallIntegerField(default=1440)
    is_free = models.BooleanField()
    note = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(to_minute__lte=1440, to_minute__gt=F("from_minute")), name="exception_possible"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["instructor", "on"], name="exception_by_day")]
