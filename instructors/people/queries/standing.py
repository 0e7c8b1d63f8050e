"""Grades, items and services as plain values of the rules, and as rows one may see."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from instructors.people.models import ActivityItem, Instructor, MinorsCheck, ServiceRecord
from instructors.people.queries.instructors import VIEW
from instructors.people.rules.grades import InstructorGrade, ServiceKind, TeachingRole
from instructors.people.rules.service_totals import ServiceGiven
from instructors.people.rules.standing import GradeHeld, ItemHeld
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import not_found


def grades_held(row: Instructor) -> list[GradeHeld]:
    """The person's grades; no statement when they were fetched along."""
    return [
        GradeHeld(InstructorGrade(each.grade), each.valid_from, each.valid_to) for each in row.grades.all()
    ]


def items_held(row: Instructor) -> list[ItemHeld]:
    """The items the person may teach, by item id; no statement when they were fetched along."""
    return [
        ItemHeld(each.item_id, TeachingRole(each.teaching_role), each.valid_from, each.valid_to)
        for each in row.items.all()
    ]


def services_visible_to(user: User) -> QuerySet[ServiceRecord]:
    """Services of people one may see, and one's own, by id."""
    seen = under_paths(granted_paths(user, VIEW), "instructor__unit__path") | Q(instructor__user_id=user.pk)
    return (
        ServiceRecord.objects.filter(seen)
        .select_related("instructor__unit", "item", "verified_by")
        .order_by("id")
    )


def services_given(
    instructor_id: int, since: date, until: date, *, verified_by_day: date | None = None
) -> list[ServiceGiven]:
    """The person's services from the first to the last of these days, oldest first.

    `verified_by_day`: those verified later stand as not verified; None: as they stand now.
    """
    rows = ServiceRecord.objects.filter(instructor_id=instructor_id, served_on__range=(since, until))
    return [
        ServiceGiven(
            row.served_on,
            row.minutes,
            ServiceKind(row.service_kind),
            row.verified_by_id is not None and (verified_by_day is None or _day_of(row) <= verified_by_day),
        )
        for row in rows.order_by("served_on", "id")
    ]


def _day_of(row: ServiceRecord) -> date:
    """The day a verified service was verified; where nobody wrote it down, that of the service."""
    return row.verified_on or row.served_on


def minors_checks_of(instructor_id: int) -> QuerySet[MinorsCheck]:
    """Every check of the person, by id."""
    return MinorsCheck.objects.filter(instructor_id=instructor_id).select_related("checked_by").order_by("id")


def activity_items_visible_to(user: User) -> QuerySet[ActivityItem]:
    """The city's catalogue, which everybody who is signed in may read, by id; items at rest included."""
    return ActivityItem.objects.order_by("id")


def item_by_code(code: str) -> ActivityItem:
    """The item of that code that is not at rest; 404 without one."""
    found = ActivityItem.objects.filter(code=code, is_active=True).first()
    if found is None:
        raise not_found("项目", "activity item")
    return found
