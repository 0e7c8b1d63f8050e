"""Whom the network of a place reaches: households, participants, visits, demands. Rules: J01, J11"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import Count, F, Q, QuerySet, Sum

from grids.interest.models import Attendance, Demand, HouseholdVisit, Participation
from grids.interest.queries.indicators_counts import different_people, people_counted
from grids.interest.queries.indicators_places import Places, counted, until_end_of, within
from grids.interest.rules.household_visit import VisitOutcome
from grids.interest.rules.indicators import Indicators, Period
from grids.units.models import CommunityCoverage, CoverageRun, GridCoverage


def coverage_run_on(on: date) -> CoverageRun | None:
    """The newest coverage run of the city that had been made by the end of the day."""
    return CoverageRun.objects.filter(run_at__lt=until_end_of(on)).order_by("-id").first()


def add_reached_households(found: Mapping[int, Indicators], places: Places, run: CoverageRun | None) -> None:
    """Households, and those within a walk of a site or of a regular activity, as one run measured them. Rule: J11"""
    rows: QuerySet[GridCoverage] | QuerySet[CommunityCoverage]
    if places.is_grid:
        rows = places.keyed(
            GridCoverage.objects.filter(run=run), community="grid__community", grids=("grid",)
        )
    else:
        rows = places.keyed(CommunityCoverage.objects.filter(run=run), community="community", grids=())
    for row in counted(
        rows,
        all=Sum("households"),
        reached=Sum("covered_households"),
        activities=Sum("activity_households"),
        sites=Sum(F("covered_households") - F("activity_only_households")),
    ):
        served = found[row["counts_for"]].served
        served.measured_households, served.reached_households = row["all"], row["reached"]
        served.reached_by_sites, served.reached_by_activities = row["sites"], row["activities"]


def add_joined(found: Mapping[int, Indicators], places: Places, on: date) -> None:
    """Different people who belonged to an interest grid at the end of the day."""
    belonged = Q(joined_on__lte=on) & (Q(left_on=None) | Q(left_on__gt=on))
    rows = Participation.objects.filter(belonged)
    for place, people in different_people(places, rows, "participant"):
        found[place].served.joined = people


def add_attendances(found: Mapping[int, Indicators], places: Places, period: Period) -> None:
    """Who came in the period: attendances by name, different people, and those who came for the first time of all."""
    rows = Attendance.objects.filter(attended_on__gte=period.first, attended_on__lte=period.last)
    for came in people_counted(places, rows, "participant", first=Q(is_first_time=True)):
        one = found[came.place]
        one.active.attendances, one.served.participants, one.served.first_timers = (
            came.rows, came.people, came.marked["first"],
        )  # fmt: skip


def add_visits(found: Mapping[int, Indicators], places: Places, period: Period) -> None:
    """Visits of the period that led to a talk, and those refused; erased ones are gone from here too."""
    rows = HouseholdVisit.objects.filter(within(period, "noted_at"))
    for row in counted(
        places.keyed(rows, community="grid__community", grids=("grid",)),
        done=Count("id", filter=Q(outcome=VisitOutcome.TALKED)),
        refused=Count("id", filter=Q(outcome=VisitOutcome.REFUSED)),
    ):
        served = found[row["counts_for"]].served
        served.visits_done, served.visits_refused = row["done"], row["refused"]


def add_demands(found: Mapping[int, Indicators], places: Places, on: date) -> None:
    """Demands that were open at the end of the day, and those that waited for the street's or town's answer."""
    entered = Demand.objects.filter(created_at__lt=until_end_of(on))
    handed_up = Q(handed_up_on__lte=on)
    closed = Q(closed_on__lte=on)
    answered = Q(answered_on__lte=on)
    for row in counted(
        places.keyed(entered, community="community", grids=("grid", "interest_grid__base_grids")),
        open=Count("id", distinct=places.is_grid, filter=~handed_up & ~closed),
        waiting=Count("id", distinct=places.is_grid, filter=handed_up & ~answered),
    ):
        served = found[row["counts_for"]].served
        served.demands_open, served.demands_handed_up = row["open"], row["waiting"]
