"""What an assignment of instructors to sites is computed from, and what it answers: plain values.

Keys are whole numbers (of rows, usually); weekdays run from 1 (Monday) to 7, minutes from 0 to 1440 of the local day;
x and y are metres of one metric CRS. Rule: S07
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class WeeklySpan:
    """A time of every week, half-open."""

    weekday: int
    from_minute: int
    to_minute: int


@dataclass(frozen=True, slots=True)
class AvailableInstructor:
    """An instructor as the computation sees them.

    `items`: keys of the items they may teach, with the role and the certificate valid on the day. `free`: what is left
    of the week after other bookings; spans that touch count as one. `weekly_limit`: sessions a week, at most. The home is
    given as coarse as it may be told (`home_cells`): every way in the answer begins there.
    """

    key: int
    items: frozenset[int]
    home_x_m: float
    home_y_m: float
    free: tuple[WeeklySpan, ...]
    weekly_limit: int


@dataclass(frozen=True, slots=True)
class WeeklyNeed:
    """Every week a site asks for `wanted` instructors of one item at a time; `weight`: households, whole.

    `town`: key of the street or town the site stands in; ways between two of them take the travel buffer.
    """

    key: int
    site: int
    x_m: float
    y_m: float
    town: int
    item: int
    when: WeeklySpan
    wanted: int
    weight: int

    def worth(self, place: int) -> int:
        """What the place-th instructor (1 the first) is worth: never nothing, so that all are sought."""
        return max(1, self.weight // place)


@dataclass(frozen=True, slots=True)
class AssignmentParameters:
    """`reach_m`: the longest way from home, as the crow flies; `stability_m`: what keeping a pair is worth in travel.

    Where the linear programme takes pairs in halves, whole numbers are searched for among at most `most_columns` pairs, in
    at most `search_nodes` steps each time; beyond that the gap is stated. `search_s` seconds keep a job from hanging and
    are not meant to be reached: they alone depend on the machine, and figures say so where they ended a search.
    """

    reach_m: int = 5_000
    travel_buffer_min: int = 60
    stability_m: int = 1_000
    most_columns: int = 50_000
    search_nodes: int = 2_000
    search_s: float = 1_800.0


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """This instructor serves this need, every week."""

    instructor: int
    need: int


@dataclass(frozen=True, slots=True)
class AssignedPair:
    """A pair of the answer; `travel_m`: whole metres from home to the site, as the crow flies."""

    instructor: int
    need: int
    travel_m: int
    is_pinned: bool
    is_kept: bool


class UnservedReason(StrEnum):
    """The one reason why places of a need stay empty; the first that applies, in this order."""

    NO_TEACHER_IN_REACH = "no_teacher_in_reach"  # nobody lives in reach
    NONE_TEACHES_ITEM = "none_teaches_item"  # somebody lives in reach, none of them may teach it
    NONE_FREE = "none_free"  # who may teach it is not free then
    TOO_FEW_CANDIDATES = "too_few_candidates"  # everybody who could serves it already
    PINNED_CONFLICT = "pinned_conflict"  # pins take the time or the limit of everybody else
    ALL_AT_LIMIT = "all_at_limit"  # everybody else has reached the weekly limit
    OTHERS_WORTH_MORE = "others_worth_more"  # they serve needs elsewhere that are worth at least as much


@dataclass(frozen=True, slots=True)
class UnservedPlaces:
    """So many places of a need stay empty; `facts`: counts and distances behind the reason."""

    need: int
    places: int
    reason: UnservedReason
    facts: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class SolveStep:
    """One linear programme or search: how often it was solved, its last size, and its value."""

    name: str
    rounds: int
    columns: int
    rows: int
    value: float


@dataclass(frozen=True, slots=True)
class AssignmentFigures:
    """Sums of an assignment. Weight: households; the k-th place of a need counts the k-th part of its weight.

    `sessions`: how many instructors have so many sessions. `weight_bound`: what no assignment can exceed;
    `gap`: the share of it that may be missing; `travel_gap_m`: metres of travel and stability that might be saved at
    the same weight (None: not known). `is_proven`: no assignment is better in weight, then
    travel and stability, then fair load, over all possible pairs. `is_reproducible`: the same rows give the same answer on
    any machine; no search was ended by the clock.
    """

    asked_weight: int
    covered_weight: int
    asked_places: int
    covered_places: int
    kept_pairs: int
    total_travel_m: int
    mean_travel_m: float
    p95_travel_m: float
    sessions: Mapping[int, int]
    possible_pairs: int
    pairs_looked_at: int
    weight_bound: int
    gap: float
    travel_gap_m: int | None
    is_proven: bool
    is_reproducible: bool
    steps: tuple[SolveStep, ...]


class Obstacle(StrEnum):
    """What stands between an instructor and a need: the first three are hard rules, the others follow from the plan."""

    NOT_QUALIFIED = "not_qualified"
    TOO_FAR = "too_far"
    NOT_FREE = "not_free"
    AT_LIMIT = "at_limit"
    CLASHES = "clashes"
    NEED_IS_FULL = "need_is_full"


@dataclass(frozen=True, slots=True)
class ObstacleFound:
    """An obstacle and its facts.

    `too_far`: travel_m, reach_m. `not_free`: missing, a list of [weekday, from_minute, to_minute]. `at_limit`:
    weekly_limit, needs (their sessions), pinned (those of them that are pinned). `clashes`: need, pinned,
    gap_min (between the two sessions; negative: they overlap), buffer_min (0 within one town); one for each.
    `need_is_full`: wanted, instructors, pinned. `not_qualified`: item.
    """

    obstacle: Obstacle
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PlanLoss:
    """What a plan falls short by: households of weight; only where that is 0 do metres of travel and stability tell."""

    weight: int
    travel_m: int


@dataclass(frozen=True, slots=True)
class Substitute:
    """Who would take somebody's place at a need at the least loss; `obstacles`: what keeps them from it in the plan."""

    instructor: int
    travel_m: int
    obstacles: tuple[ObstacleFound, ...] = ()


