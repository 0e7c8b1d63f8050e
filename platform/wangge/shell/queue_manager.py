"""The worker's dealings with the queue's tables: they outlast a database that restarts, and a worker that dies."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from procrastinate import exceptions, jobs, manager, retry

from wangge.shell.runner import DatabaseLost, JobProcessDied, PutOff

log = logging.getLogger(__name__)

RECONNECT_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a silent worker counts as alive, and how often a job may bring its process down.

    After `apart_after` deaths it runs in a process of its own, where it harms nobody else.
    """

    rescue_after_s: float = 20.0
    deaths: int = 3
    apart_after: int = 1


# A worker whose heartbeats were taken for its end is entered again under its number.
_HEARTBEAT = """
INSERT INTO public.procrastinate_workers (id, last_heartbeat) OVERRIDING SYSTEM VALUE VALUES (%(worker_id)s, now())
ON CONFLICT (id) DO UPDATE SET last_heartbeat = now()"""

# Nobody is taken for dead until everybody has had the time to be heard after the database itself came back. A job that
# waits again drops its queueing lock: the next round of a regular job may be waiting under it already.
_RESCUE = """
WITH stalled AS (
    SELECT job.id FROM public.procrastinate_jobs job
    LEFT JOIN public.procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
      AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %(rescue_after_s)s))
      AND pg_postmaster_start_time() < now() - make_interval(secs => %(rescue_after_s)s)
    FOR UPDATE OF job SKIP LOCKED)
UPDATE public.procrastinate_jobs job
SET status = (CASE WHEN job.attempts + 1 >= %(deaths)s THEN 'failed' ELSE 'todo' END)::procrastinate_job_status,
    attempts = job.attempts + 1, worker_id = NULL, queueing_lock = NULL, scheduled_at = NULL, abort_requested = false
FROM stalled WHERE job.id = stalled.id
RETURNING job.id, job.task_name, job.status::text AS status"""

# A slot was chosen when the job came; when another of its city's slots has run empty since, the oldest that waits moves.
_SPREAD = """
WITH uneven AS (
    SELECT city.schema_name AS name, city.job_slots AS slots FROM public.registry_city city JOIN (
        SELECT args->>'city' AS name, count(DISTINCT lock) AS used FROM public.procrastinate_jobs
        WHERE status IN ('todo', 'doing') AND queue_name = 'default' GROUP BY 1 HAVING count(*) > count(DISTINCT lock)
    ) AS load ON load.name = city.schema_name AND load.used < city.job_slots),
free AS (
    SELECT name, name || ':' || slot AS lock, row_number() OVER (PARTITION BY name ORDER BY slot) AS turn
    FROM uneven, generate_series(0, slots - 1) AS slot
    WHERE NOT EXISTS (SELECT FROM public.procrastinate_jobs job
                      WHERE job.lock = name || ':' || slot AND job.status IN ('todo', 'doing'))),
blocked AS (
    SELECT job.id, uneven.name, row_number() OVER (PARTITION BY uneven.name ORDER BY job.id) AS turn
    FROM public.procrastinate_jobs job JOIN uneven ON uneven.name = job.args->>'city'
    WHERE job.status = 'todo' AND job.queue_name = 'default' AND EXISTS (
        SELECT FROM public.procrastinate_jobs before WHERE before.lock = job.lock
        AND (before.status = 'doing' OR before.status = 'todo' AND before.id < job.id)))
UPDATE public.procrastinate_jobs job SET lock = free.lock
FROM blocked JOIN free USING (name, turn) WHERE job.id = blocked.id AND job.status = 'todo'"""

_MINE = """
id = %(job_id)s AND status = 'doing' AND attempts = %(attempts)s AND (worker_id = %(worker_id)s OR worker_id IS NULL)"""

_FINISH = f"""
SELECT public.procrastinate_finish_job_v1(mine.id, %(status)s, %(delete_job)s)
FROM (SELECT id FROM public.procrastinate_jobs WHERE {_MINE} FOR UPDATE) AS mine"""

_RETRY = f"""
UPDATE public.procrastinate_jobs
SET status = 'todo', attempts = attempts + %(counted)s, scheduled_at = %(retry_at)s, worker_id = NULL,
    queueing_lock = NULL, abort_requested = false
WHERE {_MINE}"""

_GIVE_BACK = """
UPDATE public.procrastinate_jobs
SET status = 'todo', worker_id = NULL, queueing_lock = NULL, abort_requested = false
WHERE worker_id = %(worker_id)s AND status = 'doing'"""


def _is_away(error: exceptions.ConnectorException) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(("57P", "08", "53"))


