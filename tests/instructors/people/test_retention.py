"""X07: a daily job erases what the register no longer needs of who has left, and tells so in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django_tenants.utils import schema_context

from instructors.people.jobs import keep_register_job
from instructors.people.models import FreeTime, GradeAward, Instructor, InstructorIdentity
from instructors.people.queries.instructors import digest_of_id, holder_of_digest
from instructors.people.rules.identity_number import IdKind, id_key
from instructors.people.services import retention
from instructors.people.services.instructors import leave_register
from instructors.people.services.retention import erase_numbers_of_left
from tenants.accounts.models import AuditEvent

from .conftest import invented_id, invented_phone

pytestmark = pytest.mark.django_db
LEFT_ON = date(2023, 3, 1)
LAST_DAY = date(2026, 3, 1)  # three years later
AFTER = date(2026, 3, 2)


@pytest.fixture
def gone(alpha: Any, enter: Any, staff: Any) -> Callable[..., Instructor]:
    """`gone(1)`: a person with numbers, a home, a grade and free times, who left on LEFT_ON."""

    def make(number: int = 1, left_on: date | None = LEFT_ON) -> Instructor:
        person: Instructor = enter(number, phone=invented_phone(number))
        with schema_context(alpha.schema_name):
            Instructor.objects.filter(pk=person.pk).update(
                home=Point(114.2, 35.2, srid=4490), home_note="新华"
            )
            FreeTime.objects.create(instructor=person, weekday=1, from_minute=0, to_minute=600)
            GradeAward.objects.create(
                instructor=person, grade="grade3", award_level="county", certificate_number=f"T-{number}",
                valid_from=date(2020, 1, 1),
            )  # fmt: skip
            leave_register(
                instructor_id=person.pk, left_on=left_on, reason="迁出", acting_user=staff.dispatcher
            )
        return person

    return make


def erase(alpha: Any, today: date) -> int:
    with schema_context(alpha.schema_name):
        return erase_numbers_of_left(today=today)


def numbers_kept(alpha: Any) -> set[int]:
    with schema_context(alpha.schema_name):
        return set(InstructorIdentity.objects.values_list("pk", flat=True))


def test_x07_numbers_are_kept_to_the_last_day_and_erased_the_day_after(alpha, gone):
    person = gone()
    assert erase(alpha, LAST_DAY) == 0
    assert numbers_kept(alpha) == {person.pk}
    assert erase(alpha, AFTER) == 1
    assert numbers_kept(alpha) == set()
    with schema_context(alpha.schema_name):
        row = Instructor.objects.get(pk=person.pk)
        assert (row.name, row.home, row.home_note, row.left_on) == ("测试1", None, "", LEFT_ON)
        assert GradeAward.objects.filter(instructor=row).exists(), "what proves the work stays"
        assert not FreeTime.objects.filter(instructor=row).exists()
        assert holder_of_digest(digest_of_id(id_key(invented_id(1), IdKind.RESIDENT))) is None


def test_x07_who_is_in_the_register_or_left_later_keeps_all(alpha, gone):
    here, later = gone(1, None), gone(2, date(2023, 3, 2))
    assert erase(alpha, AFTER) == 0
    assert numbers_kept(alpha) == {here.pk, later.pk}


def test_x07_the_years_are_the_citys_own(alpha, gone):
    from tenants.bureau.models import PolicyParameterVersion

    gone()
    with schema_context(alpha.schema_name):
        versions = PolicyParameterVersion.objects.filter(key="retention.register_years")
        versions.update(value=5, effective_from=date(2020, 1, 1))
    assert erase(alpha, AFTER) == 0
    assert erase(alpha, date(2028, 3, 2)) == 1
    with schema_context(alpha.schema_name):
        assert AuditEvent.objects.latest("id").policy_version == "retention.register_years@1"


def test_x07_the_audit_log_tells_what_was_erased_and_no_number(alpha, gone):
    person = gone()
    erase(alpha, AFTER)
    with schema_context(alpha.schema_name):
        told = AuditEvent.objects.get(action="instructor.retention")
    assert (told.actor_label, told.subject_id, told.reason) == ("system", str(person.pk), "保存期限届满")
    assert told.before == {"kept": ["id", "phone", "home"]}
    assert invented_id(1) not in str(told.__dict__)


def test_x07_many_are_erased_in_small_transactions_and_once(alpha, gone, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for number in range(1, 6):
        gone(number)
    assert erase(alpha, AFTER) == 5
    assert erase(alpha, AFTER) == 0
    with schema_context(alpha.schema_name):
        assert AuditEvent.objects.filter(action="instructor.retention").count() == 5


def test_x07_the_job_runs_every_day_in_every_city(alpha, gone):
    from wangge.shell.periodic import EVERY_CITY

    gone()
    [line] = [task for task in EVERY_CITY if task.name == "people.keep_register"]
    assert line.suspended_too
    with schema_context(alpha.schema_name):
        keep_register_job(city=alpha.schema_name)
    assert numbers_kept(alpha) == set()
