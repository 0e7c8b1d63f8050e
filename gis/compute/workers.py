"""Many communities are drawn one after the other or by several processes, with the same answer in the same order."""

from __future__ import annotations

import fcntl
import gc
import multiprocessing
import os
import select
import signal
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import geopandas as gpd
import pandas as pd
import shapely

from gis.compute.outcome import CommunityPartition
from gis.compute.parameters import PartitionParameters
from gis.compute.partition import go_on, partition_community
from gis.compute.refusal import EngineFault, InputRefused
from gis.compute.rural import partition_rural

URBAN, VILLAGE = "urban", "village"

# Work handed out ahead of the community that is waited for. Within the window the long ones start first, so
# that no process idles at the end; more of it would only hold more of the city in memory.
_WINDOW_PER_PROCESS = 16
# Imported once, by the process from which the others are forked off.
_PRELOADED = ["gis.compute.workers"]
# A community leaves few rings of objects behind: looking for them after every 700 new ones took a twentieth of the time.
_GARBAGE_THRESHOLDS = (20_000, 20, 50)
# While a process works, the caller's `should_stop` is asked this often.
_ASKED_EACH_S = 0.5

Refusal = InputRefused | EngineFault
Outcome = CommunityPartition | InputRefused | EngineFault


@dataclass(frozen=True)
class CommunityInput:
    """Everything needed to draw one community; `key` is its code, `kind` urban or village.

    The other fields are the arguments of `partition_community` and `partition_rural`; a village takes neither
    `locked` nor `assigned`.
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
    """One community done: its key, its partition or why there is none, how many are done and how many there are."""

    key: Hashable
    outcome: Outcome
    done: int
    total: int

    @property
    def refused(self) -> Refusal | None:
        """Why the community could not be drawn, None when it was (see `keep_going`)."""
        return None if isinstance(self.outcome, CommunityPartition) else self.outcome

    @property
    def partition(self) -> CommunityPartition:
        """The partition; raises the refusal where there is none."""
        if isinstance(self.outcome, CommunityPartition):
            return self.outcome
        raise self.outcome


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
    keep_going: bool = False,
    total: int | None = None,
    already: int = 0,
) -> Iterator[Progress]:
    """Yield the partition of each community in the order given, the same whatever the number of processes.

    `communities` may be made as they are asked for (then `total` says how many there will be): only a window
    of them is held. `already`: how many were done elsewhere and count into `done` and `total`. With
    `processes` > 1 the work runs in other interpreters, and `should_stop` is asked twice a second. With
    `keep_going` a community that cannot be drawn is handed out as `Progress.refused` and the others go on;
    without, it raises what `partition_community` and `partition_rural` raise, and RURAL_UNIT for a village with
    grids locked or buildings assigned by hand. A refusal names the community in `facts`. Raises Stopped, at
    once where other processes do the work, else between two steps of a community.
    """
    if total is None:
        communities = list(communities)
        total = len(communities)
    with crew(processes if total > 1 else 1) as workers:
        yield from workers.draw(
            communities,
            Task(metric_crs, parameters),
            should_stop=should_stop,
            keep_going=keep_going,
            total=total,
            already=already,
        )


@dataclass(frozen=True)
class Task:
    """What is the same for all communities; called with one, it draws it."""

    metric_crs: str
    parameters: PartitionParameters | None

    def __call__(
        self, one: CommunityInput, should_stop: Callable[[], bool] | None = None
    ) -> CommunityPartition:
        if one.kind == VILLAGE:
            _check_nothing_by_hand(one)
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


def _check_nothing_by_hand(village: CommunityInput) -> None:
    assigned = 0 if village.assigned is None else int(village.assigned.notna().sum())
    if not village.locked and not assigned:
        return
    raise InputRefused(
        "RURAL_UNIT",
        zh=f"村 {village.key} 的网格即村民小组，不能锁定网格（{len(village.locked)} 个）或手工指定楼栋（{assigned} 栋）",
        en=f"the grids of village {village.key} are its villager groups: no grids are locked "
        f"({len(village.locked)} are) and no buildings assigned by hand ({assigned} are) there",
        remedy_zh="请取消该村的锁定与指定；村民小组有误时请更正小组",
        remedy_en="take the locks and assignments in the village back; correct its villager groups where they are wrong",
        facts={
            "community": str(village.key),
            "locked": [str(label) for label in village.locked[:50]],
            "assigned": assigned,
        },
    )


class Crew:
    """Processes that draw communities; with none of its own, the caller's process does it all."""

    def __init__(self, pool: ProcessPoolExecutor | None, processes: int) -> None:
        self._pool = pool
        self._window = _WINDOW_PER_PROCESS * processes

    def draw(
        self,
        communities: Iterable[CommunityInput],
        task: Task,
        *,
        should_stop: Callable[[], bool] | None,
        keep_going: bool,
        total: int,
        already: int = 0,
    ) -> Iterator[Progress]:
        """Yield the outcome of each community in order; `already` counts into `done` and `total`."""
        if self._pool is None:
            outcomes = _one_by_one(communities, task, should_stop)
        else:
            outcomes = self._side_by_side(self._pool, communities, task, should_stop)
        for done, (key, outcome) in enumerate(outcomes, already + 1):
            if not keep_going and not isinstance(outcome, CommunityPartition):
                raise outcome
            yield Progress(key, outcome, done, already + total)

    def _side_by_side(
        self,
        pool: ProcessPoolExecutor,
        communities: Iterable[CommunityInput],
        task: Task,
        should_stop: Callable[[], bool] | None,
    ) -> Iterator[tuple[Hashable, Outcome]]:
        coming = iter(communities)
        waiting: deque[tuple[Hashable, Future[Outcome]]] = deque()
        while True:
            if len(waiting) <= self._window // 2:
                found = list(islice(coming, self._window - len(waiting)))
                # The caller waits for the first of all, and may tell somebody who waits.
                asked_first = None if waiting or not found else found[0]
                jobs = {
                    id(one): pool.submit(_outcome, task, one)
                    for one in sorted(found, key=lambda one: (one is not asked_first, -len(one.buildings)))
                }
                waiting.extend((one.key, jobs[id(one)]) for one in found)
            if not waiting:
                return
            key, job = waiting.popleft()
            yield key, _awaited(job, should_stop)


