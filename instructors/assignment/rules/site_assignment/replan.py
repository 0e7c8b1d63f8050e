"""The small change solved anew: what a plan loses when one pair is forced or forbidden and only its neighbourhood may move.

The neighbourhood: the need, all sessions of the instructor, the nearest who could serve any of those needs, their
sessions, and the nearest who could serve these. All other sessions of these people stay, and all of those whose sessions
no longer hold, because things have changed since the plan was made. A plan that may change more
can only lose less: together with the prices' bound this brackets the true loss.

Rule: S07
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from instructors.assignment.rules.site_assignment.problem import missing_of, travel_m_of
from instructors.assignment.rules.site_assignment.solving import assign
from instructors.assignment.rules.site_assignment.values import (
    AssignedPair,
    AssignmentParameters,
    AvailableInstructor,
    Pair,
    PlanLoss,
    WeeklyNeed,
)
from wangge.errors import RuleBroken, RulesBroken

# So many of the nearest who could serve a need belong to its neighbourhood.
NEIGHBOURS = 8


class Plan:
    """A plan with who and what it was computed for, looked up by key."""

    def __init__(
        self,
        instructors: Sequence[AvailableInstructor],
        needs: Sequence[WeeklyNeed],
        pairs: Iterable[AssignedPair],
        before: Collection[Pair],
        parameters: AssignmentParameters,
    ) -> None:
        self.people = {one.key: one for one in instructors}
        self.needs = {one.key: one for one in needs}
        self.before = frozenset(before)
        self.parameters = parameters
        self.of_person: dict[int, list[AssignedPair]] = defaultdict(list)
        self.of_need: dict[int, list[AssignedPair]] = defaultdict(list)
        for pair in sorted(pairs, key=lambda one: (one.need, one.instructor)):
            self.of_person[pair.instructor].append(pair)
            self.of_need[pair.need].append(pair)
        self._everybody = sorted(instructors, key=lambda one: one.key)
        homes = [(one.home_x_m, one.home_y_m) for one in self._everybody]
        self._homes = np.array(homes, dtype=np.float64).reshape(-1, 2)

    def holds(self, person: int) -> bool:
        """Whether the person's sessions still keep the rules that a person must keep."""
        mine, who = self.of_person[person], self.people[person]
        return len(mine) <= who.weekly_limit and all(self._may(who, self.needs[pair.need]) for pair in mine)

    def _may(self, who: AvailableInstructor, what: WeeklyNeed) -> bool:
        near = travel_m_of(who, what) <= self.parameters.reach_m
        return near and what.item in who.items and not missing_of(who.free, what.when)

    def nearest(self, need: int) -> set[int]:
        """The nearest instructors who may teach the need's item and are free then, in reach; who serves it besides."""
        asked = self.needs[need]
        way = np.rint(np.hypot(*(self._homes - [asked.x_m, asked.y_m]).T))
        found = {pair.instructor for pair in self.of_need[need]}
        left = NEIGHBOURS
        for position in np.argsort(way, kind="stable"):
            if not left or way[position] > self.parameters.reach_m:
                break
            one = self._everybody[position]
            if asked.item in one.items and not missing_of(one.free, asked.when):
                found.add(one.key)
                left -= 1
        return found


@dataclass(frozen=True, slots=True)
class Replanned:
    """What the neighbourhood solved anew loses: at most that; and who serves the pair's need in it that did not before."""

    loss: PlanLoss
    taken_over: tuple[AssignedPair, ...]


def replanned(plan: Plan, pair: Pair, is_forced: bool) -> Replanned | None:
    """What is lost at most when the pair is forced (or forbidden): weight, and metres of travel and stability.

    The pair must break no hard rule, and clash with no pin. Where weight is lost, metres may be saved (negative).
    None: what changed since the plan was made leaves no plan to compare with.
    """
    needs = {pair.need, *_sessions(plan, {pair.instructor})}
    people = {pair.instructor}.union(*map(plan.nearest, sorted(needs)))
    needs |= _sessions(plan, people)
    people = people.union(*map(plan.nearest, sorted(needs)))
    gone = {key for key in people if not plan.holds(key)}
    needs -= _sessions(plan, gone)
    if pair.instructor in gone or pair.need not in needs:
        return None
    people -= gone
    now = [one for key in sorted(people) for one in plan.of_person[key]]
    try:
        again = _solved(plan, pair, (people, needs), is_forced)
    except (RuleBroken, RulesBroken):
        return None
    old, new = _value(plan, now, needs), _value(plan, again, needs)
    before = {one.instructor for one in plan.of_need[pair.need]}
    others = [one for one in again if one.need == pair.need and one.instructor not in before]
    return Replanned(PlanLoss(old[0] - new[0], new[1] - old[1]), tuple(others))


def _solved(
    plan: Plan, pair: Pair, around: tuple[set[int], set[int]], is_forced: bool
) -> tuple[AssignedPair, ...]:
    """The neighbourhood (people, needs) assigned anew."""
    people, needs = around
    now = [one for key in sorted(people) for one in plan.of_person[key]]
    stay = [Pair(one.instructor, one.need) for one in now if one.is_pinned or one.need not in needs]
    elsewhere = Counter(one.need for one in now if one.need not in needs)
    asked = [plan.needs[key] for key in sorted(needs)]
    asked += [replace(plan.needs[key], wanted=count) for key, count in sorted(elsewhere.items())]
    return assign(
        [plan.people[key] for key in sorted(people)],
        asked,
        pins=[*stay, pair] if is_forced else stay,
        barred=() if is_forced else [pair],
        before=plan.before,
        parameters=plan.parameters,
    ).pairs


def _sessions(plan: Plan, people: set[int]) -> set[int]:
    return {pair.need for key in people for pair in plan.of_person[key]}


def _value(plan: Plan, pairs: Iterable[AssignedPair], needs: set[int]) -> tuple[int, int]:
    """Covered weight, and metres of travel less stability, of the pairs of some needs."""
    some = [pair for pair in pairs if pair.need in needs]
    weight = sum(
        plan.needs[key].worth(place)
        for key, count in Counter(pair.need for pair in some).items()
        for place in range(1, count + 1)
    )
    saved = plan.parameters.stability_m * sum(pair.is_kept for pair in some)
    return weight, sum(pair.travel_m for pair in some) - saved
