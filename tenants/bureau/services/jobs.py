"""Starting, running and stopping background jobs; a job's body is one service call."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob, JobState
from wangge.errors import RuleBroken, RulesBroken
from wangge.kernel.database.current import city_connection
from wangge.kernel.permissions import require
from wangge.kernel.problems import problem

log = logging.getLogger(__name__)


class JobCancelled(Exception):
    """Raised inside a body when somebody has asked the job to stop."""


class JobProgress:
    """What a body tells about itself while it runs; call it outside a transaction so that others can read it."""

    def __init__(self, job_id: int, listener: Callable[[int, int, str], None] | None = None) -> None:
        self.job_id = job_id
        self._listener = listener

    def __call__(self, done: int, total: int, stage: str = "") -> None:
        """Say how far the work is; raises JobCancelled when it should stop."""
        rows = BackgroundJob.objects.filter(pk=self.job_id)
        rows.update(done=done, total=total, stage=stage[:120])
        if self._listener is not None:
            self._listener(done, total, stage)
        if rows.filter(cancel_requested=True).exists():
            raise JobCancelled


JobBody = Callable[[BackgroundJob, JobProgress], Mapping[str, Any]]


@transaction.atomic
def start_job(*, kind: str, arguments: Mapping[str, Any], unit_path: str, acting_user: User) -> BackgroundJob:
    """Record a job and enqueue the task of that name, both in the caller's transaction."""
    job = BackgroundJob.objects.create(
        kind=kind, arguments=dict(arguments), unit_path=unit_path, started_by=acting_user
    )
    app.configure_task(kind, allow_unknown=False).defer(city=city_connection().schema_name, job_id=job.pk)
    return job


def run_job(
    *, job_id: int, body: JobBody, listener: Callable[[int, int, str], None] | None = None
) -> BackgroundJob:
    """Run a job's body to its end and record its result or its refusal; a finished job is not run again.

    The body may be run anew after its worker died, so its database effects must come in one transaction at its end,
    or in steps that find what was done before.
    """
    job = _take(job_id)
    if job is None:
        return BackgroundJob.objects.get(pk=job_id)
    try:
        result = body(job, JobProgress(job.pk, listener))
    except JobCancelled:
        return _finish(job, JobState.CANCELLED)
    except (RuleBroken, RulesBroken) as refused:
        return _finish(job, JobState.FAILED, problem_document=problem(refused))
    except Exception:
        log.exception("job %s (%s) failed", job.pk, job.kind)
        fault = RuleBroken(
            "JOB_FAILED",
            zh="任务执行出错，已记录",
            en="the job met an internal error; it has been logged",
            status=500,
            how_to_fix_zh="请稍后重试；仍失败请联系运维",
            how_to_fix_en="retry later, or tell the operator",
        )
        return _finish(job, JobState.FAILED, problem_document=problem(fault))
    return _finish(job, JobState.SUCCEEDED, result=dict(result))


@transaction.atomic
def _take(job_id: int) -> BackgroundJob | None:
    job = BackgroundJob.objects.select_for_update().select_related("started_by").get(pk=job_id)
    if job.state not in (JobState.WAITING, JobState.RUNNING):
        return None
    if job.cancel_requested:
        _finish(job, JobState.CANCELLED)
        return None
    job.state, job.started_at = JobState.RUNNING, timezone.now()
    job.attempts += 1
    job.save(update_fields=["state", "started_at", "attempts"])
    return job


def _finish(
    job: BackgroundJob,
    state: JobState,
    *,
    result: dict[str, Any] | None = None,
    problem_document: dict[str, Any] | None = None,
) -> BackgroundJob:
    job.refresh_from_db()
    job.state, job.finished_at, job.result, job.problem = state, timezone.now(), result, problem_document
    job.save(update_fields=["state", "finished_at", "result", "problem"])
    return job


@transaction.atomic
def cancel_job(*, job_id: int, acting_user: User) -> BackgroundJob:
    """Ask a job to stop: one that waits is ended now, one that runs stops at its next step."""
    job = BackgroundJob.objects.select_for_update().get(pk=job_id)
    if job.started_by_id != acting_user.pk:
        require(acting_user, "job.cancel", job.unit_path)
    if job.state not in (JobState.WAITING, JobState.RUNNING):
        raise RuleBroken(
            "INVALID_TRANSITION",
            zh=f"任务“{job.get_state_display()}”，不能取消",
            status=409,
            en=f"a {job.state} job cannot be cancelled",
        )
    job.cancel_requested = True
    job.save(update_fields=["cancel_requested"])
    return _finish(job, JobState.CANCELLED) if job.state == JobState.WAITING else job
