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
        FitnessGroupMember,
        Grid,
        GridFitnessGroup,
        GridLeader,
        GridPlan,
        Pilot,
        PlanGrid,
        SportsBody,
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
    group = GridFitnessGroup.objects.create(grid=grid, name=mark, founded_on=today, founded_by=user)
    member = FitnessGroupMember.objects.create(group=group, name=mark, joined_on=today)
    pilot = Pilot.objects.create(
        unit=community.unit, features=["test"], starts_on=today, note=mark, decided_by=user
    )
    body = SportsBody.objects.create(
        unit=community.unit, kind="fitness_organisation", name=mark, founded_on=today, entered_by=user
    )
    made = {"grid": grid, "plan": plan, "leader": leader, "officer": officer, "coverage_run": run}
    return made | {"fitness_group": group, "group_member": member, "pilot": pilot, "sports_body": body}


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
        CalendarFeed,
        GapStudy,
        Site,
        SiteAssignment,
        SiteNeed,
        UnservedNeed,
    )
    from instructors.assignment.queries.feeds import digest_of_secret
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
        "calendar_feed": CalendarFeed.objects.create(
            digest=digest_of_secret(mark), owner=user, site=site, note=mark
        ),
        "gap_study": GapStudy.objects.create(
            state="ready", places=1, as_of=date(2026, 1, 5), unit=unit, asked_by=user, picture="<svg/>",
            figures=_FIGURES,
        ),
    }  # fmt: skip


_FIGURES = {
    "households": 10, "sites": 1, "covered_today": 5, "covered_then": 8, "bound": 8, "proof": "optimal",
    "possible_places": 2, "households_by_method": {"network": 10}, "walk_minutes": 15, "reach_m": 1000, "radius_m": 800,
}  # fmt: skip


def _work(grid: Any, item: Any, user: Any, mark: str) -> dict[str, Any]:
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage
    from django.utils import timezone

    from grids.interest.models import Demand, HotlineIssue, HouseholdVisit
    from tenants.bureau.models import StoredFile

    now = timezone.now()
    key = default_storage.save(f"issue_photo/{mark}.jpg", ContentFile(mark.encode()))
    photo = StoredFile.objects.create(
        name=mark, storage_key=key, sha256="0" * 64, size_bytes=1, content_type="image/jpeg", purpose="issue_photo",
        unit_path=grid.unit_path, stored_by=user,
    )  # fmt: skip
    return {
        "household_visit": HouseholdVisit.objects.create(
            grid=grid, visited_by=user, purpose="tell", outcome="talked", consented=True, note=mark, noted_at=now,
            erase_on=date(2030, 1, 7),
        ),
        "demand": Demand.objects.create(
            community=grid.community, grid=grid, item=item, entered_by=user, place_name=mark
        ),
        "hotline_issue": HotlineIssue.objects.create(
            grid=grid, kind="other", place_name=mark, noted_by=user, noted_at=now, photo=photo
        ),
    }  # fmt: skip


def _interest(grid: Any, item: Any, user: Any, unit: Any, mark: str) -> dict[str, Any]:
    from django.utils import timezone

    from grids.interest.models import (
        ErasureAsk,
        ErasureRequest,
        GridMember,
        InterestGrid,
        MemberImport,
        MemberPost,
        Participant,
        Participation,
    )

    since = date(2026, 1, 5)
    found = InterestGrid.objects.create(
        code=f"{grid.community.code}S0001",
        sequence=1,
        name=mark,
        item=item,
        community=grid.community,
        state="active",
        place_name=mark,
        proposed_by=user,
        active_since=since,
    )
    found.base_grids.set([grid])
    member = GridMember.objects.create(name=mark, community=grid.community, user=user)
    erasure = ErasureRequest.objects.create(
        participant=Participant.objects.create(name=mark), unit=unit, asked_on=since, due_on=date(2026, 1, 20)
    )
    ErasureAsk.objects.create(
        request=erasure, interest_grid=found, asked_by=user, asked_on=since, reason=mark
    )
    return {
        "interest_grid": found,
        "erasure_request": erasure,
        "grid_member": member,
        "member_post": MemberPost.objects.create(
            member=member, interest_grid=found, source="backbone", proof=mark, state="active", starts_on=since,
            nominated_by=user, confirmed_by=user,
        ),
        "participation": Participation.objects.create(
            participant=Participant.objects.create(name=mark), interest_grid=found, joined_on=since, consent_version="1",
            consented_at=timezone.now(), enrolled_by=user,
        ),
        "member_import": MemberImport.objects.create(
            status="applied", file_name=f"{mark}.csv", sha256="0" * 64, unit=unit, imported_by=user
        ),
    }  # fmt: skip


