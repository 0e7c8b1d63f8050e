"""Why places stay empty: one reason for each need, the first that applies, with counts.

Rule: S07
"""

from __future__ import annotations

import numpy as np

from instructors.assignment.rules.site_assignment.outcome import Outcome
from instructors.assignment.rules.site_assignment.problem import BoolArray, FloatArray, IntArray
from instructors.assignment.rules.site_assignment.values import UnservedPlaces, UnservedReason


def unserved_of(outcome: Outcome) -> tuple[UnservedPlaces, ...]:
    """The needs with empty places, in the order of their keys."""
    empty = outcome.problem.wanted - outcome.per_need
    told = _Told(outcome)
    return tuple(told.of(int(need), int(empty[need])) for need in np.flatnonzero(empty > 0))


class _Told:
    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        people = outcome.problem.instructors
        self._homes: FloatArray = np.array([(one.home_x_m, one.home_y_m) for one in people]).reshape(-1, 2)
        self._sessions = outcome.per_instructor
        self._teaches: dict[int, BoolArray] = {}

    def of(self, need: int, places: int) -> UnservedPlaces:
        asked = self._outcome.problem.needs[need]
        way = np.rint(np.hypot(*(self._homes - [asked.x_m, asked.y_m]).T)).astype(np.int64)
        near, teaches = way <= self._outcome.problem.parameters.reach_m, self._who_teach(asked.item)
        facts: dict[str, int | None] = {
            "in_reach": int(near.sum()),
            "nearest_m": _least(way),
            "teach_item_in_reach": int((near & teaches).sum()),
            "nearest_teaching_m": _least(way[teaches]),
            **self._of_candidates(need),
        }
        return UnservedPlaces(asked.key, places, _reason(facts), facts)

    def _who_teach(self, item: int) -> BoolArray:
        if item not in self._teaches:
            people = self._outcome.problem.instructors
            self._teaches[item] = np.array([item in one.items for one in people], dtype=np.bool_)
        return self._teaches[item]

    def _of_candidates(self, need: int) -> dict[str, int]:
        """Of those who may teach the item, live in reach and are free: what they do instead."""
        outcome = self._outcome
        pairs = outcome.spread.of_need(need)
        others = outcome.spread.instructor[pairs][~outcome.taken[pairs]]
        full = self._sessions[others] >= outcome.problem.limit[others]
        return {
            "candidates": int(pairs.stop - pairs.start),
            "serving": int(outcome.taken[pairs].sum()),
            "at_limit": int(full.sum()),
            "held_by_pins": sum(self._is_held_by_pins(int(one), need) for one in others),
        }

    def _is_held_by_pins(self, person: int, need: int) -> bool:
        outcome = self._outcome
        mine = outcome.spread.of_instructor(person)
        pinned = outcome.spread.need[mine[outcome.pinned.pairs[mine]]]
        if not len(pinned):
            return False
        return len(pinned) >= outcome.problem.limit[person] or bool(outcome.problem.clash(pinned, need).any())


def _reason(facts: dict[str, int | None]) -> UnservedReason:
    count = {name: value or 0 for name, value in facts.items()}
    others = count["candidates"] - count["serving"]
    ladder = (
        (not count["in_reach"], UnservedReason.NO_TEACHER_IN_REACH),
        (not count["teach_item_in_reach"], UnservedReason.NONE_TEACHES_ITEM),
        (not count["candidates"], UnservedReason.NONE_FREE),
        (not others, UnservedReason.TOO_FEW_CANDIDATES),
        (count["held_by_pins"] == others, UnservedReason.PINNED_CONFLICT),
        (count["at_limit"] == others, UnservedReason.ALL_AT_LIMIT),
    )
    return next((reason for applies, reason in ladder if applies), UnservedReason.OTHERS_WORTH_MORE)


def _least(way: IntArray) -> int | None:
    return int(way.min()) if way.size else None
