"""A body that is run again, or by two workers at once, leaves its effects once; its end stands or falls with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction

from tenants.accounts.models import AuditEvent
from tenants.accounts.services import record_audit
from tenants.bureau.models import BackgroundJob
from tenants.bureau.services.jobs import JobProgress, cancel_job, end_lost_jobs, run_job, start_job
from wangge.errors import RuleBroken


@pytest.fixture
def job(in_alpha: Any, make_user: Any, toys: Any) -> Any:
    """A job that waits in alpha, where the test stands."""
    user = make_user(in_alpha, "zhang")
    return start_job(kind="toys.write", arguments={}, unit_path="/", acting_user=user)


def effects() -> int:
    return AuditEvent.objects.filter(action="toy.effect").count()


def act() -> None:
    record_audit(acting_user=None, action="toy.effect", subject=("toy", 1))


def act_and_end(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
    with transaction.atomic():
        act()
        progress.succeed({"rows": 1})
    return {}


class Killed(BaseException):
    """Stands for a death: nothing after it runs."""


def dying(body: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    """The body, dying just before or just after its transaction has been committed."""

    def run(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
        with transaction.atomic():
            body(job, progress)
            if before:
                raise Killed
        raise Killed

    return run


@pytest.mark.parametrize(("before", "rows"), [(True, 0), (False, 1)])
def test_death_around_the_commit_leaves_all_or_nothing(job: Any, before: bool, rows: int) -> None:
    with pytest.raises(Killed):
        run_job(job_id=job.pk, body=dying(act_and_end, before=before))
    job.refresh_from_db()
    assert (effects(), job.state) == (rows, "succeeded" if rows else "running")
    again = run_job(job_id=job.pk, body=act_and_end)
    assert (effects(), again.state, again.result) == (1, "succeeded", {"rows": 1})


def test_a_worker_thought_dead_cannot_write_beside_its_successor(job: Any) -> None:
    def overtaken(taken: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
        run_job(job_id=taken.pk, body=act_and_end)
        return act_and_end(taken, progress)

    ended = run_job(job_id=job.pk, body=overtaken)
    assert (effects(), ended.state, ended.attempts) == (1, "succeeded", 2)


def test_a_worker_thought_dead_cannot_end_what_its_successor_runs(job: Any) -> None:
    def overtaken(taken: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
        BackgroundJob.objects.filter(pk=taken.pk).update(attempts=taken.attempts + 1)
        raise RuleBroken("NO_MATTER", zh="无关", en="no matter")

    assert run_job(job_id=job.pk, body=overtaken).state == "running"


def test_progress_tells_a_worker_that_it_was_replaced(job: Any) -> None:
    steps: list[str] = []

    def overtaken(taken: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
        steps.append("begun")
        BackgroundJob.objects.filter(pk=taken.pk).update(attempts=taken.attempts + 1)
        progress(1, 2)
        steps.append("went on")
        return {}

    run_job(job_id=job.pk, body=overtaken)
    assert steps == ["begun"]


def test_a_refusal_rolls_the_end_back_with_the_effects(job: Any) -> None:
    def refused(taken: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
        with transaction.atomic():
            act_and_end(taken, progress)
            raise RuleBroken("TOO_LATE", zh="太迟", en="too late", status=409)

    ended = run_job(job_id=job.pk, body=refused)
    assert (effects(), ended.state, ended.problem["code"]) == (0, "failed", "TOO_LATE")


def test_a_lost_database_is_not_the_jobs_failure(job: Any) -> None:
    import psycopg

    def lost(taken: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
        act()
        raise OperationalError("the connection is lost") from psycopg.errors.AdminShutdown()

    with pytest.raises(OperationalError), transaction.atomic():
        run_job(job_id=job.pk, body=lost)
    job.refresh_from_db()
    assert job.state == "waiting"  # the test's own transaction took it all back; the queue runs it again


def test_any_other_fault_of_the_database_is(job: Any) -> None:
    def faulty(taken: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        return {}

    ended = run_job(job_id=job.pk, body=faulty)
    assert (ended.state, ended.problem["code"]) == ("failed", "JOB_FAILED")


def test_an_ended_job_is_not_run_again(job: Any) -> None:
    for _ in range(2):
        run_job(job_id=job.pk, body=act_and_end)
    assert effects() == 1


def test_a_cancelled_job_keeps_that_word(job: Any) -> None:
    def asked_to_stop(taken: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
        cancel_job(job_id=taken.pk, acting_user=taken.started_by)
        progress(1, 2)
        return {}

    assert run_job(job_id=job.pk, body=asked_to_stop).state == "cancelled"


def test_jobs_given_up_are_told_unless_they_ended(job: Any, make_user: Any) -> None:
    done = start_job(kind="toys.write", arguments={}, unit_path="/", acting_user=job.started_by)
    run_job(job_id=done.pk, body=act_and_end)
    assert end_lost_jobs(job_ids=[job.pk, done.pk]) == 1
    job.refresh_from_db()
    done.refresh_from_db()
    assert (job.state, job.problem["code"], done.state) == ("failed", "JOB_DIED", "succeeded")
    assert job.finished_at is not None


def test_the_commit_decides_when_its_answer_is_lost(job: Any) -> None:
    """The effects were committed but the worker never heard: the second run finds the job ended."""
    with pytest.raises(DatabaseError):
        run_job(job_id=job.pk, body=_commit_then_lose)
    assert run_job(job_id=job.pk, body=act_and_end).state == "succeeded"
    assert effects() == 1


def _commit_then_lose(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
    act_and_end(job, progress)
    raise OperationalError("server closed the connection unexpectedly")
