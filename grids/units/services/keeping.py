"""Keeping a divided community as a draft plan: its grids, who lives in them, what stays of the plan under work."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import transaction
from django.utils import timezone

from gis.compute.quality import reason_texts
from gis.layers.models import Community
from gis.layers.services.bulk import insert_rows
from grids.units.models import BuildingAssignment, GridPlan, PlanGrid
from grids.units.queries.changes import changes_against, same_outlines
from grids.units.queries.plans import EDITABLE, community_locked, next_plan_number
from grids.units.queries.policy import PolicyInForce, size_limits
from grids.units.rules.drawing_order import DrawingOrder
from grids.units.rules.grid_size import SizeLimits, is_outside_hard_limits
from grids.units.rules.plan_states import PlanAction, PlanState, next_state
from grids.units.services.dividing import Division
from grids.units.services.events import record_plan_event
from grids.units.services.standing import Lock, check_decisions_unchanged, locks_of, lost_notes, stand
from tenants.accounts.models import User

DRAFT = "grid_plan.draft"
BULK = 1000


@dataclass(frozen=True, slots=True)
class Drawing:
    """Under which order and policy, for whom and in which job plans are drawn."""

    order: DrawingOrder
    policy: PolicyInForce
    acting_user: User
    job_id: int | None = None


@transaction.atomic
def keep_division(*, division: Division, drawing: Drawing) -> GridPlan:
    """Keep a divided community as a draft plan.

    A draft that nobody has worked on by hand is drawn anew in place; else a new plan is added, and plans under review
    are left alone. Grids bear the identity of the published grid with which they share most households. What was locked
    or assigned by hand stays so; 409 PLAN_CHANGED when that changed while the community was divided.
    """
    community = community_locked(division.community_id)
    check_decisions_unchanged(community, division.standing)
    locks = locks_of(division.standing)
    plan, from_state = _draft_of(community, division.before, drawing)
    assert division.drawn is not None and division.buildings is not None
    _keep_drawing(plan, division, locks)
    plan.quality["changes"] = changes_against(plan, plan.parent)
    plan.save(update_fields=["quality"])
    record_plan_event(
        plan=plan,
        action="draw",
        from_state=from_state,
        acting_user=drawing.acting_user,
        permission=DRAFT,
        after=plan.quality["drawn"],
    )
    return plan


def _draft_of(community: Community, before: GridPlan | None, drawing: Drawing) -> tuple[GridPlan, str]:
    """The draft to draw into, emptied, and the state it was in; or a new one. The community is locked."""
    plan = (
        GridPlan.objects.select_for_update(of=("self",))
        .filter(community=community, state__in=EDITABLE)
        .exclude(events__action=PlanAction.EDIT.value)
        .order_by("-number")
        .first()
    )
    from_state = ""
    if plan is None:
        plan = GridPlan(number=next_plan_number(community.pk), drafted_by=drawing.acting_user)
    else:
        from_state = plan.state
        plan.state = next_state(PlanState(plan.state), PlanAction.EDIT).value
        plan.version += 1
        plan.assignments.all().delete()
        plan.grids.all().delete()
    order = drawing.order
    plan.community, plan.parent, plan.job_id = community, before, drawing.job_id
    plan.preset, plan.seed, plan.parameters = order.preset, order.seed, order.as_json()
    plan.engine_version = f"wangge {version('wangge')}"
    plan.policy, plan.policy_version = drawing.policy.values, drawing.policy.version
    plan.findings, plan.validated_at, plan.changed_at = [], None, timezone.now()
    return plan, from_state


def _keep_drawing(plan: GridPlan, division: Division, locks: Mapping[str, Lock]) -> None:
    drawn, buildings, standing = division.drawn, division.buildings, division.standing
    assert drawn is not None and buildings is not None
    limits = size_limits(plan.policy)
    plan.quality = {
        **drawn.quality,
        "notes": [*drawn.notes, *lost_notes(standing)],
        "drawn": {
            "grids": len(drawn.grids),
            "households": int(drawn.grids["households"].sum()),
            "buildings": len(buildings),
            **_whence(buildings),
        },
    }
    plan.save()
    rows = [_plan_grid(plan, position, row, limits) for position, row in _rows_of(drawn.grids)]
    for row, (_, figures) in zip(rows, _rows_of(drawn.grids), strict=True):
        stand(row, figures, standing, locks)
    if plan.parent is not None:
        taken = {row.grid_id for row in rows if row.grid_id is not None}
        for place, grid in same_outlines(
            [row for row in rows if row.grid_id is None], plan.parent, taken
        ).items():
            rows[place - 1].grid_id = grid
    PlanGrid.objects.bulk_create(rows, batch_size=BULK)
    _assign(
        plan, rows, drawn.assignment, buildings, set() if standing is None else set(standing.assigned.index)
    )


def _whence(buildings: gpd.GeoDataFrame) -> dict[str, Any]:
    """What the numbers stand on: households by source, and how many rows are compounds without buildings."""
    by_source = buildings.groupby("household_source")["households"].sum()
    return {
        "households_by_source": {str(source): int(homes) for source, homes in by_source.items() if homes},
        "compounds_standing_in": int(buildings["stands_for_id"].notna().sum()),
    }


def _rows_of(grids: gpd.GeoDataFrame) -> Iterator[tuple[int, Any]]:
    yield from enumerate(grids.itertuples(index=False), start=1)


def _plan_grid(plan: GridPlan, sequence: int, row: Any, limits: SizeLimits) -> PlanGrid:
    households = int(row.households)
    reasons = tuple(row.reasons)
    why = "；".join(reason_texts(reasons)[0])
    odd = is_outside_hard_limits(households, limits)
    geometry = multipolygon(row.geometry)
    groups = [str(group) for group in getattr(row, "villager_groups", ())]
    return PlanGrid(
        plan=plan,
        sequence=sequence,
        geometry=geometry,
        parts=len(geometry),
        households=households,
        buildings=int(row.buildings),
        area_m2=float(row.area_m2),
        villager_groups=groups,
        quality=_quality_of(row),
        # The engine's own account stands as the drafter's proposal; the county still has to accept it.
        size_reason=why if odd else "",
        merge_reason=why if len(groups) > 1 else "",
        contiguity_reason=why if len(geometry) > 1 else "",
    )


_QUALITY = (
    "deviation", "size_class", "perimeter_m", "compactness", "reock", "street_share", "barrier_m",
    "compounds_split", "moved_households", "zone",
)  # fmt: skip


def _quality_of(row: Any) -> dict[str, Any]:
    figures = {name: _plain(getattr(row, name)) for name in _QUALITY}
    return {**figures, "reasons": [str(reason) for reason in row.reasons]}


def _plain(value: Any) -> Any:
    """A number or text as JSON knows it; NaN becomes null."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float):
        return None if pd.isna(plain) else round(plain, 4)
    return plain


