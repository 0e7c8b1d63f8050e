"""What the register holds of the people of a file, read in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from instructors.people.models import (
    ActivityItem,
    GradeAward,
    Instructor,
    InstructorIdentity,
    RegisterImport,
    TeachingItem,
    WorkRegistration,
)
from instructors.people.queries.instructors import EDIT, VIEW
from instructors.people.rules.grades import InstructorGrade, TeachingRole
from instructors.people.rules.import_merge import AwardHeld, Papers, PersonHeld, RowPlaced
from instructors.people.rules.import_units import UnitFinder, UnitOfTree
from instructors.people.services.identity import opened_bank_account
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.bureau.models import OrgCode, OrgUnit
from tenants.bureau.queries.org_units import STAT_SCHEME, valid_on
from tenants.bureau.rules.local_time import local_date
from wangge.kernel.permissions import holds


def unit_finder(register_import: RegisterImport) -> UnitFinder:
    """The units of today at and below the one the file is for."""
    today = local_date(timezone.now())
    below = OrgUnit.objects.filter(valid_on(today), path__startswith=register_import.unit_path)
    codes = dict(OrgCode.objects.filter(valid_on(today), scheme=STAT_SCHEME).values_list("unit_id", "code"))
    rows = below.values_list("pk", "path", "name")
    return UnitFinder(
        [UnitOfTree(pk, path, name, codes.get(pk, "")) for pk, path, name in rows], register_import.unit_id
    )


def item_words() -> dict[str, int]:
    """Item ids by every word for them: code, name, other names; items at rest are not taught anew."""
    words: dict[str, int] = {}
    for item in ActivityItem.objects.filter(is_active=True).order_by("-id"):
        words |= dict.fromkeys([*item.other_names, item.code, item.name], item.pk)
    return words


def people_held(
    digests: Sequence[str], register_import: RegisterImport, importer: User
) -> dict[str, PersonHeld]:
    """The register's people of these digests, their rows locked; seven statements for any number of people."""
    kept = {
        row.instructor_id: row
        for row in _any(InstructorIdentity.objects.defer("id_sealed", "phone_sealed"), "id_digest", digests)
    }
    ids = sorted(kept)
    locked = _any(Instructor.objects.select_for_update(of=("self",)).select_related("unit"), "id", ids)
    grades = _by_person(_any(GradeAward.objects.all(), "instructor_id", ids))
    items = _by_person(_any(TeachingItem.objects.all(), "instructor_id", ids))
    years = _by_person(_any(WorkRegistration.objects.all(), "instructor_id", ids))
    keys = sealer()
    seen: dict[str, bool] = {}
    may_move = holds(importer, EDIT, register_import.unit_path)
    held = {}
    for person in locked.order_by("id"):
        path, identity = person.unit_path, kept[person.pk]
        seen.setdefault(path, holds(importer, VIEW, path))
        held[str(identity.id_digest)] = PersonHeld(
            id=person.pk,
            name=person.name,
            unit_id=person.unit_id,
            unit_name=person.unit.name,
            is_seen=seen[path],
            is_within=path.startswith(register_import.unit_path),
            may_move=may_move,
            is_own=person.user_id == importer.pk,
            ref=person.ref,
            home=None if person.home is None else (person.home.x, person.home.y),
            home_note=person.home_note,
            weekly_limit=person.weekly_limit,
            phone_digest=identity.phone_digest,
            phone_masked=identity.phone_masked,
            bank_account=opened_bank_account(keys, identity),
            grades={InstructorGrade(row.grade): _award(row) for row in grades.get(person.pk, ())},
            items=frozenset(
                (row.item_id, TeachingRole(row.teaching_role)) for row in items.get(person.pk, ())
            ),
            years={row.year: row.registered_on for row in years.get(person.pk, ())},
        )
    return held


def papers_held(rows: Sequence[RowPlaced]) -> Papers:
    """Who holds the certificates and national numbers that the file names."""
    certificates = [row.read.award.certificate_number for row in rows if row.read.award is not None]
    refs = [row.read.ref for row in rows if row.read.ref]
    awards = _any(
        GradeAward.objects.all(), "certificate_number", [number for number in certificates if number]
    )
    people = _any(Instructor.objects.exclude(ref=""), "ref", refs)
    return Papers(
        certificates={
            row.certificate_number: (row.instructor_id, InstructorGrade(row.grade)) for row in awards
        },
        refs=dict(people.values_list("ref", "pk")),
    )


def _award(row: GradeAward) -> AwardHeld:
    return AwardHeld(row.pk, row.certificate_number, row.issuing_body, row.valid_from, row.valid_to)


def _any(rows: QuerySet[Any], column: str, values: Sequence[Any]) -> QuerySet[Any]:
    """The rows whose column holds one of the values, sent as one array: `IN` would name every value by itself."""
    table = rows.model._meta.db_table
    kind = "bigint[]" if column.endswith("id") else "text[]"
    return rows.extra(where=[f'"{table}"."{column}" = ANY(%s::{kind})'], params=[list(values)])


def _by_person(rows: QuerySet[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.instructor_id, []).append(row)
    return found
