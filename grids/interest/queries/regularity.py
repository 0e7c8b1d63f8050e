"""Which interest grids and activities are regular, and where those take place, in one statement for a whole city.

The condition stands once as `rules.regularity.is_regular`, which says what it means, and once here for the database;
a test holds the two against one another over random calendars.

Rules: J09, J11
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Aggregate, Case, Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from grids.interest.models import Activity, Occurrence
from grids.interest.queries.activity_policy import regularity_policy
from grids.interest.queries.indicators_places import within
from grids.interest.rules.activity_states import OccurrenceState
from grids.interest.rules.indicators import Period
from grids.interest.rules.regularity import DAYS, Regularity

# Of what regularity is asked: columns of an occurrence.
ACTIVITY, INTEREST_GRID = "activity", "interest_grid"
_IS_HELD = Q(state=OccurrenceState.HELD)


@dataclass(frozen=True, slots=True)
class RegularPlace:
    """Where a regular activity takes place: longitude and latitude as stored (EPSG:4490)."""

    activity: int
    interest_grid: int
    longitude: float
    latitude: float


def regular(on: date, policy: Regularity, of: str) -> QuerySet[Any, Any]:
    """The ids of activities, or of interest grids, that are regular as of the day, as `rules.regularity` says. Rule: J09"""
    weeks = _weeks(on, policy).items()
    held = {name: Count("id", filter=within(week, "starts_at")) for name, week in weeks}
    one, none = Value(1), Value(0)
    often = sum(
        (
            Case(
                When(**{f"{name}__gte": policy.per_week}, then=one),
                default=none,
                output_field=IntegerField(),
            )
            for name in held
        ),
        start=Value(0, IntegerField()),
    )
    looked_at = Period(policy.first_day(on), on)
    rows = Occurrence.objects.filter(_IS_HELD & within(looked_at, "starts_at")).order_by().values(of)
    found: QuerySet[Any, Any] = rows.annotate(**held).annotate(often=often).filter(often__gte=policy.weeks)
    return found.values(of)


def meetings_by_interest_grid(
    met: QuerySet[Occurrence], on: date, policy: Regularity, period: Period, sums: Mapping[str, Aggregate]
) -> tuple[str, tuple[Any, ...]]:
    """A statement: interest grid, how many of its activities are regular by themselves as of the day, 1 where it is by all
    of them together, and `sums` over its meetings of the period, which ends on the day.

    All in one pass: meetings are put together by activity, and those by interest grid. Rule: J09
    """
    held = {
        name: Count("id", filter=_IS_HELD & within(week, "starts_at"))
        for name, week in _weeks(on, policy).items()
    }
    looked_at = Period(min(policy.first_day(on), period.first), on)
    met = met.filter(within(looked_at, "starts_at")).order_by()
    rows = met.values_list("interest_grid_id", "activity_id").annotate(**held, **sums)
    text, parameters = rows.query.sql_with_params()
    alone = " + ".join(f"({week} >= %s)::int" for week in held)
    together = " + ".join(f"(sum({week}::int) >= %s)::int" for week in held)
    weekly = [policy.per_week] * len(held)
    columns = [f"count(*) FILTER (WHERE {alone} >= %s)", f"({together} >= %s)::int"]
    columns += [f"sum({name}::int)" for name in sums]
    return (
        f"SELECT one, {', '.join(columns)} FROM ({text}) AS met (one, activity, {', '.join([*held, *sums])}) GROUP BY one",
        (*weekly, policy.weeks, *weekly, policy.weeks, *parameters),
    )


def _weeks(on: date, policy: Regularity) -> dict[str, Period]:
    """Seven days that end on the day are week 0, the seven before week 1, and so on."""
    return {
        f"held_{back}": Period(on - timedelta(days=DAYS * (back + 1) - 1), on - timedelta(days=DAYS * back))
        for back in range(policy.of_weeks)
    }


def regular_interest_grids(on: date) -> set[int]:
    """The ids of all interest grids whose held activities are regular as of that day. Rule: J09"""
    return _ids(on, INTEREST_GRID)


def regular_activities(on: date) -> set[int]:
    """The ids of all activities that are regular by themselves as of that day. Rule: J09"""
    return _ids(on, ACTIVITY)


def regular_places(on: date) -> list[RegularPlace]:
    """Where regular activities take place as of that day, by activity; those without a point are left out. Rule: J11"""
    rows = Activity.objects.filter(pk__in=regular(on, regularity_policy(on), ACTIVITY))
    places = rows.annotate(point=Coalesce(F("site__geometry"), F("place"))).exclude(point=None).order_by("id")
    return [
        RegularPlace(activity, interest_grid, point.x, point.y)
        for activity, interest_grid, point in places.values_list("id", "interest_grid_id", "point")
    ]


def _ids(on: date, of: str) -> set[int]:
    return set(regular(on, regularity_policy(on), of).values_list(of, flat=True))
