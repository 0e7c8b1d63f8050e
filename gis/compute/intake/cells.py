"""A cell of a list as a text or a day, as people write them.

Every function raises `ValueError` for what it cannot read; a blank cell is None or empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from gis.compute.intake.encodings import plain
from gis.compute.intake.sheets import FaultyCell

_SPREADSHEET_DAY_0 = date(1899, 12, 30)
_FIRST, _LAST = date(1980, 1, 1), date(2100, 12, 31)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
# Characters nobody typed, which a database refuses.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Identity, phone and account numbers, also written in groups; a code or a year is shorter.
_LONG_NUMBER = re.compile(r"\d(?:[\s\-]?\d){5,}[Xx]?")


def text_of(value: object) -> str:
    """The cell as text: whole numbers without a decimal point, full-width forms narrowed, control characters gone.

    Raises `ValueError` for a cell without a value.
    """
    if value is None:
        return ""
    if isinstance(value, FaultyCell):
        raise ValueError(value.fault)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else repr(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return plain(_UNSEEN.sub("", str(value)))


def quoted(text: str, longest: int) -> str:
    """A cell's text as findings may repeat it, cut to that many characters: every number of six digits or more is …

    Columns slip: an identity or phone number may stand in any of them.
    """
    return _LONG_NUMBER.sub("…", text)[:longest]


def day_of(value: object, first: date = _FIRST, last: date = _LAST) -> date | None:
    """A day: a spreadsheet's own, its number, or written 2024-05-01, 2024/5/1, 2024年5月1日, 20240501."""
    found = _day(value)
    if found is not None and not first <= found <= last:
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


def is_blank(cells: Iterable[object]) -> bool:
    """Whether nothing is written in any of the cells."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)
