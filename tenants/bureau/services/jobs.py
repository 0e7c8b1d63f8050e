"""Starting, running and stopping background jobs; a job's body is one service call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob, JobState
from tenants.registry.services.queue import enqueue
from wangge.errors import RuleBroken, RulesBroken
from wangge.kernel.database.current import city_connection
from wangge.kernel.faults import is_lost_connection, storage_full
from wangge.kernel.permissions import require
from wangge.kernel.problems import problem

log = logging.getLogger(__name__)

UNENDED = (JobState.WAITING, JobState.RUNNING)


class JobCancelled(Exception):
    """Raised inside a body when somebody has asked the job to stop."""


class JobLost(Exception):
    """Raised inside a body's transaction when the job is no longer this worker's: what it did is rolled back."""


class JobProgress:
    """What a body tells about itself while it runs.

    `progress(done, total, stage)` stands outside a transaction, so that others can read it. `progress.succeed(result)`
    stands inside the one that writes the body's effects, so that effects and end are one.
    """

    def __init__(self, job: BackgroundJob, listener: Callable[[int, int, str], None] | None = None) -> None:
        self.job_id = job.pk
        self._attempt = job.attempts
        self._listener = listener

    def __call__(self, done: int, total: int, stage: str = "") -> None:
        """Say how far the work is; raises JobCancelled when it should stop, JobLost when another took it over."""
        rows = self._mine()
        told = rows.update(done=done, total=total, stage=stage[:120])
        if self._listener is not None:
            self._listener(done, total, stage)
        if not told:
            raise JobLost
        if rows.filter(cancel_requested=True).exists():
            raise JobCancelled

    def _mine(self) -> Any:
        return BackgroundJob.objects.filter(pk=self.job_id, state=JobState.RUNNING, attempts=self._attempt)

    def has_ended(self) -> bool:
        """Whether the job's end stands in the database, by this worker or by another."""
        return not BackgroundJob.objects.filter(pk=self.job_id, state__in=UNENDED).exists()

    def hold(self) -> None:
        """Keep the job this worker's to the end of the caller's transaction; raises JobLost when it is not.

        Call it last in the transaction: who asks the job to stop waits for it.
        """
        if self._mine().select_for_update().first() is None:
            raise JobLost

    @transaction.atomic
    def succeed(self, result: Mapping[str, Any]) -> None:
        """Record the job's success in the caller's transaction; raises JobLost when another worker has the job."""
        self.hold()
        self._end(JobState.SUCCEEDED, result=dict(result))

    @transaction.atomic
    def fail(self, refused: RuleBroken | RulesBroken) -> None:
        """Record the job's refusal in the caller's transaction; raises JobLost when another worker has the job."""
        self.hold()
        self._end(JobState.FAILED, problem=problem(refused))

    @transaction.atomic
    def stop(self, result: Mapping[str, Any] | None = None) -> None:
        """Record that the job was cancelled, and what it had done by then."""
        self.hold()
        self._end(JobState.CANCELLED, result=None if result is None else dict(result))

    def _end(self, state: JobState, **columns: Any) -> None:
        self._mine().update(state=state, finished_at=timezone.now(), **columns)


JobBody = Callable[[BackgroundJob, JobProgress], Mapping[str, Any]]


@contextmanager
def end_told_to(record_end: Callable[[JobState], None]) -> Iterator[None]:
    """Within a body: a row of its own that is being computed hears that the job was cancelled or has failed.

    It hears nothing when another worker has the job now, or when the database went away: then the body runs again.
    """
    try:
        yield
    except JobLost:
        raise
    except JobCancelled:
        record_end(JobState.CANCELLED)
        raise
    except Exception as error:
        if not is_lost_connection(error):
            record_end(JobState.FAILED)
        raise


@transaction.atomic
def start_job(*, kind: str, arguments: Mapping[str, Any], unit_path: str, acting_user: User) -> BackgroundJob:
    """Record a job and enqueue the task of that name, both in the caller's transaction.

    Raises 409 JOB_QUOTA when as many of the city's jobs wait as may.
    """
    if kind not in app.tasks:
        raise LookupError(f"no task is called {kind}")
    job = BackgroundJob.objects.create(
        kind=kind, arguments=dict(arguments), unit_path=unit_path, started_by=acting_user
    )
    enqueue(task=kind, arguments={"city": city_connection().schema_name, "job_id": job.pk})
    return job


