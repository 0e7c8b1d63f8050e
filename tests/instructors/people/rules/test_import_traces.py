"""What an import changed of a person, for the log. Rule: J12"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from instructors.people.rules.grades import InstructorGrade, TeachingRole
from instructors.people.rules.import_merge import Change
from instructors.people.rules.import_rows import Award
from instructors.people.rules.import_traces import change_traced

from .test_import_merge import DAY, GRADE3, HELD, ROW, row

PAPER = {"certificate_number": "A-1", "issuing_body": "测试局", "valid_from": "2024-05-01", "valid_to": None}


def test_J12_only_what_changed_is_traced_and_numbers_are_masked() -> None:
    held = replace(HELD, phone_masked="199****0001", bank_account="6222020000000000001")
    change = Change(row(phone="19900000002", bank_account="6222020000000000019"), held, phone=True, bank=True)
    assert change_traced(change, held) == (
        {"phone": "199****0001", "bank_account": "****0001"},
        {"phone": "199****0002", "bank_account": "****0019"},
    )
    facts = Change(row(ref="N-1", home=(113.3, 35.2), home_note="枫华园", weekly_limit=3), HELD, facts=True)
    assert change_traced(facts, HELD) == (
        {"ref": "", "has_home": True, "has_home_note": False},
        {"ref": "N-1", "has_home": True, "has_home_note": True},
    )


def test_J12_an_award_is_traced_as_it_stands_after_the_row() -> None:
    longer = Award(GRADE3, None, None, date(2030, 1, 1), True, None)
    before, after = change_traced(Change(row(award=longer), HELD, award=True), HELD)
    assert (before, after) == ({"grade3": PAPER}, {"grade3": PAPER | {"valid_to": "2030-01-01"}})
    second = Award(InstructorGrade.GRADE2, "B-1", DAY, None, False, None)
    before, after = change_traced(Change(row(award=second), HELD, award=True), HELD)
    assert before == {"grade2": None}
    assert after == {"grade2": PAPER | {"certificate_number": "B-1", "issuing_body": ""}}


def test_J12_new_items_and_years_are_traced() -> None:
    change = Change(ROW, HELD, items=((2, TeachingRole.LECTURER),), years={2025: DAY, 2026: None})
    assert change_traced(change, HELD) == (
        {"years": {"2025": "2025-01-01"}},
        {"items": [[2, "lecturer"]], "years": {"2025": "2024-05-01", "2026": None}},
    )
