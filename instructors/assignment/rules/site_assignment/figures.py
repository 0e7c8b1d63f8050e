"""The answer in keys, and its sums.

Rule: S07
"""

from __future__ import annotations

import numpy as np

from instructors.assignment.rules.site_assignment.outcome import Outcome
from instructors.assignment.rules.site_assignment.values import AssignedPair, AssignmentFigures


def pairs_of(outcome: Outcome) -> tuple[AssignedPair, ...]:
    """The pairs in the order of needs, then instructors."""
    spread, problem = outcome.spread, outcome.problem
    taken = np.flatnonzero(outcome.taken)
    taken = taken[np.lexsort((spread.instructor[taken], spread.need[taken]))]
    return tuple(
        AssignedPair(
            int(problem.instructor_keys[spread.instructor[pair]]),
            int(problem.need_keys[spread.need[pair]]),
            int(spread.travel_m[pair]),
            bool(outcome.pinned.pairs[pair]),
            bool(spread.kept[pair]),
        )
        for pair in taken
    )


def figures_of(outcome: Outcome) -> AssignmentFigures:
    """Sums of the answer, and what is proven of it."""
    problem, travel_m = outcome.problem, outcome.spread.travel_m[outcome.taken]
    covered = outcome.worth(outcome.per_need)
    weight_gap, travel_gap = (0, 0) if outcome.is_proven else outcome.linear_gap()
    sessions, people = np.unique(outcome.per_instructor, return_counts=True)
    return AssignmentFigures(
        asked_weight=outcome.worth(problem.wanted),
        covered_weight=covered,
        asked_places=int(problem.wanted.sum()),
        covered_places=len(travel_m),
        kept_pairs=int(outcome.spread.kept[outcome.taken].sum()),
        total_travel_m=int(travel_m.sum()),
        mean_travel_m=float(travel_m.mean()) if travel_m.size else 0.0,
        p95_travel_m=float(np.percentile(travel_m, 95)) if travel_m.size else 0.0,
        sessions=dict(zip(sessions.tolist(), people.tolist(), strict=True)),
        possible_pairs=len(outcome.spread),
        pairs_looked_at=outcome.looked_at,
        weight_bound=covered + weight_gap,
        gap=weight_gap / max(covered + weight_gap, 1),
        travel_gap_m=travel_gap,
        is_proven=outcome.is_proven,
        is_reproducible=outcome.is_reproducible,
        steps=outcome.steps,
    )
