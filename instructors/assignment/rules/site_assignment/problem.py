"""The instructors and needs as arrays, in the order of their keys, and what two sessions of one person may not be.

Rule: S07
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from instructors.assignment.rules.site_assignment.values import (
    AssignmentParameters,
    AvailableInstructor,
    WeeklyNeed,
    WeeklySpan,
)

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
MINUTES_A_DAY = 1_440
MINUTES_A_WEEK = 7 * MINUTES_A_DAY


@dataclass(frozen=True)
class Problem:
    """Rows sorted by key; positions in these arrays stand for instructors and needs everywhere below.

    Of needs: `week_minute`, when it begins, from 0 (Monday 00:00) below 10,080; `minutes`, how long it lasts;
    `part_of_week`: needs that clash lie in the same part, mostly the weekday.
    """

    instructors: tuple[AvailableInstructor, ...]
    needs: tuple[WeeklyNeed, ...]
    parameters: AssignmentParameters
    instructor_keys: IntArray
    need_keys: IntArray
    limit: IntArray
    wanted: IntArray
    weight: IntArray
    town: IntArray
    week_minute: IntArray
    minutes: IntArray
    part_of_week: IntArray

    @classmethod
    def of(
        cls,
        instructors: Sequence[AvailableInstructor],
        needs: Sequence[WeeklyNeed],
        parameters: AssignmentParameters,
    ) -> Problem:
        """ValueError when a key comes twice."""
        people = tuple(sorted(instructors, key=lambda one: one.key))
        asked = tuple(sorted(needs, key=lambda one: one.key))
        return cls(
            people,
            asked,
            parameters,
            _keys([one.key for one in people], "instructor"),
            _keys([one.key for one in asked], "need"),
            _whole([one.weekly_limit for one in people]),
            _whole([one.wanted for one in asked]),
            _whole([one.weight for one in asked]),
            _whole([one.town for one in asked]),
            _whole([week_minute(one.when) for one in asked]),
            _whole([one.when.to_minute - one.when.from_minute for one in asked]),
            _whole(_parts_of_week([one.when for one in asked], parameters.travel_buffer_min)),
        )

    def clash(self, one: Any, other: Any) -> Any:
        """Whether one person cannot serve both needs, for positions or arrays of positions.

        They overlap, or lie in two towns with less than the travel buffer between them: on the ring of the week, so that
        late on one day and early on the next are near, Sunday and Monday too.
        """
        buffer = np.where(self.town[one] == self.town[other], 0, self.parameters.travel_buffer_min)
        later = (self.week_minute[other] - self.week_minute[one]) % MINUTES_A_WEEK
        earlier = (self.week_minute[one] - self.week_minute[other]) % MINUTES_A_WEEK
        return (later < self.minutes[one] + buffer) | (earlier < self.minutes[other] + buffer)


def week_minute(when: WeeklySpan) -> int:
    """When a time begins, in minutes of the week."""
    return (when.weekday - 1) * MINUTES_A_DAY + when.from_minute


def _parts_of_week(times: Sequence[WeeklySpan], buffer_min: int) -> list[int]:
    """The weekday of each, where no session is late enough and none early enough to clash across midnight; else 0."""
    latest = max((when.to_minute for when in times), default=0)
    earliest = min((when.from_minute for when in times), default=MINUTES_A_DAY)
    is_by_day = latest + buffer_min <= MINUTES_A_DAY + earliest
    return [when.weekday if is_by_day else 0 for when in times]


def missing_of(free: Sequence[WeeklySpan], when: WeeklySpan) -> list[WeeklySpan]:
    """The parts of a time that no free span covers; empty: it is free."""
    missing, begin = [], when.from_minute
    for span in sorted(free, key=lambda one: one.from_minute):
        if span.weekday != when.weekday or span.to_minute <= begin:
            continue
        if span.from_minute >= when.to_minute:
            break
        if span.from_minute > begin:
            missing.append(WeeklySpan(when.weekday, begin, span.from_minute))
        begin = max(begin, span.to_minute)
    if begin < when.to_minute:
        missing.append(WeeklySpan(when.weekday, begin, when.to_minute))
    return missing


def travel_m_of(instructor: AvailableInstructor, need: WeeklyNeed) -> int:
    """The way from home to the site as the crow flies, in whole metres."""
    return int(np.rint(np.hypot(instructor.home_x_m - need.x_m, instructor.home_y_m - need.y_m)))


def _keys(keys: list[int], what: str) -> IntArray:
    found = _whole(keys)
    if (twice := found[:-1][found[1:] == found[:-1]]).size:
        raise ValueError(f"{what} {twice[0]} is given twice")
    return found


def _whole(numbers: list[int]) -> IntArray:
    return np.array(numbers, dtype=np.int64)
