"""How many people live in a unit, by count or register, each with its day and source."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from tenants.accounts.models import User
from tenants.bureau.models.org_units import OrgUnit


class Population(models.Model):
    """Residents of a unit on a day according to one source; shares per head never mix two sources. Rule: J20"""

    unit = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="populations")
    residents = models.PositiveIntegerField()
    counted_on = models.DateField()
    source = models.CharField(max_length=80)
    entered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "counted_on", "source"], name="population_once_a_source")
        ]

    @property
    def unit_path(self) -> str:
        """The path on which rights over this number are decided."""
        return self.unit.path
