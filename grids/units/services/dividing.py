"""Handing communities to the map arithmetic and taking back their division, one by one or several at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import geopandas as gpd

from gis.compute.parameters import PartitionParameters
from gis.compute.partition import CommunityPartition, partition_community
from gis.compute.refusal import EngineFault, InputRefused
from gis.compute.rural import partition_rural
from gis.compute.workers import CommunityInput, partition_communities
from gis.layers.models import Community
from gis.layers.queries.frames import barriers_near, buildings_of, community_frame, streets_near
from grids.units.models import GridPlan
from grids.units.queries.grids import drawn_grids
from grids.units.queries.plans import published_plan
from grids.units.rules.grid_size import SizeLimits, check_limits_rise
from tenants.bureau.queries.city import city_profile
from wangge.errors import RuleBroken, not_found

log = logging.getLogger(__name__)

RURAL = "rural"


def engine_parameters(limits: SizeLimits) -> PartitionParameters:
    """The policy's size limits as the engine takes them; 422 POLICY_LIMITS when they contradict each other."""
    check_limits_rise(limits)
    return PartitionParameters(
        target=limits.target,
        soft_min=limits.soft_minimum,
        soft_max=limits.soft_maximum,
        hard_min=limits.hard_minimum,
        hard_max=limits.hard_maximum,
    )


@dataclass(frozen=True, slots=True)
class DrawingOrder:
    """What to draw with: preset fast, standard or best, the seed, and what else the engine takes."""

    preset: str = "standard"
    seed: int = 20240401
    stability: float = 2.0
    cross_for_balance: bool = False

    def parameters(self, limits: SizeLimits) -> PartitionParameters:
        """The engine's parameters under the policy's size limits; 422 POLICY_LIMITS when these contradict each other."""
        return replace(
            engine_parameters(limits),
            preset=self.preset,
            seed=self.seed,
            stability=self.stability,
            cross_for_balance=self.cross_for_balance,
        )

    def as_json(self) -> dict[str, Any]:
        """How the order is kept in a plan and in a job."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Division:
    """How one community was divided: the engine's answer, the buildings it saw, the plan it continued; or why not."""

    community_id: int
    drawn: CommunityPartition | None = None
    buildings: gpd.GeoDataFrame | None = None
    before: GridPlan | None = None
    refused: InputRefused | RuleBroken | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    community_id: int
    settlement: str
    before: GridPlan | None
    given: CommunityInput


def divide_all(
    community_ids: Sequence[int], parameters: PartitionParameters, *, processes: int = 1
) -> Iterator[Division]:
    """Yield the division of each community, refused ones with their reason; the same whatever `processes` is.

    With one process a community is read when its turn comes; with more, all are read first.
    """
    metric_crs = f"EPSG:{city_profile().gauss_kruger_epsg}"
    if processes > 1 and len(community_ids) > processes:
        yield from _at_once(community_ids, parameters, metric_crs, processes)
        return
    for community_id in community_ids:
        yield _one(community_id, parameters, metric_crs)


def _one(community_id: int, parameters: PartitionParameters, metric_crs: str) -> Division:
    try:
        return _divided(_task(community_id, metric_crs), parameters, metric_crs)
    except (InputRefused, RuleBroken) as refused:
        return Division(community_id, refused=refused)
    except EngineFault as fault:
        return Division(community_id, refused=_fault(community_id, fault))


def _fault(community_id: int, fault: EngineFault) -> RuleBroken:
    """What is told of a community at which the engine failed: the others are drawn all the same."""
    log.exception("drawing community %s failed", community_id, exc_info=fault)
    return RuleBroken(
        "DRAWING_FAILED",
        zh="划分该社区时程序出错，已记录",
        en="the program failed at this community; it has been logged",
        status=500,
        facts={"fault": str(fault)},
        how_to_fix_zh="请换一个随机种子或预设重试；仍失败请联系运维",
        how_to_fix_en="try another seed or preset; else tell the operator",
    )


def _at_once(
    community_ids: Sequence[int], parameters: PartitionParameters, metric_crs: str, processes: int
) -> Iterator[Division]:
    """Urban communities in several processes; villages here. A refusal ends the batch, and the rest begins anew."""
    waiting: list[_Task] = []
    for community_id in community_ids:
        try:
            task = _task(community_id, metric_crs)
        except RuleBroken as refused:
            yield Division(community_id, refused=refused)
            continue
        if task.settlement == RURAL:
            yield _one(community_id, parameters, metric_crs)
        else:
            waiting.append(task)
    while waiting:
        done = 0
        try:
            for part in partition_communities(
                [task.given for task in waiting],
                metric_crs=metric_crs,
                parameters=parameters,
                processes=processes,
            ):
                task = waiting[done]
                done += 1
                yield Division(task.community_id, part.partition, task.given.buildings, task.before)
        except (InputRefused, EngineFault) as stopped:
            community_id = waiting[done].community_id
            told = stopped if isinstance(stopped, InputRefused) else _fault(community_id, stopped)
            yield Division(community_id, refused=told)
            done += 1
        waiting = waiting[done:]


def _task(community_id: int, metric_crs: str) -> _Task:
    """Everything the engine needs of one community; 404 when it does not exist or is closed."""
    community = Community.objects.filter(pk=community_id, valid_to=None).first()
    if community is None:
        raise not_found("社区", "community")
    before = published_plan(community.pk)
    buildings = buildings_of(community).to_crs(metric_crs)
    buildings["compound"] = buildings["compound_name"]
    given = CommunityInput(
        key=community.code,
        frame=community_frame(community).geometry.iloc[0],
        buildings=buildings,
        streets=_metric(streets_near(community), metric_crs),
        barriers=_metric(barriers_near(community), metric_crs),
        previous=None if before is None else drawn_grids(before, by="grid_id"),
    )
    return _Task(community.pk, community.settlement, before, given)


def _metric(frame: gpd.GeoDataFrame, metric_crs: str) -> gpd.GeoSeries | None:
    return None if frame.empty else frame.geometry.to_crs(metric_crs)


def _divided(task: _Task, parameters: PartitionParameters, metric_crs: str) -> Division:
    one = task.given
    common: dict[str, Any] = {
        "metric_crs": metric_crs,
        "streets": one.streets,
        "barriers": one.barriers,
        "parameters": parameters,
        "previous": one.previous,
    }
    if task.settlement == RURAL:
        drawn = partition_rural(one.frame, one.buildings, **common)
    else:
        drawn = partition_community(one.frame, one.buildings, key=str(one.key), **common)
    return Division(task.community_id, drawn, one.buildings, task.before)
