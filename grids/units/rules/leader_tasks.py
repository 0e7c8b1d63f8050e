"""What waits for a grid leader: derived from the state of the grids, never typed in.

Rule: J06
Rule: J01
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class LeaderTask:
    """One kind of work that waits in one grid; `count` things of it, the first due on `due_on`.

    `kind` is stable (`fitness_group_missing`); `grid` is the base grid's id; `subjects` names at most a few of the
    things by id, where there are single ones to open. `is_alert`: something runs out unless it is done.
    """

    kind: str
    grid: int
    zh: str
    en: str
    count: int = 1
    due_on: date | None = None
    is_alert: bool = False
    subjects: tuple[int, ...] = ()


def in_order(tasks: Iterable[LeaderTask]) -> list[LeaderTask]:
    """Alerts first, then what is due earliest, then by kind and grid; what has no day comes last.

    Rule: J06
    """
    return sorted(
        tasks,
        key=lambda task: (not task.is_alert, task.due_on or date.max, task.kind, task.grid),
    )


def fitness_group_missing(grid: int) -> LeaderTask:
    """The grid has no fitness organisation yet. Rule: J03"""
    return LeaderTask(
        "fitness_group_missing", grid,
        zh="本网格尚未成立网格健身组织", en="this grid has no fitness organisation yet",
    )  # fmt: skip


def fitness_group_leaderless(grid: int, group: int) -> LeaderTask:
    """The fitness organisation of the grid does not have its present leader in it. Rule: J03"""
    return LeaderTask(
        "fitness_group_leader", grid, subjects=(group,),
        zh="现任网格长尚未列入网格健身组织", en="the fitness organisation does not list the present leader",
    )  # fmt: skip


def acting_term_ending(grid: int, term: int, ends_on: date, days_left: int, *, is_alert: bool) -> LeaderTask:
    """The own acting term runs out. Rule: J06"""
    return LeaderTask(
        "acting_term_ending", grid, due_on=ends_on, is_alert=is_alert, subjects=(term,),
        zh=f"代理网格长任期至{ends_on.isoformat()}，还剩{days_left}天",
        en=f"the acting term ends on {ends_on}, {days_left} days are left",
    )  # fmt: skip


def acting_days_left(ends_on: date, on: date) -> int:
    """The days an acting term still has after today; 0 on its last day.

    Rule: J06
    """
    return (ends_on - on).days


def is_acting_alert(ends_on: date, on: date, alert_days: int) -> bool:
    """Whether an acting term is so near its end that it is told: `alert_days` or fewer are left.

    Rule: J06
    """
    return acting_days_left(ends_on, on) <= alert_days
