"""Who serves which site every week: as much weighted need as possible, then stability and short ways, then fair load.

Rule: S07
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from instructors.assignment.rules.site_assignment.figures import figures_of, pairs_of
from instructors.assignment.rules.site_assignment.levels import Face, Level, Solved, solve_level
from instructors.assignment.rules.site_assignment.order import Order
from instructors.assignment.rules.site_assignment.outcome import Outcome
from instructors.assignment.rules.site_assignment.pins import Pinned, pinned_of
from instructors.assignment.rules.site_assignment.prices import prices_of
from instructors.assignment.rules.site_assignment.problem import IntArray, Problem
from instructors.assignment.rules.site_assignment.programme import NOISE, Groups
from instructors.assignment.rules.site_assignment.spread import Spread, code_of, spread_of
from instructors.assignment.rules.site_assignment.unserved import unserved_of
from instructors.assignment.rules.site_assignment.values import (
    AssignmentParameters,
    AvailableInstructor,
    Pair,
    SiteAssignmentResult,
    SolveStep,
    WeeklyNeed,
)
from instructors.assignment.rules.site_assignment.whole import (
    Search,
    Whole,
    rounded,
    search_face,
    search_windows,
)

# So many more of the nearest than a need wants are looked at first.
NEAREST = 6
SHARE_DONE = {"pairs": 0.0, "guide": 0.15, "cover": 0.6, "travel": 0.7, "fair": 0.85, "whole": 0.9}


class AssignmentStopped(Exception):
    """The caller's `should_stop` said to stop; there is no answer."""


def assign(
    instructors: Sequence[AvailableInstructor],
    needs: Sequence[WeeklyNeed],
    *,
    pins: Collection[Pair] = (),
    barred: Collection[Pair] = (),
    before: Collection[Pair] = (),
    parameters: AssignmentParameters | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> SiteAssignmentResult:
    """The best assignment; the order of the rows given does not matter.

    `pins` are part of every answer: 422 ASSIGNMENT_PIN for each that breaks a hard rule, all at once. `barred` are part of
    none. `before`: the pairs adopted last; those that are no longer possible are passed over. `progress` is told the
    step's name and the share done, 0 to 1. `should_stop` is asked between solves; AssignmentStopped when it says yes.
    ValueError when a key comes twice.
    """
    run = _Run(should_stop, progress)
    run.enter("pairs")
    problem = Problem.of(instructors, needs, parameters or AssignmentParameters())
    spread = spread_of(problem, before=_codes(problem, before), barred=_codes(problem, barred))
    outcome = _solve(run, problem, spread, pinned_of(problem, spread, pins))
    return SiteAssignmentResult(
        pairs_of(outcome), unserved_of(outcome), figures_of(outcome), prices_of(outcome)
    )


@dataclass
class _Run:
    should_stop: Callable[[], bool] | None
    progress: Callable[[str, float], None] | None
    steps: list[SolveStep] = field(default_factory=list)

    def enter(self, step: str) -> None:
        self.go_on()
        if self.progress is not None:
            self.progress(step, SHARE_DONE[step])

    def go_on(self) -> None:
        if self.should_stop is not None and self.should_stop():
            raise AssignmentStopped

    def solve(self, order: Order, face: Face, level: Level, reached: float = np.inf) -> Solved:
        self.enter(level.name)
        solved = solve_level(order.problem, order.spread, face, level, self.go_on, reached)
        columns = int((solved.sought.columns & solved.sought.open).sum())
        self.steps.append(
            SolveStep(level.name, solved.rounds, columns, len(solved.sought.groups), solved.answer.value)
        )
        return solved


def _solve(run: _Run, problem: Problem, spread: Spread, pinned: Pinned) -> Outcome:
    face = _first_face(problem, spread, pinned)
    order = Order(problem, spread, pinned.per_need, pinned.per_instructor)
    looked_at = int(pinned.pairs.sum())
    if not face.open.any():
        return Outcome(problem, spread, pinned, pinned.pairs, True, True, looked_at, None, ())
    guide = run.solve(order, face, order.guide())
    reached = float(order.cover().shares(guide.sought).cost @ guide.answer.shares)
    cover = run.solve(order, guide.sought, order.cover(), reached)
    travel = run.solve(order, cover.face, order.travel())
    fair = run.solve(order, travel.face, order.fair())
    taken = fair.answer.taken + travel.face.sure
    whole, search = Whole(taken > 0.5, True), Search(order, run.go_on)
    if np.abs(taken - np.rint(taken)).max() > NOISE:
        run.enter("whole")
        whole = _in_whole_numbers(search, (cover, travel, fair))
    looked_at += int((fair.sought.columns | whole.taken).sum())
    chosen = whole.taken | pinned.pairs
    return Outcome(
        problem,
        spread,
        pinned,
        chosen,
        whole.is_best,
        not search.is_ended_by_clock,
        looked_at,
        (cover, travel),
        tuple(run.steps),
    )


def _in_whole_numbers(search: Search, solved: tuple[Solved, Solved, Solved]) -> Whole:
    """Halves made whole: within what the levels leave open, else with longer ways, else with less covered."""
    cover, travel, fair = solved
    return (
        search_face(search, fair.sought, ("fair",))
        or search_windows(search, travel)
        or search_face(search, cover.sought, ("cover", "travel", "fair"))
        or rounded(search.order, fair.answer.taken + fair.sought.sure)
    )


def _first_face(problem: Problem, spread: Spread, pinned: Pinned) -> Face:
    every, needs = np.arange(len(spread)), len(problem.needs)
    room = np.concatenate([problem.wanted - pinned.per_need, problem.limit - pinned.per_instructor])
    groups = Groups(
        np.concatenate([every, every]),
        np.concatenate([spread.need, needs + spread.instructor]),
        np.zeros(len(room), dtype=np.int64),
        room,
    )
    open_pairs = ~pinned.barred & (room[spread.need] > 0) & (room[needs + spread.instructor] > 0)
    near = spread.rank < problem.wanted[spread.need] + NEAREST
    return Face(open_pairs, np.zeros(len(spread), dtype=np.bool_), near, groups)


def _codes(problem: Problem, pairs: Collection[Pair]) -> IntArray:
    """The pairs whose instructor and need are both known."""
    people = {one.key: position for position, one in enumerate(problem.instructors)}
    needs = {one.key: position for position, one in enumerate(problem.needs)}
    known = [
        (people[pair.instructor], needs[pair.need])
        for pair in sorted(set(pairs))
        if pair.instructor in people and pair.need in needs
    ]
    who, what = np.array(known, dtype=np.int64).reshape(-1, 2).T
    return code_of(problem, who, what)
