"""Drawing plans: the map arithmetic divides communities, and each becomes a draft plan in a transaction of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import transaction
from django.utils import timezone

from gis.compute.partition import CommunityPartition
from gis.compute.quality import reason_texts
from gis.compute.refusal import InputRefused
from gis.layers.models import Community
from grids.units.models import BuildingAssignment, GridPlan, PlanGrid
from grids.units.queries.changes import changes_against, same_outlines
from grids.units.queries.plans import (
    EDITABLE,
    communities_to_draw,
    community_locked,
    next_plan_number,
)
from grids.units.queries.policy import PolicyInForce, size_limits, size_policy
from grids.units.rules.grid_size import SizeLimits, is_outside_hard_limits
from grids.units.rules.plan_states import PlanAction, PlanState, next_state
from grids.units.services.dividing import Division, DrawingOrder, divide_all
from grids.units.services.events import record_plan_event
from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import JobProgress, start_job
from wangge.errors import RuleBroken

DRAW_JOB = "units.draw_plans"
DRAFT = "grid_plan.draft"
BULK = 1000
# From so many communities on, starting a second process is worth its two seconds.
MANY = 8
OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Under which order and policy, for whom and in which job plans are drawn."""

    order: DrawingOrder
    policy: PolicyInForce
    acting_user: User
    job_id: int | None = None


@dataclass(slots=True)
class DrawingResult:
    """What came out: plans by community, communities that could not be drawn and why, and sums."""

    plan_ids: list[int] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    grids: int = 0
    households: int = 0

    def add(self, plan: GridPlan) -> None:
        """Count one plan."""
        self.plan_ids.append(plan.pk)
        summary = plan.quality.get("drawn", {})
        self.grids += int(summary.get("grids", 0))
        self.households += int(summary.get("households", 0))

    def as_json(self) -> dict[str, Any]:
        """The job's result."""
        return {
            "plans": len(self.plan_ids),
            "plan_ids": self.plan_ids,
            "grids": self.grids,
            "households": self.households,
            "failed": self.failed,
        }


@transaction.atomic
def start_drawing(
    *, community_ids: Sequence[int] | None, order: DrawingOrder, acting_user: User
) -> BackgroundJob:
    """Start the job that draws plans for these communities, or for all in the user's reach when None.

    404 for a community outside the user's reach, 422 NOTHING_TO_DRAW when there is none, and POLICY_LIMITS.
    """
    communities = communities_to_draw(acting_user, community_ids)
    if not communities:
        raise RuleBroken(
            "NOTHING_TO_DRAW",
            zh="没有可以划分的社区",
            en="there is no community to draw",
            rule="J03",
            how_to_fix_zh="请先导入社区图层，或申请编制权限",
            how_to_fix_en="import the community layer first, or ask for the right to draft",
        )
    order.parameters(size_limits(size_policy(local_date(timezone.now())).values))
    arguments = {"community_ids": [community.pk for community in communities], **order.as_json()}
    return start_job(
        kind=DRAW_JOB, arguments=arguments, unit_path=_common_path(communities), acting_user=acting_user
    )


def _common_path(communities: Sequence[Community]) -> str:
    paths = [community.unit_path.strip("/").split("/") for community in communities]
    common: list[str] = []
    for steps in zip(*paths, strict=False):
        if len(set(steps)) > 1:
            break
        common.append(steps[0])
    return f"/{'/'.join(common)}/" if common else "/"