@dataclass(frozen=True, slots=True)
class PairAnswer:
    """Why an instructor does or does not serve a need: no obstacles where they do.

    `loses` (at least) and `loses_at_most`: what the best plan loses that must hold this pair (for an assigned pair: must
    not hold it), from the prices of the programme and by solving the neighbourhood anew; where the two are equal it is
    exact. None: no plan can, or the prices are not known.
    `substitutes`: of an assigned pair, who would serve instead where it must not be; empty: the place would.
    """

    pair: Pair
    is_assigned: bool
    is_pinned: bool
    is_kept: bool
    travel_m: int
    obstacles: tuple[ObstacleFound, ...] = ()
    loses: PlanLoss | None = None
    loses_at_most: PlanLoss | None = None
    substitutes: tuple[Substitute, ...] = ()


@dataclass(frozen=True, slots=True)
class Prices:
    """What one more session is worth at a need (`needs`), of an instructor (`instructors`), and of one instructor in
    a set of needs that clash (`sets`: instructor, needs, price), in weight and in metres.

    Keys only where a price is not 0. `gap`: weight and metres by which the linear programme is better than the answer
    (metres None: not known). They prove the answer, and bound the loss when a pair is forced.
    """

    needs: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    instructors: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    sets: tuple[tuple[int, frozenset[int], tuple[float, float]], ...] = ()
    gap: tuple[int, int | None] = (0, 0)


@dataclass(frozen=True, slots=True)
class SiteAssignmentResult:
    """The answer, in the order of keys; `prices` go to `Explainer`, with the same instructors and needs."""

    pairs: tuple[AssignedPair, ...]
    unserved: tuple[UnservedPlaces, ...]
    figures: AssignmentFigures
    prices: Prices
