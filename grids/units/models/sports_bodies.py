"""Sports federations and fitness organisations of the org tree's units."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from grids.units.rules.sports_bodies import SportsBodyKind
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit


class SportsBody(models.Model):
    """A sports federation or a fitness organisation of a unit, from its founding to its last day. Rule: J19

    Its parent is the body of the unit above: the org tree says so, and a unit that is renamed or moved takes its
    bodies along.
    """

    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="sports_bodies")
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in SportsBodyKind])
    name = models.CharField(max_length=120)
    founded_on = models.DateField()
    dissolved_on = models.DateField(null=True, help_text="its last day")
    dissolve_reason = models.CharField(max_length=300, blank=True)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(dissolved_on=None) | Q(dissolved_on__gte=F("founded_on")),
                name="sports_body_days_in_order",
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(kind=SportsBodyKind.FEDERATION.value, dissolved_on=None),
                name="sports_body_one_federation",
            ),
            models.UniqueConstraint(
                fields=["unit", "kind", "name"], condition=Q(dissolved_on=None), name="sports_body_name_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "unit"], name="sports_body_kind_unit")]

    def __str__(self) -> str:
        return self.name

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this body are decided."""
        return self.unit.path
