"""Carrying locks, identities and reasons of a plan under work over into its next drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gis.layers.models import Community
from grids.units.models import PlanGrid
from grids.units.queries.standing import Standing, plan_with_decisions
from grids.units.rules.grid_lock import changed_meanwhile

# What belongs to the land and its people and not to the drawing: it stays with a locked grid.
_STAYS = (
    "size_reason",
    "size_reason_approved_by_id",
    "size_reason_approved_at",
    "contiguity_reason",
    "merge_reason",
)


@dataclass(frozen=True, slots=True)
class Lock:
    """Who locked a grid, when and why, and the reasons that stand with it."""

    locked_by_id: int
    locked_at: datetime
    lock_reason: str
    households: int
    reasons: Mapping[str, Any]


def locks_of(standing: Standing | None) -> dict[str, Lock]:
    """The locks of the plan under work by what people call the grids; read it before the plan is emptied."""
    if standing is None:
        return {}
    rows = PlanGrid.objects.filter(plan=standing.plan, is_locked=True).defer("geometry", "geometry_3857")
    return {
        row.label: Lock(
            row.locked_by_id, row.locked_at, row.lock_reason, row.households,
            {name: getattr(row, name) for name in _STAYS},
        )
        for row in rows
        if row.locked_by_id is not None and row.locked_at is not None
    }  # fmt: skip


def check_decisions_unchanged(community: Community, standing: Standing | None) -> None:
    """409 PLAN_CHANGED when the plan under work was locked, assigned or drawn otherwise since it was read.

    Call it with the community locked.
    """
    now = plan_with_decisions(community.pk)
    if standing is None and now is None:
        return
    read = None if standing is None else (standing.plan.pk, standing.plan.version)
    if now is None or read != (now.pk, now.version):
        raise changed_meanwhile(community.name)


def stand(row: PlanGrid, figures: Any, standing: Standing | None, locks: Mapping[str, Lock]) -> None:
    """Give a newly drawn row the identity it takes over and, where it is locked, its lock and reasons."""
    if figures.inherits is None:
        return
    if standing is None:
        row.grid_id = int(figures.inherits)
        return
    row.grid_id = standing.identity[figures.inherits]
    lock = locks.get(figures.inherits) if figures.locked else None
    if lock is None:
        return
    row.is_locked, row.lock_reason = True, lock.lock_reason
    row.locked_by_id, row.locked_at = lock.locked_by_id, lock.locked_at
    stays = dict(lock.reasons)
    if row.households != lock.households:
        # The county accepted the reason for another number of homes.
        stays |= {"size_reason_approved_by_id": None, "size_reason_approved_at": None}
    for name, value in stays.items():
        if value:
            setattr(row, name, value)


def lost_notes(standing: Standing | None) -> list[str]:
    """Say which assignments by hand could not be kept because the building is gone."""
    if standing is None or not standing.lost:
        return []
    named = "、".join(standing.lost[:5])
    return [f"{len(standing.lost)} 栋手工指定的建筑已不在图层中，指定取消：{named}"]
