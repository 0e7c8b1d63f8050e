"""A year without an official holiday notice is a gap: from this year to the next, every date needs one.

Rule: X03
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

YEARS_AHEAD = 1


def years_needed(today: date) -> range:
    """This year and the next, in which orders, trainings and deadlines are already being dated."""
    return range(today.year, today.year + YEARS_AHEAD + 1)


def years_missing(official: Iterable[int], today: date) -> list[int]:
    """The needed years that no official notice covers, in order."""
    known = set(official)
    return [year for year in years_needed(today) if year not in known]
