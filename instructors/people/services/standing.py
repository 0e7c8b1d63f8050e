"""Grades, items, registrations, services and checks: recorded and decided by somebody else than the person.

Rules: J12, S07
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone

from instructors.people.models import (
    GradeAward,
    Instructor,
    MinorsCheck,
    ServiceRecord,
    TeachingItem,
    WorkRegistration,
)
from instructors.people.queries.instructors import EDIT, VERIFY, instructor_for_update
from instructors.people.queries.standing import item_by_code, services_visible_to
from instructors.people.rules.grades import (
    AWARDED_BY,
    NAMES,
    AwardLevel,
    InstructorGrade,
    ServiceKind,
    TeachingRole,
)
from instructors.people.rules.standing import (
    check_award_level,
    check_days,
    check_not_later,
    check_not_own,
    check_verifier,
)
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.rules.local_time import local_date
from wangge.errors import RuleBroken, not_found
from wangge.kernel.permissions import require

_HAND = "hand"


@dataclass(frozen=True, slots=True)
class AwardGiven:
    """A grade and its certificate; `award_level` None: the level that awards this grade."""

    grade: InstructorGrade
    certificate_number: str
    valid_from: date
    valid_to: date | None = None
    issuing_body: str = ""
    award_level: AwardLevel | None = None


@dataclass(frozen=True, slots=True)
class ServiceDone:
    """One service; `source` names what proves it, such as `class:17`, and counts once."""

    served_on: date
    minutes: int
    service_kind: ServiceKind
    source: str
    item_code: str | None = None
    place: str = ""


@transaction.atomic
def record_grade(
    *, instructor_id: int, award: AwardGiven, acting_user: User, correct: bool = False
) -> GradeAward:
    """Record a grade, or with `correct` correct the award of that grade.

    Raises 404, 403, 403 OWN_RECORD, 422 AWARD_LEVEL, STANDING_DAYS, DAY_IN_FUTURE, 409 CERTIFICATE_TAKEN, GRADE_HELD.
    """
    person = _other_person(acting_user, instructor_id, EDIT)
    level = award.award_level or AWARDED_BY[award.grade]
    check_award_level(award.grade, level)
    check_days(award.valid_from, award.valid_to)
    check_not_later(award.valid_from, local_date(timezone.now()), "valid_from")
    _check_certificate(person, award)
    values = {
        "award_level": level.value, "certificate_number": award.certificate_number,
        "issuing_body": award.issuing_body, "valid_from": award.valid_from, "valid_to": award.valid_to,
    }  # fmt: skip
    row = GradeAward.objects.filter(instructor=person, grade=award.grade.value).first()
    if row is not None and not correct:
        raise _grade_held(award.grade)
    if row is None and correct:
        raise not_found("等级", "grade")
    row = row or GradeAward(instructor=person, grade=award.grade.value)
    before = _told(row) if correct else None
    _write(row, values, "certificate_number", "CERTIFICATE_TAKEN", "该证书编号已登记", "certificate number")
    _audit("instructor.grade", row, acting_user, before)
    return row


def _check_certificate(person: Instructor, award: AwardGiven) -> None:
    same = GradeAward.objects.filter(certificate_number=award.certificate_number)
    if same.exclude(instructor=person, grade=award.grade.value).exists():
        raise _clash("CERTIFICATE_TAKEN", "该证书编号已登记", "certificate number", "certificate_number")


def _grade_held(grade: InstructorGrade) -> RuleBroken:
    return RuleBroken(
        "GRADE_HELD", zh=f"该指导员已登记{NAMES[grade]}", en=f"this person holds {grade.value} already", status=409,
        rule="J12", facts={"grade": grade.value}, field="grade",
        how_to_fix_zh="如需更正，请修改原记录", how_to_fix_en="to correct it, change the record that exists",
    )  # fmt: skip


@transaction.atomic
def record_item(
    *,
    instructor_id: int,
    item_code: str,
    teaching_role: TeachingRole,
    valid_from: date,
    acting_user: User,
    valid_to: date | None = None,
    certificate_number: str = "",
) -> TeachingItem:
    """Record, or correct, that a person may teach an item in a role; 404, 403, 403 OWN_RECORD, 422 STANDING_DAYS."""
    person = _other_person(acting_user, instructor_id, EDIT)
    item = item_by_code(item_code)
    check_days(valid_from, valid_to)
    row = TeachingItem.objects.filter(instructor=person, item=item, teaching_role=teaching_role).first()
    before = None if row is None else _told(row)
    row = row or TeachingItem(instructor=person, item=item, teaching_role=teaching_role)
    values = {"valid_from": valid_from, "valid_to": valid_to, "certificate_number": certificate_number}
    _write(row, values, "item", "TEACHING_ITEM_TWICE", "该授课项目已登记", "item")
    _audit("instructor.item", row, acting_user, before)
    return row


@transaction.atomic
def record_registration(
    *, instructor_id: int, year: int, registered_on: date | None, acting_user: User
) -> WorkRegistration:
    """Record that a person's work was registered for a year; 404, 403, 403 OWN_RECORD, 409 REGISTERED_ALREADY."""
    person = _other_person(acting_user, instructor_id, EDIT)
    today = local_date(timezone.now())
    check_not_later(registered_on or date(year, 1, 1), today, "registered_on" if registered_on else "year")
    row = WorkRegistration(instructor=person, year=year)
    _write(
        row,
        {"registered_on": registered_on},
        "year",
        "REGISTERED_ALREADY",
        f"{year}年度工作注册已登记",
        "year",
    )
    _audit("instructor.register", row, acting_user, None)
    return row


