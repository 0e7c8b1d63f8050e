"""Writing what a file comes to: arrays go over, the database takes them apart; the statements do not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import shapely
from django.db import connection

from gis.layers.services.bulk import insert_rows, update_rows
from instructors.people.models import (
    GradeAward,
    Instructor,
    InstructorIdentity,
    RegisterImport,
    TeachingItem,
    WorkRegistration,
)
from instructors.people.rules.import_merge import Change, Merged, PersonHeld, award_level_of, first_days
from instructors.people.services.identity import Numbers, sealed_columns
from tenants.accounts.queries import sealer
from wangge.kernel.sealing import Sealer

_DEFAULT_WEEKLY_LIMIT = 3
_BATCH = 2000
_SEALED = (
    "id_sealed", "id_digest", "id_masked", "phone_sealed", "phone_digest", "phone_masked", "bank_sealed", "bank_masked",
)  # fmt: skip


def write_merged(register_import: RegisterImport, merged: Merged, today: date) -> None:
    """Write new people and changes; the caller holds the transaction and the locks."""
    ids = _new_ids(len(merged.new))
    _insert_people(register_import, merged.new, ids)
    numbered = [*zip(ids, merged.new, strict=True)]
    numbered += [(change.held.id, change) for change in merged.changed if change.held is not None]
    _update_people(merged.changed)
    _write_numbers(merged.changed)
    _write_awards(numbered)
    _write_items(numbered, today)
    _write_years(numbered)


def _new_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [Instructor._meta.db_table, count],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def _insert_people(register_import: RegisterImport, new: Sequence[Change], ids: Sequence[int]) -> None:
    if not new:
        return
    reads = [change.row.read for change in new]
    insert_rows(
        Instructor,
        {
            "id": ids,
            "ref": [read.ref or "" for read in reads],
            "name": [read.name for read in reads],
            "unit_id": [change.row.unit_id for change in new],
            "home": [_point(read.home) for read in reads],
            "home_note": [read.home_note or "" for read in reads],
            "weekly_limit": [_or_default(read.weekly_limit) for read in reads],
            "register_import_id": [register_import.pk] * len(new),
            "source_row": [int(read.row) for read in reads],
            "version": [1] * len(new),
        },
    )
    keys = sealer()
    sealed = [_all_sealed(keys, person_id, change) for person_id, change in zip(ids, new, strict=True)]
    columns = {name: [row[name] for row in sealed] for name in _SEALED}
    insert_rows(InstructorIdentity, {"instructor_id": list(ids), **columns})


def _all_sealed(keys: Sealer, person_id: int, change: Change) -> dict[str, Any]:
    read = change.row.read
    numbers = Numbers(read.id_number, read.id_kind, read.phone or "", read.bank_account or "")
    return sealed_columns(keys, person_id, numbers)


def _or_default(limit: int | None) -> int:
    return _DEFAULT_WEEKLY_LIMIT if limit is None else limit


def _point(home: tuple[float, float] | None) -> Any:
    return None if home is None else shapely.Point(*home)


def _update_people(changed: Sequence[Change]) -> None:
    """Every changed person gets a new version; what a row leaves blank is written as it was."""
    moved = [(change.held.id, change.row.unit_id) for change in changed if change.held and change.unit]
    if moved:
        people, units = zip(*moved, strict=True)
        update_rows(Instructor, list(people), {"unit_id": list(units)})
    pairs = [(change.row.read, change.held) for change in changed if change.held is not None]
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Instructor._meta.db_table} SET version = version + 1 WHERE id = ANY(%s::bigint[])",
            [[held.id for _, held in pairs]],
        )
    update_rows(
        Instructor,
        [held.id for _, held in pairs],
        {
            "ref": [held.ref if read.ref is None else read.ref for read, held in pairs],
            "home": [_point(held.home if read.home is None else read.home) for read, held in pairs],
            "home_note": [
                held.home_note if read.home_note is None else read.home_note for read, held in pairs
            ],
            "weekly_limit": [
                held.weekly_limit if read.weekly_limit is None else read.weekly_limit for read, held in pairs
            ],
        },
    )


def _write_numbers(changed: Sequence[Change]) -> None:
    """Phones and accounts that are new; the identity number is what the person was known by and stays."""
    keys = sealer()
    _upsert(
        [
            (change.held, sealed_columns(keys, change.held.id, Numbers(phone=change.row.read.phone)))
            for change in changed
            if change.phone and change.held is not None
        ]
    )
    _upsert(
        [
            (
                change.held,
                sealed_columns(keys, change.held.id, Numbers(bank_account=change.row.read.bank_account)),
            )
            for change in changed
            if change.bank and change.held is not None
        ]
    )


def _upsert(rows: Sequence[tuple[PersonHeld, dict[str, Any]]]) -> None:
    if rows:
        InstructorIdentity.objects.bulk_create(
            [InstructorIdentity(instructor_id=held.id, **columns) for held, columns in rows],
            update_conflicts=True,
            unique_fields=["instructor"],
            update_fields=list(rows[0][1]),
            batch_size=_BATCH,
        )


def _write_awards(numbered: Iterable[tuple[int, Change]]) -> None:
    given = [(person_id, change) for person_id, change in numbered if change.award]
    new = [(person_id, change) for person_id, change in given if _award_held(change) is None]
    awards = [change.row.read.award for _, change in new]
    if awards:
        insert_rows(
            GradeAward,
            {
                "instructor_id": [person_id for person_id, _ in new],
                "grade": [award.grade.value for award in awards if award],
                "award_level": [award_level_of(award.grade) for award in awards if award],
                "certificate_number": [award.certificate_number for award in awards if award],
                "issuing_body": [award.issuing_body or "" for award in awards if award],
                "valid_from": [award.valid_from for award in awards if award],
                "valid_to": [award.valid_to for award in awards if award],
            },
        )
    _correct_awards([change for _, change in given if _award_held(change) is not None])


def _correct_awards(changed: Sequence[Change]) -> None:
    rows = []
    for change in changed:
        award, kept = change.row.read.award, _award_held(change)
        assert award is not None and kept is not None
        rows.append(
            (
                kept.id,
                award.certificate_number or kept.certificate_number,
                kept.issuing_body if award.issuing_body is None else award.issuing_body,
                award.valid_from or kept.valid_from,
                award.valid_to if award.is_end_given else kept.valid_to,
            )
        )
    if not rows:
        return
    names = ("certificate_number", "issuing_body", "valid_from", "valid_to")
    ids, *columns = zip(*rows, strict=True)
    update_rows(GradeAward, list(ids), dict(zip(names, map(list, columns), strict=True)))


def _award_held(change: Change) -> Any:
    award = change.row.read.award
    return None if award is None or change.held is None else change.held.grades.get(award.grade)


def _write_items(numbered: Iterable[tuple[int, Change]], today: date) -> None:
    rows = [
        (person_id, item_id, role.value, first_days(change, today))
        for person_id, change in numbered
        for item_id, role in change.items
    ]
    if not rows:
        return
    people, items, roles, days = zip(*rows, strict=True)
    insert_rows(
        TeachingItem,
        {
            "instructor_id": people, "item_id": items, "teaching_role": roles, "certificate_number": [""] * len(rows),
            "valid_from": days,
        },
    )  # fmt: skip


def _write_years(numbered: Iterable[tuple[int, Change]]) -> None:
    rows = [
        (person_id, year, day, change.held is None or year not in change.held.years)
        for person_id, change in numbered
        for year, day in change.years.items()
    ]
    new = [(person_id, year, day) for person_id, year, day, is_new in rows if is_new]
    if new:
        people, years, days = zip(*new, strict=True)
        insert_rows(WorkRegistration, {"instructor_id": people, "year": years, "registered_on": days})
    WorkRegistration.objects.bulk_create(
        [
            WorkRegistration(instructor_id=person_id, year=year, registered_on=day)
            for person_id, year, day, is_new in rows
            if not is_new
        ],
        update_conflicts=True,
        unique_fields=["instructor", "year"],
        update_fields=["registered_on"],
        batch_size=_BATCH,
    )
