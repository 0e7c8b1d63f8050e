"""A city with one real object of every kind, whose ids nobody else has and whose texts bear a mark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection
from django_tenants.utils import schema_context

FIRST_ID = 7_340_001
GRID_CODE = "410802001001777"
RING = "((114.21 35.21, 114.22 35.21, 114.22 35.22, 114.21 35.22, 114.21 35.21))"
_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE schemaname = %s"


def mark_of(city: Any) -> str:
    """A text that stands in every furnished row of that city and nowhere else."""
    return f"Merkmal-{city.slug}-7f3a"


def _shape(text: str) -> GEOSGeometry:
    return GEOSGeometry(text, srid=4490)


def _set_ids_apart(city: Any, first_id: int) -> None:
    """Give the city's coming rows ids that no row of another city has."""
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES, [city.schema_name])
        for (name,) in cursor.fetchall():
            cursor.execute("SELECT setval(%s, %s, false)", [f"{city.schema_name}.{name}", first_id])


def _layers(unit: Any, user: Any, mark: str) -> dict[str, Any]:
    from gis.layers.models import (
        Barrier,
        Building,
        Community,
        Compound,
        FitnessSite,
        LayerImport,
        LayerKind,
        Street,
    )

    done = LayerImport.objects.create(
        kind=LayerKind.COMMUNITIES, status="applied", file_name=f"{mark}.gpkg", sha256="0" * 64, imported_by=user,
        unit_path=unit.path, source_note=mark,
    )  # fmt: skip
    ring = {"geometry": _shape(f"POLYGON{RING}"), "layer_import": done, "name": mark}
    many = {**ring, "geometry": _shape(f"MULTIPOLYGON({RING})")}
    line = {**ring, "geometry": _shape("LINESTRING(114.21 35.21, 114.22 35.22)")}
    community = Community.objects.create(
        unit=unit, code="410802001777", settlement="urban", **_fitting(Community, ring, many),
        frame=_fitting(Community, ring, many, "frame")["geometry"],
    )  # fmt: skip
    return {
        "layer_import": done,
        "communities": community,
        "buildings": Building.objects.create(
            ref=mark, community=community, households=20, household_source="given", use="residential", address=mark,
            **_fitting(Building, ring, many),
        ),
        "compounds": Compound.objects.create(ref=mark, community=community, **_fitting(Compound, ring, many)),
        "streets": Street.objects.create(ref=mark, road_class="secondary", **line),
        "barriers": Barrier.objects.create(ref=mark, barrier_kind="wall", **line),
        "fitness_sites": FitnessSite.objects.create(
            ref=mark, site_kind="fitness_square", **{**ring, "geometry": _shape("POINT(114.215 35.215)")}
        ),
    }  # fmt: skip


def _fitting(
    model: Any, ring: dict[str, Any], many: dict[str, Any], field: str = "geometry"
) -> dict[str, Any]:
    return many if model._meta.get_field(field).geom_type == "MULTIPOLYGON" else ring


def _grids(community: Any, user: Any, mark: str) -> dict[str, Any]:
    from grids.units.models import (
        CoverageRun,
        CultureSportsOfficer,
        Grid,
        GridLeader,
        GridPlan,
        PlanGrid,
    )  # fmt: skip
    from grids.units.rules.plan_states import PlanState

    today = date(2026, 1, 5)
    grid = Grid.objects.create(code=GRID_CODE, community=community, sequence=777, valid_from=today)
    plan = GridPlan.objects.create(
        community=community, number=1, state=PlanState.PUBLISHED, drafted_by=user, notes=mark, effective_on=today,
        preset="balanced", engine_version="1", policy_version="1",
        policy={
            "target": 400, "soft_minimum": 300, "soft_maximum": 500, "hard_minimum": 100, "hard_maximum": 800,
            "small_community": 300,
        },
    )  # fmt: skip
    shape = _fitting(
        PlanGrid, {"geometry": _shape(f"POLYGON{RING}")}, {"geometry": _shape(f"MULTIPOLYGON({RING})")}
    )
    PlanGrid.objects.create(
        plan=plan,
        grid=grid,
        sequence=777,
        code=GRID_CODE,
        households=20,
        area_m2=1.0,
        size_reason=mark,
        **shape,
    )
    leader = GridLeader.objects.create(
        grid=grid, user=user, starts_on=today, appointed_by=user, policy_version="1", end_reason=""
    )
    officer = CultureSportsOfficer.objects.create(user=user, community=community, valid_from=today)
    run = CoverageRun.objects.create(started_by=user, policy_version="1", households=20, covered_households=1)
    return {"grid": grid, "plan": plan, "leader": leader, "officer": officer, "coverage_run": run}


