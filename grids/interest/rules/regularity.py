"""Whether activities are regular: often enough a week, in enough of the weeks that are looked at.

A week is seven days that end on the day asked for, or seven days before, and so on: no week is ever half over.

Rule: J09
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = 7


@dataclass(frozen=True, slots=True)
class Regularity:
    """At least `per_week` held activities in at least `weeks` of the last `of_weeks` weeks."""

    per_week: int
    weeks: int
    of_weeks: int

    def first_day(self, on: date) -> date:
        """The first day that is looked at."""
        return on - timedelta(days=self.of_weeks * DAYS - 1)


def is_regular(held_on: Iterable[date], on: date, policy: Regularity) -> bool:
    """Whether activities held on these days (one entry each) are regular as of the last day `on`. Rule: J09"""
    first = policy.first_day(on)
    weeks = Counter((on - day).days // DAYS for day in held_on if first <= day <= on)
    return sum(number >= policy.per_week for number in weeks.values()) >= policy.weeks
