"""The month of a profile of work and the week of the burden it was to record it, by their days.

Rule: J14
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

# From this hour in Shanghai work is evening work. It counts as all work does; it is told so that it is seen.
EVENING_FROM_HOUR = 18


@dataclass(frozen=True, slots=True)
class Days:
    """From the first day to the last, both included."""

    first: date
    last: date


def month_of(day: date) -> Days:
    """The calendar month in which the day lies. Rule: J14"""
    return Days(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def week_of(day: date) -> Days:
    """The week in which the day lies, Monday to Sunday. Rule: J14"""
    monday = day - timedelta(days=day.weekday())
    return Days(monday, monday + timedelta(days=6))
