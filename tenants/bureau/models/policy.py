"""Dated values of policy parameters; their definitions ship with the product (rules/policy_defaults.toml)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class PolicyParameterVersion(models.Model):
    """One value of one parameter from its first to its last day; never changed but for its last day.

    The author is a label, not a foreign key: the first versions are written by whoever opens the city. Rule: S03
    """

    key = models.CharField(max_length=64)
    number = models.PositiveIntegerField(help_text="1, 2, … within the parameter")
    value = models.JSONField()
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, help_text="its last day; empty = until further notice")
    author_label = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "number"], name="policy_key_number"),
            models.CheckConstraint(
                condition=models.Q(effective_to=None)
                | models.Q(effective_to__gte=models.F("effective_from")),
                name="policy_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}@{self.number}"
