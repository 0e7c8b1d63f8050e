"""Totals of fitness tests, as they were published once for a quarter."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from grids.wellness.models.standards import TestStandard
from tenants.accounts.models import User


class FitnessTotals(models.Model):
    """The totals of one standard and one quarter, small cells hidden before they were stored. Rule: J17

    Published once and never made anew: two versions could be taken from one another, and the difference is one person.
    `rows`: {path of the unit, name, level, detail, cells, total} in the order of the tree.
    """

    standard = models.ForeignKey(TestStandard, on_delete=models.PROTECT, related_name="totals")
    period = models.CharField(max_length=6)
    minimum_cell = models.PositiveSmallIntegerField()
    policy_version = models.CharField(max_length=64)
    rows = models.JSONField()
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["standard", "period"], name="totals_once_a_quarter")
        ]
