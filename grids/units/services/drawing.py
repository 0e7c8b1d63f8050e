"""Drawing plans: the map arithmetic divides communities, and each becomes a draft plan in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import transaction
from django.utils import timezone

from gis.compute.partition import (
    CommunityInput,
    CommunityPartition,
    PartitionParameters,
    partition_community,
    partition_rural,
)
from gis.compute.quality import reason_texts
from gis.compute.refusal import InputRefused
from gis.layers.models import Community
from gis.layers.queries.frames import barriers_near, buildings_of, community_frame, streets_near
from grids.units.models import BuildingAssignment, GridPlan, PlanGrid
from grids.units.queries.changes import changes_against
from grids.units.queries.grids import drawn_grids
from grids.units.queries.plans import (
    EDITABLE,
    communities_to_draw,
    community_locked,
    next_plan_number,
    published_plan,
)
from grids.units.queries.policy import PolicyInForce, size_limits, size_policy
from grids.units.rules.grid_size import SizeLimits, is_outside_hard_limits
from grids.units.rules.plan_states import PlanAction, PlanState, next_state
from grids.units.services.events import record_plan_event
from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob
from tenants.bureau.queries.city import city_profile
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import JobProgress, start_job
from wangge.errors import RuleBroken, not_found

DRAW_JOB = "units.draw_plans"
DRAFT = "grid_plan.draft"
BULK = 1000
RURAL = "rural"
OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class DrawingOrder:
    """What to draw with: preset fast, standard or best, the seed, and what else the engine takes.

    `processes` > 1 divides several communities at once; the result is the same.
    """

    preset: str = "standard"
    seed: int = 20240401
    stability: float = 2.0
    cross_for_balance: bool = False
    processes: int = 1

    def parameters(self, limits: SizeLimits) -> PartitionParameters:
        """The engine's parameters under the policy's size limits."""
        return PartitionParameters(
            target=limits.target,
            soft_min=limits.soft_minimum,
            soft_max=limits.soft_maximum,
            hard_min=limits.hard_minimum,
            hard_max=limits.hard_maximum,
            preset=self.preset,
            seed=self.seed,
            stability=self.stability,
            cross_for_balance=self.cross_for_balance,
        )

    def as_json(self) -> dict[str, Any]:
        """How the order is kept in a plan and in a job."""
        return {
            "preset": self.preset,
            "seed": self.seed,
            "stability": self.stability,
            "cross_for_balance": self.cross_for_balance,
        }


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

    404 for a community outside the user's reach, 422 NOTHING_TO_DRAW when there is none.
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
    ).as_json()


def draw_communities(
    *,
    community_ids: Sequence[int],
    order: DrawingOrder,
    acting_user: User,
    job_id: int | None = None,
    on_progress: OnProgress | None = None,
) -> DrawingResult:
    """Draw these communities one after the other, each in its own transaction.

    A community that the same job has drawn before is not drawn again. One that cannot be drawn is reported in
    `failed` and does not stop the others.
    """
    result = DrawingResult()
    done_before = _drawn_by(job_id)
    for done, community_id in enumerate(community_ids):
        if on_progress is not None:
            on_progress(done, len(community_ids), "划分网格")
        plan = done_before.get(community_id)
        if plan is not None:
            result.add(plan)
            continue
        try:
            result.add(
                draw_plan(community_id=community_id, order=order, acting_user=acting_user, job_id=job_id)
            )
        except (InputRefused, RuleBroken) as refused:
            result.failed.append(_failure(community_id, refused))
    if on_progress is not None:
        on_progress(len(community_ids), len(community_ids), "完成")
    return result


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

    A draft that nobody has worked on by hand is drawn anew in place; else a new plan is added. Grids take over the
    identity of the published grid with which they share most households.
    Raises InputRefused for layers that cannot be divided, 409 INVALID_TRANSITION never: plans under review are left.
    """
    policy = size_policy(local_date(timezone.now()))
    community = Community.objects.select_related("unit").filter(pk=community_id, valid_to=None).first()
    if community is None:
        raise not_found("社区", "community")
    drawn, buildings = _divide(community, order, policy)
    with transaction.atomic():
        community = community_locked(community_id)
        plan = _draft_of(community, order, policy, acting_user, job_id)
        _keep_drawing(plan, drawn, buildings)
        plan.quality["changes"] = changes_against(plan, plan.parent)
        plan.save(update_fields=["quality"])
        record_plan_event(
            plan=plan,
            action="draw",
            from_state=PlanState.DRAFT.value if plan.version > 1 else "",
            acting_user=acting_user,
            permission=DRAFT,
            after=plan.quality["drawn"],
        )
    return plan


