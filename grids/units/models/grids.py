"""Base grids, which outlive the plans that draw them, and the releases that put plans in force."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from gis.layers.models import Community
from tenants.accounts.models import User


class GridRelease(models.Model):
    """Approved plans put in force together from one day on."""

    title = models.CharField(max_length=120)
    effective_on = models.DateField()
    released_by = models.ForeignKey(User, on_delete=models.PROTECT)
    created_at = models.DateTimeField(db_default=Now())


class Grid(models.Model):
    """A base grid: its code and its days. Where it lies is said by the plan in force.

    A code is never used again: rows are retired with `valid_to`, the last day, and never deleted. A grid whose plan
    was replaced before it came into force has its `valid_to` on the day before `valid_from`.
    """

    code = models.CharField(max_length=15)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="grids")
    sequence = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    external_grid_code = models.CharField(
        max_length=40, null=True, help_text="code in the general governance grid. Rule: J02"
    )
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code"], name="grid_code_never_reused"),
            models.UniqueConstraint(fields=["external_grid_code"], name="grid_external_code_once"),
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9]{15}$"), name="grid_code_15_digits"),
            models.CheckConstraint(condition=~Q(external_grid_code=""), name="grid_external_code_not_empty"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from") - timedelta(days=1)),
                name="grid_days_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this grid are decided."""
        return self.community.unit_path
