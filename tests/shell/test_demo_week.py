"""The demo's working week: made by the real services, with a past, and seen by the leader's and the member's accounts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.utils import timezone
from rich.console import Console

from gis.layers.models import Community, LayerImport
from grids.interest.models import (
    Attendance,
    Demand,
    HotlineIssue,
    HouseholdVisit,
    InterestGrid,
    MemberPost,
    Occurrence,
    OccurrencePhoto,
    OccurrenceRating,
    WorkLog,
)
from grids.interest.queries.indicators import indicators_of, terms_on
from grids.interest.queries.indicators_places import Places
from grids.interest.queries.standing import interest_grids_visible_to
from grids.units.models import Grid, GridFitnessGroup, GridPlan, Pilot, PlanGrid, SportsBody
from grids.units.services.leaders import appoint_leader
from grids.units.services.officers import record_officer
from grids.wellness.models import ExerciseCase, FitnessTest, FitnessTotals, Invitation
from instructors.assignment.models import Site
from instructors.people.models import GradeAward, Instructor
from tenants.accounts.models import AuditEvent
from tenants.bureau.models import OrgCode, OrgUnit
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.rules.role_templates import ROLE_TEMPLATES
from wangge.shell.demo.clock import FOUNDED_DAYS_AGO, days_ago
from wangge.shell.demo.steps import Steps
from wangge.shell.demo.week import fall_asleep, found_network
from wangge.shell.demo.week_activities import hold_activities
from wangge.shell.demo.week_wellness import test_and_exercise as exercise_for_health
from wangge.shell.demo.week_work import found_organisations, work_a_week

pytestmark = pytest.mark.django_db
SINCE = date(2020, 1, 1)
ROLES = {
    "bureau": "bureau_admin", "leader": "grid_leader", "member": "grid_member", "tester": "fitness_tester",
    "prescriber": "exercise_prescriber",
}  # fmt: skip


def _unit(name: str, level: str, parent: Any, code: str) -> Any:
    row = OrgUnit.objects.create(level=level, name=name, parent=parent, valid_from=SINCE)
    row.path = f"{parent.path}{row.pk}/"
    row.save(update_fields=["path"])
    OrgCode.objects.create(unit=row, code=code, valid_from=SINCE)
    return row


def _ground(acting: Any) -> list[Grid]:
    """One community of three base grids in force for a season, a site, and an instructor."""
    root = OrgUnit.objects.get(parent=None)
    county = _unit("解放区", "county", root, "410802")
    town = _unit("测试街道", "town", county, "410802001")
    unit = _unit("测试社区", "village", town, "410802001777")
    brought = LayerImport.objects.create(
        kind="communities", status="applied", file_name="x.gpkg", sha256="0" * 64, imported_by=acting
    )
    ring = "((114.21 35.21, 114.22 35.21, 114.22 35.22, 114.21 35.22, 114.21 35.21))"
    shape = GEOSGeometry(f"POLYGON{ring}", srid=4490)
    community = Community.objects.create(
        unit=unit, code="410802001777", name="测试社区", geometry=shape, frame=shape, layer_import=brought
    )
    since = local_date(timezone.now()) - timedelta(days=FOUNDED_DAYS_AGO)
    plan = GridPlan.objects.create(
        community=community, number=1, state="published", effective_on=since, drafted_by=acting
    )
    grids = [
        Grid.objects.create(
            code=f"410802001777{number:03d}", community=community, sequence=number, valid_from=since
        )
        for number in (1, 2, 3)
    ]
    for grid in grids:
        PlanGrid.objects.create(
            plan=plan, grid=grid, sequence=grid.sequence, code=grid.code, households=400, area_m2=1,
            geometry=GEOSGeometry(f"MULTIPOLYGON({ring})", srid=4490),
        )  # fmt: skip
    Site.objects.create(ref="S1", name="测试站点", unit=unit, town=town, geometry=shape.centroid)
    taught = Instructor.objects.create(ref="T1", name="测试甲", unit=unit)
    GradeAward.objects.create(
        instructor=taught, grade="grade3", award_level="county", certificate_number="TEST-1", valid_from=SINCE
    )
    return grids


@pytest.fixture
def people(in_alpha: Any, make_user: Any) -> dict[str, Any]:
    """The accounts of the demo that take part, with the rights of their roles, and the leader in office."""
    made = {
        name: make_user(in_alpha, name, sorted(ROLE_TEMPLATES[role].permissions))
        for name, role in ROLES.items()
    }
    grids = _ground(made["bureau"])
    with days_ago(FOUNDED_DAYS_AGO):
        today = local_date(timezone.now())
        record_officer(
            community_id=grids[0].community_id, user_id=made["leader"].pk, valid_from=today,
            acting_user=made["bureau"],
        )  # fmt: skip
        for grid in grids:
            appoint_leader(
                grid_id=grid.pk, user_id=made["leader"].pk, starts_on=today, acting_user=made["bureau"]
            )
    return made


def test_the_demo_shows_a_leaders_working_week(people: dict[str, Any]) -> None:
    steps = Steps(Console(quiet=True), "测试")
    made = found_network(people, steps)
    hold_activities(made, steps)
    fall_asleep()
    work_a_week(made, steps)
    found_organisations(people, "410802", steps)
    exercise_for_health(made, steps)
    _the_network_stands(people)
    _the_week_was_busy(people)
    _the_past_is_told(made)


def _the_network_stands(people: dict[str, Any]) -> None:
    states = InterestGrid.objects.values_list("state", flat=True)
    assert sorted(set(states)) == ["active", "dormant", "proposed"]
    assert set(MemberPost.objects.values_list("source", flat=True)) == {
        "association", "site_head", "instructor", "backbone"
    }  # fmt: skip
    assert interest_grids_visible_to(people["leader"]).count() == InterestGrid.objects.count()
    assert MemberPost.objects.filter(member__user=people["member"]).count() == 2
    assert GridFitnessGroup.objects.count() == 2
    assert SportsBody.objects.filter(kind="sports_federation").count() == 3
    assert Pilot.objects.get().unit.name == "解放区"
    names = InterestGrid.objects.values_list("participations__participant__name", flat=True)
    assert all("演示" in name for name in names if name)


def _the_week_was_busy(people: dict[str, Any]) -> None:
    held = Occurrence.objects.filter(state="held")
    week = timezone.now() - timedelta(days=7)
    assert held.filter(starts_at__gt=week).count() >= 5
    assert held.filter(starts_at__lte=week).count() >= 20
    assert Occurrence.objects.filter(state="planned", starts_at__gt=timezone.now()).exists()
    assert Occurrence.objects.filter(state="cancelled", cancel_category="weather").count() == 1
    assert Attendance.objects.count() > 100 and OccurrenceRating.objects.count() > 20
    assert OccurrencePhoto.objects.exists()
    assert sorted(HouseholdVisit.objects.values_list("outcome", flat=True)) == [
        "nobody_home", "refused", "talked", "talked"
    ]  # fmt: skip
    assert set(Demand.objects.values_list("state", flat=True)) == {"handed_up", "open"}
    assert HotlineIssue.objects.get().state == "handed_over"
    roles = set(WorkLog.objects.filter(user=people["leader"]).values_list("duty_role", flat=True))
    assert roles >= {"information", "publicity", "instruction", "service"}
    # Twelve invited, a case whose re-test is due, one that was re-tested, and one community's quarter.
    assert FitnessTest.objects.count() == 13 + 36 and Invitation.objects.count() == 14 + 36
    assert ExerciseCase.objects.count() == 6
    assert set(ExerciseCase.objects.values_list("state", flat=True)) == {
        "screened", "referred", "in_programme", "re_tested"
    }  # fmt: skip
    assert FitnessTotals.objects.get().rows[-1]["total"] >= 36
    assert AuditEvent.objects.filter(action="occurrence.finish").count() == held.count()


def _the_past_is_told(made: Any) -> None:
    """A month after the founding nobody had met; two months later the silent one slept, and the others were regular."""
    unit = made.community.unit_id
    today = local_date(timezone.now())

    def on(days: int) -> Any:
        day = today - timedelta(days=days)
        return indicators_of(Places("community", ids=(unit,)), terms_on(day, None))[unit]

    assert on(FOUNDED_DAYS_AGO + 1).organised.interest_grids_active == 0
    then, now = on(60), on(0)
    assert (then.organised.interest_grids_active, then.organised.interest_grids_dormant) == (6, 0)
    assert (now.organised.interest_grids_active, now.organised.interest_grids_dormant) == (5, 1)
    assert then.active.occurrences == 0 and now.active.occurrences > 20
    assert now.active.regular_activities == 5
    assert now.coverage.covered == 1 and now.lacks == ()
    assert now.served.first_timers == 3 and now.served.visits_refused == 1
