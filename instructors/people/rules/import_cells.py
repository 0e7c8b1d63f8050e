"""One cell of a register's file as a value: texts, days, years, grades, roles, as people write them.

Every function raises `ValueError` for what it cannot read; a blank cell is None or empty.

Rule: J12
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from gis.compute.intake.encodings import plain
from instructors.people.rules.grades import InstructorGrade, TeachingRole

_SPREADSHEET_DAY_0 = date(1899, 12, 30)
_FIRST, _LAST = date(1980, 1, 1), date(2100, 12, 31)
_WITHOUT_END = ("长期", "永久", "无", "长期有效", "永久有效", "终身")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_PARTS = re.compile(r"[、,，;；/|\n]+")
# Characters nobody typed, which a database refuses.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
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
# A spreadsheet keeps fifteen digits of a number; what stands behind them is lost.
_EXACT_TO = 10**15
# Identity, phone and account numbers, also written in groups; a code or a year is shorter.
_LONG_NUMBER = re.compile(r"\d(?:[\s\-]?\d){5,}[Xx]?")


class Rounded(ValueError):
    """A long number that a spreadsheet kept as a number: its last digits are gone."""


def text_of(value: object) -> str:
    """The cell as text: whole numbers without a decimal point, full-width forms narrowed, control characters gone.

    Raises `Rounded`.
    """
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int | float):
        if abs(value) >= _EXACT_TO:
            raise Rounded("kept as a number")
        return str(int(value)) if float(value).is_integer() else repr(value)
    if isinstance(value, date):
        return value.isoformat()
    return plain(_UNSEEN.sub("", str(value)))


def quoted(text: str, longest: int) -> str:
    """A cell's text as findings may repeat it, cut to that many characters: every number of six digits or more is …

    Columns slip: an identity or phone number may stand in any of them.
    """
    return _LONG_NUMBER.sub("…", text)[:longest]


def parts_of(value: object) -> list[str]:
    """The parts of a list in a cell, such as 太极拳、广场舞, each once."""
    return list(dict.fromkeys(part.strip() for part in _PARTS.split(text_of(value)) if part.strip()))


def day_of(value: object) -> date | None:
    """A day: a spreadsheet's own, its number, or written 2024-05-01, 2024/5/1, 2024年5月1日, 20240501."""
    found = _day(value)
    if found is not None and not _FIRST <= found <= _LAST:
        raise ValueError("a day out of range")
    return found


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = text_of(value).split(" ")[0].split("T")[0]
    if not text:
        return None
    if re.fullmatch(r"\d{5}", text):
        return _SPREADSHEET_DAY_0 + timedelta(days=int(text))
    if re.fullmatch(r"\d{8}", text):
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    written = _DAY.fullmatch(text)
    if written is not None:
        year, month, day = map(int, written.groups())
        return date(year, month, day)
    raise ValueError("no day")


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