def _activities(interest_grid: Any, participant: Any, user: Any, mark: str) -> dict[str, Any]:
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage
    from django.core.signing import TimestampSigner
    from django.utils import timezone

    from grids.interest.models import Activity, Attendance, CalendarFeed, Occurrence, OccurrencePhoto
    from tenants.bureau.models import StoredFile

    now = timezone.now()
    given = {"interest_grid": interest_grid, "starts_at": now, "place_name": mark}
    activity = Activity.objects.create(title=mark, minutes=60, planned_by=user, **given)
    occurrence = Occurrence.objects.create(activity=activity, ends_at=now + timedelta(hours=1), **given)
    signer = TimestampSigner(sep=".", salt=f"interest.check-in:{connection.schema_name}")
    occurrence.check_in_token = signer.sign(str(occurrence.pk))
    key = default_storage.save(f"activity_photo/{mark}.jpg", ContentFile(mark.encode()))
    stored = StoredFile.objects.create(
        name=mark, storage_key=key, sha256="0" * 64, size_bytes=1, content_type="image/jpeg", purpose="activity_photo",
        unit_path=interest_grid.unit_path, stored_by=user,
    )  # fmt: skip
    return {
        "activity": activity,
        "occurrence": occurrence,
        "attendance": Attendance.objects.create(
            occurrence=occurrence, interest_grid=interest_grid, attended_on=now.date(), participant=participant, way="qr",
            checked_in_at=now,
        ),
        "occurrence_photo": OccurrencePhoto.objects.create(
            occurrence=occurrence, file=stored, caption=mark, consent_note=mark, taken_by=user
        ),
        "activity_feed": CalendarFeed.objects.create(
            interest_grid=interest_grid, key_digest=mark, made_by=user
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


def _wellness(community: Any, user: Any, mark: str) -> dict[str, Any]:
    from hashlib import sha256
    from pathlib import Path

    from django.utils import timezone

    from grids.wellness.models import (
        Citizen,
        ExerciseCase,
        FitnessTest,
        Invitation,
        ScreeningForm,
        TestStandard,
    )
    from grids.wellness.rules import standard as documents
    from tenants.bureau.models import Consent

    def loaded(file: str) -> dict[str, Any]:
        text = (Path(documents.__file__).parent / file).read_text("utf-8")
        digest = sha256(text.encode()).hexdigest()
        return {
            "code": "test", "document_version": "1", "name": mark, "source": mark, "is_example": True,
            "form": "toml", "text": text, "sha256": digest, "loaded_by": user,
        }  # fmt: skip

    day = date(2026, 1, 5)
    standard = TestStandard.objects.create(**loaded("example_standard.toml"), valid_from=day)
    citizen = Citizen.objects.create(
        name=mark, sex="male", birth_year=1980, birth_month=5, community=community
    )
    Invitation.objects.create(citizen=citizen, kind="fitness_test", invited_by=user, invited_on=day)
    consent = Consent.objects.create(
        subject=citizen.subject, purpose="fitness_test", text_version=mark, given_at=timezone.now()
    )
    return {
        "test_standard": standard,
        "screening_form": ScreeningForm.objects.create(**loaded("example_screening.toml")),
        "tested_citizen": citizen,
        "fitness_test": FitnessTest.objects.create(
            citizen=citizen, consent=consent, standard=standard, tested_on=day, tester=user, is_complete=True,
            sealed=b"x", grade_sealed=b"x",
        ),
        "exercise_case": ExerciseCase.objects.create(citizen=citizen),
    }  # fmt: skip


@pytest.fixture
def furnish(make_user: Callable[..., Any]) -> Callable[[Any], dict[str, Any]]:
    """`furnish(alpha)` makes one row of every kind in the city; returns them by kind."""

    def make(city: Any, first_id: int = FIRST_ID) -> dict[str, Any]:
        from tenants.bureau.models import OrgCode, OrgUnit
        from tenants.bureau.rules.permission_catalogue import PERMISSIONS

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
            made |= _interest(made["grid"], made["item"], user, unit, mark)
            made |= _activities(made["interest_grid"], made["participation"].participant, user, mark)
            made |= _work(made["grid"], made["item"], user, mark)
            made |= _wellness(made["communities"], user, mark)
        return made

    return make
