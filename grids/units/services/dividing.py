"""Handing communities to the map arithmetic and taking back their division, one by one or several at once."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd

from gis.compute.parameters import PartitionParameters
from gis.compute.partition import CommunityPartition, partition_community
from gis.compute.refusal import EngineFault, InputRefused
from gis.compute.rural import partition_rural
from gis.compute.workers import URBAN, VILLAGE, CommunityInput, partition_communities
from gis.layers.models import Community
from gis.layers.queries.frames import barriers_near, buildings_of, community_frame, streets_near
from grids.units.models import GridPlan
from grids.units.queries.grids import drawn_grids
from grids.units.queries.plans import published_plan
from grids.units.queries.standing import Standing, plan_with_decisions, standing_of
from tenants.bureau.queries.city import city_profile
from wangge.errors import RuleBroken, not_found

log = logging.getLogger(__name__)

RURAL = "rural"


@dataclass(frozen=True, slots=True)
class Division:
    """How one community was divided: the engine's answer, the buildings it saw, the plan it continued; or why not.

    `standing`: the plan under work whose locked grids and assignments by hand it kept.
    """

    community_id: int
    drawn: CommunityPartition | None = None
    buildings: gpd.GeoDataFrame | None = None
    before: GridPlan | None = None
    refused: InputRefused | RuleBroken | None = None
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    community_id: int
    settlement: str
    before: GridPlan | None
    given: CommunityInput
    standing: Standing | None = None

    def kept(self, drawn: CommunityPartition) -> Division:
        return Division(self.community_id, drawn, self.given.buildings, self.before, standing=self.standing)


def divide_all(
    community_ids: Sequence[int], parameters: PartitionParameters, *, processes: int = 1
) -> Iterator[Division]:
    """Yield the division of each community, refused ones with their reason; the same whatever `processes` is.

    With one process a community is read when its turn comes; with more, a window of them is read ahead.
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
    """Divide with several processes, reading only as far ahead as they need."""
    reading = _Reading(iter(community_ids), metric_crs)
    for part in partition_communities(
        reading.ahead(),
        metric_crs=metric_crs,
        parameters=parameters,
        processes=processes,
        total=len(community_ids),
        keep_going=True,
    ):
        yield from reading.told()
        task, stopped = reading.held.popleft(), part.refused
        if stopped is None:
            yield task.kept(part.partition)
        else:
            told = stopped if isinstance(stopped, InputRefused) else _fault(task.community_id, stopped)
            yield Division(task.community_id, refused=told)
    yield from reading.told()


class _Reading:
    """Communities read and not divided yet, in their order; what could not be read is told."""

    def __init__(self, coming: Iterator[int], metric_crs: str) -> None:
        self.held: deque[_Task] = deque()
        self._coming = coming
        self._metric_crs = metric_crs
        self._refused: list[Division] = []

    def ahead(self) -> Iterator[CommunityInput]:
        """What the engine needs, community by community, as it asks for more."""
        for community_id in self._coming:
            try:
                task = _task(community_id, self._metric_crs)
            except (InputRefused, RuleBroken) as refused:
                self._refused.append(Division(community_id, refused=refused))
            else:
                self.held.append(task)
                yield task.given

    def told(self) -> Iterator[Division]:
        """What could not be read since the last call."""
        while self._refused:
            yield self._refused.pop(0)


def _task(community_id: int, metric_crs: str) -> _Task:
    """Everything the engine needs of one community; 404 when it does not exist or is closed."""
    community = Community.objects.filter(pk=community_id, valid_to=None).first()
    if community is None:
        raise not_found("社区", "community")
    before = published_plan(community.pk)
    buildings = buildings_of(community).to_crs(metric_crs)
    buildings["compound"] = buildings["compound_name"]
    standing = _standing(community, buildings)
    given = CommunityInput(
        key=community.code,
        frame=community_frame(community).geometry.iloc[0],
        buildings=buildings,
        streets=_metric(streets_near(community), metric_crs),
        barriers=_metric(barriers_near(community), metric_crs),
        previous=_previous(before, standing),
        locked=() if standing is None else standing.locked,
        assigned=None if standing is None else standing.assigned,
        kind=VILLAGE if community.settlement == RURAL else URBAN,
    )
    return _Task(community.pk, community.settlement, before, given, standing)


def _standing(community: Community, buildings: gpd.GeoDataFrame) -> Standing | None:
    """The locks and assignments of the plan under work; a village has none, its groups decide."""
    plan = None if community.settlement == RURAL else plan_with_decisions(community.pk)
    return None if plan is None else standing_of(plan, buildings)


def _previous(before: GridPlan | None, standing: Standing | None) -> gpd.GeoDataFrame | None:
    if standing is not None:
        return standing.previous
    return None if before is None else drawn_grids(before, by="grid_id")


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
        return task.kept(partition_rural(one.frame, one.buildings, **common))
    chosen: dict[str, Any] = {"locked": one.locked, "assigned": one.assigned, "key": str(one.key)}
    return task.kept(partition_community(one.frame, one.buildings, **common, **chosen))
