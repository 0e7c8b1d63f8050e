"""Why an instructor serves a need, or does not: in facts, for any pair.

Rule: S07
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from instructors.assignment.rules.site_assignment.problem import missing_of, travel_m_of
from instructors.assignment.rules.site_assignment.programme import NOISE
from instructors.assignment.rules.site_assignment.values import (
    AssignedPair,
    AssignmentParameters,
    AvailableInstructor,
    Obstacle,
    ObstacleFound,
    Pair,
    PairAnswer,
    PlanLoss,
    Prices,
    WeeklyNeed,
)

HARD = frozenset({Obstacle.NOT_QUALIFIED, Obstacle.TOO_FAR, Obstacle.NOT_FREE})


def clash_gap(one: WeeklyNeed, other: WeeklyNeed, travel_buffer_min: int) -> tuple[int, int] | None:
    """Minutes between two sessions that one person cannot serve both, and the buffer asked for; None: they can.

    Negative minutes: the sessions overlap.
    """
    if one.when.weekday != other.when.weekday:
        return None
    gap = max(one.when.from_minute, other.when.from_minute) - min(one.when.to_minute, other.when.to_minute)
    buffer = 0 if one.town == other.town else travel_buffer_min
    return (gap, buffer) if gap < buffer else None


class Explainer:
    """Answers for one plan: just computed, or read back from where it was stored.

    Give the same instructors, needs, `before` and parameters as the plan had. Without `prices` the answers tell
    obstacles, and no loss.
    """

    def __init__(
        self,
        instructors: Sequence[AvailableInstructor],
        needs: Sequence[WeeklyNeed],
        pairs: Iterable[AssignedPair],
        parameters: AssignmentParameters | None = None,
        prices: Prices | None = None,
        before: Collection[Pair] = (),
    ) -> None:
        self._parameters = parameters or AssignmentParameters()
        self._prices = prices
        self._people = {one.key: one for one in instructors}
        self._needs = {one.key: one for one in needs}
        self._before = frozenset(before)
        self._of_person: dict[int, list[AssignedPair]] = defaultdict(list)
        self._of_need: dict[int, list[AssignedPair]] = defaultdict(list)
        for pair in sorted(pairs, key=lambda one: (one.need, one.instructor)):
            self._of_person[pair.instructor].append(pair)
            self._of_need[pair.need].append(pair)
        self._sets: dict[int, list[tuple[frozenset[int], tuple[float, float]]]] = defaultdict(list)
        for instructor, needs_of_set, price in prices.sets if prices else ():
            self._sets[instructor].append((needs_of_set, price))

    def why(self, instructor: int, need: int) -> PairAnswer:
        """The answer for one pair; KeyError for a key that was not given."""
        who, what, pair = self._people[instructor], self._needs[need], Pair(instructor, need)
        travel_m = travel_m_of(who, what)
        mine = next((one for one in self._of_person[instructor] if one.need == need), None)
        if mine is not None:
            loses = None if mine.is_pinned else self._loss(pair, travel_m, -1)
            return PairAnswer(pair, True, mine.is_pinned, mine.is_kept, travel_m, (), loses)
        obstacles = (*self._hard_rules(who, what, travel_m), *self._from_plan(who, what))
        impossible = any(found.obstacle in HARD for found in obstacles) or self._is_barred(who, what)
        loses = None if impossible else self._loss(pair, travel_m, 1)
        return PairAnswer(pair, False, False, False, travel_m, obstacles, loses)

    def _hard_rules(
        self, who: AvailableInstructor, what: WeeklyNeed, travel_m: int
    ) -> Iterator[ObstacleFound]:
        if what.item not in who.items:
            yield ObstacleFound(Obstacle.NOT_QUALIFIED, {"item": what.item})
        if travel_m > self._parameters.reach_m:
            facts = {"travel_m": travel_m, "reach_m": self._parameters.reach_m}
            yield ObstacleFound(Obstacle.TOO_FAR, facts)
        if missing := missing_of(who.free, what.when):
            times = [[span.weekday, span.from_minute, span.to_minute] for span in missing]
            yield ObstacleFound(Obstacle.NOT_FREE, {"missing": times})

    def _from_plan(self, who: AvailableInstructor, what: WeeklyNeed) -> Iterator[ObstacleFound]:
        mine, theirs = self._of_person[who.key], self._of_need[what.key]
        if len(mine) >= who.weekly_limit:
            facts = {"weekly_limit": who.weekly_limit, "needs": _needs(mine), "pinned": _needs(_pinned(mine))}
            yield ObstacleFound(Obstacle.AT_LIMIT, facts)
        for pair in mine:
            gap = clash_gap(self._needs[pair.need], what, self._parameters.travel_buffer_min)
            if gap is not None:
                facts = {"need": pair.need, "pinned": pair.is_pinned, "gap_min": gap[0], "buffer_min": gap[1]}
                yield ObstacleFound(Obstacle.CLASHES, facts)
        if len(theirs) >= what.wanted:
            yield ObstacleFound(
                Obstacle.NEED_IS_FULL,
                {"wanted": what.wanted, "instructors": _people(theirs), "pinned": _people(_pinned(theirs))},
            )

    def _is_barred(self, who: AvailableInstructor, what: WeeklyNeed) -> bool:
        """Whether pins leave no room for the pair in any plan."""
        mine = _pinned(self._of_person[who.key])
        buffer = self._parameters.travel_buffer_min
        return (
            len(mine) >= who.weekly_limit
            or len(_pinned(self._of_need[what.key])) >= what.wanted
            or any(clash_gap(self._needs[pair.need], what, buffer) for pair in mine)
        )

    def _loss(self, pair: Pair, travel_m: int, sign: int) -> PlanLoss | None:
        """Of forcing (sign 1) or forbidding (sign -1) a pair, from its reduced costs."""
        if self._prices is None:
            return None
        cost = travel_m - self._parameters.stability_m * (pair in self._before)
        weight_gap, travel_gap = self._prices.gap
        weight = _at_least(sign * -self._price(pair, 0) - weight_gap)
        if weight > 0 or travel_gap is None:
            return PlanLoss(weight, 0)
        return PlanLoss(0, _at_least(sign * (cost - self._price(pair, 1)) - travel_gap))

    def _price(self, pair: Pair, level: int) -> float:
        assert self._prices is not None
        nothing = (0.0, 0.0)
        return (
            self._prices.needs.get(pair.need, nothing)[level]
            + self._prices.instructors.get(pair.instructor, nothing)[level]
            + sum(price[level] for needs, price in self._sets[pair.instructor] if pair.need in needs)
        )


def _at_least(bound: float) -> int:
    """The least whole number that a bound allows."""
    return max(0, math.ceil(bound - NOISE))


def _pinned(pairs: list[AssignedPair]) -> list[AssignedPair]:
    return [pair for pair in pairs if pair.is_pinned]


def _needs(pairs: list[AssignedPair]) -> list[int]:
    return [pair.need for pair in pairs]


def _people(pairs: list[AssignedPair]) -> list[int]:
    return [pair.instructor for pair in pairs]
