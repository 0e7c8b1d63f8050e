"""Who was at an occurrence, and what is to be ticked there. Rule: J09"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Avg, Count, Exists, OuterRef, QuerySet, Subquery

from grids.interest.models import Attendance, OccurrenceRating, Participation
from grids.interest.queries.activities import occurrences_visible_to
from grids.interest.queries.standing import interest_grid_in_reach
from grids.interest.rules.standing import Act
from tenants.accounts.models import User
from wangge.errors import not_found


def attendances_visible_to(user: User) -> QuerySet[Attendance]:
    """Presence at the occurrences the person sees, by id."""
    seen = occurrences_visible_to(user).select_related(None).order_by()
    rows = Attendance.objects.filter(occurrence__in=seen)
    return rows.select_related("participant", "occurrence").order_by("id")


def attendance_in_reach(user: User, attendance_id: int) -> Attendance:
    """One person's presence, for whoever runs the activities: 404 outside sight, 403 POST_REQUIRED."""
    found = attendances_visible_to(user).filter(pk=attendance_id).first()
    if found is None:
        raise not_found("签到记录", "attendance")
    interest_grid_in_reach(user, found.interest_grid_id, Act.RUN)
    return found


def joined_and_ticked(interest_grid_id: int, occurrence_id: int) -> QuerySet[Participation]:
    """Who has joined the interest grid, with `is_present` and the presence at the occurrence, by id."""
    here = Attendance.objects.filter(occurrence_id=occurrence_id, participant=OuterRef("participant"))
    told = {
        "attendance_id": Subquery(here.values("pk")),
        "way": Subquery(here.values("way")),
        "checked_in_at": Subquery(here.values("checked_in_at")),
    }
    rows = Participation.objects.filter(interest_grid_id=interest_grid_id, left_on=None)
    return rows.select_related("participant").annotate(is_present=Exists(here), **told).order_by("id")


@dataclass(frozen=True, slots=True)
class Liking:
    """How an occurrence was liked: how many told, and their mean score from 1 to 3; None while too few have told."""

    ratings: int
    mean: float | None


def liking_of(occurrence_id: int, minimum_cell: int) -> Liking:
    """The ratings of one occurrence; a mean of fewer than the minimum would tell who gave it."""
    told = OccurrenceRating.objects.filter(occurrence_id=occurrence_id)
    found = told.aggregate(number=Count("pk"), mean=Avg("score"))
    is_shown = found["number"] >= minimum_cell
    return Liking(found["number"], round(float(found["mean"]), 2) if is_shown else None)
