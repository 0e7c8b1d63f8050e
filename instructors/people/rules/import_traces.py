"""What an import changed of each person, as the audit log keeps it: numbers masked, homes only told to have changed.

Rule: J12
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from instructors.people.rules.import_merge import AwardHeld, Change, PersonHeld
from instructors.people.rules.import_rows import Award
from tenants.bureau.rules.masking import mask_bank_account, mask_phone

Trace = dict[str, Any]


def change_traced(change: Change, held: PersonHeld) -> tuple[Trace, Trace]:
    """The changed fields of a person before and after; what the row leaves as it was is in neither."""
    read = change.row.read
    before, after = _facts(change, held)
    if change.unit:
        before["unit"], after["unit"] = held.unit_id, change.row.unit_id
    if change.phone:
        before["phone"], after["phone"] = held.phone_masked, mask_phone(read.phone or "")
    if change.bank:
        before["bank_account"] = mask_bank_account(held.bank_account)
        after["bank_account"] = mask_bank_account(read.bank_account or "")
    if change.award and read.award is not None:
        kept = held.grades.get(read.award.grade)
        before[read.award.grade.value] = None if kept is None else _award_held(kept)
        after[read.award.grade.value] = _award_given(read.award, kept)
    if change.items:
        after["items"] = [[item_id, role.value] for item_id, role in change.items]
    if change.years:
        before["years"] = _years({year: held.years[year] for year in change.years if year in held.years})
        after["years"] = _years(change.years)
    return before, after


def _facts(change: Change, held: PersonHeld) -> tuple[Trace, Trace]:
    read = change.row.read
    before: Trace = {}
    after: Trace = {}
    for name, given, kept in (
        ("ref", read.ref, held.ref),
        ("weekly_limit", read.weekly_limit, held.weekly_limit),
    ):
        if given is not None and given != kept:
            before[name], after[name] = kept, given
    if read.home is not None and read.home != held.home:
        before["has_home"], after["has_home"] = held.home is not None, True
    if read.home_note is not None and read.home_note != held.home_note:
        before["has_home_note"], after["has_home_note"] = bool(held.home_note), bool(read.home_note)
    return before, after


def _award_held(kept: AwardHeld) -> Trace:
    return _paper(kept.certificate_number, kept.issuing_body, kept.valid_from, kept.valid_to)


def _award_given(award: Award, kept: AwardHeld | None) -> Trace:
    """The award as it stands after the row: what the row leaves blank stays as it was."""
    if kept is None:
        return _paper(
            award.certificate_number or "", award.issuing_body or "", award.valid_from, award.valid_to
        )
    return _paper(
        award.certificate_number or kept.certificate_number,
        kept.issuing_body if award.issuing_body is None else award.issuing_body,
        award.valid_from or kept.valid_from,
        award.valid_to if award.is_end_given else kept.valid_to,
    )


def _paper(number: str, body: str, valid_from: date | None, valid_to: date | None) -> Trace:
    return {
        "certificate_number": number,
        "issuing_body": body,
        "valid_from": _iso(valid_from),
        "valid_to": _iso(valid_to),
    }


def _years(years: Mapping[int, date | None]) -> Trace:
    return {str(year): _iso(day) for year, day in years.items()}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