@transaction.atomic
def record_service(*, instructor_id: int, service: ServiceDone, acting_user: User) -> ServiceRecord:
    """Record a service somebody gave, to be verified by a colleague.

    Raises 404, 403, 403 OWN_RECORD, 422 DAY_IN_FUTURE, 409 SERVICE_TWICE for a second record of one source.
    """
    person = _other_person(acting_user, instructor_id, EDIT)
    check_not_later(service.served_on, local_date(timezone.now()), "served_on")
    source = service.source if ":" in service.source else f"{_HAND}:{service.source}"
    row = ServiceRecord(
        instructor=person,
        served_on=service.served_on,
        item=item_by_code(service.item_code) if service.item_code else None,
        entered_by=acting_user,
        source=source,
    )
    values = {"minutes": service.minutes, "service_kind": service.service_kind.value, "place": service.place}
    _write(row, values, "source", "SERVICE_TWICE", "该服务已登记（凭证相同）", "source")
    _audit("instructor.service", row, acting_user, None)
    return row


@transaction.atomic
def verify_service(*, service_id: int, acting_user: User) -> ServiceRecord:
    """Verify a service: by neither who gave it nor who entered it (403 OWN_RECORD, OWN_ENTRY).

    Raises 404, 403, 409 ALREADY_VERIFIED.
    """
    found = services_visible_to(acting_user).filter(pk=service_id).first()
    if found is None:
        raise not_found("服务记录", "service")
    require(acting_user, VERIFY, found.instructor.unit_path)
    row = (
        ServiceRecord.objects.select_for_update(of=("self",))
        .select_related("instructor__unit", "item")
        .get(pk=service_id)
    )
    check_verifier(row.entered_by_id, row.instructor.user_id, acting_user.pk)
    if row.verified_by_id is not None:
        raise RuleBroken(
            "ALREADY_VERIFIED", zh="该服务已核实", en="this service is verified already", status=409, rule="J12",
            how_to_fix_zh="无需重复核实", how_to_fix_en="nothing is left to do",
        )  # fmt: skip
    row.verified_by, row.verified_on = acting_user, local_date(timezone.now())
    row.save(update_fields=["verified_by", "verified_on"])
    _audit("instructor.verify_service", row, acting_user, None)
    return row


@transaction.atomic
def record_minors_check(
    *, instructor_id: int, checked_on: date, result_ok: bool, acting_user: User
) -> MinorsCheck:
    """Record the check for classes with minors: its day, its result, who checked; nothing else is kept.

    Raises 404, 403, 403 OWN_RECORD, 422 DAY_IN_FUTURE, 409 CHECKED_ALREADY for a second check of one day.
    """
    person = _other_person(acting_user, instructor_id, VERIFY)
    check_not_later(checked_on, local_date(timezone.now()), "checked_on")
    row = MinorsCheck(instructor=person, checked_on=checked_on)
    values = {"result_ok": result_ok, "checked_by": acting_user}
    _write(
        row,
        values,
        "checked_on",
        "CHECKED_ALREADY",
        f"{checked_on.isoformat()}已登记查询结果",
        "day of the check",
    )
    _audit("instructor.minors_check", row, acting_user, None)
    return row


def _other_person(acting_user: User, instructor_id: int, permission: str) -> Instructor:
    """The person, locked, who is somebody else than the one who acts."""
    person = instructor_for_update(acting_user, instructor_id, permission)
    check_not_own(person.user_id, acting_user.pk)
    return person


def _write(row: Model, values: dict[str, Any], field: str, code: str, zh: str, what: str) -> None:
    """Save a row with these values; what the database's unique constraints refuse becomes 409 with that code."""
    for name, value in values.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as clash:
        raise _clash(code, zh, what, field) from clash


def _clash(code: str, zh: str, what: str, field: str) -> RuleBroken:
    return RuleBroken(
        code, zh=zh, en=f"this {what} is recorded already", status=409, rule="J12", field=field,
        how_to_fix_zh="请核对；如需更正，请修改原记录", how_to_fix_en="check it; to correct it, change the record that exists",
    )  # fmt: skip


def _told(row: Any) -> dict[str, object]:
    """The row as the audit log keeps it."""
    kept = {}
    for column in row._meta.concrete_fields:
        value = getattr(row, column.attname)
        kept[column.attname] = value.isoformat() if hasattr(value, "isoformat") else value
    return kept


def _audit(action: str, row: Any, acting_user: User, before: dict[str, object] | None) -> None:
    subject = ("people.instructor", row.instructor_id)
    record_audit(acting_user=acting_user, action=action, subject=subject, before=before, after=_told(row))