@contextmanager
def crew(processes: int) -> Iterator[Crew]:
    """Start processes that draw communities, and end them in the end at once, whatever they are at.

    They also end with the caller, however that ends.
    """
    if processes <= 1:
        yield Crew(None, 1)
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_settle_in)
    try:
        # The processes start at once, while the caller prepares their work.
        for _ in range(processes):
            pool.submit(os.getpid)
        yield Crew(pool, processes)
    finally:
        _dismiss(pool)


def _dismiss(pool: ProcessPoolExecutor) -> None:
    """Kill the processes: they hold nothing but work that nobody waits for, perhaps for minutes more."""
    for process in list((pool._processes or {}).values()):
        process.kill()
    # The pool's own thread may be writing a community to them, or reading a plan that was cut short. These
    # ends of the pipes are the last ones open; with them it would wait for ever (CPython issue 94777).
    for end in (getattr(pool, "_call_queue")._reader, getattr(pool, "_result_queue")._writer):  # noqa: B009
        end.close()
    pool.shutdown(wait=True, cancel_futures=True)


def _awaited(job: Future[Outcome], should_stop: Callable[[], bool] | None) -> Outcome:
    while True:
        go_on(should_stop)
        try:
            return job.result(None if should_stop is None else _ASKED_EACH_S)
        except TimeoutError:
            continue


def _one_by_one(
    communities: Iterable[CommunityInput], task: Task, should_stop: Callable[[], bool] | None
) -> Iterator[tuple[Hashable, Outcome]]:
    for one in communities:
        go_on(should_stop)
        yield one.key, _outcome(task, one, should_stop)


def _outcome(task: Task, one: CommunityInput, should_stop: Callable[[], bool] | None = None) -> Outcome:
    """Return the partition, or the refusal or fault with the community named."""
    try:
        return task(one, should_stop)
    except InputRefused as refused:
        refused.facts.setdefault("community", str(one.key))
        return refused
    except EngineFault as fault:
        fault.add_note(f"community {one.key}")
        return fault


# ---- In the other processes --------------------------------------------------------------------------------


def _settle_in() -> None:
    """End with the caller, leave an interrupt at the keyboard to it, and do not look through what is loaded for garbage."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_caller()
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)


def _end_with_caller() -> None:
    """Have the system end this process when the caller is gone, killed or not.

    The caller holds the other end of the pipe behind the sentinel. When it closes, SIGIO comes, which ends a
    process without asking it: a thread that waits would wait for the search too, which seldom lets others run.
    The fork server and the resource tracker go with their last client.
    """
    caller = multiprocessing.parent_process()
    if caller is None:
        return
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(caller.sentinel, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(caller.sentinel, fcntl.F_GETFL)
    fcntl.fcntl(caller.sentinel, fcntl.F_SETFL, flags | os.O_ASYNC)
    # It may have gone before the system was asked.
    if select.select([caller.sentinel], [], [], 0)[0]:
        os._exit(1)
