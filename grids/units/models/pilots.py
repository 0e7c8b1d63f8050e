"""Which counties try what before the others."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit


class Pilot(models.Model):
    """A county that tries some features from a first to a last day; the names of features are an open list. Rule: J10"""

    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="pilots")
    features = ArrayField(models.CharField(max_length=40))
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, help_text="the last day")
    note = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="pilot_days_in_order"
            ),
            models.CheckConstraint(condition=Q(features__len__gt=0), name="pilot_has_features"),
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this pilot are decided."""
        return self.unit.path
