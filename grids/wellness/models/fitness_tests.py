"""Fitness tests: when, by whom and by which standard; what was measured is sealed."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from grids.wellness.models.people import Citizen
from grids.wellness.models.standards import TestStandard
from tenants.accounts.models import User
from tenants.bureau.models import Consent


class FitnessTest(models.Model):
    """One test of one person by one version of a standard. Rule: J17

    `sealed`: values, devices, points, total and grade; `grade_sealed`: the grade or `incomplete` alone, for totals. Both
    are bound to `seal` (another row's do not open here). They are shown only while `consent`, the very consent they were
    given under, lives, and are null once deleted. `voided_at`: entered wrongly, counts for nothing.
    """

    citizen = models.ForeignKey(Citizen, on_delete=models.CASCADE, related_name="fitness_tests")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="+")
    standard = models.ForeignKey(TestStandard, on_delete=models.PROTECT, related_name="fitness_tests")
    tested_on = models.DateField()
    tester = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    is_complete = models.BooleanField()
    seal = models.UUIDField(default=uuid.uuid4, unique=True)
    sealed = models.BinaryField(null=True)
    grade_sealed = models.BinaryField(null=True)
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["citizen", "standard", "tested_on"],
                condition=Q(voided_at=None),
                name="test_once_a_day",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["standard", "tested_on"], name="fitness_test_day")]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this test are decided."""
        return self.citizen.unit_path
