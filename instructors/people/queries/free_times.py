"""When instructors say that they can be asked, for whom may know it: staff, and each person the own times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet

from instructors.people.models import FreeTime, Instructor, TimeException
from instructors.people.rules.free_times import DayException, Span, WeeklyTime, free_spans
from tenants.accounts.models import User
from tenants.bureau.queries.rights import granted_paths, under_paths
from wangge.errors import forbidden, not_found
from wangge.kernel.permissions import holds

VIEW, EDIT = "instructor.view", "instructor.edit"


@dataclass(frozen=True, slots=True)
class Times:
    """A person's weekly pattern and exceptions; without any pattern nothing is said of the times."""

    week: list[WeeklyTime] = field(default_factory=list)
    exceptions: list[DayException] = field(default_factory=list)

    @property
    def is_said(self) -> bool:
        """Whether the person ever gave a weekly pattern."""
        return bool(self.week)

    def spans_on(self, day: date) -> list[Span]:
        """When the person is free on a day; without a pattern all day, except where an exception says no."""
        if self.is_said:
            return free_spans(day, self.week, self.exceptions)
        return free_spans(day, [WeeklyTime(day.isoweekday(), Span(0, 1440))], self.exceptions)


def times_visible_to(user: User) -> QuerySet[Instructor]:
    """Instructors whose times the user may see: those of the own units with `instructor.view`, and oneself; by id."""
    allowed = under_paths(granted_paths(user, VIEW), "unit__path") | Q(user_id=user.pk)
    return Instructor.objects.filter(allowed).select_related("unit").order_by("id")


def exceptions_visible_to(user: User) -> QuerySet[TimeException]:
    """Exceptions of the instructors whose times the user may see, by id."""
    allowed = under_paths(granted_paths(user, VIEW), "instructor__unit__path")
    allowed |= Q(instructor__user_id=user.pk)
    return TimeException.objects.filter(allowed).select_related("instructor__unit").order_by("id")


def may_change_times(user: User, instructor: Instructor) -> bool:
    """Whether these are the user's own times, or the user holds `instructor.edit` over that person."""
    return instructor.user_id == user.pk or holds(user, EDIT, instructor.unit_path)


def instructor_for_times(user: User, instructor_id: int) -> Instructor:
    """The instructor, locked to change the times: 404 out of sight, 403 unless it is oneself or `instructor.edit`."""
    found = times_visible_to(user).filter(pk=instructor_id).first()
    if found is None:
        raise not_found("指导员", "instructor")
    if not may_change_times(user, found):
        raise forbidden(EDIT)
    locked = Instructor.objects.select_for_update(of=("self",), no_key=True).select_related("unit")
    return locked.get(pk=instructor_id)


def week_of(instructor_id: int) -> QuerySet[FreeTime]:
    """The weekly pattern, in its order."""
    rows = FreeTime.objects.filter(instructor_id=instructor_id)
    return rows.order_by("weekday", "from_minute", "id")


def exceptions_of(instructor_id: int, from_day: date, to_day: date | None = None) -> QuerySet[TimeException]:
    """The exceptions from a day to another one, both counted, in their order; None: without end."""
    rows = TimeException.objects.filter(instructor_id=instructor_id, on__gte=from_day)
    return (rows if to_day is None else rows.filter(on__lte=to_day)).order_by("on", "from_minute", "id")


def times_of(instructor_ids: Collection[int], from_day: date, to_day: date) -> dict[int, Times]:
    """Patterns, and the exceptions between two days, of several people, in two statements."""
    found: dict[int, Times] = defaultdict(Times)
    for row in FreeTime.objects.filter(instructor_id__in=instructor_ids):
        found[row.instructor_id].week.append(plain_time(row))
    days = TimeException.objects.filter(instructor_id__in=instructor_ids, on__range=(from_day, to_day))
    for exception in days:
        found[exception.instructor_id].exceptions.append(plain_exception(exception))
    return {instructor_id: found[instructor_id] for instructor_id in instructor_ids}


def plain_time(row: FreeTime) -> WeeklyTime:
    """The row as the rules read it."""
    return WeeklyTime(row.weekday, Span(row.from_minute, row.to_minute), row.valid_from, row.valid_to)


def plain_exception(row: TimeException) -> DayException:
    """The row as the rules read it."""
    return DayException(row.on, Span(row.from_minute, row.to_minute), row.is_free)