def multipolygon(geometry: shapely.Geometry) -> MultiPolygon:
    """A polygon or multipolygon as stored: MultiPolygon, EPSG:4490."""
    whole = shapely.multipolygons([geometry]) if geometry.geom_type == "Polygon" else geometry
    return cast(MultiPolygon, GEOSGeometry(memoryview(shapely.to_wkb(whole)), srid=4490))


def _assign(
    plan: GridPlan,
    rows: Sequence[PlanGrid],
    assignment: pd.Series,
    buildings: gpd.GeoDataFrame,
    by_hand: Collection[int],
) -> None:
    ids = assignment.index
    of_row = [row.pk for row in rows]
    insert_rows(
        BuildingAssignment,
        {
            "plan_id": [plan.pk] * len(ids),
            "plan_grid_id": [of_row[int(position)] for position in assignment],
            "building_id": ids.tolist(),
            "building_ref": _unique_refs(buildings["ref"]).loc[ids].tolist(),
            "households": buildings["households"].loc[ids].astype(int).tolist(),
            "is_manual": [pk in by_hand for pk in ids],
        },
    )


def _unique_refs(refs: pd.Series) -> pd.Series:
    """The buildings' own names; where one is missing or borne twice the row's number makes it unique."""
    names = refs.fillna("").astype(str)
    numbers = "#" + names.index.astype(str)
    return names.where(~names.duplicated(keep=False), names + numbers)
