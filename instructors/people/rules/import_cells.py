"""One cell of a register's file as a value: months, years, grades, roles, as people write them.

Every function raises `ValueError` for what it cannot read; a blank cell is None or empty.

Rule: J12
"""

from __future__ import annotations

import re
from datetime import date

from gis.compute.intake.cells import day_of, text_of
from gis.compute.intake.encodings import plain
from instructors.people.rules.grades import InstructorGrade, TeachingRole

_WITHOUT_END = ("长期", "永久", "无", "长期有效", "永久有效", "终身")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_PARTS = re.compile(r"[、,，;；/|\n]+")
# Blanks and the dots between the parts of a name: people write them, or not, for one and the same name.
_BETWEEN = re.compile(r"[\s\u200b·•・‧∙⋅]")
_GRADE_WORDS = {
    "国家": InstructorGrade.NATIONAL,
    "一": InstructorGrade.GRADE1, "1": InstructorGrade.GRADE1, "ⅰ": InstructorGrade.GRADE1, "i": InstructorGrade.GRADE1,
    "二": InstructorGrade.GRADE2, "2": InstructorGrade.GRADE2, "ⅱ": InstructorGrade.GRADE2, "ii": InstructorGrade.GRADE2,
    "三": InstructorGrade.GRADE3, "3": InstructorGrade.GRADE3, "ⅲ": InstructorGrade.GRADE3, "iii": InstructorGrade.GRADE3,
}  # fmt: skip
_ROLE_WORDS = {
    TeachingRole.SKILL_COACH: ("健身技能配送教练", "技能教练", "教练", "技能", "健身技能", "skillcoach"),
    TeachingRole.LECTURER: ("科普健身讲座讲师", "讲师", "讲座", "科普", "健身讲座", "科普讲师", "lecturer"),
}


def name_key(name: str) -> str:
    """A person's name as it is compared: narrowed, without blanks and dots, 测　甲 as 测甲."""
    return _BETWEEN.sub("", plain(name)).casefold()


def is_same_name(one: str, other: str) -> bool:
    """Whether two names are one person's, however blanks and dots were written."""
    return one == other or name_key(one) == name_key(other)


def parts_of(value: object) -> list[str]:
    """The parts of a list in a cell, such as 太极拳、广场舞, each once."""
    return list(dict.fromkeys(part.strip() for part in _PARTS.split(text_of(value)) if part.strip()))


def first_day_of(value: object) -> date | None:
    """A day, or a month (2024年5月) as its first day: papers often bear no more."""
    written = None if isinstance(value, date) else _MONTH.fullmatch(text_of(value))
    if written is None:
        return day_of(value)
    return day_of(date(int(written.group(1)), int(written.group(2)), 1))


def end_of(value: object) -> date | None:
    """The last day of a paper; None for a blank cell and for 长期."""
    return None if text_of(value) in _WITHOUT_END else day_of(value)


def years_of(value: object) -> list[int]:
    """Years, such as 2024 or 2023、2024 or 2021-2024 or 2024年度, in order."""
    if isinstance(value, date):
        return [value.year]
    years: set[int] = set()
    for part in parts_of(value):
        span = re.fullmatch(r"(\d{4})年?(?:度)?(?:\s*[-~至—–]\s*(\d{4}))?(?:年|年度)?", part)
        if span is None:
            raise ValueError("no year")
        first, last = int(span.group(1)), int(span.group(2) or span.group(1))
        if not 1990 <= first <= last <= 2100:
            raise ValueError("a year out of range")
        years.update(range(first, last + 1))
    return sorted(years)


def grade_of(value: object) -> InstructorGrade | None:
    """三级, 三级社会体育指导员, 3级, 国家级 or grade3; None for a blank cell."""
    text = text_of(value).lower()
    if not text:
        return None
    if text in set(InstructorGrade):
        return InstructorGrade(text)
    word = re.sub(r"社会体育指导员|指导员|级", "", text).strip()
    if word in _GRADE_WORDS:
        return _GRADE_WORDS[word]
    raise ValueError("no grade")


def roles_of(value: object) -> list[TeachingRole]:
    """As what the items are taught; several may be named."""
    found = []
    for part in parts_of(value):
        word = part.lower().replace("_", "")
        role = next((role for role, words in _ROLE_WORDS.items() if word in words), None)
        if role is None:
            raise ValueError("no role")
        found.append(role)
    return found


def number_of(value: object) -> float | None:
    """A number; None for a blank cell."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = text_of(value)
    return float(text) if text else None
