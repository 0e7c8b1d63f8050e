"""What happens in a place: activities held, regular ones, how they were liked, work in the four roles. Rules: J01, J09, J14"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum

from grids.interest.models import HotlineIssue, Occurrence, OccurrenceRating, WorkLog
from grids.interest.queries.indicators_counts import (
    Question,
    Row,
    by,
    interest_grids_of,
    of_places,
    statement,
)
from grids.interest.queries.indicators_places import Places, counted, within
from grids.interest.queries.regularity import meetings_by_interest_grid
from grids.interest.rules.activity_states import OccurrenceState
from grids.interest.rules.duty_role import DutyRole
from grids.interest.rules.indicators import COMMUNITY, Indicators, Period
from grids.interest.rules.regularity import Regularity

HAPPY = 3
_HELD = Q(state=OccurrenceState.HELD)


def meetings_asked(places: Places, on: date, policy: Regularity, period: Period) -> Question:
    """Activities and interest grids that are regular as of the day; of the period's meetings those held, with the people
    nobody took names of, and those cancelled."""
    meant = within(period, "starts_at")
    sums = {
        "met": Count("id", filter=_HELD & meant),
        "called_off": Count("id", filter=Q(state=OccurrenceState.CANCELLED) & meant),
        "heads": Sum("headcount", filter=_HELD & meant, default=0),
    }

    met = of_places(places, Occurrence.objects.order_by())

    def write(one: Indicators, row: Row) -> None:
        active = one.active
        active.regular_activities, active.regular_interest_grids = row[:2]
        active.occurrences, active.cancelled, active.headcount = row[2:]

    return Question(meetings_by_interest_grid(met, on, policy, period, sums), 2 + len(sums), write)


def ratings_asked(places: Places, period: Period) -> Question:
    """How many rated a meeting of the period, and how many of them liked it."""
    rows = OccurrenceRating.objects.filter(within(period, "occurrence__starts_at")).order_by()
    rows = of_places(places, rows, "occurrence__interest_grid")
    by_grid = by(places, rows, "occurrence__interest_grid_id").annotate(
        count=Count("id"), happy=Count("id", filter=Q(score=HAPPY))
    )

    def write(one: Indicators, row: Row) -> None:
        one.active.ratings, one.active.satisfied = row

    return Question(statement(by_grid), 2, write)


def work_asked(places: Places, period: Period) -> Question:
    """Pieces of work of the period by role; communities and above. Rule: J14"""
    work = _work(period)
    if places.ids is not None and places.level == COMMUNITY:
        work = work.filter(community__unit__in=places.ids)
    by_role = {role.value: Count("id", filter=Q(duty_role=role)) for role in DutyRole}
    by_community = by(places, work, "community_id").annotate(every=Count("id"), **by_role)

    def write(one: Indicators, row: Row) -> None:
        every, *logs = row
        one.active.work_logs = every
        one.active.logs_by_role = {role.value: number for role, number in zip(DutyRole, logs, strict=True)}

    return Question(statement(by_community), 1 + len(DutyRole), write, by_community=True)


def add_work_of_base_grids(found: Mapping[int, Indicators], places: Places, period: Period) -> None:
    """The same at base grids: there a row comes several times, once for each that its interest grid serves."""
    work, ones = _work(period), interest_grids_of(places)
    if ones is not None:
        work = work.filter(Q(grid__in=places.ids) | Q(interest_grid__in=ones))
    rows = places.keyed(work, community="community", grids=("grid", "interest_grid__base_grids"))
    by_role = {role.value: Count("id", distinct=True, filter=Q(duty_role=role)) for role in DutyRole}
    for row in counted(rows, all=Count("id", distinct=True), **by_role):
        active = found[row["counts_for"]].active
        active.work_logs, active.logs_by_role = row["all"], {role: row[role] for role in by_role}


def _work(period: Period) -> QuerySet[WorkLog]:
    return WorkLog.objects.filter(done_on__gte=period.first, done_on__lte=period.last)


def add_issues(found: Mapping[int, Indicators], places: Places, period: Period) -> None:
    """Issues handed to the hotline in the period. Rule: J15"""
    rows = HotlineIssue.objects.filter(within(period, "handed_over_at"))
    for row in counted(places.keyed(rows, community="grid__community", grids=("grid",)), count=Count("id")):
        found[row["counts_for"]].active.issues_handed_over = row["count"]
