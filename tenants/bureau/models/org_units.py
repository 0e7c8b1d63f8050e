"""The org tree (city → county → town → village), its dated codes, and rights held on it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from tenants.accounts.models import User


class OrgLevel(models.TextChoices):
    """The four levels of the tree. Rule: J19"""

    CITY = "city", "市"
    COUNTY = "county", "县（市、区）"
    TOWN = "town", "乡镇（街道）"
    VILLAGE = "village", "村（社区）"


class OrgUnit(models.Model):
    """A unit of the tree; dated, and never keyed by its code. `path` is `/1/7/`: the ids from the root to itself."""

    level = models.CharField(max_length=8, choices=OrgLevel.choices)
    name = models.CharField(max_length=120)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=120, default="")
    kind = models.CharField(
        max_length=24, blank=True, help_text="e.g. residents_committee, villagers_committee, street, town"
    )
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["path"], name="orgunit_path", opclasses=["varchar_pattern_ops"])
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def unit_path(self) -> str:
        """The path on which rights over this unit are decided."""
        return self.path


class OrgCode(models.Model):
    """A code a unit bears in a scheme from one date to another; a code may pass to another unit later."""

    unit = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="codes")
    scheme = models.CharField(
        max_length=24, default="stat", help_text="stat = 统计用区划代码, 6, 9 or 12 digits"
    )
    code = models.CharField(max_length=20)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scheme", "code"], condition=models.Q(valid_to=None), name="orgcode_one_current"
            )
        ]


class FormerName(models.Model):
    """A name a unit bore until a date; reports as of an earlier day read it. Rule: J19"""

    unit = models.ForeignKey(OrgUnit, on_delete=models.CASCADE, related_name="former_names")
    name = models.CharField(max_length=120)
    valid_to = models.DateField(help_text="the last day of this name")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["unit", "valid_to"], name="formername_one_a_day")
        ]


class Grant(models.Model):
    """A right: one permission held for a unit and all below it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    permission = models.CharField(max_length=48)
    unit = models.ForeignKey(OrgUnit, on_delete=models.CASCADE)
    role_name = models.CharField(
        max_length=48, blank=True, help_text="the bundle it was handed out with, for reading"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "permission", "unit"], name="grant_unique")
        ]
