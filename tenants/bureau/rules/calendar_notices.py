"""The product knows by number the holiday notices whose days it may take from a library.

Rule: X03
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from tenants.bureau.rules.work_calendar import CalendarDay, DayKind

NOTICES_FILE = Path(__file__).with_name("calendar_notices.toml")


@dataclass(frozen=True, slots=True)
class KnownNotice:
    """A published notice: the year it arranges, its number and the day it came out."""

    year: int
    number: str
    published_on: date


@cache
def known_notices() -> dict[int, KnownNotice]:
    """Every notice shipped with the product, by the year it arranges."""
    rows = tomllib.loads(NOTICES_FILE.read_text(encoding="utf-8"))["notice"]
    return {row["year"]: KnownNotice(row["year"], row["number"], row["published_on"]) for row in rows}


def days_of_year(year: int, rest_days: Iterable[date], workdays: Iterable[date]) -> list[CalendarDay]:
    """The rows of one year out of a library's two sets of days, in order of date.

    Rows of other years are left out.
    """
    rest = [CalendarDay(day, DayKind.REST) for day in rest_days if day.year == year]
    worked = [CalendarDay(day, DayKind.WORKDAY) for day in workdays if day.year == year]
    return sorted([*rest, *worked], key=lambda row: row.day)