def _people(user: Any, unit: Any, mark: str) -> dict[str, Any]:
    from instructors.people.models import (
        ActivityItem,
        FreeTime,
        GradeAward,
        Instructor,
        RegisterImport,
        ServiceRecord,
        TeachingItem,
        TimeException,
    )

    since = date(2024, 1, 1)
    item = ActivityItem.objects.create(code="test-item", name=mark)
    person = Instructor.objects.create(name=mark, unit=unit, home=_shape("POINT(114.215 35.215)"))
    GradeAward.objects.create(
        instructor=person, grade="grade3", award_level="county", certificate_number=mark, valid_from=since
    )
    TeachingItem.objects.create(instructor=person, item=item, teaching_role="skill_coach", valid_from=since)
    FreeTime.objects.create(instructor=person, weekday=1, from_minute=540, to_minute=660)
    return {
        "item": item,
        "instructor": person,
        "service": ServiceRecord.objects.create(
            instructor=person, served_on=date(2026, 1, 5), minutes=60, service_kind="volunteer", place=mark,
            source=f"hand:{mark}",
        ),
        "time_exception": TimeException.objects.create(
            instructor=person, on=date(2030, 1, 7), is_free=False, note=mark
        ),
        "register_import": RegisterImport.objects.create(
            status="applied", file_name=f"{mark}.csv", sha256="0" * 64, unit=unit, imported_by=user
        ),
    }  # fmt: skip


def _assignment(person: Any, item: Any, user: Any, unit: Any, mark: str) -> dict[str, Any]:
    from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

    from instructors.assignment.models import (
        AssignmentPin,
        AssignmentRun,
        Booking,
        GapStudy,
        Site,
        SiteAssignment,
        SiteNeed,
        UnservedNeed,
    )
    from tenants.bureau.rules.local_time import SHANGHAI

    site = Site.objects.create(
        ref=mark, name=mark, geometry=_shape("POINT(114.215 35.215)"), unit=unit, town=unit
    )
    need = SiteNeed.objects.create(site=site, item=item, weekday=1, from_minute=540, to_minute=600)
    nothing = {"needs": {}, "instructors": {}, "left_out": {}, "households": {}}
    run = AssignmentRun.objects.create(
        state="ready", as_of=date(2026, 1, 5), unit=unit, asked_by=user, inputs=nothing
    )
    SiteAssignment.objects.create(run=run, need=need, instructor=person, travel_m=1)
    UnservedNeed.objects.create(run=run, need=need, places=1, reason="none_free")
    at = datetime(2030, 1, 7, 9, tzinfo=SHANGHAI)
    time = DateTimeTZRange(at, at + timedelta(hours=1))
    return {
        "site": site,
        "need": need,
        "run": run,
        "pin": AssignmentPin.objects.create(need=need, instructor=person, pinned_by=user, reason=mark),
        "booking": Booking.objects.create(
            kind="course", reference=mark, instructor=person, site=site, town=unit, busy=time, padded=time,
            booked_by=user,
        ),
        "gap_study": GapStudy.objects.create(
            state="ready", places=1, as_of=date(2026, 1, 5), unit=unit, asked_by=user, picture="<svg/>"
        ),
    }  # fmt: skip


def _bureau(city: Any, user: Any, unit: Any, mark: str) -> dict[str, Any]:
    from django.utils import timezone

    from tenants.accounts.models import AccessToken, AuditEvent
    from tenants.accounts.services import record_audit
    from tenants.bureau.models import BackgroundJob, Grant, OutboxMessage, StoredFile

    record_audit(acting_user=user, action="user.update", subject=user, reason=mark)
    return {
        "user": user,
        "token": AccessToken.objects.get(user=user),
        "unit": unit,
        "grant": Grant.objects.filter(user=user).first(),
        "job": BackgroundJob.objects.create(kind="layers.import", started_by=user, stage=mark, unit_path=unit.path),
        "file": StoredFile.objects.create(
            name=f"{mark}.pdf", storage_key=f"{mark}.pdf", sha256="0" * 64, size_bytes=1,
            content_type="application/pdf", purpose="test", unit_path=unit.path, stored_by=user,
        ),
        "audit": AuditEvent.objects.get(reason=mark),
        "message": OutboxMessage.objects.create(
            channel="in_app", recipient=f"accounts.user:{user.pk}", template=mark, dedup_key=mark,
            delivered_at=timezone.now(),
        ),
    }  # fmt: skip


@pytest.fixture
def furnish(make_user: Callable[..., Any]) -> Callable[[Any], dict[str, Any]]:
    """`furnish(alpha)` makes one row of every kind in the city; returns them by kind."""

    def make(city: Any, first_id: int = FIRST_ID) -> dict[str, Any]:
        from tenants.bureau.models import OrgCode, OrgUnit
        from tenants.bureau.rules.rights import PERMISSIONS

        mark = mark_of(city)
        _set_ids_apart(city, first_id)
        user = make_user(city, f"insider-{city.slug}", sorted(PERMISSIONS))
        with schema_context(city.schema_name):
            type(user).objects.filter(pk=user.pk).update(display_name=mark)
            root = OrgUnit.objects.get(parent=None)
            unit = OrgUnit.objects.create(
                level="village", name=mark, parent=root, valid_from=date(2020, 1, 1)
            )
            unit.path = f"{root.path}{unit.pk}/"
            unit.save(update_fields=["path"])
            OrgCode.objects.create(unit=unit, code="410802001777", valid_from=date(2020, 1, 1))
            made = _bureau(city, user, unit, mark)
            made |= _layers(unit, user, mark)
            made |= _people(user, unit, mark)
            made |= _assignment(made["instructor"], made["item"], user, unit, mark)
            made |= _grids(made["communities"], user, mark)
        return made

    return make
