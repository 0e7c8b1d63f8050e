"""A siting question answered: rounds of search between a plan that rises and a bound that falls."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from gis.compute.siting.answer import BOUND, OPTIMAL, Siting, SitingStep
from gis.compute.siting.bound import GRAIN, Bound, Descent, descend, even_pay, exact_bound, still_open
from gis.compute.siting.problem import Bools, Given, Ints, Problem, checked, problem_of, restricted
from gis.compute.siting.proof import all_plans_beaten
from gis.compute.siting.search import Tabu, chance_of, covered_by, greedy, greedy_from_chance, swapped

# With so few candidates all plans are gone through, whatever the gap.
FEW = 60
# Payments kept by a search in depth, one per demand and level: 160 MB.
LARGEST_TREE = 20_000_000
EFFORTS = ("fast", "standard", "best")


@dataclass(frozen=True)
class Effort:
    """Rounds of `steps` swaps: at most `rounds`, and no more than `least` + gap × `per_gap` that win nothing.

    `descent`: steps that lower the bound after each win; `proof`: work allowed for going through all plans.
    """

    rounds: int
    steps: int
    least: int
    per_gap: float
    descent: int
    proof: int


# With a gap of 1 % a standard search gives up after 26 rounds in vain, with one of 0.01 % after 6.
EFFORT = {
    "fast": Effort(rounds=2, steps=2_000, least=1, per_gap=0.0, descent=400, proof=20_000_000),
    "standard": Effort(rounds=60, steps=3_000, least=6, per_gap=2_000.0, descent=1_000, proof=200_000_000),
    "best": Effort(rounds=600, steps=5_000, least=20, per_gap=8_000.0, descent=4_000, proof=20_000_000_000),
}


@dataclass(frozen=True)
class SitingWish:
    """What else is wanted: places that must be taken or must not, how hard to search, the seed.

    `should_stop` is asked between rounds; the best plan so far is then the answer.
    """

    pinned: Sequence[Hashable] = ()
    forbidden: Sequence[Hashable] = ()
    effort: str = "standard"
    seed: int = 20240401
    should_stop: Callable[[], bool] | None = None

    def __post_init__(self) -> None:
        if self.effort not in EFFORTS:
            raise ValueError(f"effort is one of {', '.join(EFFORTS)}")


def site(
    weights: npt.ArrayLike,
    covers: csr_array,
    count: int,
    *,
    names: Sequence[Hashable] | None = None,
    covered: npt.ArrayLike | None = None,
    wish: SitingWish | None = None,
) -> Siting:
    """At most `count` candidates that together cover the most weight.

    `weights`: demand, 0 and more; `covers`: sparse, a row per candidate, a column per demand, anything but 0 where the
    candidate covers it; `names` of the candidates (their numbers if not given): of equal plans the names decide, never
    the rows; `covered`: demand that is served already. Raises InputRefused for negative or missing weights, unknown
    places, a place given twice or both pinned and forbidden, and more pinned places than `count`.
    """
    wish = wish or SitingWish()
    demand = np.asarray(weights, dtype=np.float64)
    labels = np.empty(covers.shape[0], dtype=object)
    labels[:] = range(covers.shape[0]) if names is None else list(names)
    before = np.zeros(len(demand), dtype=bool) if covered is None else np.asarray(covered, dtype=bool)
    sparse = csr_array(covers, dtype=bool)
    sparse.sum_duplicates()
    sparse.eliminate_zeros()
    given = checked(Given(demand, sparse, count, labels, before, wish.pinned, wish.forbidden))
    problem = problem_of(given)
    hunt = _Hunt(problem, wish)
    hunt.run()
    return _answer(given, problem, hunt)


@dataclass
class _Hunt:
    """The best plan so far (positions among the problem's candidates), what it covers, what no plan can beat."""

    problem: Problem
    wish: SitingWish
    plan: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    worth: int = 0
    limit: int = 0
    stopped: bool = False

    def run(self) -> None:
        """Search until the bound is met, nothing more is to be expected, or somebody says stop."""
        cover, count = self.problem.cover, self.problem.count
        self.limit = self.problem.weight_sum
        if count == 0:
            self.limit = 0
            return
        self.plan = greedy(cover, count)
        self.worth = covered_by(cover, self.plan)
        effort = EFFORT[self.wish.effort]
        chance = chance_of(self.wish.seed)
        idle, left, names = 0, self.problem, np.arange(len(self.problem.members))
        pay = even_pay(cover)
        for turn in range(effort.rounds):
            if self._is_over(idle, effort):
                break
            won = self._search(left, names, turn, effort, chance)
            idle = 0 if won else idle + 1
            if won or turn == 0:
                bound = self._bound(left, pay, effort)
                pay = bound.pay
                open_ = still_open(bound, self.worth)
                if len(open_) < left.count:
                    self.limit = self.worth
                elif len(open_) < len(left.members):
                    left, names = restricted(left, open_), names[open_]
        if not self.stopped and self.worth < self.limit:
            self._prove(left, names, pay, effort)

    def _is_over(self, idle: int, effort: Effort) -> bool:
        if self.worth >= self.limit:
            return True
        self.stopped = self.wish.should_stop is not None and self.wish.should_stop()
        gap = (self.limit - self.worth) / max(self.problem.weight_sum, 1)
        return self.stopped or idle > effort.least + gap * effort.per_gap

    def _search(self, left: Problem, names: Ints, turn: int, effort: Effort, chance: Ints) -> bool:
        """A round on the candidates still open; whether a better plan came of it."""
        draws = greedy_from_chance(left.cover, left.count, chance)
        start = draws if turn % 2 else greedy(left.cover, left.count)
        plan, worth = swapped(left.cover, start, effort.steps, Tabu(), chance, self.limit)
        if worth <= self.worth:
            return False
        self.plan, self.worth = names[plan], worth
        return True

    def _bound(self, left: Problem, pay: npt.NDArray[np.float64], effort: Effort) -> Bound:
        """Lower the bound; a plan met on the way counts too.

        Candidates already struck out are in no better plan: what is left bounds every better plan.
        """
        pay, _, _, _ = descend(left.cover, left.count, pay, self.worth, Descent(steps=effort.descent))
        bound = exact_bound(left.cover, left.count, pay)
        self.limit = max(self.worth, min(self.limit, bound.bound // GRAIN))
        return bound

    def _prove(self, left: Problem, names: Ints, pay: npt.NDArray[np.float64], effort: Effort) -> None:
        """Go through all plans, where there are few candidates left or half of them have been struck out."""
        many = len(left.members) > max(FEW, len(self.problem.members) // 2)
        if many or len(left.members) * len(left.cover.weight) > LARGEST_TREE:
            return
        done, worth, plan = all_plans_beaten(left.cover, left.count, pay, self.worth, effort.proof)
        if len(plan):
            self.plan, self.worth = names[plan], worth
        if done:
            self.limit = self.worth


def _answer(given: Given, problem: Problem, hunt: _Hunt) -> Siting:
    """The plan in the order in which to open it, in the weights of the question."""
    total = math.fsum(given.weights)
    before = math.fsum(given.weights[given.covered])
    served = given.covered.copy()
    whole = np.round(given.weights * problem.unit).astype(np.int64)
    steps: list[SitingStep] = []
    for places, pinned in ((problem.pinned, True), (problem.members[np.sort(hunt.plan)], False)):
        for place in _in_turn(given.covers, whole, places, served.copy()):
            row = given.covers.indices[given.covers.indptr[place] : given.covers.indptr[place + 1]]
            gained = math.fsum(given.weights[row[~served[row]]])
            if gained > 0 or pinned:
                served[row] = True
                so_far = math.fsum(given.weights[served])
                share = so_far / total if total else 0.0
                steps.append(SitingStep(given.names[place], gained, so_far, share, pinned))
    covered = math.fsum(given.weights[served])
    optimal = hunt.worth >= hunt.limit
    # Rounding each demand to whole units can hide half a unit of it.
    slack = 0.0 if problem.unit == 1.0 else 0.5 * len(given.weights) / problem.unit
    bound = covered + (hunt.limit - hunt.worth) / problem.unit + (0.0 if optimal else slack)
    return Siting(
        steps=tuple(steps),
        total=total,
        covered_before=before,
        covered=covered,
        bound=covered if optimal else min(bound, total),
        proof=OPTIMAL if optimal else BOUND,
        asked=given.count,
        stopped=hunt.stopped,
    )


def _in_turn(covers: csr_array, whole: Ints, places: Ints, served: Bools) -> list[int]:
    """Places by what each adds to those before it; of equals the first."""
    rows = {int(j): covers.indices[covers.indptr[j] : covers.indptr[j + 1]] for j in places}
    turn = []
    while rows:
        best = max(rows, key=lambda j: int(whole[rows[j][~served[rows[j]]]].sum()))
        served[rows.pop(best)] = True
        turn.append(best)
    return turn
