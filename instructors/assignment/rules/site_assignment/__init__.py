"""The computed assignment of instructors to sites: pure, plain values in, plain values out.

What is sought, each level only among the best of the level before:

1. the most covered weight: the first instructor of a need is worth its households, the k-th the k-th part of them;
2. the least travel in whole metres, where a pair kept from the plan before saves `stability_m` of them;
3. fair load: the least sum over instructors of sessions² / weekly limit.

Never broken: qualification, free time, reach, weekly limit, one place at a time, the travel buffer between two towns on
one day, the number wanted, pins. Ties left after that fall by the order of keys.

`spread` builds the possible pairs, `programme` the linear programme over a part of them, `levels` solves one level after
the other on the optimal face of the one before, `whole` makes halves whole, and `solving` puts them together. Rule: S07
"""

from instructors.assignment.rules.site_assignment.explain import Explainer
from instructors.assignment.rules.site_assignment.solving import AssignmentStopped, assign
from instructors.assignment.rules.site_assignment.values import (
    AssignedPair,
    AssignmentFigures,
    AssignmentParameters,
    AvailableInstructor,
    Obstacle,
    ObstacleFound,
    Pair,
    PairAnswer,
    PlanLoss,
    Prices,
    SiteAssignmentResult,
    SolveStep,
    Substitute,
    UnservedPlaces,
    UnservedReason,
    WeeklyNeed,
    WeeklySpan,
)

__all__ = [
    "AssignedPair",
    "AssignmentFigures",
    "AssignmentParameters",
    "AssignmentStopped",
    "AvailableInstructor",
    "Explainer",
    "Obstacle",
    "ObstacleFound",
    "Pair",
    "PairAnswer",
    "PlanLoss",
    "Prices",
    "SiteAssignmentResult",
    "SolveStep",
    "Substitute",
    "UnservedPlaces",
    "UnservedReason",
    "WeeklyNeed",
    "WeeklySpan",
    "assign",
]
