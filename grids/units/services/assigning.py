"""Assigning buildings to grids of a plan by hand, and taking that back; the next drawing follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from gis.compute.quality import size_class
from gis.layers.queries.frames import buildings_of
from grids.units.models import BuildingAssignment, GridPlan, PlanGrid
from grids.units.queries.changes import changes_against
from grids.units.queries.grids import drawn_grids
from grids.units.queries.plans import plan_for_update
from grids.units.queries.policy import engine_parameters_of
from grids.units.queries.standing import ASSIGN, UNDO_ASSIGN, assignments_by_ref, last_assignment
from grids.units.rules.grid_lock import check_how_many, check_open, check_urban, nothing_to_undo
from grids.units.rules.plan_states import PERMISSION_FOR, PlanAction, PlanState, next_state
from grids.units.services.events import record_plan_event
from tenants.accounts.models import User
from wangge.errors import not_found
from wangge.kernel.etag import check_if_match

DRAFT = PERMISSION_FOR[PlanAction.EDIT]
MOVE_ZH, MOVE_EN = "手工指定建筑", "no building is assigned to it or away from it"
# Where a building is to stand: the place of the grid in the plan, and whether a person decided it.
Seat = tuple[int, bool]


@transaction.atomic
def assign_buildings(
    *,
    plan_id: int,
    refs: Sequence[str],
    sequence: int | None,
    acting_user: User,
    if_match: str | None,
    reason: str = "",
) -> GridPlan:
    """Assign buildings to one grid of a plan under work, or back to where they stand with None.

    Households and sizes of the grids follow at once, borders with the next drawing; a validated plan becomes a draft.
    404 for a building or grid that the plan does not have, 403, 412, 428, 409 GRID_LOCKED, 422 RURAL_UNIT.
    """
    plan = _open_plan(plan_id, acting_user, if_match, {"buildings": list(refs)[:20], "sequence": sequence})
    check_how_many(refs, "buildings")
    rows = assignments_by_ref(plan, list(refs))
    by_hand = {row.building_ref: (sequence or 0, True) for row in rows}
    seats = _where_they_stand(plan, rows) if sequence is None else by_hand
    deed = _Deed(plan, ASSIGN, plan.state, acting_user, reason.strip())
    before = _seat(plan, rows, seats)
    if before:
        deed.record(before, {"buildings": len(before), "sequence": sequence})
    return plan


@transaction.atomic
def undo_assignment(*, plan_id: int, acting_user: User, if_match: str | None) -> GridPlan:
    """Take back the newest assignment by hand since the plan was drawn; again for the one before it.

    404, 403, 412, 428, 409 NOTHING_TO_UNDO and GRID_LOCKED.
    """
    plan = _open_plan(plan_id, acting_user, if_match, {"undo": True})
    event = last_assignment(plan)
    if event is None:
        raise nothing_to_undo()
    was: dict[str, list[int]] = event.before["buildings"]
    rows = assignments_by_ref(plan, list(was))
    seats = {ref: (int(place), bool(by_hand)) for ref, (place, by_hand) in was.items()}
    deed = _Deed(plan, UNDO_ASSIGN, plan.state, acting_user)
    before = _seat(plan, rows, seats)
    deed.record(before, {"undoes": event.pk, "buildings": len(before)})
    return plan


@dataclass(frozen=True, slots=True)
class _Deed:
    """What is being done to a plan, from which state, by whom and why."""

    plan: GridPlan
    action: str
    from_state: str
    acting_user: User
    reason: str = ""

    def record(self, before: Mapping[str, list[int]], after: Mapping[str, object]) -> None:
        record_plan_event(
            plan=self.plan,
            action=self.action,
            from_state=self.from_state,
            acting_user=self.acting_user,
            permission=DRAFT,
            reason=self.reason,
            before={"buildings": dict(before)},
            after=after,
        )


def _open_plan(plan_id: int, acting_user: User, if_match: str | None, sent: Mapping[str, object]) -> GridPlan:
    plan = plan_for_update(acting_user, plan_id, DRAFT)
    check_urban(plan.community.settlement)
    check_if_match(if_match, version=plan.version, current={"state": plan.state}, sent=dict(sent))
    next_state(PlanState(plan.state), PlanAction.EDIT)
    return plan


def _where_they_stand(plan: GridPlan, rows: Sequence[BuildingAssignment]) -> dict[str, Seat]:
    """The grid in whose polygon each building stands; one that the layer no longer has stays where it is."""
    grids = drawn_grids(plan)
    buildings = buildings_of(plan.community)
    at = shapely.STRtree(grids.geometry.to_numpy()).nearest(
        buildings.geometry.representative_point().to_numpy()
    )
    place_of = dict(zip(buildings.index, grids["sequence"].to_numpy()[at].tolist(), strict=True))
    return {
        row.building_ref: (int(place_of.get(row.building_id, row.plan_grid.sequence)), False) for row in rows
    }


def _seat(
    plan: GridPlan, rows: Sequence[BuildingAssignment], seats: Mapping[str, Seat]
) -> dict[str, list[int]]:
    """Put the buildings where they are to be; returns where those that changed were."""
    grids = {
        row.sequence: row for row in PlanGrid.objects.filter(plan=plan).defer("geometry", "geometry_3857")
    }
    before: dict[str, list[int]] = {}
    touched: set[int] = set()
    changed: list[BuildingAssignment] = []
    for row in rows:
        place, by_hand = seats[row.building_ref]
        if place not in grids:
            raise not_found(f"网格{place:03d}", f"grid {place:03d}")
        if (row.plan_grid.sequence, row.is_manual) == (place, by_hand):
            continue
        before[row.building_ref] = [row.plan_grid.sequence, int(row.is_manual)]
        if row.plan_grid.sequence != place:
            touched |= {row.plan_grid.sequence, place}
        row.plan_grid, row.is_manual = grids[place], by_hand
        changed.append(row)
    check_open(MOVE_ZH, MOVE_EN, [grids[place].label for place in sorted(touched) if grids[place].is_locked])
    if changed:
        BuildingAssignment.objects.bulk_update(changed, ["plan_grid", "is_manual"], batch_size=500)
        _count_again(plan, [grids[place] for place in sorted(touched)])
        _plan_changed(plan)
    return before


def _count_again(plan: GridPlan, grids: Sequence[PlanGrid]) -> None:
    """Bring households, buildings and deviation of these grids up to date; a changed size is accepted anew."""
    sums = {
        row["plan_grid"]: row
        for row in BuildingAssignment.objects.filter(plan=plan, plan_grid__in=grids)
        .values("plan_grid")
        .annotate(homes=Sum("households"), count=Count("id"))
    }
    limits = engine_parameters_of(plan).limits
    for grid in grids:
        row = sums.get(grid.pk, {"homes": 0, "count": 0})
        grid.households, grid.buildings = int(row["homes"]), int(row["count"])
        grid.quality = {
            **grid.quality,
            "deviation": round(grid.households / limits.target - 1, 4),
            "size_class": size_class(grid.households, limits),
        }
        grid.size_reason_approved_by, grid.size_reason_approved_at = None, None
    PlanGrid.objects.bulk_update(
        grids, ["households", "buildings", "quality", "size_reason_approved_by", "size_reason_approved_at"]
    )


def _plan_changed(plan: GridPlan) -> None:
    plan.state = next_state(PlanState(plan.state), PlanAction.EDIT).value
    plan.version += 1
    plan.changed_at = timezone.now()
    plan.findings, plan.validated_at = [], None
    if plan.parent is not None:
        plan.quality = {**plan.quality, "changes": changes_against(plan, plan.parent)}
    plan.save(update_fields=["state", "version", "changed_at", "findings", "validated_at", "quality"])
