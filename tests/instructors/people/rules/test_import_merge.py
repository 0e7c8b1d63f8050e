"""A file's people against the register. Rule: J12"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from instructors.people.rules.grades import InstructorGrade, TeachingRole
from instructors.people.rules.identity_number import IdKind
from instructors.people.rules.import_merge import (
    AwardHeld,
    Merged,
    Papers,
    PersonHeld,
    RowPlaced,
    first_days,
    merge,
)
from instructors.people.rules.import_rows import Award, RowRead

GRADE3, COACH = InstructorGrade.GRADE3, TeachingRole.SKILL_COACH
DAY = date(2024, 5, 1)
NOTHING = Papers({}, {})
READ = RowRead(
    row=2, name="测试甲", id_number="X", id_kind=IdKind.RESIDENT, phone="1", bank_account=None, ref=None,
    award=Award(GRADE3, "A-1", DAY, None, True, "测试局"), items=("太极拳",), roles=(), years={2025: None}, places=("a",),
    unit_code="", home=(113.2, 35.2), home_note=None, weekly_limit=None,
)  # fmt: skip
ROW = RowPlaced(READ, digest="d1", phone_digest="p1", unit_id=7, is_unit_given=True, item_ids=(1,))
HELD = PersonHeld(
    id=5, name="测试甲", unit_id=7, unit_name="枫华园社区", is_seen=True, is_within=True, is_own=False, ref="",
    home=(113.2, 35.2), home_note="", weekly_limit=3, phone_digest="p1", bank_account="",
    grades={GRADE3: AwardHeld(9, "A-1", "测试局", DAY, None)}, items=frozenset({(1, COACH)}), years={2025: date(2025, 1, 1)},
)  # fmt: skip


def row(**changes: Any) -> RowPlaced:
    """The good row with other facts read."""
    return replace(ROW, read=replace(READ, **changes))


def against(held: PersonHeld | None, *rows: RowPlaced, papers: Papers = NOTHING) -> Merged:
    return merge(rows, {} if held is None else {"d1": held}, papers)


def test_J12_who_is_not_there_is_new_and_who_says_the_same_stays() -> None:
    new = against(None, ROW).new
    assert [(change.items, change.years, change.award) for change in new] == [
        (((1, COACH),), {2025: None}, True)
    ]
    same = against(HELD, ROW)
    assert (same.unchanged, same.new, same.changed, same.errors) == (1, [], [], [])


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        (row(ref="N-1"), {"facts": True}), (row(home=(113.3, 35.2)), {"facts": True}), (row(weekly_limit=5), {"facts": True}),
        (row(bank_account="62220000"), {"bank": True}), (row(years={2026: None}), {"years": {2026: None}}),
        (row(years={2025: date(2025, 2, 2)}), {"years": {2025: date(2025, 2, 2)}}),
        (row(roles=(TeachingRole.LECTURER,)), {"items": ((1, TeachingRole.LECTURER),)}),
        (row(award=Award(GRADE3, "A-1", DAY, date(2030, 1, 1), True, None)), {"award": True}),
        (row(award=Award(InstructorGrade.GRADE2, "B-1", DAY, None, False, None)), {"award": True}),
        (replace(ROW, phone_digest="p2"), {"phone": True}),
    ],
)  # fmt: skip
def test_J12_only_what_a_row_says_otherwise_is_changed(changed: RowPlaced, what: dict[str, Any]) -> None:
    (change,) = against(HELD, changed).changed
    told = {
        "unit": False,
        "facts": False,
        "phone": False,
        "bank": False,
        "award": False,
        "items": (),
        "years": {},
    } | what
    assert {name: getattr(change, name) for name in told} == told


def test_J12_blanks_take_nothing_away() -> None:
    blank = row(phone=None, award=None, items=(), years={}, home=None)
    assert against(HELD, replace(blank, phone_digest="", item_ids=())).unchanged == 1
    assert against(HELD, row(award=Award(GRADE3, None, None, None, False, None))).unchanged == 1


@pytest.mark.parametrize(
    ("held", "given", "facts"),
    [
        (replace(HELD, unit_id=8), ROW, {"seen": True, "instructor": 5, "name": "测*", "unit": "枫华园社区"}),
        (replace(HELD, name="别人"), ROW, {"seen": True, "instructor": 5, "name": "别*", "unit": "枫华园社区"}),
        (replace(HELD, unit_id=8, is_seen=False), ROW, {"seen": False}),
        (replace(HELD, is_within=False), replace(ROW, is_unit_given=False), {"seen": True, "instructor": 5, "name": "测*",
                                                                           "unit": "枫华园社区"}),
    ],
)  # fmt: skip
def test_J12_the_same_id_of_another_name_or_unit_is_409(
    held: PersonHeld, given: RowPlaced, facts: dict[str, Any]
) -> None:
    (error,) = against(held, given).errors
    assert (error.code, error.row) == ("INSTRUCTOR_DUPLICATE", 2) and dict(error.facts) == {
        "status": 409,
        **facts,
    }


def test_a_row_without_a_unit_leaves_the_person_where_they_are() -> None:
    assert against(replace(HELD, unit_id=8), replace(ROW, is_unit_given=False)).unchanged == 1


def test_J12_what_two_rows_say_is_an_error_of_the_later() -> None:
    again = replace(row(row=9, ref="N"), digest="d1")
    other = replace(row(row=10, ref="N"), digest="d2")
    errors = against(None, ROW, again, other).errors
    assert [(error.row, error.code, error.facts["first_row"]) for error in errors] == [
        (9, "PERSON_TWICE", 2), (9, "CERTIFICATE_TWICE", 2), (10, "CERTIFICATE_TWICE", 2), (10, "REF_TWICE", 9),
    ]  # fmt: skip


def test_J12_papers_of_others_are_refused_and_the_own_are_not() -> None:
    assert [error.code for error in against(None, ROW, papers=Papers({"A-1": (6, GRADE3)}, {})).errors] == [
        "CERTIFICATE_TAKEN"
    ]
    assert against(HELD, ROW, papers=Papers({"A-1": (5, GRADE3)}, {})).unchanged == 1
    assert [error.code for error in against(HELD, row(ref="N"), papers=Papers({}, {"N": 6})).errors] == [
        "INSTRUCTOR_REF"
    ]


def test_J12_a_new_grade_needs_its_certificate_and_its_day() -> None:
    bare = row(award=Award(InstructorGrade.GRADE2, None, None, None, False, None))
    assert [(error.code, error.field) for error in against(HELD, bare).errors] == [
        ("FIELD_MISSING", "证书编号"), ("FIELD_MISSING", "发证日期"),
    ]  # fmt: skip


def test_S07_the_own_standing_is_not_brought_in() -> None:
    own = replace(HELD, is_own=True)
    assert [error.code for error in against(own, row(years={2026: None})).errors] == ["OWN_RECORD"]
    assert len(against(own, replace(ROW, phone_digest="p2")).changed) == 1


def test_items_hold_from_the_certificate_the_registration_or_the_import() -> None:
    today = date(2026, 6, 1)
    (change,) = against(None, ROW).new
    assert first_days(change, today) == DAY
    (change,) = against(None, row(award=None, years={2025: date(2025, 3, 1), 2026: None})).new
    assert first_days(change, today) == date(2025, 3, 1)
    (change,) = against(None, row(award=None, years={})).new
    assert first_days(change, today) == today


def test_J12_who_may_edit_corrects_a_unit_within_the_files_own() -> None:
    elsewhere = replace(HELD, unit_id=8, may_move=True)
    (change,) = against(elsewhere, ROW).changed
    assert change.unit and not change.facts
    assert against(elsewhere, replace(ROW, is_unit_given=False)).unchanged == 1, "a blank unit moves nobody"


@pytest.mark.parametrize(
    "changes",
    [
        {"may_move": False}, {"may_move": True, "is_within": False}, {"may_move": True, "is_seen": False},
        {"may_move": True, "name": "测试乙"},
    ],
)  # fmt: skip
def test_J12_others_in_another_unit_stay_a_duplicate(changes: dict[str, Any]) -> None:
    merged = against(replace(HELD, unit_id=8, **changes), ROW)
    assert [each.code for each in merged.errors] == ["INSTRUCTOR_DUPLICATE"] and merged.changed == []


@pytest.mark.parametrize("name", ["测试　甲", "测 试甲", "测试·甲", "测•试甲"])
def test_J12_a_name_written_with_blanks_or_dots_is_the_same_name(name: str) -> None:
    assert against(replace(HELD, name=name), ROW).unchanged == 1
