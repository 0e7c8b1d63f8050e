"""Who teaches what an empty place asks for, lives in reach, and was left out of the computation: counted by the reason.

So that a place nobody could fill on paper is known from one that a certificate renewed, or free times asked for, would
fill. Ways begin at the middle of the home's square, as everywhere. Rule: S07
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from instructors.assignment.rules.site_assignment import WeeklyNeed

# What left somebody out, as the facts of an empty place name it.
COUNTED_AS = {
    "no_free_times": "no_free_times_in_reach",
    "not_qualified": "no_papers_in_reach",
    "no_sessions": "no_sessions_in_reach",
}


@dataclass(frozen=True, slots=True)
class LeftOutTeacher:
    """Somebody who teaches `items` by the register, in force or not. `reason`: as `COUNTED_AS` knows it."""

    reason: str
    home_x_m: float
    home_y_m: float
    items: frozenset[int]


class LeftOutNear:
    """The people left out, looked up by need."""

    def __init__(self, people: Sequence[LeftOutTeacher], reach_m: int) -> None:
        self._people = [one for one in people if one.reason in COUNTED_AS]
        homes = [(one.home_x_m, one.home_y_m) for one in self._people]
        self._homes = np.array(homes, dtype=np.float64).reshape(-1, 2)
        self._reach_m = reach_m

    def counts(self, need: WeeklyNeed) -> dict[str, int]:
        """How many of them each reason keeps from the need; only reasons that keep somebody."""
        way = np.rint(np.hypot(*(self._homes - [need.x_m, need.y_m]).T))
        near = [self._people[at] for at in np.flatnonzero(way <= self._reach_m)]
        kept = [one.reason for one in near if need.item in one.items]
        return {name: kept.count(reason) for reason, name in COUNTED_AS.items() if reason in kept}