def _divide(
    community: Community, order: DrawingOrder, policy: PolicyInForce
) -> tuple[CommunityPartition, gpd.GeoDataFrame]:
    metric_crs = f"EPSG:{city_profile().gauss_kruger_epsg}"
    before = published_plan(community.pk)
    buildings = buildings_of(community).to_crs(metric_crs)
    buildings["compound"] = buildings["compound_name"]
    one = CommunityInput(
        key=community.code,
        frame=community_frame(community).geometry.iloc[0],
        buildings=buildings,
        streets=_metric(streets_near(community), metric_crs),
        barriers=_metric(barriers_near(community), metric_crs),
        previous=None if before is None else drawn_grids(before, by="grid_id"),
    )
    return _partition(
        one, community.settlement, metric_crs, order.parameters(size_limits(policy.values))
    ), buildings


def _metric(frame: gpd.GeoDataFrame, metric_crs: str) -> gpd.GeoSeries | None:
    return None if frame.empty else frame.geometry.to_crs(metric_crs)


def _partition(
    one: CommunityInput, settlement: str, metric_crs: str, parameters: PartitionParameters
) -> CommunityPartition:
    if settlement == RURAL:
        return partition_rural(
            one.frame,
            one.buildings,
            metric_crs=metric_crs,
            streets=one.streets,
            barriers=one.barriers,
            parameters=parameters,
            previous=one.previous,
        )
    return partition_community(
        one.frame,
        one.buildings,
        metric_crs=metric_crs,
        streets=one.streets,
        barriers=one.barriers,
        parameters=parameters,
        previous=one.previous,
        key=str(one.key),
    )


def _draft_of(
    community: Community, order: DrawingOrder, policy: PolicyInForce, acting_user: User, job_id: int | None
) -> GridPlan:
    """The draft to draw into, emptied, or a new one; call it with the community locked."""
    before = published_plan(community.pk)
    plan = (
        GridPlan.objects.select_for_update(of=("self",))
        .filter(community=community, state__in=EDITABLE)
        .exclude(events__action="edit")
        .order_by("-number")
        .first()
    )
    if plan is None:
        plan = GridPlan(community=community, number=next_plan_number(community.pk), drafted_by=acting_user)
    else:
        plan.state = _after_edit(plan)
        plan.version += 1
        plan.assignments.all().delete()
        plan.grids.all().delete()
    plan.community = community
    plan.parent = before
    plan.preset, plan.seed, plan.parameters = order.preset, order.seed, order.as_json()
    plan.engine_version = f"wangge {version('wangge')}"
    plan.policy, plan.policy_version = policy.values, policy.version
    plan.job_id, plan.findings, plan.validated_at = job_id, [], None
    plan.changed_at = timezone.now()
    return plan


def _after_edit(plan: GridPlan) -> str:
    return next_state(PlanState(plan.state), PlanAction.EDIT).value


def _keep_drawing(plan: GridPlan, drawn: CommunityPartition, buildings: gpd.GeoDataFrame) -> None:
    limits = size_limits(plan.policy)
    plan.quality = {
        **drawn.quality,
        "notes": drawn.notes,
        "drawn": {
            "grids": len(drawn.grids),
            "households": int(drawn.grids["households"].sum()),
            "buildings": len(buildings),
        },
    }
    plan.save()
    rows = [_plan_grid(plan, position, row, limits) for position, row in _rows_of(drawn.grids)]
    PlanGrid.objects.bulk_create(rows, batch_size=BULK)
    _assign(plan, rows, drawn.assignment, buildings)


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
    return GEOSGeometry(memoryview(shapely.to_wkb(whole)), srid=4490)


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
