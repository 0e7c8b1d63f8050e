"""Who stands in the register, as far as one may see it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from instructors.people.models import (
    GradeAward,
    Instructor,
    InstructorIdentity,
    RegisterImport,
    TeachingItem,
    WorkRegistration,
)
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.bureau.models import OrgUnit
from tenants.bureau.queries.org_units import valid_on
from tenants.bureau.queries.rights import granted_paths, under_paths
from tenants.bureau.rules.masking import mask_name
from wangge.errors import not_found
from wangge.kernel.permissions import holds, require

VIEW, EDIT, IMPORT, VERIFY = "instructor.view", "instructor.edit", "instructor.import", "instructor.verify"
# What no list reads along with its people.
_SEALED = ("identity__id_sealed", "identity__phone_sealed", "identity__bank_sealed")
ID_DIGEST, PHONE_DIGEST = "instructor-id", "instructor-phone"


def instructors_visible_to(user: User) -> QuerySet[Instructor]:
    """Everybody in the units for which the user holds `instructor.view`, with unit and masked identity, by id."""
    allowed = under_paths(granted_paths(user, VIEW), "unit__path")
    return (
        Instructor.objects.filter(allowed).select_related("unit", "identity").defer(*_SEALED).order_by("id")
    )


def own_record(user: User) -> Instructor:
    """The record of the person who asks, for which no right is needed; 404 without one."""
    found = (
        Instructor.objects.filter(user_id=user.pk).select_related("unit", "identity").defer(*_SEALED).first()
    )
    if found is None:
        raise not_found("指导员档案", "record of an instructor")
    return found


def is_instructor(user: User) -> bool:
    """Whether the account belongs to somebody of the register."""
    return Instructor.objects.filter(user_id=user.pk).exists()


def instructor_for_update(user: User, instructor_id: int, permission: str = EDIT) -> Instructor:
    """The person, the row locked: 404 outside what one may see, 403 without the right for the person's unit."""
    found = instructors_visible_to(user).filter(pk=instructor_id).first()
    if found is None:
        raise not_found("指导员", "instructor")
    require(user, permission, found.unit_path)
    locked = Instructor.objects.select_for_update(of=("self",)).select_related("unit", "user")
    return locked.get(pk=instructor_id)


def unit_in_reach(user: User, unit_id: int, permission: str, today: date) -> OrgUnit:
    """A unit that stands today and for which the user holds the right; 404 for what one may not see, then 403."""
    seen = under_paths(granted_paths(user, VIEW), "path") | under_paths(
        granted_paths(user, permission), "path"
    )
    unit = OrgUnit.objects.filter(valid_on(today), seen, pk=unit_id).first()
    if unit is None:
        raise not_found("单位", "unit")
    require(user, permission, unit.path)
    return unit


def with_standing(rows: QuerySet[Instructor]) -> QuerySet[Instructor]:
    """The same people with their grades, items and registrations, three statements for all of them."""
    return rows.prefetch_related(
        Prefetch("grades", GradeAward.objects.order_by("valid_from", "id")),
        Prefetch("items", TeachingItem.objects.select_related("item").order_by("id")),
        Prefetch("registrations", WorkRegistration.objects.order_by("year")),
    )


def narrowed(
    rows: QuerySet[Instructor], asked: dict[str, Any], reader: User, today: date
) -> QuerySet[Instructor]:
    """Only those asked for: `name` (a part of it where the reader sees it in full, else the whole), `certificate`,
    `item` (code), `role`, `grade`, `registered_year`, `unit` (and below), `left` (gone people: hidden unless asked for).
    Papers count that are in force on the day."""
    if asked.get("name"):
        rows = rows.filter(_by_name(asked["name"], reader))
    for key, filtering in _FILTERS.items():
        if asked.get(key) not in (None, ""):
            rows = rows.filter(filtering(asked, today))
    if not asked.get("left"):
        rows = rows.filter(Q(left_on=None) | Q(left_on__gte=today))
    return rows


def _by_name(name: str, reader: User) -> Q:
    """A masked name is found by the whole name only: parts of it would give it away letter by letter."""
    is_shown = under_paths(granted_paths(reader, EDIT), "unit__path") | Q(user_id=reader.pk)
    return Q(name=name) | (Q(name__contains=name) & is_shown)


def _by_item(asked: dict[str, Any], today: date) -> Exists:
    items = TeachingItem.objects.filter(valid_on(today), instructor=OuterRef("pk"), item__code=asked["item"])
    return Exists(items.filter(teaching_role=asked["role"]) if asked.get("role") else items)


def _by_unit(asked: dict[str, Any], _: date) -> Q:
    path = OrgUnit.objects.filter(pk=asked["unit"]).values_list("path", flat=True).first()
    return Q(unit__path__startswith=path) if path else Q(pk__in=[])


_FILTERS = {
    "certificate": lambda asked, _: Exists(
        GradeAward.objects.filter(instructor=OuterRef("pk"), certificate_number=asked["certificate"])
    ),
    "item": _by_item,
    "grade": lambda asked, today: Exists(
        GradeAward.objects.filter(valid_on(today), instructor=OuterRef("pk"), grade=asked["grade"])
    ),
    "registered_year": lambda asked, _: Exists(
        WorkRegistration.objects.filter(instructor=OuterRef("pk"), year=asked["registered_year"])
    ),
    "unit": _by_unit,
}


def holder_of_digest(digest: str) -> Instructor | None:
    """Who bears the identity number of that digest, anywhere in the city."""
    kept = InstructorIdentity.objects.filter(id_digest=digest).select_related("instructor__unit").first()
    return None if kept is None else kept.instructor


def digest_of_id(key: str) -> str:
    """The keyed digest by which an identity number is known again in this city."""
    return sealer().digest(key, purpose=ID_DIGEST)


def kept_by(user: User) -> QuerySet[Instructor]:
    """The people whose record the user keeps, and so reads by their full names."""
    return Instructor.objects.filter(under_paths(granted_paths(user, EDIT), "unit__path"))


def name_for(reader: User | None, row: Instructor) -> str:
    """A person's name as the reader sees it, wherever it stands: pages, lists, files. Rules: S11, X07"""
    return row.name if reader is not None and may_see_in_full(reader, row) else mask_name(row.name)


def may_see_in_full(user: User, row: Instructor) -> bool:
    """Whether the name is shown in full: to who keeps the person's record, and to the person."""
    return row.user_id == user.pk or holds(user, EDIT, row.unit_path)


def names_in_full(reader: User, ids: Collection[int]) -> dict[int, str]:
    """Of these people the names that the reader reads in full (`may_see_in_full`), by id. Rules: S11, X07"""
    kept = under_paths(granted_paths(reader, EDIT), "unit__path")
    rows = Instructor.objects.filter(kept | Q(user=reader), pk__in=ids).order_by()
    return dict(rows.values_list("pk", "name"))


def register_imports_visible_to(user: User) -> QuerySet[RegisterImport]:
    """Imports into the units for which the user may import, oldest first."""
    allowed = under_paths(granted_paths(user, IMPORT), "unit__path")
    return RegisterImport.objects.filter(allowed).select_related("unit", "imported_by", "job").order_by("id")


def people_by_ids(ids: Sequence[int]) -> dict[int, Instructor]:
    """People by id, with their standing."""
    rows = Instructor.objects.filter(pk__in=list(ids)).select_related("unit", "identity").defer(*_SEALED)
    return {row.pk: row for row in with_standing(rows)}
