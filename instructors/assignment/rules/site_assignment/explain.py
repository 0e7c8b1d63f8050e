"""Why an instructor serves a need, or does not: in facts, for any pair.

Rule: S07
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from instructors.assignment.rules.site_assignment.values import (
    AssignedPair,
    AssignmentParameters,
    AvailableInstructor,
    PairAnswer,
    Prices,
    WeeklyNeed,
)


class Explainer:
    """Answers for one plan: just computed, or read back from where it was stored.

    Without `prices` the answers tell obstacles, and no loss.
    """

    def __init__(
        self,
        instructors: Sequence[AvailableInstructor],
        needs: Sequence[WeeklyNeed],
        pairs: Iterable[AssignedPair],
        parameters: AssignmentParameters | None = None,
        prices: Prices | None = None,
    ) -> None:
        self._parameters = parameters or AssignmentParameters()

    def why(self, instructor: int, need: int) -> PairAnswer:
        """The answer for one pair; KeyError for a key that was not given."""
        raise NotImplementedError
