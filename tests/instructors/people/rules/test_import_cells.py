"""Cells as people write them. Rule: J12"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from instructors.people.rules.grades import InstructorGrade, TeachingRole
from instructors.people.rules.import_cells import (
    end_of,
    first_day_of,
    grade_of,
    is_same_name,
    parts_of,
    roles_of,
    years_of,
)


def test_papers_may_bear_a_month_and_no_end() -> None:
    assert first_day_of("2024年5月") == first_day_of("2024-05") == first_day_of("2024.5") == date(2024, 5, 1)
    assert end_of("长期") is end_of("") is end_of(None) is None
    assert end_of("2030-01-01") == date(2030, 1, 1)


@pytest.mark.parametrize(
    ("cell", "years"),
    [
        (2024, [2024]), ("2024", [2024]), ("2024年度", [2024]), ("2023、2024", [2023, 2024]), ("2021-2023", [2021, 2022, 2023]),
        ("2024，2022；2023", [2022, 2023, 2024]), (None, []), ("", []), (date(2024, 3, 1), [2024]),
    ],
)  # fmt: skip
def test_years_are_read_in_lists_and_spans(cell: Any, years: list[int]) -> None:
    assert years_of(cell) == years


@pytest.mark.parametrize("cell", ["今年", "24", "2024-2020", "12024"])
def test_what_is_no_year_is_refused(cell: str) -> None:
    with pytest.raises(ValueError):
        years_of(cell)


@pytest.mark.parametrize(
    ("cell", "grade"),
    [
        ("三级", InstructorGrade.GRADE3), ("三级社会体育指导员", InstructorGrade.GRADE3), ("3级", InstructorGrade.GRADE3),
        (2, InstructorGrade.GRADE2), ("二级指导员", InstructorGrade.GRADE2), ("一级", InstructorGrade.GRADE1),
        ("国家级", InstructorGrade.NATIONAL), ("国家级社会体育指导员", InstructorGrade.NATIONAL),
        ("grade1", InstructorGrade.GRADE1),
        ("", None), (None, None),
    ],
)  # fmt: skip
def test_grades_are_known_by_their_usual_names(cell: Any, grade: InstructorGrade | None) -> None:
    assert grade_of(cell) is grade


def test_roles_and_lists_are_read() -> None:
    assert roles_of("教练、讲师") == [TeachingRole.SKILL_COACH, TeachingRole.LECTURER]
    assert parts_of("太极拳、 广场舞,太极拳；健步走") == ["太极拳", "广场舞", "健步走"]
    assert parts_of("a\x00、b") == ["a", "b"]
    for read, cell in ((roles_of, "裁判"), (grade_of, "四级")):
        with pytest.raises(ValueError):
            read(cell)


@pytest.mark.parametrize("name", ["测　甲", " 测 甲", "测·甲", "测•甲", "测・甲"])
def test_J12_a_name_is_compared_without_blanks_and_dots(name: str) -> None:
    assert is_same_name(name, "测甲") and not is_same_name(name, "测乙")
