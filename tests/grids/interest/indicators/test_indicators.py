"""Indicators agree with a plain count in Python on every level and day, in as many statements for 3 grids as for 60."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from grids.interest.queries.indicators import indicators_of, terms_on, units_on
from grids.interest.queries.indicators_places import DEPTH, Places
from grids.interest.queries.regularity import regular_activities, regular_interest_grids
from grids.interest.rules.indicators import Indicators, Period

pytestmark = pytest.mark.django_db
DAYS_AGO = (0, 10, 22, 61)
LEVELS = ("grid", "community", "town", "county", "city")


class PlainCount:
    """The same numbers counted row by row: slow, and easy to believe."""

    def __init__(self, level: str, on: date, period: Period) -> None:
        from grids.interest.models import InterestGrid
        from grids.units.models import Grid

        self.level, self.on, self.period = level, on, period
        rows = InterestGrid.objects.select_related("community__unit").prefetch_related("base_grids")
        self.places = {
            one.pk: self._places(one.community, [grid.pk for grid in one.base_grids.all()]) for one in rows
        }
        self.grids = {grid.pk: grid for grid in Grid.objects.select_related("community__unit")}

    def _places(self, community: Any, grids: list[int]) -> set[int]:
        if self.level == "grid":
            return set(grids)
        return {int(community.unit.path.split("/")[DEPTH[self.level] - 1])}

    def of_grid(self, grid_id: int) -> set[int]:
        return self._places(self.grids[grid_id].community, [grid_id])

    def holds(self, first: date | None, last: date | None) -> bool:
        return first is not None and first <= self.on and (last is None or last >= self.on)

    def in_period(self, day: date) -> bool:
        return self.period.first <= day <= self.period.last

    def count(self) -> dict[int, Indicators]:
        from collections import defaultdict

        self.found: dict[int, Indicators] = defaultdict(Indicators)
        self.people: dict[tuple[int, str], set[int]] = defaultdict(set)
        self.base_grids()
        self.interest_grids()
        self.what_happened()
        self.who_came()
        self.asked()
        for (place, name), people in self.people.items():
            family, _, field = name.partition(".")
            if ":" in field:
                field, _, source = field.partition(":")
                getattr(getattr(self.found[place], family), field)[source] = len(people)
            else:
                setattr(getattr(self.found[place], family), field, len(people))
        return self.found

    def add(self, places: set[int], name: str, amount: int = 1) -> None:
        family, _, field = name.partition(".")
        for place in places:
            target = getattr(self.found[place], family)
            setattr(target, field, getattr(target, field) + amount)

    def meet(self, places: set[int], name: str, person: int) -> None:
        for place in places:
            self.people[place, name].add(person)

    def base_grids(self) -> None:
        from grids.units.models import CommunityCoverage, GridCoverage, GridFitnessGroup, GridLeader, PlanGrid

        leaders = list(GridLeader.objects.exclude(confirmed_at=None))
        groups = list(GridFitnessGroup.objects.all())
        for drawn in PlanGrid.objects.select_related("plan__community__unit", "grid"):
            if not self.holds(drawn.plan.effective_on, drawn.plan.effective_to):
                continue
            places = self._places(drawn.plan.community, [drawn.grid_id])
            self.add(places, "organised.base_grids")
            self.add(places, "organised.households", drawn.households)
            for leader in (row for row in leaders if row.grid_id == drawn.grid_id):
                if self.holds(leader.starts_on, leader.ends_on):
                    self.add(
                        places, "organised.led_acting" if leader.is_acting else "organised.led_in_office"
                    )
            for group in (row for row in groups if row.grid_id == drawn.grid_id):
                if self.holds(group.founded_on, group.dissolved_on):
                    self.add(places, "organised.fitness_groups")
        measured = GridCoverage if self.level == "grid" else CommunityCoverage
        for row in measured.objects.select_related("run"):
            if row.run.run_at.date() > self.on:
                continue
            places = self.of_grid(row.grid_id) if self.level == "grid" else self._places(row.community, [])
            self.add(places, "served.measured_households", row.households)
            self.add(places, "served.reached_households", row.covered_households)
            by_site = row.covered_households - row.activity_only_households
            self.add(places, "served.reached_by_sites", by_site)
            self.add(places, "served.reached_by_activities", row.activity_households)

    def interest_grids(self) -> None:
        from grids.interest.models import InterestGridSpan, MemberPost, Participation

        stood = set()
        for span in InterestGridSpan.objects.all():
            if self.holds(span.since, span.until):
                self.add(self.places[span.interest_grid_id], f"organised.interest_grids_{span.state}")
                stood.add(span.interest_grid_id)
        for post in MemberPost.objects.filter(interest_grid__in=stood).exclude(confirmed_by=None):
            if self.holds(post.starts_on, post.ends_on):
                for place in self.places[post.interest_grid_id]:
                    self.meet({place}, "organised.members", post.member_id)
                    self.meet({place}, f"organised.members_by_source:{post.source}", post.member_id)
                    self.add({place}, "organised.posts")
        for row in Participation.objects.all():
            if row.joined_on <= self.on and (row.left_on is None or row.left_on > self.on):
                self.meet(self.places[row.interest_grid_id], "served.joined", row.participant_id)

    def what_happened(self) -> None:
        from grids.interest.models import Occurrence
        from grids.interest.queries.activity_policy import regularity_policy
        from grids.interest.rules.regularity import is_regular
        from tenants.bureau.rules.local_time import local_date

        held: dict[int, list[date]] = {}
        for meeting in Occurrence.objects.all():
            day, places = local_date(meeting.starts_at), self.places[meeting.interest_grid_id]
            if meeting.state == "held":
                held.setdefault(meeting.interest_grid_id, []).append(day)
            if self.in_period(day) and meeting.state == "held":
                self.add(places, "active.occurrences")
                self.add(places, "active.headcount", meeting.headcount)
            elif self.in_period(day) and meeting.state == "cancelled":
                self.add(places, "active.cancelled")
        for one, days in held.items():
            if is_regular(days, self.on, regularity_policy(self.on)):
                self.add(self.places[one], "active.regular_interest_grids")
                self.add(self.places[one], "active.regular_activities")

    def who_came(self) -> None:
        from grids.interest.models import Attendance, OccurrenceRating
        from tenants.bureau.rules.local_time import local_date

        for row in Attendance.objects.all():
            if self.in_period(row.attended_on):
                places = self.places[row.interest_grid_id]
                self.add(places, "active.attendances")
                self.add(places, "served.first_timers", int(row.is_first_time))
                self.meet(places, "served.participants", int(row.participant_id or 0))
        for rating in OccurrenceRating.objects.select_related("occurrence"):
            if self.in_period(local_date(rating.occurrence.starts_at)):
                places = self.places[rating.occurrence.interest_grid_id]
                self.add(places, "active.ratings")
                self.add(places, "active.satisfied", int(rating.score == 3))

    def asked(self) -> None:
        from grids.interest.models import Demand, HotlineIssue, HouseholdVisit, WorkLog
        from tenants.bureau.rules.local_time import local_date

        for demand in Demand.objects.all():
            if local_date(demand.created_at) > self.on:
                continue
            up = demand.handed_up_on is not None and demand.handed_up_on <= self.on
            name = "served.demands_handed_up" if up else "served.demands_open"
            self.add(self.places[demand.interest_grid_id], name)
        for visit in HouseholdVisit.objects.filter(outcome="refused"):
            if self.in_period(local_date(visit.noted_at)):
                self.add(self.of_grid(visit.grid_id), "served.visits_refused")
        for issue in HotlineIssue.objects.all():
            if self.in_period(local_date(issue.handed_over_at)):  # type: ignore[arg-type]
                self.add(self.of_grid(issue.grid_id), "active.issues_handed_over")
        for log in WorkLog.objects.all():
            if self.in_period(log.done_on):
                places = self.places[log.interest_grid_id]
                self.add(places, "active.work_logs")
                self.meet(places, f"active.logs_by_role:{log.duty_role}", log.pk)


def _comparable(one: Indicators) -> dict[str, Any]:
    """Families without zeros; coverage and instruction have tests of their own."""
    told = {}
    for family in ("organised", "served", "active"):
        values = getattr(one, family)
        for name in type(values).__slots__:
            value = getattr(values, name)
            value = (
                {key: number for key, number in value.items() if number} if isinstance(value, dict) else value
            )
            if value:
                told[f"{family}.{name}"] = value
    return told


@pytest.mark.parametrize("level", LEVELS)
def test_j01_indicators_agree_with_a_plain_count(alpha: Any, chance_city: Any, level: str) -> None:
    with schema_context(alpha.schema_name):
        for days_ago in DAYS_AGO:
            on = chance_city.today - timedelta(days=days_ago)
            terms = terms_on(on, None)
            found = indicators_of(Places(level, paths=(chance_city.units["city"].path,)), terms)
            plain = PlainCount(level, on, terms.period).count()
            told = {place: _comparable(one) for place, one in found.items() if _comparable(one)}
            expected = {place: _comparable(one) for place, one in plain.items() if _comparable(one)}
            assert told == expected, on
            assert expected, "a comparison of nothing proves nothing"


def test_j09_regular_ones_are_those_that_other_pages_call_regular(alpha: Any, chance_city: Any) -> None:
    with schema_context(alpha.schema_name):
        city = chance_city.units["city"]
        for days_ago in DAYS_AGO:
            on = chance_city.today - timedelta(days=days_ago)
            active = indicators_of(Places("city", paths=(city.path,)), terms_on(on, None))[city.pk].active
            assert active.regular_interest_grids == len(regular_interest_grids(on))
            assert active.regular_activities == len(regular_activities(on))


def test_j01_pages_of_ids_and_whole_levels_have_the_same_numbers(alpha: Any, chance_city: Any) -> None:
    with schema_context(alpha.schema_name):
        terms = terms_on(chance_city.today, None)
        for level in ("community", "town"):
            units = list(units_on(level, (chance_city.units["city"].path,), terms.on))
            whole = indicators_of(Places(level, paths=(chance_city.units["city"].path,)), terms)
            some = indicators_of(Places(level, ids=tuple(unit.pk for unit in units[:3])), terms)
            assert some == {unit.pk: whole[unit.pk] for unit in units[:3] if unit.pk in whole}
        whole = indicators_of(Places("grid", paths=(chance_city.units["city"].path,)), terms)
        chosen = tuple(grid.pk for grid in chance_city.grids[1::4])
        assert len(chosen) > 3
        some = indicators_of(Places("grid", ids=chosen), terms)
        assert some == {grid: whole[grid] for grid in chosen if grid in whole}


@pytest.mark.parametrize("level", LEVELS)
def test_the_number_of_statements_is_the_same_for_3_grids_and_for_60(
    alpha: Any, make_user: Any, build_city: Any, api: Any, level: str
) -> None:
    reader = make_user(alpha, "reader", ["indicator.view"])
    counts = []
    for grids_each in (3, 60):
        with schema_context(alpha.schema_name), transaction.atomic():
            build_city(grids_each)
            # What is remembered for some seconds, such as the host's city, is read anew by one of the requests at most.
            taken = []
            for _ in range(3):
                with CaptureQueriesContext(connection) as sent:
                    answer = api(alpha, reader).get(f"indicators?level={level}&limit=200")
                assert answer.status_code == 200, answer.content
                taken.append(len(sent))
            expected = grids_each if level == "grid" else {"community": 2}.get(level, 1)
            assert len(answer.json()["results"]) >= expected
            counts.append(min(taken))
            transaction.set_rollback(True)
    assert counts[0] == counts[1]
    assert counts[0] <= 36
