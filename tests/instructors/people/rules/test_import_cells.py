"""Cells as people write them. Rule: J12"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from instructors.people.rules.grades import InstructorGrade, TeachingRole
from instructors.people.rules.import_cells import (
    Rounded,
    day_of,
    end_of,
    first_day_of,
    grade_of,
    parts_of,
    roles_of,
    text_of,
    years_of,
)


@pytest.mark.parametrize(
    "cell",
    [
        date(2024, 5, 1), datetime(2024, 5, 1), "2024-05-01", "2024/5/1", "2024.5.1", "2024年5月1日", "20240501",  # noqa: DTZ001
        "2024-05-01 00:00:00", 45413, 45413.0, "２０２４－０５－０１",
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(cell: Any) -> None:
    assert day_of(cell) == date(2024, 5, 1)


@pytest.mark.parametrize("cell", ["昨天", "2024-13-01", "2024-02-30", "1899-01-01", "24-5-1", 1, "9999999"])
def test_what_is_no_day_is_not_guessed_at(cell: Any) -> None:
    with pytest.raises(ValueError):
        day_of(cell)


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
    for read, cell in ((roles_of, "裁判"), (grade_of, "四级")):
        with pytest.raises(ValueError):
            read(cell)


def test_a_long_number_kept_as_a_number_is_not_trusted() -> None:
    assert text_of(199.0) == "199" and text_of(19900000001) == "19900000001" and text_of(" Ａ１ ") == "A1"
    with pytest.raises(Rounded):
        text_of(990000198001010012)


def test_characters_that_nobody_typed_are_left_out() -> None:
    assert text_of("测试\x00甲\x07") == "测试甲" and parts_of("a\x00、b") == ["a", "b"]
