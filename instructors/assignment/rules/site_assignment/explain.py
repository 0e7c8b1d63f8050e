"""Why an instructor serves a need, or does not: in facts, for any pair.

Rule: S07
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from instructors.assignment.rules.site_assignment.problem import (
    MINUTES_A_WEEK,
    missing_of,
    travel_m_of,
    week_minute,
)
from instructors.assignment.rules.site_assignment.programme import NOISE
from instructors.assignment.rules.site_assignment.replan import Plan, Replanned, replanned
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
    Substitute,
    WeeklyNeed,
)

HARD = frozenset({Obstacle.NOT_QUALIFIED, Obstacle.TOO_FAR, Obstacle.NOT_FREE})


def clash_gap(one: WeeklyNeed, other: WeeklyNeed, travel_buffer_min: int) -> tuple[int, int] | None:
    """Minutes between two sessions that one person cannot serve both, and the buffer asked for; None: they can.

    Counted on the ring of the week. Negative minutes: the sessions overlap.
    """
    lasts, other_lasts = (when.to_minute - when.from_minute for when in (one.when, other.when))
    later = (week_minute(other.when) - week_minute(one.when)) % MINUTES_A_WEEK
    earlier = -later % MINUTES_A_WEEK
    gap = max(min(later - lasts, earlier - other_lasts), -lasts, -other_lasts)
    buffer = 0 if one.town == other.town else travel_buffer_min
    return (gap, buffer) if gap < buffer else None


class Explainer:
    """Answers for one plan: just computed, or read back from where it was stored.

    Give the same instructors, needs, `before` and parameters as the plan had. Without `prices` the answers do not tell
    what is lost at least.
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
        self._plan = Plan(instructors, needs, pairs, before, parameters or AssignmentParameters())
        self._prices = prices
        self._sets: dict[int, list[tuple[frozenset[int], tuple[float, float]]]] = defaultdict(list)
        for instructor, needs_of_set, price in prices.sets if prices else ():
            self._sets[instructor].append((needs_of_set, price))

    def why(self, instructor: int, need: int) -> PairAnswer:
        """The answer for one pair; KeyError for a key that was not given."""
        plan, pair = self._plan, Pair(instructor, need)
        who, what = plan.people[instructor], plan.needs[need]
        travel_m = travel_m_of(who, what)
        mine = next((one for one in plan.of_person[instructor] if one.need == need), None)
        if mine is not None:
            least, again = (None, None) if mine.is_pinned else self._losses(pair, travel_m, is_forced=False)
            others = () if again is None else tuple(map(self._substitute, again.taken_over))
            return PairAnswer(
                pair, True, mine.is_pinned, mine.is_kept, travel_m, (), least, _loss_of(again), others
            )
        obstacles = self.obstacles(instructor, need)
        impossible = any(found.obstacle in HARD for found in obstacles) or self._is_barred(who, what)
        least, again = (None, None) if impossible else self._losses(pair, travel_m, is_forced=True)
        return PairAnswer(pair, False, False, False, travel_m, obstacles, least, _loss_of(again))

    def obstacles(self, instructor: int, need: int) -> tuple[ObstacleFound, ...]:
        """What stands between the two, beside the pair itself where the plan has it; KeyError as `why`."""
        who, what = self._plan.people[instructor], self._plan.needs[need]
        return (*self._hard_rules(who, what, travel_m_of(who, what)), *self._from_plan(who, what))

    def _substitute(self, taken_over: AssignedPair) -> Substitute:
        who, what = self._plan.people[taken_over.instructor], self._plan.needs[taken_over.need]
        kept = [found for found in self._from_plan(who, what) if found.obstacle is not Obstacle.NEED_IS_FULL]
        return Substitute(taken_over.instructor, taken_over.travel_m, tuple(kept))

    def _hard_rules(
        self, who: AvailableInstructor, what: WeeklyNeed, travel_m: int
    ) -> Iterator[ObstacleFound]:
        if what.item not in who.items:
            yield ObstacleFound(Obstacle.NOT_QUALIFIED, {"item": what.item})
        if travel_m > self._plan.parameters.reach_m:
            facts = {"travel_m": travel_m, "reach_m": self._plan.parameters.reach_m}
            yield ObstacleFound(Obstacle.TOO_FAR, facts)
        if missing := missing_of(who.free, what.when):
            times = [[span.weekday, span.from_minute, span.to_minute] for span in missing]
            yield ObstacleFound(Obstacle.NOT_FREE, {"missing": times})

    def _from_plan(self, who: AvailableInstructor, what: WeeklyNeed) -> Iterator[ObstacleFound]:
        mine = [pair for pair in self._plan.of_person[who.key] if pair.need != what.key]
        theirs = [pair for pair in self._plan.of_need[what.key] if pair.instructor != who.key]
        if len(mine) >= who.weekly_limit:
            facts = {"weekly_limit": who.weekly_limit, "needs": _needs(mine), "pinned": _needs(_pinned(mine))}
            yield ObstacleFound(Obstacle.AT_LIMIT, facts)
        for pair in mine:
            gap = clash_gap(self._plan.needs[pair.need], what, self._plan.parameters.travel_buffer_min)
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
        mine = _pinned(self._plan.of_person[who.key])
        buffer = self._plan.parameters.travel_buffer_min
        return (
            len(mine) >= who.weekly_limit
            or len(_pinned(self._plan.of_need[what.key])) >= what.wanted
            or any(clash_gap(self._plan.needs[pair.need], what, buffer) for pair in mine)
        )

    def _losses(self, pair: Pair, travel_m: int, is_forced: bool) -> tuple[PlanLoss | None, Replanned | None]:
        """At least, by the prices, and at most, by the neighbourhood solved anew, of forcing or forbidding a pair."""
        return self._from_prices(pair, travel_m, is_forced), replanned(self._plan, pair, is_forced)

    def _from_prices(self, pair: Pair, travel_m: int, is_forced: bool) -> PlanLoss | None:
        if self._prices is None:
            return None
        sign = 1 if is_forced else -1
        cost = travel_m - self._plan.parameters.stability_m * (pair in self._plan.before)
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


def _loss_of(again: Replanned | None) -> PlanLoss | None:
    return None if again is None else again.loss


def _at_least(bound: float) -> int:
    """The least whole number that a bound allows."""
    return max(0, math.ceil(bound - NOISE))


def _pinned(pairs: list[AssignedPair]) -> list[AssignedPair]:
    return [pair for pair in pairs if pair.is_pinned]


def _needs(pairs: list[AssignedPair]) -> list[int]:
    return [pair.need for pair in pairs]


def _people(pairs: list[AssignedPair]) -> list[int]:
    return [pair.instructor for pair in pairs]
