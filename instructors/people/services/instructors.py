"""People enter the register once, are changed, and leave it. Rule: J12"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.utils import timezone

from instructors.people.models import Instructor
from instructors.people.models.instructors import STORAGE_SRID
from instructors.people.queries.instructors import (
    EDIT,
    VIEW,
    digest_of_id,
    holder_of_digest,
    instructor_for_update,
    unit_in_reach,
)
from instructors.people.rules.identity_number import id_key
from instructors.people.rules.standing import check_link
from instructors.people.services.identity import Numbers, keep_numbers
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.users import users_visible_to
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.rules.masking import mask_name
from wangge.errors import RuleBroken, not_found
from wangge.kernel.permissions import holds

REGISTER_CLAUSE = "社会体育指导员是实施体育网格化服务的基础"
_DECIMALS = 7


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of a person: `home` as lon, lat in EPSG:4490; `facts` other columns of `Instructor`.

    `username`: the account by its exact name, for who may not look through the accounts; empty: not said.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    numbers: Numbers = field(default_factory=Numbers)
    unit_id: int | None = None
    home: tuple[float, float] | None = None
    is_home_given: bool = False
    username: str = ""


@transaction.atomic
def enter_instructor(*, entry: Entry, acting_user: User) -> Instructor:
    """Enter a person at a unit.

    Raises 404 and 403 for the unit, 404 and 403 OWN_RECORD for the account, 422 ID_NUMBER, PHONE_FORMAT, BANK_ACCOUNT,
    409 INSTRUCTOR_DUPLICATE when the identity number stands in the city's register, whoever was first, 409
    INSTRUCTOR_REF and INSTRUCTOR_USER.
    """
    assert entry.unit_id is not None
    today = local_date(timezone.now())
    unit = unit_in_reach(acting_user, entry.unit_id, EDIT, today)
    facts = _with_account(entry, None, acting_user)
    numbers = entry.numbers.normal()
    _check_new(numbers, acting_user, None)
    with _clashes_told(numbers, acting_user):
        person = Instructor.objects.create(**facts, unit=unit, home=_point(entry.home))
        masked = keep_numbers(person, numbers)
    record_audit(
        acting_user=acting_user, action="instructor.enter", subject=person, after={**_told(person), **masked}
    )
    return person


@transaction.atomic
def change_instructor(*, instructor_id: int, entry: Entry, acting_user: User) -> Instructor:
    """Change what is said of a person, or move the person to another unit one may edit.

    Raises 404, 403 and what entering raises.
    """
    person = instructor_for_update(acting_user, instructor_id)
    before = _told(person)
    facts = _with_account(entry, person.user_id, acting_user)
    numbers = entry.numbers.normal()
    _check_new(numbers, acting_user, person.pk)
    if entry.unit_id is not None and entry.unit_id != person.unit_id:
        person.unit = unit_in_reach(acting_user, entry.unit_id, EDIT, local_date(timezone.now()))
    for name, value in facts.items():
        setattr(person, name, value)
    if entry.is_home_given:
        person.home = _point(entry.home)
    person.version += 1
    with _clashes_told(numbers, acting_user):
        person.save()
        masked = keep_numbers(person, numbers)
    after = {**_told(person), **masked}
    record_audit(
        acting_user=acting_user, action="instructor.change", subject=person, before=before, after=after
    )
    return person


@transaction.atomic
def leave_register(*, instructor_id: int, left_on: date | None, reason: str, acting_user: User) -> Instructor:
    """Record a person's last day in the register; None takes it back. Nothing of the record is lost. 404, 403."""
    person = instructor_for_update(acting_user, instructor_id)
    before = _told(person)
    person.left_on = left_on
    person.version += 1
    person.save(update_fields=["left_on", "version"])
    record_audit(
        acting_user=acting_user, action="instructor.leave", subject=person, before=before, after=_told(person),
        reason=reason,
    )  # fmt: skip
    return person


