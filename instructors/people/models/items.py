"""What is taught: the city's catalogue of activity items."""

from __future__ import annotations

from django.db import models

from instructors.people.rules.activity_items import ActivityCategory


class ActivityItem(models.Model):
    """An activity (太极拳, 广场舞, 健步走 …) that instructors teach and sites ask for; `code` never changes."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=40, unique=True)
    category = models.CharField(
        max_length=16,
        choices=[(category.value, category.value) for category in ActivityCategory],
        default=ActivityCategory.OTHER.value,
    )
    other_names = models.JSONField(default=list, help_text="words that mean the same in files")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name
