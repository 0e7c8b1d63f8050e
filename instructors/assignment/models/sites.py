"""Fitness sites as instructors know them, and what each asks for every week."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.gis.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from instructors.people.models import ActivityItem, Instructor
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit

STORAGE_SRID = 4490


class SiteKind(models.TextChoices):
    """What kind of place a site is. Rule: J13"""

    EXERCISE_NODE = "exercise_node", "晨晚练节点"
    FACILITY = "facility", "健身设施"
    LECTURE_HALL = "lecture_hall", "体育大讲堂"


class Site(models.Model):
    """A fitness site that outlives imports of its layer: found again by its reference. Rules: J13, J20

    `unit`: the community it stands in, or the city where it stands in none. `town`: the street or town of it, between
    which ways take their time. `opening_hours`: list of `{"weekday", "from_minute", "to_minute"}`; empty: unknown.
    """

    ref = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    site_kind = models.CharField(max_length=16, choices=SiteKind.choices, default=SiteKind.FACILITY)
    geometry = models.PointField(srid=STORAGE_SRID)
    address = models.CharField(max_length=200, blank=True)
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="sites")
    town = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    capacity = models.PositiveIntegerField(null=True, help_text="people at a time")
    opening_hours = models.JSONField(default=list)
    is_shared = models.BooleanField(default=False, help_text="several groups may use it at one time")
    head = models.ForeignKey(Instructor, null=True, on_delete=models.SET_NULL, related_name="headed_sites")
    is_step_free = models.BooleanField(null=True)
    has_accessible_toilet = models.BooleanField(null=True)
    access_note = models.CharField(max_length=200, blank=True)
    as_imported = models.JSONField(
        default=dict, help_text="what the layer said last; edits are kept until it says other"
    )
    valid_to = models.DateField(null=True, help_text="the last day it stood in the layer")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this site are decided."""
        return self.unit.path


class SiteNeed(models.Model):
    """Every week, on a weekday, from minute to minute, a site asks for instructors of one item. Rule: J12

    `weight`: what serving it is worth, in households; None: the households within reach of the site.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="needs")
    item = models.ForeignKey(ActivityItem, on_delete=models.PROTECT, related_name="+")
    weekday = models.PositiveSmallIntegerField()
    from_minute = models.PositiveSmallIntegerField()
    to_minute = models.PositiveSmallIntegerField()
    wanted = models.PositiveSmallIntegerField(default=1, help_text="instructors at a time")
    weight = models.PositiveIntegerField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["site", "item", "weekday", "from_minute"],
                condition=Q(valid_to=None),
                name="site_need_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    weekday__gte=1, weekday__lte=7, to_minute__lte=1440, to_minute__gt=F("from_minute")
                ),
                name="site_need_possible",
            ),
            models.CheckConstraint(condition=Q(wanted__gte=1, wanted__lte=20), name="site_need_wanted"),
        ]

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this need are decided."""
        return self.site.unit.path


class AssignmentPin(models.Model):
    """Somebody decided that this instructor serves this need: computations keep it. Rule: S07"""

    need = models.ForeignKey(SiteNeed, on_delete=models.CASCADE, related_name="pins")
    instructor = models.ForeignKey(Instructor, on_delete=models.CASCADE, related_name="pins")
    pinned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["need", "instructor"], name="pin_once")]