def duplicate(held: Instructor, acting_user: User) -> RuleBroken:
    """409 INSTRUCTOR_DUPLICATE: who is there already and where, or only that it is somewhere else in the city."""
    facts: dict[str, object] = {"seen": False}
    zh, en = "该证件号码已在本市其他单位登记", "this identity number is registered elsewhere in the city"
    if holds(acting_user, VIEW, held.unit_path):
        name = mask_name(held.name)
        facts = {"seen": True, "instructor": held.pk, "name": name, "unit": held.unit.name}
        zh = f"该证件号码已登记：{name}（{held.unit.name}）"
        en = f"this identity number is registered already: {name} ({held.unit.name})"
    return RuleBroken(
        "INSTRUCTOR_DUPLICATE", zh=zh, en=en, status=409, rule="J12", clause=REGISTER_CLAUSE, facts=facts,
        how_to_fix_zh="请修改已有档案；如调入本单位，请由市级或原单位办理转出",
        how_to_fix_en="change the record that exists; a move between units is made by the city or the former unit",
        field="id_number",
    )  # fmt: skip


def _check_new(numbers: Numbers, acting_user: User, own_id: int | None) -> None:
    if not numbers.id_number:
        return
    held = holder_of_digest(digest_of_id(id_key(numbers.id_number, numbers.id_kind)))
    if held is not None and held.pk != own_id:
        raise duplicate(held, acting_user)


@contextmanager
def _clashes_told(numbers: Numbers, acting_user: User) -> Iterator[None]:
    """A savepoint in which what another connection was first with becomes the refusal of that row."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as clash:
        raise _refusal(clash, numbers, acting_user) from clash


def _refusal(clash: IntegrityError, numbers: Numbers, acting_user: User) -> RuleBroken:
    if "instructor_ref_once" in str(clash):
        return _taken(
            "INSTRUCTOR_REF", "该全国编号已登记", "this national number is registered already", "ref"
        )
    if "user_id" in str(clash):
        return _taken(
            "INSTRUCTOR_USER", "该账号已关联其他指导员", "this account is another instructor's", "user_id"
        )
    assert numbers.id_number is not None
    held = holder_of_digest(digest_of_id(id_key(numbers.id_number, numbers.id_kind)))
    assert held is not None
    return duplicate(held, acting_user)


def _taken(code: str, zh: str, en: str, name: str) -> RuleBroken:
    return RuleBroken(
        code, zh=zh, en=en, status=409, rule="J12", field=name,
        how_to_fix_zh="请核对，或先更正原档案", how_to_fix_en="check it, or correct the other record first",
    )  # fmt: skip


def _with_account(entry: Entry, former: int | None, acting_user: User) -> dict[str, Any]:
    """The columns with the account: never the own one, only one at work that one may see, or whose exact name one knows."""
    if entry.username:
        named = User.objects.filter(username=entry.username, is_active=True).first()
        if named is None:
            raise not_found("账号", "account")
        check_link(former, named.pk, acting_user.pk)
        return {**entry.facts, "user_id": named.pk}
    wanted = entry.facts.get("user_id", former)
    check_link(former, wanted, acting_user.pk)
    if wanted in (None, former):
        return dict(entry.facts)
    if not users_visible_to(acting_user).filter(pk=wanted, is_active=True).exists():
        raise not_found("账号", "account")
    return dict(entry.facts)


def _point(home: tuple[float, float] | None) -> Point | None:
    if home is None:
        return None
    return Point(round(home[0], _DECIMALS), round(home[1], _DECIMALS), srid=STORAGE_SRID)


def _told(person: Instructor) -> dict[str, object]:
    """The person as the audit log keeps it: no number, no place, the name masked."""
    return {
        "name": mask_name(person.name),
        "unit": person.unit_id,
        "ref": person.ref,
        "user": person.user_id,
        "weekly_limit": person.weekly_limit,
        "left_on": None if person.left_on is None else person.left_on.isoformat(),
        "has_home": person.home is not None,
    }
