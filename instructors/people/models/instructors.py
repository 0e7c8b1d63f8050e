"""Social sports instructors and what must stay sealed about them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.gis.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit

STORAGE_SRID = 4490


class Instructor(models.Model):
    """A person of the register, once, at the unit that registers their work. Rule: J12

    `home`: where ways to sites begin; it is used for distances and shown to nobody but its owner.
    """

    ref = models.CharField(max_length=40, blank=True, help_text="number in the national register, if any")
    name = models.CharField(max_length=60)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="instructors")
    user = models.OneToOneField(User, null=True, on_delete=models.SET_NULL, related_name="instructor")
    home = models.PointField(srid=STORAGE_SRID, null=True)
    home_note = models.CharField(max_length=60, blank=True, help_text="the community of it, in words")
    weekly_limit = models.PositiveSmallIntegerField(default=3, help_text="sessions a week, at most")
    left_on = models.DateField(null=True, help_text="the last day in the register")
    register_import = models.ForeignKey(
        "people.RegisterImport", null=True, on_delete=models.SET_NULL, related_name="instructors"
    )
    source_row = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ref"], condition=~Q(ref=""), name="instructor_ref_once"),
            models.CheckConstraint(condition=Q(weekly_limit__lte=42), name="instructor_limit_possible"),
        ]
        indexes: ClassVar = [models.Index(fields=["unit", "id"], name="instructor_unit")]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this person are decided."""
        return self.unit.path


class InstructorIdentity(models.Model):
    """Identity, phone and bank numbers: sealed under the city's data key, found by keyed digest, shown masked.

    A table of its own, so that no list reads sealed bytes along with its people. Rule: J12
    """

    instructor = models.OneToOneField(
        Instructor, on_delete=models.CASCADE, primary_key=True, related_name="identity"
    )
    id_sealed = models.BinaryField(null=True)
    id_digest = models.CharField(max_length=64, null=True, unique=True)
    id_masked = models.CharField(max_length=20, blank=True)
    phone_sealed = models.BinaryField(null=True)
    phone_digest = models.CharField(max_length=64, blank=True)
    phone_masked = models.CharField(max_length=16, blank=True)
    bank_sealed = models.BinaryField(null=True)
    bank_masked = models.CharField(max_length=16, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["phone_digest"], name="instructor_phone_digest")]