def run_job(
    *, job_id: int, body: JobBody, listener: Callable[[int, int, str], None] | None = None
) -> BackgroundJob:
    """Run a job's body to its end and record its result or its refusal; a job that has ended is not run again.

    The body is run anew after its worker died or the database went away. Its effects therefore come in one transaction
    that calls `progress.succeed`, or in steps that find what was done before and call `progress.hold`.
    """
    job = _take(job_id)
    if job is not None:
        progress = JobProgress(job, listener)
        try:
            _run(job, body, progress)
        except JobLost:
            log.warning("job %s (%s) was taken over; this run of it is given up", job.pk, job.kind)
    return BackgroundJob.objects.get(pk=job_id)


def _run(job: BackgroundJob, body: JobBody, progress: JobProgress) -> None:
    refused: RuleBroken | RulesBroken | None = None
    result: Mapping[str, Any] | None = None
    try:
        result = body(job, progress)
    except JobLost:
        raise
    except JobCancelled:
        pass
    except (RuleBroken, RulesBroken) as broken:
        refused = broken
    except Exception as error:
        if is_lost_connection(error):
            raise
        log.exception("job %s (%s) failed", job.pk, job.kind)
        refused = storage_full(error) or _fault()
    _record_end(progress, result, refused)


def _record_end(
    progress: JobProgress, result: Mapping[str, Any] | None, refused: RuleBroken | RulesBroken | None
) -> None:
    if progress.has_ended():  # with its effects, inside the body
        return
    if refused is not None:
        progress.fail(refused)
    elif result is not None:
        progress.succeed(result)
    else:
        progress.stop()


def _fault() -> RuleBroken:
    return RuleBroken(
        "JOB_FAILED",
        zh="任务执行出错，已记录",
        en="the job met an internal error; it has been logged",
        status=500,
        how_to_fix_zh="请稍后重试；仍失败请联系运维",
        how_to_fix_en="retry later, or tell the operator",
    )


@transaction.atomic
def _take(job_id: int) -> BackgroundJob | None:
    job = BackgroundJob.objects.select_for_update(of=("self",)).select_related("started_by").get(pk=job_id)
    if job.state not in UNENDED:
        return None
    if job.cancel_requested:
        _cancelled(job)
        return None
    job.state, job.started_at = JobState.RUNNING, timezone.now()
    job.attempts += 1
    job.save(update_fields=["state", "started_at", "attempts"])
    return job


def _cancelled(job: BackgroundJob) -> BackgroundJob:
    job.state, job.finished_at = JobState.CANCELLED, timezone.now()
    job.save(update_fields=["state", "finished_at"])
    return job


@transaction.atomic
def end_lost_jobs(*, job_ids: Collection[int]) -> int:
    """Record as failed those of these jobs that the queue has given up and nobody ended; returns their number."""
    died = RuleBroken(
        "JOB_DIED",
        zh="任务多次使执行进程异常退出，已停止重试",
        en="the job brought its process down several times and is not run again",
        status=500,
        how_to_fix_zh="请缩小任务范围（如拆分文件）后重试，或联系运维查看日志",
        how_to_fix_en="make the task smaller, for example split the file, or ask the operator to read the log",
    )
    lost = BackgroundJob.objects.filter(pk__in=job_ids, state__in=UNENDED)
    return lost.update(state=JobState.FAILED, finished_at=timezone.now(), problem=problem(died))


@transaction.atomic
def cancel_job(*, job_id: int, acting_user: User) -> BackgroundJob:
    """Ask a job to stop: one that waits is ended now, one that runs stops at its next step."""
    job = BackgroundJob.objects.select_for_update().get(pk=job_id)
    if job.started_by_id != acting_user.pk:
        require(acting_user, "job.cancel", job.unit_path)
    if job.state not in UNENDED:
        raise RuleBroken(
            "INVALID_TRANSITION",
            zh=f"任务“{job.get_state_display()}”，不能取消",
            status=409,
            en=f"a {job.state} job cannot be cancelled",
        )
    job.cancel_requested = True
    job.save(update_fields=["cancel_requested"])
    return _cancelled(job) if job.state == JobState.WAITING else job
