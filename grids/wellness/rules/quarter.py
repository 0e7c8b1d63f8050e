"""Totals are made by quarters of a year, which do not overlap: no two periods can be taken from one another.

Rule: J17
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from wangge.errors import RuleBroken

_NAME = re.compile(r"(20[0-9]{2})Q([1-4])")


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a year, `2026Q3`."""

    year: int
    number: int

    @property
    def name(self) -> str:
        """As it is written."""
        return f"{self.year}Q{self.number}"

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        after = date(self.year + 1, 1, 1) if self.number == 4 else date(self.year, 3 * self.number + 1, 1)
        return after - timedelta(days=1)


def quarter_of(day: date) -> Quarter:
    """The quarter a day lies in."""
    return Quarter(day.year, (day.month + 2) // 3)


def quarter_before(day: date) -> Quarter:
    """The last quarter that is over on a day."""
    return quarter_of(quarter_of(day).first_day - timedelta(days=1))


def quarter_named(name: str) -> Quarter:
    """The quarter of that name; 400 QUARTER_FORMAT for anything else. Rule: J17"""
    found = _NAME.fullmatch(name)
    if found is not None:
        return Quarter(int(found[1]), int(found[2]))
    raise RuleBroken(
        "QUARTER_FORMAT", zh="季度须写作 2026Q3", en="a quarter is written 2026Q3", status=400, rule="J17",
        field="period", how_to_fix_zh="请更正", how_to_fix_en="correct it",
    )  # fmt: skip
