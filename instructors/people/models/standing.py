"""What an instructor may do and has done: grades, items, registrations, services, checks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from instructors.people.models.instructors import Instructor
from instructors.people.models.items import ActivityItem
from instructors.people.rules.grades import AwardLevel, InstructorGrade, ServiceKind, TeachingRole
from tenants.accounts.models import User


def _choices(enum: type[InstructorGrade | AwardLevel | TeachingRole | ServiceKind]) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in enum]


class GradeAward(models.Model):
    """A grade and its certificate; `valid_to` None: as long as the person is registered. Rule: J12"""

    instructor = models.ForeignKey(Instructor, on_delete=models.CASCADE, related_name="grades")
    grade = models.CharField(max_length=8, choices=_choices(InstructorGrade))
    award_level = models.CharField(max_length=8, choices=_choices(AwardLevel))
    certificate_number = models.CharField(max_length=40)
    issuing_body = models.CharField(max_length=80, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["certificate_number"], name="grade_certificate_once"),
            models.UniqueConstraint(fields=["instructor", "grade"], name="grade_once_per_person"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="grade_days_in_order"
            ),
        ]


class TeachingItem(models.Model):
    """An item a person may teach, as what, and on which days. Rule: S07"""

    instructor = models.ForeignKey(Instructor, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey(ActivityItem, on_delete=models.PROTECT, related_name="+")
    teaching_role = models.CharField(max_length=12, choices=_choices(TeachingRole))
    certificate_number = models.CharField(max_length=40, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["instructor", "item", "teaching_role"], name="teaching_item_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="teaching_days_in_order"
            ),
        ]


class WorkRegistration(models.Model):
    """A year in which a person's work was registered (工作注册): promotion counts these years. Rule: J12"""

    instructor = models.ForeignKey(Instructor, on_delete=models.CASCADE, related_name="registrations")
    year = models.PositiveSmallIntegerField()
    registered_on = models.DateField(null=True, help_text="the day, where it is known")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instructor", "year"], name="registration_once_a_year")
        ]


class ServiceRecord(models.Model):
    """One service given: freely or for pay, never both. `source` names what proves it, once. Rule: J12"""

    instructor = models.ForeignKey(Instructor, on_delete=models.CASCADE, related_name="services")
    served_on = models.DateField()
    minutes = models.PositiveSmallIntegerField()
    service_kind = models.CharField(max_length=10, choices=_choices(ServiceKind))
    item = models.ForeignKey(ActivityItem, null=True, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=120, blank=True)
    source = models.CharField(
        max_length=80, help_text="kind:reference of what proves it; entered by hand: hand:…"
    )
    entered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    verified_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    verified_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instructor", "source"], name="service_once_per_source"),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="service_minutes"),
        ]
        indexes: ClassVar = [models.Index(fields=["instructor", "served_on"], name="service_by_day")]


class MinorsCheck(models.Model):
    """That a person was checked for classes with minors: when, by whom, and whether all was well; nothing else.

    The record itself is never kept (未成年人保护法 Art. 62). Rule: S07
    """

    instructor = models.ForeignKey(Instructor, on_delete=models.CASCADE, related_name="minors_checks")
    checked_on = models.DateField()
    result_ok = models.BooleanField()
    checked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instructor", "checked_on"], name="minors_check_once_a_day")
        ]
