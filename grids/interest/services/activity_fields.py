"""An activity's row and its plan, either from the other. Rules: J09, J16"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib.gis.geos import Point

from grids.interest.models import Activity
from grids.interest.models.interest_grids import STORAGE_SRID
from grids.interest.rules.activity_plans import ActivityPlan
from grids.interest.rules.closed_place import check_place_stands
from grids.interest.services.activity_bookings import check_may_take
from instructors.assignment.models import Site
from instructors.people.models import Instructor
from tenants.accounts.models import User
from tenants.bureau.rules.local_time import SHANGHAI, local_date
from wangge.errors import not_found

_AS_IS = (
    "recurrence", "until", "site_id", "hall", "is_exclusive", "place_name", "is_outdoors", "instructor_id",
    "welcomes_visitors", "title",
)  # fmt: skip
# What moves the occurrences or what they take when it changes.
TIME_AND_PLACE = (
    "starts_at", "ends_at", "recurrence", "until", "site_id", "hall", "is_exclusive", "place", "place_name",
    "instructor_id",
)  # fmt: skip


def write_plan(activity: Activity, plan: ActivityPlan, acting_user: User) -> None:
    """Put a plan in its normal form into the row; 404 or 403 for a place or instructor the person may not take."""
    for name in _AS_IS:
        value = getattr(plan, name)
        setattr(activity, name, " ".join(value.split()) if isinstance(value, str) else value)
    activity.starts_at, activity.minutes = plan.starts_at, plan.minutes
    activity.until = plan.until if plan.recurrence else None
    activity.place = None if plan.place is None else _point(plan.place)
    activity.assist_themes = sorted(set(plan.assist_themes))
    activity.site = _found(Site, plan.site_id, "健身站点", "fitness site")
    activity.instructor = _found(Instructor, plan.instructor_id, "指导员", "instructor")
    check_may_take(activity, acting_user)


def check_site_stands(activity: Activity) -> None:
    """Refuse times at a site after its last day with 409 SITE_RETIRED, whatever may be skipped; the site is locked."""
    if activity.site is None:
        return
    last = (activity.until or date.max) if activity.recurrence else local_date(activity.starts_at)
    check_place_stands(activity.site.valid_to, last)


def _point(place: tuple[float, float]) -> Point:
    longitude, latitude = (round(value, 7) for value in place)
    return Point(longitude, latitude, srid=STORAGE_SRID)


def _found(model: Any, row_id: int | None, zh: str, en: str) -> Any:
    if row_id is None:
        return None
    row = model.objects.select_related("unit").filter(pk=row_id).first()
    if row is None:
        raise not_found(zh, en)
    return row


def plan_of(activity: Activity) -> ActivityPlan:
    """The row as its plan; times as a clock in Shanghai shows them."""
    starts_at = activity.starts_at.astimezone(SHANGHAI)
    return ActivityPlan(
        starts_at=starts_at, ends_at=starts_at + timedelta(minutes=activity.minutes),
        place=None if activity.place is None else (activity.place.x, activity.place.y),
        assist_themes=tuple(activity.assist_themes), **{name: getattr(activity, name) for name in _AS_IS},
    )  # fmt: skip


def told(activity: Activity) -> dict[str, object]:
    """An activity as audit rows and stale edits tell it, by ids."""
    plan = plan_of(activity)
    return {
        "interest_grid": activity.interest_grid_id,
        **{name: getattr(activity, name) for name in _AS_IS if name != "until"},
        "until": None if activity.until is None else activity.until.isoformat(),
        "starts_at": plan.starts_at.isoformat(),
        "ends_at": plan.ends_at.isoformat(),
        "assist_themes": list(activity.assist_themes),
        "state": activity.state,
    }
