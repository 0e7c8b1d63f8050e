"""What a grid leader has to do about interest grids and their members, as tasks of a base grid.

Rules: J06, J07, J08
"""

from __future__ import annotations

from collections.abc import Sequence

from grids.units.rules.leader_tasks import LeaderTask

_MOST_NAMED = 5


def proposals_to_confirm(grid: int, found: Sequence[int]) -> LeaderTask:
    """Interest grids proposed in the grid wait for being confirmed. Rule: J07"""
    return LeaderTask(
        "interest_grid_proposed", grid, count=len(found), subjects=tuple(found[:_MOST_NAMED]),
        zh=f"{len(found)}个兴趣网格待确认", en=f"{len(found)} interest grids wait for confirmation",
    )  # fmt: skip


def sleepers_to_wake(grid: int, found: Sequence[int]) -> LeaderTask:
    """Interest grids of the grid sleep. Rule: J07"""
    return LeaderTask(
        "interest_grid_dormant", grid, count=len(found), subjects=tuple(found[:_MOST_NAMED]),
        zh=f"{len(found)}个兴趣网格休眠，请组织活动或关闭",
        en=f"{len(found)} interest grids sleep: run an activity, or close them",
    )  # fmt: skip


def memberless(grid: int, found: Sequence[int]) -> LeaderTask:
    """Active interest grids of the grid have no serving member any more. Rule: J08"""
    return LeaderTask(
        "interest_grid_memberless", grid, count=len(found), subjects=tuple(found[:_MOST_NAMED]), is_alert=True,
        zh=f"{len(found)}个兴趣网格没有在任网格员", en=f"{len(found)} interest grids have no serving member",
    )  # fmt: skip


def places_closed(grid: int, found: Sequence[int]) -> LeaderTask:
    """The place of interest grids of the grid, or of their coming meetings, was closed. Rule: J07"""
    return LeaderTask(
        "interest_grid_place_closed", grid, count=len(found), subjects=tuple(found[:_MOST_NAMED]), is_alert=True,
        zh=f"{len(found)}个兴趣网格的活动地点已停用，请另选地点",
        en=f"the place of {len(found)} interest grids was closed: choose another",
    )  # fmt: skip


def nominations_to_confirm(grid: int, found: Sequence[int]) -> LeaderTask:
    """Members nominated in the grid wait for being confirmed. Rule: J08"""
    return LeaderTask(
        "member_nominated", grid, count=len(found), subjects=tuple(found[:_MOST_NAMED]),
        zh=f"{len(found)}名网格员待确认", en=f"{len(found)} members wait for confirmation",
    )  # fmt: skip