class Again(retry.BaseRetryStrategy):
    """Runs a job again that the machine, not its own doing, kept from its end; a refusal or a fault is final.

    One for the whole process: `uncounted` holds the jobs that were put off before they began.
    """

    def __init__(self, deaths: int) -> None:
        self._deaths = deaths
        self.uncounted: set[int] = set()

    def get_retry_decision(self, *, exception: BaseException, job: jobs.Job) -> retry.RetryDecision | None:
        """When the job runs again; None when it has failed."""
        if isinstance(exception, PutOff):
            self.uncounted.add(job.id or 0)
            return retry.RetryDecision(retry_in={"seconds": exception.seconds})
        if not isinstance(exception, DatabaseLost | JobProcessDied) or job.attempts + 1 >= self._deaths:
            return None
        return retry.RetryDecision(retry_in={"seconds": 1})


class LastingJobManager(manager.JobManager):
    """Keeps trying while the database is away; ends and re-queues a job only while the job is still its worker's."""

    def __init__(self, connector: Any, patience: Patience, again: Again) -> None:
        super().__init__(connector)
        self.patience = patience
        self._again = again
        self._rescued_at = 0.0

    async def _until_done(self, call: Callable[[], Awaitable[Any]]) -> Any:
        while True:
            try:
                return await call()
            except exceptions.ConnectorException as error:
                if not _is_away(error):
                    raise
                log.warning("the database is away: %s", error.__cause__)
                await asyncio.sleep(RECONNECT_EVERY_S)

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> jobs.Job | None:
        """The next job; None also while the database is away."""
        try:
            return await super().fetch_job(queues, worker_id)
        except exceptions.ConnectorException as error:
            log.log(
                logging.WARNING if _is_away(error) else logging.ERROR,
                "no job could be fetched: %s",
                error.__cause__,
            )
            await asyncio.sleep(RECONNECT_EVERY_S)
            return None

    async def finish_job(self, job: jobs.Job, status: jobs.Status, delete_job: bool) -> None:
        """Record the job's end; what went well and has no record of its own, as regular jobs, leaves no row."""
        is_regular = not {"job_id", "operation_id"} & job.task_kwargs.keys()
        delete_job = delete_job or (status == jobs.Status.SUCCEEDED and is_regular)
        await self._until_done(
            lambda: self.connector.execute_query_async(
                _FINISH, **_mine(job), status=status.value, delete_job=delete_job
            )
        )

    async def retry_job(
        self,
        job: jobs.Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Let the job wait again; what was put off before it began does not count as an attempt."""
        counted = 0 if job.id in self._again.uncounted else 1
        self._again.uncounted.discard(job.id or 0)
        await self._until_done(
            lambda: self.connector.execute_query_async(
                _RETRY, **_mine(job), retry_at=retry_at, counted=counted
            )
        )

    async def give_back(self, worker_id: int) -> None:
        """Let the jobs of a worker that must end now wait for another, uncounted."""
        await self.connector.execute_query_async(_GIVE_BACK, worker_id=worker_id)
        await self.unregister_worker(worker_id)

    async def update_heartbeat(self, worker_id: int) -> None:
        """Say that this worker lives; now and then rescue jobs of workers that do not, and fill empty slots."""
        try:
            await self.connector.execute_query_async(_HEARTBEAT, worker_id=worker_id)
            if time.monotonic() - self._rescued_at > self.patience.rescue_after_s / 4:
                self._rescued_at = time.monotonic()
                await self.rescue()
                await self.connector.execute_query_async(_SPREAD)
        except exceptions.ConnectorException as error:
            log.warning("no heartbeat could be left: %s", error.__cause__)

    async def rescue(self) -> int:
        """Let jobs whose worker has died wait again, or fail for good after so many deaths; returns their number."""
        rows = await self.connector.execute_query_all_async(
            _RESCUE, rescue_after_s=self.patience.rescue_after_s, deaths=self.patience.deaths
        )
        for row in rows:
            log.error("job %s (%s) lost its worker and is now %s", row["id"], row["task_name"], row["status"])
        return len(rows)

    async def defer_periodic_job(self, job: jobs.Job, periodic_id: str, defer_timestamp: int) -> int | None:
        """Enqueue a regular job for this moment, once among all workers; while the database is away, not at all."""
        try:
            return await super().defer_periodic_job(job, periodic_id, defer_timestamp)
        except exceptions.ConnectorException as error:
            log.warning("%s was not enqueued: %s", job.task_name, error.__cause__)
            return None

    async def listen_for_jobs(self, **options: Any) -> None:
        """Listen for new jobs, anew after the database went away; a worker also looks by itself."""
        while True:
            try:
                await super().listen_for_jobs(**options)
            except exceptions.ConnectorException as error:
                log.warning("not listening for jobs: %s", error.__cause__)
            await asyncio.sleep(RECONNECT_EVERY_S)

    async def unregister_worker(self, worker_id: int) -> None:
        """Take this worker off the list, if the database can be reached."""
        try:
            await super().unregister_worker(worker_id)
        except exceptions.ConnectorException as error:
            log.warning("the worker could not be taken off the list: %s", error.__cause__)


def _mine(job: jobs.Job) -> dict[str, Any]:
    return {"job_id": job.id, "attempts": job.attempts, "worker_id": job.worker_id}
