"""The worker process: which queues it works for its login, how it outlasts the database, how it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import psycopg
from django.conf import settings
from procrastinate import App, Blueprint, exceptions
from procrastinate.contrib.django import app as product
from procrastinate.contrib.django.utils import connector_params
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.worker import Worker

from wangge.shell.periodic import operator_regular, regular
from wangge.shell.queue_manager import Again, LastingJobManager, Patience
from wangge.shell.runner import in_city

log = logging.getLogger(__name__)

LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker takes on.

    `slots` is above every city's `job_slots`, so that no city fills a worker. Regular jobs have slots of their own: two
    busy cities cannot keep the installation from sealing and sweeping.
    """

    slots: int
    system_slots: int
    heartbeat_s: float
    stop_within_s: float
    patience: Patience

    @classmethod
    def from_settings(cls) -> Limits:
        """As the settings say."""
        return cls(
            slots=settings.WANGGE_WORKER_SLOTS,
            system_slots=settings.WANGGE_SYSTEM_SLOTS,
            heartbeat_s=settings.WANGGE_HEARTBEAT_S,
            stop_within_s=settings.WANGGE_STOP_WITHIN_S,
            patience=Patience(
                rescue_after_s=settings.WANGGE_RESCUE_AFTER_S,
                deaths=settings.WANGGE_JOB_DEATHS,
                apart_after=settings.WANGGE_JOB_APART_AFTER,
            ),
        )


@dataclass(frozen=True, slots=True)
class Crew:
    """Queues that share slots, and the regular jobs that are enqueued on the way."""

    queues: tuple[str, ...]
    slots: int
    regular: Blueprint | None = None


def crews_of(login: str, limits: Limits) -> list[Crew]:
    """Who works what: the operator's long work needs the operator's login, everything else the worker's."""
    if login == "operator":
        return [Crew(("operator",), 2, operator_regular)]
    return [Crew(("default",), limits.slots), Crew(("system",), limits.system_slots, regular)]


def _app_of(crew: Crew, patience: Patience, again: Again) -> App:
    """The product's tasks with the crew's regular ones, on connections that outlast the database."""
    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=4)
    app = App(connector=connector)
    app.job_manager = LastingJobManager(connector, patience, again)
    if crew.regular is not None:
        app.add_tasks_from(crew.regular, namespace="")
        app.periodic_registry = crew.regular.periodic_registry
    app.tasks.update(product.tasks)
    for task in app.tasks.values():
        task.retry_strategy = again
    return app


class _Shift:
    """The crews at work, from the first connection to the last job."""

    def __init__(self, crews: list[Crew], limits: Limits) -> None:
        self.limits = limits
        self.stopped = False
        again = Again(limits.patience.deaths)
        self.workers = [
            Worker(
                _app_of(crew, limits.patience, again),
                queues=list(crew.queues),
                name="-".join(crew.queues),
                concurrency=crew.slots,
                install_signal_handlers=False,
                update_heartbeat_interval=limits.heartbeat_s,
                stalled_worker_timeout=limits.patience.rescue_after_s * 10,
                task_middleware=[partial(in_city, apart_after=limits.patience.apart_after)],
            )
            for crew in crews
        ]

    async def work(self) -> None:
        """Work until told to stop."""
        loop = asyncio.get_running_loop()
        slots = sum(worker.concurrency for worker in self.workers)
        loop.set_default_executor(ThreadPoolExecutor(slots + 4, thread_name_prefix="job"))
        for ending in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(ending, self._stop, loop)
        await asyncio.gather(*(self._work(worker) for worker in self.workers))

    async def _work(self, worker: Worker) -> None:
        async with worker.app.open_async():
            await worker.run()

    def _stop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take no more jobs; those that run have a bounded time, then they are left to the next worker."""
        if self.stopped:
            return
        self.stopped = True
        for worker in self.workers:
            worker.stop()
        loop.call_later(self.limits.stop_within_s, lambda: loop.create_task(self._leave()))

    async def _leave(self) -> None:
        for worker in self.workers:
            if worker.worker_id is not None:
                log.warning("worker %s leaves its unfinished jobs to the next", worker.worker_id)
                try:
                    await asyncio.wait_for(worker.app.job_manager.give_back(worker.worker_id), 3)  # type: ignore[attr-defined]
                except (TimeoutError, exceptions.ConnectorException):
                    log.warning("they could not be given back: they are rescued later")
        os._exit(0)


def run(login: str) -> None:
    """Work the login's queues until SIGINT or SIGTERM; when the database cannot be reached, try again for ever."""
    limits, pause = Limits.from_settings(), 1.0
    while True:
        shift, began = _Shift(crews_of(login, limits), limits), time.monotonic()
        try:
            asyncio.run(shift.work())
        except (psycopg.Error, exceptions.ConnectorException) as error:
            log.error("the worker begins anew: %s", error)
        if shift.stopped:
            return
        pause = 1.0 if time.monotonic() - began > LONGEST_PAUSE_S else min(pause * 2, LONGEST_PAUSE_S)
        time.sleep(pause)
