"""A city of chance: two counties of invented facts, the same for the same seed, many of them on the edges of days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django_tenants.utils import schema_context

from tenants.bureau.queries.days import today
from tenants.bureau.rules.local_time import SHANGHAI

SINCE = date(2020, 1, 1)
WEST, SOUTH, SIDE = 114.0, 35.0, 0.01


@dataclass
class ChanceCity:
    """Units by name, and the days that matter: `today` and the days around it on which something changes."""

    today: date
    units: dict[str, Any] = field(default_factory=dict)
    communities: list[Any] = field(default_factory=list)
    grids: list[Any] = field(default_factory=list)


def square(column: float, row: float, side: float = SIDE) -> GEOSGeometry:
    """A square of the board on which communities stand, in EPSG:4490."""
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    corners = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
    ring = ", ".join(f"{west + x:.7f} {south + y:.7f}" for x, y in corners)
    return GEOSGeometry(f"MULTIPOLYGON((({ring})))", srid=4490)


def moment(day: date, hour: int = 8) -> datetime:
    """An hour of a day in Shanghai."""
    return datetime.combine(day, time(hour), SHANGHAI)


class Builder:
    """Writes a city of so many base grids a community into the schema we stand in."""

    def __init__(self, acting: Any, *, counties: int = 2, each: int = 2, grids_each: int = 3) -> None:
        self.acting, self.chance, self.grids_each = acting, Random(4108), grids_each
        self.counties, self.each = counties, each
        self.city = ChanceCity(today())
        self.day = self.city.today

    def back(self, most: int = 120) -> date:
        """A day up to so many days ago; often a day at the edge of a week, of the period, or today."""
        edges = [0, 1, 6, 7, 13, 14, 20, 21, 26, 27, 28, 29, 60, 61]
        ago = self.chance.choice(edges) if self.chance.random() < 0.5 else self.chance.randint(0, most)
        return self.day - timedelta(days=ago)

    def build(self) -> ChanceCity:
        """Everything, in the order in which one thing needs another."""
        self.units()
        for at, community in enumerate(self.city.communities):
            self.draw(community, at)
        self.lead()
        for community in self.city.communities:
            self.gather(community)
        self.measure()
        return self.city

    def unit(self, name: str, level: str, parent: str | None, code: str = "", **days: Any) -> Any:
        from tenants.bureau.models import OrgCode, OrgUnit

        above = self.city.units[parent] if parent else None
        row = OrgUnit.objects.filter(parent=None).first() if above is None else None
        if row is None:
            row = OrgUnit.objects.create(
                level=level, name=name, parent=above, valid_from=days.get("since", SINCE)
            )
            row.path = f"{above.path if above else '/'}{row.pk}/"
            row.save(update_fields=["path"])
        if code:
            OrgCode.objects.create(unit=row, code=code, valid_from=SINCE)
        self.city.units[name] = row
        return row

    def units(self) -> None:
        from gis.layers.models import Community, LayerImport

        brought = LayerImport.objects.create(
            kind="communities", status="applied", file_name="x.gpkg", sha256="0" * 64, imported_by=self.acting
        )
        self.unit("city", "city", None)
        for county in range(self.counties):
            self.unit(f"county{county}", "county", "city", f"41080{county + 2}")
            for town in range(self.each):
                code = f"41080{county + 2}00{town + 1}"
                self.unit(f"town{county}{town}", "town", f"county{county}", code)
                for at in range(self.each):
                    name = f"village{county}{town}{at}"
                    unit = self.unit(name, "village", f"town{county}{town}", f"{code}00{at + 1}")
                    ring = square(len(self.city.communities), 0)[0]
                    self.city.communities.append(
                        Community.objects.create(
                            unit=unit, code=f"{code}00{at + 1}", name=name, geometry=ring, frame=ring, layer_import=brought
                        )
                    )  # fmt: skip
        # Stands in the division codes, on no map, and only for some days.
        self.unit("unmapped", "village", "town00", since=self.day - timedelta(days=40))

    def draw(self, community: Any, at: int) -> None:
        """A plan that was superseded three weeks ago and one in force since; the last community has none."""
        from grids.units.models import Grid, GridPlan, PlanGrid

        if at > 0 and at == len(self.city.communities) - 1:
            return
        turn = self.day - timedelta(days=21)
        plans = GridPlan.objects.bulk_create(
            GridPlan(
                community=community, number=number, state=state, effective_on=first, effective_to=last,
                drafted_by=self.acting,
            )
            for number, state, first, last in (
                (1, "superseded", self.day - timedelta(days=200), turn - timedelta(days=1)),
                (2, "published", turn, None),
            )
        )  # fmt: skip
        for sequence in range(1, self.grids_each + 1):
            # The last grid is new with the second plan.
            in_plans = plans if sequence < self.grids_each else plans[1:]
            grid = Grid.objects.create(
                code=f"{community.code}{sequence:03d}", community=community, sequence=sequence,
                valid_from=in_plans[0].effective_on,
            )  # fmt: skip
            self.city.grids.append(grid)
            side = SIDE / self.grids_each
            PlanGrid.objects.bulk_create(
                PlanGrid(
                    plan=plan, grid=grid, sequence=sequence, code=grid.code, households=self.chance.randint(100, 500),
                    geometry=square(at + (sequence - 1) / self.grids_each, 0, side), area_m2=1,
                )
                for plan in in_plans
            )  # fmt: skip

    def lead(self) -> None:
        from grids.units.models import GridFitnessGroup, GridLeader

        for grid in self.city.grids:
            kind = self.chance.choice(["office", "office", "acting", "ended", "nominated", "none"])
            if kind != "none":
                first = self.back()
                GridLeader.objects.create(
                    grid=grid, user=self.acting, appointed_by=self.acting, starts_on=first, is_acting=kind == "acting",
                    ends_on={"acting": first + timedelta(days=89), "ended": first + timedelta(days=10)}.get(kind),
                    confirmed_at=None if kind == "nominated" else moment(first),
                )  # fmt: skip
            if self.chance.random() < 0.6:
                founded = self.back()
                gone = founded + timedelta(days=7) if self.chance.random() < 0.3 else None
                GridFitnessGroup.objects.create(
                    grid=grid, name="组织", founded_on=founded, dissolved_on=gone, founded_by=self.acting
                )

    def gather(self, community: Any) -> None:
        """Interest grids with members, participants, activities and all that happens in them."""
        from grids.interest.models import GridMember, InterestGrid, InterestGridSpan, Participant
        from instructors.people.models import ActivityItem

        own = [grid for grid in self.city.grids if grid.community_id == community.pk]
        item = ActivityItem.objects.order_by("id").first()
        people = Participant.objects.bulk_create(Participant(name="测试") for _ in range(12))
        members = GridMember.objects.bulk_create(
            GridMember(name="测试", community=community) for _ in range(3)
        )
        for sequence in range(1, 4):
            one = InterestGrid.objects.create(
                code=f"{community.code}N{sequence:03d}", sequence=sequence, name=f"测试{sequence}", item=item,
                community=community, proposed_by=self.acting, state="active", active_since=self.back(),
            )  # fmt: skip
            one.base_grids.set(self.chance.sample(own, min(len(own), sequence)))
            slept = one.active_since + timedelta(days=15)
            spans = [InterestGridSpan(interest_grid=one, state="active", since=one.active_since)]
            if sequence == 3 and slept <= self.day:
                spans[0].until = slept - timedelta(days=1)
                spans.append(InterestGridSpan(interest_grid=one, state="dormant", since=slept))
                InterestGrid.objects.filter(pk=one.pk).update(state="dormant", dormant_since=slept)
            InterestGridSpan.objects.bulk_create(spans)
            self.staff(one, members)
            self.join(one, people)
            self.meet(one, people)
            self.ask(one, own)

    def staff(self, one: Any, members: list[Any]) -> None:
        from grids.interest.models import MemberPost

        for member in self.chance.sample(members, 2):
            first, confirmed = self.back(), self.chance.random() < 0.8
            over = self.chance.random() < 0.3
            last = first + timedelta(days=9) if over else None
            state = "nominated" if not confirmed else "ended" if over and last < self.day else "active"  # type: ignore[operator]
            MemberPost.objects.create(
                member=member, interest_grid=one, state=state, starts_on=first, ends_on=last,
                source=self.chance.choice(["association", "site_head", "instructor", "backbone"]),
                nominated_by=self.acting, confirmed_by=self.acting if confirmed else None,
            )  # fmt: skip

    def join(self, one: Any, people: list[Any]) -> None:
        from grids.interest.models import Participation

        for person in self.chance.sample(people, 5):
            joined = self.back()
            left = min(self.day, joined + timedelta(days=14)) if self.chance.random() < 0.3 else None
            Participation.objects.create(
                participant=person, interest_grid=one, joined_on=joined, left_on=left, consent_version="1",
                consented_at=moment(joined),
            )  # fmt: skip

    def meet(self, one: Any, people: list[Any]) -> None:
        from grids.interest.models import Activity, Attendance, Occurrence, OccurrenceRating

        activity = Activity.objects.create(
            interest_grid=one, title="测试", starts_at=moment(self.day - timedelta(days=200)), minutes=60,
            planned_by=self.acting,
        )  # fmt: skip
        firsts = set(Attendance.objects.filter(is_first_time=True).values_list("participant", flat=True))
        # Late in the evening in Shanghai it is the same day still, early in the morning UTC has the day before.
        times = {(self.back(60), self.chance.choice([0, 7, 23])) for _ in range(self.chance.randint(2, 8))}
        for day, hour in sorted(times):
            state = self.chance.choice(["held", "held", "held", "cancelled"])
            meeting = Occurrence.objects.create(
                activity=activity, interest_grid=one, starts_at=moment(day, hour), state=state,
                ends_at=moment(day, hour) + timedelta(minutes=30), headcount=self.chance.randint(0, 5),
                cancel_category="weather" if state == "cancelled" else "",
            )  # fmt: skip
            for person in self.chance.sample(people, 4) if state == "held" else []:
                attendance = Attendance.objects.create(
                    occurrence=meeting, interest_grid=one, attended_on=day, participant=person, way="ticked",
                    checked_in_at=moment(day, hour), is_first_time=person.pk not in firsts,
                )  # fmt: skip
                firsts.add(person.pk)
                if self.chance.random() < 0.5:
                    score = self.chance.randint(1, 3)
                    OccurrenceRating.objects.create(attendance=attendance, occurrence=meeting, score=score)

    def ask(self, one: Any, own: list[Any]) -> None:
        """Demands, visits, issues and work; those of a base grid stand at the first of the community."""
        from grids.interest.models import Demand, HotlineIssue, HouseholdVisit, WorkLog

        entered = self.back(40)
        up = self.day if self.chance.random() < 0.5 else None
        demand = Demand.objects.create(
            community=one.community, interest_grid=one, item=one.item, entered_by=self.acting,
            state="handed_up" if up else "open", handed_up_on=up, town=self.city.units["town00"] if up else None,
            closed_on=None,
        )  # fmt: skip
        Demand.objects.filter(pk=demand.pk).update(created_at=moment(entered, 23))
        role = self.chance.choice(["information", "publicity", "instruction", "service"])
        WorkLog.objects.create(
            user=self.acting, kind="activity_held", duty_role=role, community=one.community, interest_grid=one,
            done_at=moment(entered), done_on=entered, reference=f"demand:{demand.pk}",
        )  # fmt: skip
        if not own:
            return
        HouseholdVisit.objects.create(
            grid=own[0], visited_by=self.acting, purpose="invite", noted_at=moment(entered, 0), erase_on=self.day,
            outcome=self.chance.choice(["refused", "nobody_home"]),
        )  # fmt: skip
        HotlineIssue.objects.create(
            grid=own[-1], kind="equipment", place_name="测试", noted_by=self.acting, noted_at=moment(entered),
            state="handed_over", handed_over_at=moment(entered, 23),
        )  # fmt: skip

    def reached(self, households: int) -> dict[str, int]:
        """Some of the households are reached, some of those by activities, some of those by nothing else."""
        covered = self.chance.randint(0, households)
        by_activity = self.chance.randint(0, covered)
        only = self.chance.randint(0, by_activity)
        return {
            "covered_households": covered, "activity_households": by_activity, "activity_only_households": only
        }  # fmt: skip

    def measure(self) -> None:
        """One coverage run ten days ago."""
        from grids.units.models import CommunityCoverage, CoverageRun, GridCoverage, GridPlan

        run = CoverageRun.objects.create(
            started_by=self.acting, households=0, covered_households=0, run_at=moment(self.day - timedelta(days=10))
        )  # fmt: skip
        plans = dict(GridPlan.objects.filter(state="published").values_list("community", "pk"))
        GridCoverage.objects.bulk_create(
            GridCoverage(
                run=run, grid=grid, plan_id=plans[grid.community_id], households=100, method="radius", **self.reached(100)
            )
            for grid in self.city.grids
        )  # fmt: skip
        CommunityCoverage.objects.bulk_create(
            CommunityCoverage(
                run=run, community=community, households=300, method="radius", **self.reached(300)
            )
            for community in self.city.communities
        )  # fmt: skip


@pytest.fixture
def chance_city(alpha: Any, make_user: Any) -> ChanceCity:
    """The city of chance in alpha: eight communities, three base grids each, the last community without a plan."""
    acting = make_user(alpha, "builder")
    with schema_context(alpha.schema_name):
        return Builder(acting).build()


@pytest.fixture
def build_city(alpha: Any, make_user: Any) -> Callable[[int], ChanceCity]:
    """`build_city(60)`: a city of one community with so many base grids, into the schema we stand in."""
    acting = make_user(alpha, "builder")

    def build(grids_each: int) -> ChanceCity:
        return Builder(acting, counties=1, each=1, grids_each=grids_each).build()

    return build
