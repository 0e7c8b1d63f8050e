"""What waits for a leader stands in the order in which it is to be done."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from grids.units.rules.leader_tasks import (
    LeaderTask,
    acting_days_left,
    acting_term_ending,
    fitness_group_leaderless,
    fitness_group_missing,
    in_order,
    is_acting_alert,
)

TODAY = date(2026, 3, 2)


def test_alerts_come_first_then_the_nearest_day_then_what_has_none() -> None:
    tasks = [
        fitness_group_missing(2),
        LeaderTask("demands_open", 1, "x", "x", due_on=date(2026, 4, 1)),
        LeaderTask("demands_open", 2, "x", "x", due_on=date(2026, 3, 9)),
        acting_term_ending(1, 9, date(2026, 3, 15), 13, is_alert=True),
        fitness_group_leaderless(1, 5),
    ]
    ordered = in_order(reversed(tasks))
    assert [(task.kind, task.grid) for task in ordered] == [
        ("acting_term_ending", 1), ("demands_open", 2), ("demands_open", 1), ("fitness_group_leader", 1),
        ("fitness_group_missing", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(("left", "alert"), [(0, True), (14, True), (15, False)])
def test_a_term_is_told_of_from_the_policys_day(left: int, alert: bool) -> None:
    ends_on = TODAY + timedelta(days=left)
    assert acting_days_left(ends_on, TODAY) == left
    assert is_acting_alert(ends_on, TODAY, 14) is alert


def test_a_task_says_its_facts() -> None:
    task = acting_term_ending(1, 9, date(2026, 3, 15), 13, is_alert=True)
    assert (task.zh, task.due_on, task.subjects) == (
        "代理网格长任期至2026-03-15，还剩13天", date(2026, 3, 15), (9,),
    )  # fmt: skip
