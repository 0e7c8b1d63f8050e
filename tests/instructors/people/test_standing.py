"""Grades, items, registrations, services and checks: recorded and verified by others. Rules: J12, S07"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django_tenants.utils import schema_context

from instructors.people.models import Instructor, MinorsCheck, ServiceRecord, TeachingItem
from instructors.people.rules.grades import TeachingRole
from instructors.people.services.standing import record_item
from tenants.accounts.models import AuditEvent
from wangge.errors import RuleBroken

pytestmark = pytest.mark.django_db

AWARD = {"grade": "grade3", "certificate_number": "T-1", "valid_from": "2024-05-01"}
ITEM = {"item_code": "taiji", "teaching_role": "skill_coach", "valid_from": "2024-05-01"}
SERVICE = {"served_on": "2026-03-01", "minutes": 60, "service_kind": "volunteer", "source": "照片1"}
CHECK = {"checked_on": "2026-03-01", "result_ok": True}


@pytest.fixture
def person(enter: Any) -> Instructor:
    made: Instructor = enter(1)
    return made


@pytest.fixture
def ask(alpha: Any, staff: Any, api: Any, person: Instructor) -> Any:
    """`ask("post", "grades", {...}, by=staff.officer)` at that person."""

    def do(method: str, what: str, given: Any = None, *, by: Any = None, who: Any = None) -> Any:
        speaker = api(alpha, by or staff.dispatcher)
        return getattr(speaker, method)(f"instructors/{(who or person).pk}/{what}", given)

    return do


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# --- grades -------------------------------------------------------------------------------------------------


def test_J12_a_grade_is_recorded_once_and_corrected(ask):
    assert ask("post", "grades", AWARD).json()["award_level"] == "county"
    assert told(ask("post", "grades", AWARD | {"certificate_number": "T-2"})) == (409, "GRADE_HELD")
    assert ask("put", "grades", AWARD | {"valid_to": "2030-01-01"}).json()["valid_to"] == "2030-01-01"
    assert ask("put", "grades", AWARD | {"grade": "grade1", "certificate_number": "T-9"}).status_code == 404
    assert len(ask("get", "grades").json()) == 1


def test_J12_a_grade_is_awarded_by_its_own_level(ask):
    answer = ask("post", "grades", AWARD | {"award_level": "city"})
    assert told(answer) == (422, "AWARD_LEVEL") and answer.json()["facts"]["awarded_by"] == "county"


def test_J12_a_certificate_is_one_persons(ask, enter):
    ask("post", "grades", AWARD)
    assert told(ask("post", "grades", AWARD, who=enter(2))) == (409, "CERTIFICATE_TAKEN")


@pytest.mark.parametrize(
    ("change", "code"),
    [({"valid_to": "2020-01-01"}, "STANDING_DAYS"), ({"valid_from": "2090-01-01"}, "DAY_IN_FUTURE")],
)
def test_J12_days_of_a_grade_stand_in_order_and_have_come(ask, change, code):
    assert told(ask("post", "grades", AWARD | change)) == (422, code)


def test_J12_the_grade_in_force_is_the_highest(alpha, ask, api, staff, person):
    ask("post", "grades", AWARD)
    ask("post", "grades", {"grade": "grade2", "certificate_number": "T-2", "valid_from": "2025-01-01"})
    ended = {
        "grade": "grade1",
        "certificate_number": "T-3",
        "valid_from": "2025-01-01",
        "valid_to": "2025-06-01",
    }
    ask("post", "grades", ended)
    assert api(alpha, staff.dispatcher).get(f"instructors/{person.pk}").json()["grade"] == "grade2"


# --- items and registrations --------------------------------------------------------------------------------


def test_S07_an_item_is_taught_in_a_role_on_certain_days(ask):
    assert ask("put", "items", ITEM).status_code == 200
    assert ask("put", "items", ITEM | {"teaching_role": "lecturer"}).status_code == 200
    assert ask("put", "items", ITEM | {"valid_to": "2026-12-31"}).json()["valid_to"] == "2026-12-31"
    assert len(ask("get", "items").json()) == 2
    assert told(ask("put", "items", ITEM | {"valid_to": "2020-12-31"})) == (422, "STANDING_DAYS")
    assert ask("put", "items", ITEM | {"item_code": "nothing"}).status_code == 404


def test_J12_a_rivals_item_is_refused_with_TEACHING_ITEM_TWICE(alpha, ask, staff, person, monkeypatch):
    """The look before the write is taken away: only the constraint is left to decide."""
    assert ask("put", "items", ITEM).status_code == 200
    monkeypatch.setattr(TeachingItem.objects, "filter", lambda **asked: TeachingItem.objects.none())
    with schema_context(alpha.schema_name), pytest.raises(RuleBroken) as refused:
        record_item(
            instructor_id=person.pk, item_code="taiji", teaching_role=TeachingRole.SKILL_COACH,
            valid_from=date(2025, 1, 1), acting_user=staff.dispatcher,
        )  # fmt: skip
    assert (refused.value.code, refused.value.status, refused.value.field) == (
        "TEACHING_ITEM_TWICE",
        409,
        "item",
    )
    with schema_context(alpha.schema_name):
        assert TeachingItem.objects.get().valid_from == date(2024, 5, 1)


def test_J12_a_year_is_registered_once(ask):
    assert ask("post", "registrations", {"year": 2025, "registered_on": "2025-01-05"}).status_code == 201
    assert told(ask("post", "registrations", {"year": 2025})) == (409, "REGISTERED_ALREADY")
    assert told(ask("post", "registrations", {"year": 2099})) == (422, "DAY_IN_FUTURE")
    assert ask("get", "registrations").json() == [{"year": 2025, "registered_on": "2025-01-05"}]


# --- services -----------------------------------------------------------------------------------------------


def test_J12_volunteer_and_paid_services_are_counted_apart(alpha, ask, api, staff):
    for source, kind, minutes in (("1", "volunteer", 60), ("2", "volunteer", 90), ("3", "paid", 120)):
        made = ask("post", "services", SERVICE | {"source": source, "service_kind": kind, "minutes": minutes})
        if source != "2":
            api(alpha, staff.officer).post(f"instructor-services/{made.json()['id']}/verify")
    totals = ask("get", "service-totals?since=2026-01-01&until=2026-12-31").json()
    assert totals["volunteer"] == {"count": 2, "minutes": 150, "verified": 1, "verified_minutes": 60}
    assert totals["paid"] == {"count": 1, "minutes": 120, "verified": 1, "verified_minutes": 120}
    nothing = ask("get", "service-totals?since=2025-01-01&until=2025-12-31").json()
    assert nothing["volunteer"]["count"] == nothing["paid"]["count"] == 0


def test_J12_one_proof_counts_once(ask, enter):
    assert ask("post", "services", SERVICE).json()["source"] == "hand:照片1"
    assert told(ask("post", "services", SERVICE | {"service_kind": "paid"})) == (409, "SERVICE_TWICE")
    assert ask("post", "services", SERVICE, who=enter(2)).status_code == 201
    assert told(ask("post", "services", SERVICE | {"served_on": "2090-01-01", "source": "2"})) == (
        422,
        "DAY_IN_FUTURE",
    )


def test_S07_a_service_is_verified_by_neither_who_entered_nor_who_gave_it(alpha, ask, api, staff, person):
    made = ask("post", "services", SERVICE).json()["id"]
    path = f"instructor-services/{made}/verify"
    assert told(api(alpha, staff.dispatcher).post(path)) == (403, "OWN_ENTRY")
    with schema_context(alpha.schema_name):
        Instructor.objects.filter(pk=person.pk).update(user=staff.officer)
    assert told(api(alpha, staff.officer).post(path)) == (403, "OWN_RECORD")
    assert api(alpha, staff.clerk).post(path).status_code == 403
    assert api(alpha, staff.bureau).post(path).json()["is_verified"] is True
    assert told(api(alpha, staff.bureau).post(path)) == (409, "ALREADY_VERIFIED")
    with schema_context(alpha.schema_name):
        assert ServiceRecord.objects.get().verified_by_id == staff.bureau.pk


@pytest.mark.parametrize(
    ("method", "what", "given"),
    [
        ("post", "grades", AWARD),
        ("put", "grades", AWARD),
        ("put", "items", ITEM),
        ("post", "registrations", {"year": 2025}),
        ("post", "services", SERVICE),
        ("post", "minors-checks", CHECK),
    ],
)
def test_S07_nobody_decides_on_the_own_standing(alpha, ask, staff, person, method, what, given):
    with schema_context(alpha.schema_name):
        Instructor.objects.filter(pk=person.pk).update(user=staff.dispatcher)
    assert told(ask(method, what, given)) == (403, "OWN_RECORD")


# --- the check for minors -----------------------------------------------------------------------------------


def test_S07_a_minors_check_keeps_its_day_its_result_and_by_whom_only(alpha, ask, staff):
    assert ask("post", "minors-checks", CHECK | {"record": "secret"}).status_code == 422
    assert ask("get", "minors-checks").json() == []
    assert ask("post", "minors-checks", CHECK).status_code == 201
    assert told(ask("post", "minors-checks", CHECK | {"result_ok": False})) == (409, "CHECKED_ALREADY")
    assert told(ask("post", "minors-checks", CHECK | {"checked_on": "2090-01-01"})) == (422, "DAY_IN_FUTURE")
    (row,) = ask("get", "minors-checks").json()
    assert set(row) == {"id", "checked_on", "result_ok", "checked_by"}
    assert ask("get", "minors-checks", by=staff.clerk).status_code == 403
    columns = {column.name for column in MinorsCheck._meta.concrete_fields}
    assert columns == {"id", "instructor", "checked_on", "result_ok", "checked_by", "created_at"}


def test_X07_every_record_leaves_a_trace(alpha, ask, person):
    ask("post", "grades", AWARD)
    ask("put", "items", ITEM)
    ask("post", "minors-checks", CHECK)
    with schema_context(alpha.schema_name):
        events = AuditEvent.objects.filter(subject_type="people.instructor", subject_id=str(person.pk))
        actions = list(events.order_by("id").values_list("action", flat=True))
    assert actions == ["instructor.enter", "instructor.grade", "instructor.item", "instructor.minors_check"]


def test_the_rules_see_what_was_recorded(alpha, ask, person):
    from instructors.people.queries.instructors import people_by_ids
    from instructors.people.queries.standing import grades_held, items_held
    from instructors.people.rules.grades import InstructorGrade, TeachingRole
    from instructors.people.rules.standing import grade_on, may_teach

    ask("post", "grades", AWARD)
    ask("put", "items", ITEM)
    with schema_context(alpha.schema_name):
        row = people_by_ids([person.pk])[person.pk]
        (held,) = items_held(row)
    assert grade_on(grades_held(row), date(2024, 5, 1)) is InstructorGrade.GRADE3
    assert may_teach(items_held(row), held.item, TeachingRole.SKILL_COACH, date(2024, 5, 1))
