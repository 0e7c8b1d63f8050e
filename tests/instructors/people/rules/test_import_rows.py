"""A row is a person, or everything that is wrong with it. Rule: J12"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gis.compute.intake.sheets import CellFault, FaultyCell
from instructors.people.rules.grades import InstructorGrade, TeachingRole
from instructors.people.rules.identity_number import IdKind, check_character
from instructors.people.rules.import_rows import read_row

TODAY = date(2026, 6, 1)
NUMBER = "99000019800101001" + check_character("99000019800101001")
GOOD = {
    "name": " 测试甲 ", "id_number": NUMBER.lower(), "phone": "199 0000 0001", "grade": "三级", "certificate_number": "A-1",
    "valid_from": "2024-05-01", "valid_to": "长期", "items": "太极拳、广场舞", "roles": "讲师", "years": "2024、2025",
    "registered_on": "2025-01-05", "town": "民生街道", "unit": "枫华园社区", "lon": "113.2", "lat": 35.2, "weekly_limit": 5,
}  # fmt: skip


def test_a_good_row_is_read_whole() -> None:
    row, errors = read_row(7, GOOD, TODAY)
    assert not errors and row is not None
    assert (row.row, row.name, row.id_number, row.id_kind, row.phone) == (
        7, "测试甲", NUMBER, IdKind.RESIDENT, "19900000001",
    )  # fmt: skip
    assert row.award is not None and row.award.grade is InstructorGrade.GRADE3
    assert (row.award.valid_from, row.award.valid_to, row.award.is_end_given) == (
        date(2024, 5, 1),
        None,
        True,
    )
    assert row.years == {2024: None, 2025: date(2025, 1, 5)} and row.roles == (TeachingRole.LECTURER,)
    assert (row.places, row.home, row.weekly_limit) == (("民生街道", "枫华园社区"), (113.2, 35.2), 5)


def test_what_is_blank_says_nothing() -> None:
    row, errors = read_row(2, {"name": "甲", "id_number": NUMBER, "phone": "", "years": None}, TODAY)
    assert not errors and row is not None
    assert (row.phone, row.award, row.items, row.years, row.places, row.home) == (
        None,
        None,
        (),
        {},
        (),
        None,
    )


def test_j12_a_registration_day_counts_for_its_own_year_when_none_is_named() -> None:
    row, _ = read_row(2, {"name": "甲", "id_number": NUMBER, "registered_on": "2025-03-01"}, TODAY)
    assert row is not None and row.years == {2025: date(2025, 3, 1)}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": None}, "FIELD_MISSING", "姓名"), ({"name": "长" * 61}, "TEXT_TOO_LONG", "姓名"),
        ({"id_number": ""}, "FIELD_MISSING", "证件号码"), ({"id_number": "1"}, "ID_NUMBER", "证件号码"),
        ({"id_number": FaultyCell(CellFault.ROUNDED)}, "NUMBER_ROUNDED", "证件号码"), ({"phone": "1"}, "PHONE_FORMAT", "手机号"),
        ({"bank_account": "abc"}, "BANK_ACCOUNT", "银行账号"), ({"grade": "四级"}, "CELL_FORMAT", "等级"),
        ({"grade": ""}, "GRADE_MISSING", "等级"), ({"valid_from": "2027-01-01"}, "DAY_IN_FUTURE", "发证日期"),
        ({"valid_to": "2020-01-01"}, "STANDING_DAYS", "有效期至"), ({"years": 2027}, "DAY_IN_FUTURE", "注册年度"),
        ({"years": "x"}, "CELL_FORMAT", "注册年度"), ({"lat": None}, "LOCATION", "经度"),
        ({"lon": 35.2, "lat": 113.2}, "LOCATION", "经度"),
        ({"lon": "nan"}, "LOCATION", "经度"), ({"weekly_limit": 99}, "CELL_FORMAT", "每周场次上限"),
        ({"roles": "裁判"}, "CELL_FORMAT", "授课类型"),
        ({"weekly_limit": 1.5}, "CELL_FORMAT", "每周场次上限"),
    ],
)  # fmt: skip
def test_J12_a_bad_cell_is_named_with_its_row_and_column(
    change: dict[str, Any], code: str, field: str
) -> None:
    row, errors = read_row(12, GOOD | change, TODAY)
    assert row is None
    assert [(error.code, error.field, error.row) for error in errors] == [(code, field, 12)]
    assert errors[0].remedy_zh and errors[0].remedy_en


def test_J12_all_faults_of_a_row_are_told_at_once() -> None:
    _, errors = read_row(3, GOOD | {"name": "", "phone": "1", "grade": "x"}, TODAY)
    assert [error.code for error in errors] == ["FIELD_MISSING", "PHONE_FORMAT", "CELL_FORMAT"]


def test_other_papers_are_read_by_their_kind() -> None:
    row, _ = read_row(2, {"name": "甲", "id_number": "e1234567", "id_kind": "护照"}, TODAY)
    assert row is not None and (row.id_number, row.id_kind) == ("E1234567", IdKind.OTHER)
