"""What waits is counted and named, a few of it by id. Rules: J15, J22"""

from __future__ import annotations

from grids.interest.rules.waiting import MOST_NAMED, demands_to_hand_up, issues_to_hand_over


def test_j22_demands_wait_for_the_leader() -> None:
    task = demands_to_hand_up(7, list(range(9)))
    assert (task.kind, task.grid, task.count, task.zh) == ("demands_open", 7, 9, "9项群众需求待上报街镇")
    assert task.subjects == tuple(range(MOST_NAMED))


def test_j15_issues_wait_for_the_leader() -> None:
    task = issues_to_hand_over(7, [3])
    assert (task.kind, task.count, task.subjects, task.zh) == ("issues_noted", 1, (3,), "1件事项待转交12345")
