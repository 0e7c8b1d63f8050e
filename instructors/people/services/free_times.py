"""Instructors, and staff for them, say when they can be asked. Rule: S07"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from instructors.people.models import FreeTime, Instructor, TimeException
from instructors.people.queries.free_times import (
    exceptions_of,
    exceptions_visible_to,
    instructor_for_times,
    plain_exception,
    plain_time,
    week_of,
)
from instructors.people.rules.free_times import DayException, WeeklyTime, check_exception, check_week, clock
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from wangge.errors import RuleBroken, not_found
from wangge.kernel.etag import check_if_match

# Two years of single days are plenty; more would be read whole for every booking.
MOST_EXCEPTIONS = 750


@transaction.atomic
def replace_free_times(
    *, instructor_id: int, times: Sequence[WeeklyTime], acting_user: User, if_match: str | None
) -> Instructor:
    """Put a weekly pattern in the place of the whole one before; an empty one takes back what was said.

    Raises 404, 403, 412, 428, 422 TIME_SPAN, FREE_TIME_OVERLAP and TOO_MANY_TIMES. Bookings stay as they are.
    """
    instructor = instructor_for_times(acting_user, instructor_id)
    before = [plain_time(row) for row in week_of(instructor_id)]
    check_if_match(
        if_match, version=instructor.version, current={"times": told(before)}, sent={"times": told(times)}
    )
    check_week(times)
    FreeTime.objects.filter(instructor=instructor).delete()
    FreeTime.objects.bulk_create(
        FreeTime(
            instructor=instructor, weekday=time.weekday, from_minute=time.span.from_minute,
            to_minute=time.span.to_minute, valid_from=time.valid_from, valid_to=time.valid_to,
        )
        for time in times
    )  # fmt: skip
    _next_version(instructor)
    record_audit(
        acting_user=acting_user,
        action="instructor.free_times",
        subject=instructor,
        before={"times": told(before)},
        after={"times": told(times)},
    )
    return instructor


@transaction.atomic
def add_time_exception(
    *, instructor_id: int, exception: DayException, acting_user: User, note: str = ""
) -> TimeException:
    """Say that on one day the pattern does not hold. 404, 403, 422 TIME_SPAN, EXCEPTION_OVERLAP, TOO_MANY_EXCEPTIONS."""
    instructor = instructor_for_times(acting_user, instructor_id)
    day = [plain_exception(row) for row in exceptions_of(instructor_id, exception.on, exception.on)]
    check_exception(exception, day)
    _check_how_many(instructor_id)
    row = TimeException.objects.create(
        instructor=instructor, on=exception.on, from_minute=exception.span.from_minute,
        to_minute=exception.span.to_minute, is_free=exception.is_free, note=note.strip(),
    )  # fmt: skip
    _next_version(instructor)
    _audit_exception(row, acting_user, after=told_exception(row))
    return row


@transaction.atomic
def remove_time_exception(*, exception_id: int, acting_user: User) -> Instructor:
    """Let the pattern hold again on that day; whose pattern it is. 404, 403."""
    found = exceptions_visible_to(acting_user).filter(pk=exception_id).first()
    if found is None:
        raise not_found("例外安排", "exception")
    instructor = instructor_for_times(acting_user, found.instructor_id)
    before = told_exception(found)
    removed, _ = TimeException.objects.filter(pk=exception_id).delete()
    if not removed:  # a rival was faster
        raise not_found("例外安排", "exception")
    _next_version(instructor)
    _audit_exception(TimeException(pk=exception_id), acting_user, before=before)
    return instructor


def _check_how_many(instructor_id: int) -> None:
    count = TimeException.objects.filter(instructor_id=instructor_id).count()
    if count < MOST_EXCEPTIONS:
        return
    raise RuleBroken(
        "TOO_MANY_EXCEPTIONS",
        zh=f"例外安排最多{MOST_EXCEPTIONS}条",
        en=f"there may be at most {MOST_EXCEPTIONS} exceptions",
        rule="S07",
        facts={"most": MOST_EXCEPTIONS, "count": count},
        how_to_fix_zh="请删除过期的例外，或改用每周时段",
        how_to_fix_en="remove old exceptions, or change the weekly pattern",
    )


def _next_version(instructor: Instructor) -> None:
    instructor.version += 1
    instructor.save(update_fields=["version"])


def told(times: Sequence[WeeklyTime]) -> list[dict[str, object]]:
    """Times as audit rows and refusals tell them."""
    return [
        {
            "weekday": time.weekday,
            "from": clock(time.span.from_minute),
            "to": clock(time.span.to_minute),
            "valid_from": None if time.valid_from is None else time.valid_from.isoformat(),
            "valid_to": None if time.valid_to is None else time.valid_to.isoformat(),
        }
        for time in times
    ]


def told_exception(row: TimeException) -> dict[str, object]:
    """An exception as audit rows tell it; its note may speak of health, and stays out."""
    return {
        "on": row.on.isoformat(),
        "from": clock(row.from_minute),
        "to": clock(row.to_minute),
        "is_free": row.is_free,
    }


def _audit_exception(
    row: TimeException,
    acting_user: User,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
) -> None:
    record_audit(
        acting_user=acting_user,
        action="instructor.time_exception",
        subject=row,
        before=before,
        after=after,
    )
