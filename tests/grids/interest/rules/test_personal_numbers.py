"""Phones and identity numbers are found in free words however they are written; other numbers are left alone."""

from __future__ import annotations

import pytest

from grids.interest.rules.personal_numbers import (
    PersonalNumber,
    check_no_personal_numbers,
    personal_numbers_in,
    without_personal_numbers,
)
from wangge.errors import RuleBroken

IDENTITY, PHONE = PersonalNumber.IDENTITY, PersonalNumber.PHONE


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("身份证11010119900307001X", [IDENTITY]),
        ("110101 19900307 0014", [IDENTITY]),
        ("１１０１０１１９９００３０７００１Ｘ", [IDENTITY]),
        ("13900000001", [PHONE]),
        ("+86 139-0000-0001", [PHONE]),
        ("+8613900000001", [PHONE]),
        ("139.0000.0001 找我", [PHONE]),
        ("１３９００００００２５", [PHONE]),
        ("0391-3560000", [PHONE]),
        ("(0391)3560000", [PHONE]),
        ("02156781234", [PHONE]),
        ("13900000001，11010119900307001X", [IDENTITY, PHONE]),
    ],
)
def test_j13_personal_numbers_are_found(text: str, found: list[PersonalNumber]) -> None:
    assert personal_numbers_in(text) == found
    masked = without_personal_numbers(text)
    assert len(masked) == len(text)
    assert personal_numbers_in(masked) == []
    with pytest.raises(RuleBroken) as refused:
        check_no_personal_numbers(text, "note")
    assert (refused.value.code, refused.value.field) == ("PERSONAL_NUMBER", "note")
    assert "0000" not in str(vars(refused.value))


@pytest.mark.parametrize(
    "text",
    [
        "", "3号楼2单元501", "400户左右，12345转交", "2026-11-20 19:30开始", "器材编号20261120001", "12345热线",
        "共1390人参加，其中60岁以上000001", "网格410802001001777", "资产编号410802001001777123",
        "2026年11月20日8点30分到2026年11月21日9点", "120、119、110",
    ],
)  # fmt: skip
def test_j13_other_numbers_stay(text: str) -> None:
    assert personal_numbers_in(text) == []
    assert without_personal_numbers(text) == text
    check_no_personal_numbers(text, "note")
