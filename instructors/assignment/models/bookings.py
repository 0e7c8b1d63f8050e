"""The one table that occupies an instructor's time or a place."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, DecimalRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Now

from instructors.assignment.models.sites import Site
from instructors.people.models import ActivityItem, Instructor
from instructors.people.rules.grades import TeachingRole
from tenants.accounts.models import User
from tenants.bureau.models import OrgUnit


class BookingKind(models.TextChoices):
    """What the time is taken for; `reference` says which one, and only its owner understands it."""

    COURSE = "course"  # a delivered class
    SITE_DUTY = "site_duty"
    ACTIVITY = "activity"


def _number_range(*ends: Func | F | None) -> Func:
    closed = [] if ends[0] is None else [Value("[]")]
    return Func(*ends, *closed, function="numrange", output_field=DecimalRangeField())


def _everything_or(everything: Q, number: Func | F) -> Case:
    """The range of all numbers where the condition holds, else the one number: what meets whom, as ranges."""
    return Case(
        When(everything, then=_number_range(None, None)),
        default=_number_range(number, number),
        output_field=DecimalRangeField(),
    )


# A hall meets itself and the whole site. (Two names meet by chance once in 2^64: then the second is refused needlessly.)
HALL_PART = _everything_or(Q(hall=""), Func(F("hall"), Value(0), function="hashtextextended"))
# Who shares keeps to a lane of the own id, who excludes takes all lanes: only sharers do not meet.
LANES = _everything_or(Q(is_exclusive=True), F("id"))


class Booking(models.Model):
    """An instructor, a place, or both, taken for a time. Rule: S07

    `busy`: the time itself, half-open. `padded`: busy, half the travel buffer longer at both ends: two bookings of one
    person in different street/towns must not overlap in it, so that the whole buffer lies between them. The database
    refuses the second of two clashing bookings, whoever writes it: of one person, of one part of a place (the whole
    place meets each of its halls), unless both share it.

    `item`: what is taught, in `teaching_role`, so that a move is judged by the papers of the new day; None: a grade in
    force is enough. `is_called_off`: ended with what took the time, not cancelled by somebody for its own sake.
    """

    kind = models.CharField(max_length=10, choices=BookingKind.choices)
    reference = models.CharField(max_length=80)
    instructor = models.ForeignKey(Instructor, null=True, on_delete=models.PROTECT, related_name="bookings")
    site = models.ForeignKey(Site, null=True, on_delete=models.PROTECT, related_name="bookings")
    hall = models.CharField(
        max_length=40, blank=True, help_text="which part of the site is taken; empty: all of it"
    )
    town = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    busy = DateTimeRangeField()
    padded = DateTimeRangeField()
    is_exclusive = models.BooleanField(default=True, help_text="nobody else may use the place at that time")
    is_active = models.BooleanField(default=True)
    end_reason = models.CharField(max_length=200, blank=True)
    is_called_off = models.BooleanField(default=False, db_default=False)
    item = models.ForeignKey(ActivityItem, null=True, on_delete=models.PROTECT, related_name="+")
    teaching_role = models.CharField(
        max_length=12,
        choices=[(role.value, role.value) for role in TeachingRole],
        default=TeachingRole.SKILL_COACH.value,
        db_default=TeachingRole.SKILL_COACH.value,
    )
    booked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(instructor__isnull=False) | Q(site__isnull=False), name="booking_takes_something"
            ),
            # An empty range overlaps nothing, so that it would slip past every other constraint.
            models.CheckConstraint(
                condition=Q(
                    busy__isempty=False,
                    busy__lower_inf=False,
                    busy__upper_inf=False,
                    busy__lower_inc=True,
                    busy__upper_inc=False,
                ),
                name="booking_is_a_span",
            ),
            models.CheckConstraint(condition=Q(padded__contains=F("busy")), name="booking_padded_outside"),
            models.UniqueConstraint(
                fields=["kind", "reference", "instructor"], condition=Q(is_active=True), name="booking_once"
            ),
            ExclusionConstraint(
                name="booking_instructor_busy",
                expressions=[("instructor", RangeOperators.EQUAL), ("busy", RangeOperators.OVERLAPS)],
                condition=Q(is_active=True, instructor__isnull=False),
            ),
            ExclusionConstraint(
                name="booking_instructor_travels",
                expressions=[
                    ("instructor", RangeOperators.EQUAL),
                    ("town", RangeOperators.NOT_EQUAL),
                    ("padded", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_active=True, instructor__isnull=False),
            ),
            ExclusionConstraint(
                name="booking_part_taken",
                expressions=[
                    ("site", RangeOperators.EQUAL),
                    (HALL_PART, RangeOperators.OVERLAPS),
                    (LANES, RangeOperators.OVERLAPS),
                    ("busy", RangeOperators.OVERLAPS),
                ],
                condition=Q(is_active=True, site__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "reference"], name="booking_reference"),
            GistIndex(fields=["busy"], name="booking_busy"),
        ]

    @property
    def starts_at(self) -> datetime:
        """The first moment of it."""
        starts_at: datetime = self.busy.lower
        return starts_at

    @property
    def ends_at(self) -> datetime:
        """The first moment after it."""
        ends_at: datetime = self.busy.upper
        return ends_at

    @property
    def unit_path(self) -> str:
        """The org unit path on which rights over this booking are decided: the person's, else the place's."""
        if self.instructor is not None:
            return self.instructor.unit_path
        assert self.site is not None, "booking_takes_something"
        return self.site.unit_path
