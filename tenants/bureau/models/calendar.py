"""The working calendar: holiday notices and the days they name."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class CalendarNotice(models.Model):
    """Where a year's days come from; a newer notice of the same year supersedes it, the old rows stay. Rule: X03"""

    year = models.PositiveSmallIntegerField()
    notice_number = models.CharField(
        max_length=64, blank=True, help_text="国办发明电…; empty while provisional"
    )
    provisional = models.BooleanField(default=False)
    source = models.CharField(max_length=80, help_text="upload, or the library and its version")
    published_on = models.DateField(null=True)
    entered_by_label = models.CharField(max_length=80)
    entered_at = models.DateTimeField(db_default=Now())
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["year"], condition=models.Q(superseded_at=None), name="calendar_one_notice_a_year"
            ),
            models.CheckConstraint(
                condition=models.Q(provisional=True) | ~models.Q(notice_number=""),
                name="calendar_official_number",
            ),
        ]

    def __str__(self) -> str:
        return self.notice_number or f"{self.year} (provisional)"


class CalendarDay(models.Model):
    """A day a notice names: a day of rest, or a Saturday or Sunday that is worked."""

    class Kind(models.TextChoices):
        """What the notice says of the day."""

        REST = "rest", "放假"
        WORKDAY = "workday", "调休上班"

    notice = models.ForeignKey(CalendarNotice, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["notice", "day"], name="calendar_day_once_a_notice")
        ]
