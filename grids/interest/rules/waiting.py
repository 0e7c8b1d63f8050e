"""What of the work in a base grid waits for its leader.

Rules: J15, J22
"""

from __future__ import annotations

from collections.abc import Sequence

from grids.units.rules.leader_tasks import LeaderTask

# As many are named one by one; the lists show the rest.
MOST_NAMED = 5


def demands_to_hand_up(grid: int, demands: Sequence[int]) -> LeaderTask:
    """Open demands that the leader may hand up to the street or town. Rule: J22"""
    return LeaderTask(
        "demands_open",
        grid,
        zh=f"{len(demands)}项群众需求待上报街镇",
        en=f"{len(demands)} demands wait to be handed up to the street or town",
        count=len(demands),
        subjects=tuple(demands[:MOST_NAMED]),
    )


def issues_to_hand_over(grid: int, issues: Sequence[int]) -> LeaderTask:
    """Issues that the leader may hand over to the hotline, or whose sending was given up. Rule: J15"""
    return LeaderTask(
        "issues_noted",
        grid,
        zh=f"{len(issues)}件事项待转交12345",
        en=f"{len(issues)} issues wait to be handed over to the hotline",
        count=len(issues),
        subjects=tuple(issues[:MOST_NAMED]),
    )