def draw_plans(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
    """The body of the job: every community once, also when the job is run again after its worker died."""
    arguments = dict(job.arguments)
    community_ids = arguments.pop("community_ids")
    return draw_communities(
        community_ids=community_ids,
        order=DrawingOrder(**arguments),
        acting_user=job.started_by,
        job_id=job.pk,
        on_progress=progress,
        hold=progress.hold,
    ).as_json()


def draw_communities(
    *,
    community_ids: Sequence[int],
    order: DrawingOrder,
    acting_user: User,
    job_id: int | None = None,
    on_progress: OnProgress | None = None,
    hold: Callable[[], None] | None = None,
    processes: int | None = None,
) -> DrawingResult:
    """Draw these communities, each kept in a transaction of its own as soon as it is divided.

    A community that the same job has drawn before is not drawn again; `hold` is called at the
    end of each plan's transaction: it raises when the job is another worker's by now. One that cannot be drawn is
    reported in `failed` and does not stop the others. `processes` None: two for many communities, where there are two cores.
    """
    result = DrawingResult()
    tell = on_progress or (lambda done, total, stage: None)
    done_before = _drawn_by(job_id)
    for plan in done_before.values():
        result.add(plan)
    waiting = [community_id for community_id in community_ids if community_id not in done_before]
    policy = size_policy(local_date(timezone.now()))
    drawing = Drawing(order, policy, acting_user, job_id)
    done, total = len(community_ids) - len(waiting), len(community_ids)
    tell(done, total, "划分网格")
    divisions = divide_all(
        waiting,
        order.parameters(size_limits(policy.values)),
        processes=_processes(len(waiting)) if processes is None else processes,
    )
    for division in divisions:
        if division.refused is None:
            with transaction.atomic():
                plan = keep_division(division=division, drawing=drawing)
                if hold is not None:
                    hold()
            result.add(plan)
        else:
            result.failed.append(_failure(division.community_id, division.refused))
        done += 1
        tell(done, total, "划分网格")
    return result


def _processes(communities: int) -> int:
    return min(2, os.cpu_count() or 1) if communities >= MANY else 1


def _drawn_by(job_id: int | None) -> dict[int, GridPlan]:
    if job_id is None:
        return {}
    return {plan.community_id: plan for plan in GridPlan.objects.filter(job_id=job_id)}


def _failure(community_id: int, refused: InputRefused | RuleBroken) -> dict[str, Any]:
    name = Community.objects.filter(pk=community_id).values_list("name", flat=True).first() or ""
    return {
        "community_id": community_id,
        "community": name,
        "code": refused.code,
        "zh": refused.zh,
        "en": refused.en,
    }


def draw_plan(
    *, community_id: int, order: DrawingOrder, acting_user: User, job_id: int | None = None
) -> GridPlan:
    """Divide one community and keep the result as its draft.

    Raises InputRefused for layers that cannot be divided, 404 for a community that does not exist or is closed.
    """
    policy = size_policy(local_date(timezone.now()))
    (division,) = divide_all([community_id], order.parameters(size_limits(policy.values)))
    if division.refused is not None:
        raise division.refused
    return keep_division(division=division, drawing=Drawing(order, policy, acting_user, job_id))


@transaction.atomic
def keep_division(*, division: Division, drawing: Drawing) -> GridPlan:
    """Keep a divided community as a draft plan.

    A draft that nobody has worked on by hand is drawn anew in place; else a new plan is added, and plans under review
    are left alone. Grids bear the identity of the published grid with which they share most households.
    """
    community = community_locked(division.community_id)
    plan, from_state = _draft_of(community, division.before, drawing)
    assert division.drawn is not None and division.buildings is not None
    _keep_drawing(plan, division.drawn, division.buildings)
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


def _keep_drawing(plan: GridPlan, drawn: CommunityPartition, buildings: gpd.GeoDataFrame) -> None:
    limits = size_limits(plan.policy)
    plan.quality = {
        **drawn.quality,
        "notes": drawn.notes,
        "drawn": {
            "grids": len(drawn.grids),
            "households": int(drawn.grids["households"].sum()),
            "buildings": len(buildings),
            **_whence(buildings),
        },
    }
    plan.save()
    rows = [_plan_grid(plan, position, row, limits) for position, row in _rows_of(drawn.grids)]
    if plan.parent is not None:
        taken = {row.grid_id for row in rows if row.grid_id is not None}
        for place, grid in same_outlines(
            [row for row in rows if row.grid_id is None], plan.parent, taken
        ).items():
            rows[place - 1].grid_id = grid
    PlanGrid.objects.bulk_create(rows, batch_size=BULK)
    _assign(plan, rows, drawn.assignment, buildings)


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
        grid_id=None if row.inherits is None else int(row.inherits),
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
    plan: GridPlan, rows: Sequence[PlanGrid], assignment: pd.Series, buildings: gpd.GeoDataFrame
) -> None:
    households = buildings["households"]
    refs = _unique_refs(buildings["ref"])
    BuildingAssignment.objects.bulk_create(
        (
            BuildingAssignment(
                plan=plan,
                plan_grid=rows[int(position)],
                building_id=int(pk),
                building_ref=refs.at[pk],
                households=int(households.at[pk]),
            )
            for pk, position in assignment.items()
        ),
        batch_size=BULK,
    )


def _unique_refs(refs: pd.Series) -> pd.Series:
    """The buildings' own names; where one is missing or borne twice the row's number makes it unique."""
    names = refs.fillna("").astype(str)
    numbers = "#" + names.index.astype(str)
    return names.where(~names.duplicated(keep=False), names + numbers)
