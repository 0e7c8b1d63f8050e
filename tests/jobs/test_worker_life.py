"""Workers meet jobs that kill, vanish or wait, and a signal to stop: whatever comes, nobody else's job suffers."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tenants.registry.services.queue import enqueue, release_jobs

STATUS = "SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s"


def settle() -> None:
    """What the timetable does every 20 seconds."""
    from wangge.shell.periodic import settle_failed

    connection.set_schema_to_public()
    settle_failed(timestamp=0)
    connection.set_schema_to_public()


def test_a_job_that_kills_its_worker_is_given_up_and_the_jobs_beside_it_are_not(
    committed_database: str, alpha: Any, beta: Any, queue: Any, workers: Any, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    killer = queue.give(alpha, "kill_process", notes=str(notes), after_s=1)
    beside = [queue.give(beta, "linger", seconds=1.5) for _ in range(2)]
    first = workers.start()
    assert first.wait(60) == -signal.SIGKILL  # once it takes the worker down, with all that runs there
    second = workers.start()
    for job in beside:
        done = queue.ended(beta, job)
        assert (done.state, done.attempts) == ("succeeded", 2)
    queue.until(lambda: len(notes.read_text().split()) == 3, "the third death")
    after = queue.give(beta, "write")
    assert queue.ended(beta, after).state == "succeeded"
    by_job = "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'toys.kill_process'"
    queue.until(lambda: queue.ask(by_job) == [("failed",)], "the queue giving up")
    settle()
    ended = queue.job(alpha, killer)
    assert (ended.state, ended.problem["code"], ended.attempts) == ("failed", "JOB_DIED", 3)
    assert ended.problem["message"]["zh"] and ended.problem["how_to_fix"]["en"]
    assert len(set(notes.read_text().split())) == 3
    assert second.poll() is None


def test_a_city_that_cannot_be_told_of_its_job_does_not_keep_the_others(
    committed_database: str, alpha: Any, beta: Any, queue: Any, caplog: Any
) -> None:
    untold, told = queue.give(alpha, "write"), queue.give(beta, "write")
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
        cursor.execute("REVOKE UPDATE ON city_alpha.bureau_backgroundjob FROM wanggetest_city_alpha")
    settle()
    assert queue.job(beta, told).problem["code"] == "JOB_DIED"
    assert queue.job(alpha, untold).state == "waiting"
    assert "city_alpha was not told" in caplog.text
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("GRANT UPDATE ON city_alpha.bureau_backgroundjob TO wanggetest_city_alpha")
    settle()
    assert queue.job(alpha, untold).problem["code"] == "JOB_DIED"


def test_a_lost_connection_is_no_fault_of_the_job(
    committed_database: str, alpha: Any, queue: Any, workers: Any
) -> None:
    job = queue.give(alpha, "end_backend")
    workers.settings["WANGGE_JOB_APART_AFTER"] = "100"
    workers.start()
    done = queue.ended(alpha, job)
    assert (done.state, done.attempts) == ("succeeded", 2)
    assert queue.effects(alpha)["audit"] == [job.pk]


def test_jobs_of_unknown_tasks_and_vanished_cities_end(
    committed_database: str, alpha: Any, beta: Any, queue: Any, workers: Any, tmp_path: Path
) -> None:
    unknown = queue.give(alpha, "write")
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET task_name = 'toys.of_yesterday'")
    orphan = enqueue(
        task="toys.make_directory", arguments={"city": beta.schema_name, "path": str(tmp_path / "made")}
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET args = jsonb_set(args, '{city}', '\"city_gone\"') WHERE id = %s",
            [orphan],
        )
    workers.start()
    queue.until(lambda: queue.ask(STATUS, [orphan])[0][0] == "failed", "the orphan's end")
    assert not (tmp_path / "made").exists()
    later = queue.give(beta, "write")
    assert queue.ended(beta, later).state == "succeeded"
    settle()
    assert queue.job(alpha, unknown).problem["code"] == "JOB_DIED"
    assert "city_gone" in workers.log


def test_a_suspended_citys_jobs_wait_uncounted(
    committed_database: str, alpha: Any, beta: Any, queue: Any, workers: Any
) -> None:
    alpha.suspended_at = timezone.now()
    alpha.save(update_fields=["suspended_at"])
    held = [queue.give(alpha, "write") for _ in range(3)]
    free = queue.give(beta, "write")
    workers.start()
    assert queue.ended(beta, free).state == "succeeded"
    put_off = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at > now() + interval '4 min'"
    queue.until(lambda: queue.ask(put_off) == [(2,)], "one job of each slot being put off")
    assert {queue.job(alpha, job).state for job in held} == {"waiting"}
    alpha.suspended_at = None
    alpha.save(update_fields=["suspended_at"])
    # Rounds of the timetable that pass over no suspended city may wait here too, and are let go with the rest.
    assert release_jobs(alpha.schema_name) >= len(held)
    assert queue.ask(put_off) == [(0,)]
    assert {queue.ended(alpha, job).state for job in held} == {"succeeded"}
    assert queue.ask("SELECT max(attempts) FROM procrastinate_jobs WHERE task_name = 'toys.write'") == [(1,)]


def test_a_worker_told_to_stop_leaves_within_its_time_and_the_next_goes_on(
    committed_database: str, alpha: Any, beta: Any, queue: Any, workers: Any
) -> None:
    long, short = queue.give(alpha, "linger", seconds=6), queue.give(beta, "linger", seconds=1)
    first = workers.start()
    queue.until(lambda: queue.job(beta, short).state == "running", "the jobs' begin")
    first.send_signal(signal.SIGTERM)
    assert first.wait(15) == 0
    assert queue.job(beta, short).state == "succeeded"  # it had the time
    assert queue.ask("SELECT status::text, attempts FROM procrastinate_jobs ORDER BY id")[0] == ("todo", 0)
    assert queue.ask("SELECT count(*) FROM procrastinate_workers") == [(0,)]
    workers.start()
    done = queue.ended(alpha, long)
    assert (done.state, done.attempts) == ("succeeded", 2)


@pytest.mark.parametrize(("login", "worked"), [("worker", "default"), ("operator", "operator")])
def test_each_login_works_its_own_queues(
    committed_database: str,
    alpha: Any,
    toys: Any,
    queue: Any,
    workers: Any,
    tmp_path: Path,
    login: str,
    worked: str,
) -> None:
    connection.set_schema_to_public()
    made = {name: tmp_path / name for name in ("default", "operator")}
    ids = {
        name: enqueue(
            task="toys.make_directory", arguments={"city": alpha.schema_name, "path": str(path)}, queue=name
        )
        for name, path in made.items()
    }
    workers.start(login)
    queue.until(lambda: queue.ask(STATUS, [ids[worked]]) == [], f"the job of queue {worked}")
    (other,) = set(made) - {worked}
    assert queue.ask(STATUS, [ids[other]]) == [("todo", 0)]
    assert made[worked].exists() and not made[other].exists()


def test_a_regular_job_runs_in_every_city_and_leaves_no_row(
    committed_database: str, alpha: Any, beta: Any, queue: Any, workers: Any
) -> None:
    from django_tenants.utils import schema_context

    from tenants.accounts.models import AuditEvent
    from wangge.shell.periodic import fan_out

    connection.set_schema_to_public()
    assert fan_out("toys.every_city") == 2
    workers.start()
    left = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'toys.every_city'"
    queue.until(lambda: queue.ask(left) == [(0,)], "the round")
    for city in (alpha, beta):
        with schema_context(city.schema_name):
            assert AuditEvent.objects.filter(action="toy.round").count() == 1


def test_an_operation_that_the_queue_gave_up_is_told(alpha: Any, toys: Any) -> None:
    from tenants.registry.models import CityOperation
    from wangge.shell.periodic import settle_operations

    given_up, waiting = (CityOperation.objects.create(kind="backup", city_slug=alpha.slug) for _ in range(2))
    for operation in (given_up, waiting):
        enqueue(task="registry.backup", arguments={"operation_id": operation.pk}, queue="operator")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'failed' WHERE (args->>'operation_id')::bigint = %s",
            [given_up.pk],
        )
    settle_operations(timestamp=0)
    states = dict(CityOperation.objects.values_list("pk", "state"))
    assert states == {given_up.pk: "failed", waiting.pk: "waiting"}
