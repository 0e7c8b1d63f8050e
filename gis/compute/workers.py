"""Many communities are drawn one after the other or by several processes, with the same answer in the same order."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gis.compute.outcome import CommunityPartition
from gis.compute.parameters import PartitionParameters
from gis.compute.partition import go_on, partition_community
from gis.compute.rural import partition_rural

URBAN, VILLAGE = "urban", "village"

# Work handed out ahead of the community that is waited for. Within the window the long ones start first, so
# that no process idles at the end; more of it would only hold more of the city in memory.
_WINDOW_PER_PROCESS = 16
# Imported once by the process from which the others are forked off.
_PRELOADED = ["gis.compute.workers", "pyproj", "scipy.spatial", "scipy.optimize"]


@dataclass(frozen=True)
class CommunityInput:
    """Everything needed to draw one community; `key` is its code, `kind` urban or village.

    The other fields are the arguments of `partition_community` and `partition_rural`.
    """

    key: Hashable
    frame: shapely.Geometry
    buildings: gpd.GeoDataFrame
    streets: gpd.GeoSeries | None = None
    barriers: gpd.GeoSeries | None = None
    previous: gpd.GeoDataFrame | None = None
    kind: str = URBAN
    locked: tuple[Hashable, ...] = ()
    assigned: pd.Series | None = None


@dataclass(frozen=True)
class Progress:
    """One community done: its key and partition, how many are done and how many there are."""

    key: Hashable
    partition: CommunityPartition
    done: int
    total: int
    facts: Mapping[str, Any] = field(default_factory=dict)


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def partition_communities(
    communities: Iterable[CommunityInput],
    *,
    metric_crs: str,
    parameters: PartitionParameters | None = None,
    processes: int = 1,
    should_stop: Callable[[], bool] | None = None,
    total: int | None = None,
    already: int = 0,
) -> Iterator[Progress]:
    """Yield the partition of each community in the order given, the same whatever the number of processes.

    `communities` may be made as they are asked for (then `total` says how many there will be): only a window
    of them is held. `already`: how many were done elsewhere and count into `done` and `total`. With
    `processes` > 1 the work runs in other interpreters, and `should_stop` is asked between communities only.
    Raises what `partition_community` and `partition_rural` raise, and Stopped.
    """
    if total is None:
        communities = list(communities)
        total = len(communities)
    work = _Work(metric_crs, parameters)
    if processes <= 1 or total <= 1:
        results = _one_by_one(communities, work, should_stop)
    else:
        results = _side_by_side(communities, work, min(processes, total), should_stop)
    for done, (key, partition) in enumerate(results, already + 1):
        yield Progress(key, partition, done, already + total)


@dataclass(frozen=True)
class _Work:
    metric_crs: str
    parameters: PartitionParameters | None

    def __call__(
        self, one: CommunityInput, should_stop: Callable[[], bool] | None = None
    ) -> CommunityPartition:
        if one.kind == VILLAGE:
            return partition_rural(
                one.frame,
                one.buildings,
                metric_crs=self.metric_crs,
                streets=one.streets,
                barriers=one.barriers,
                parameters=self.parameters,
                previous=one.previous,
            )
        return partition_community(
            one.frame,
            one.buildings,
            metric_crs=self.metric_crs,
            streets=one.streets,
            barriers=one.barriers,
            parameters=self.parameters,
            previous=one.previous,
            locked=one.locked,
            assigned=one.assigned,
            key=str(one.key),
            should_stop=should_stop,
        )


def _one_by_one(
    communities: Iterable[CommunityInput], work: _Work, should_stop: Callable[[], bool] | None
) -> Iterator[tuple[Hashable, CommunityPartition]]:
    for one in communities:
        go_on(should_stop)
        yield one.key, work(one, should_stop)


def _side_by_side(
    communities: Iterable[CommunityInput],
    work: _Work,
    processes: int,
    should_stop: Callable[[], bool] | None,
) -> Iterator[tuple[Hashable, CommunityPartition]]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    coming = iter(communities)
    waiting: dict[Hashable, Future[CommunityPartition]] = {}
    order: list[Hashable] = []
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        try:
            while True:
                if len(order) <= _WINDOW_PER_PROCESS * processes // 2:
                    _hand_out(pool, work, coming, waiting, order, _WINDOW_PER_PROCESS * processes)
                if not order:
                    return
                go_on(should_stop)
                key = order.pop(0)
                yield key, waiting.pop(key).result()
        finally:
            for job in waiting.values():
                job.cancel()


def _hand_out(
    pool: ProcessPoolExecutor,
    work: _Work,
    coming: Iterator[CommunityInput],
    waiting: dict[Hashable, Future[CommunityPartition]],
    order: list[Hashable],
    window: int,
) -> None:
    """Fill the window up, the long communities first."""
    found = list(islice(coming, window - len(order)))
    order.extend(one.key for one in found)
    for one in sorted(found, key=lambda one: -len(one.buildings)):
        waiting[one.key] = pool.submit(work, one)
