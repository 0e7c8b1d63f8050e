"""Who serves which site every week: as much weighted need as possible, then stability and short ways, then fair load.

Rule: S07
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from instructors.assignment.rules.site_assignment.values import (
    AssignmentParameters,
    AvailableInstructor,
    Pair,
    SiteAssignmentResult,
    WeeklyNeed,
)


class AssignmentStopped(Exception):
    """The caller's `should_stop` said to stop; there is no answer."""


def assign(
    instructors: Sequence[AvailableInstructor],
    needs: Sequence[WeeklyNeed],
    *,
    pins: Collection[Pair] = (),
    before: Collection[Pair] = (),
    parameters: AssignmentParameters | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> SiteAssignmentResult:
    """The best assignment; the order of the rows given does not matter.

    `pins` are part of every answer: 422 ASSIGNMENT_PIN for each that breaks a hard rule (all at once). `before`: the pairs
    adopted last; those that are no longer possible are passed over. `progress` is told the step's name and the share
    done, 0 to 1. `should_stop` is asked between solves; AssignmentStopped when it says yes.
    """
    raise NotImplementedError
