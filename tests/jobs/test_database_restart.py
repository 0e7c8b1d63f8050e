"""The database is cut off in the middle of jobs and requests, as by a power cut, and comes back: so does everything."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from django.db import OperationalError

DOING = """
SELECT count(*) FROM procrastinate_jobs
WHERE status = 'doing' AND args ->> 'job_id' = %s AND args ->> 'city' = %s"""
# The last job of each round pauses three times for so long: the cut, at most 0.3 s later, meets it at work.
LONG_S = 0.8


def cities() -> list[Any]:
    from tenants.registry.models import City

    return list(City.objects.order_by("slug"))


def restart_at_random(
    cluster: Any, queue: Any, workers: Any, *, restarts: int, seed: int
) -> dict[str, list[Any]]:
    """Jobs are given and the server is cut off, again and again, under one worker. Returns the jobs by city."""
    chance = random.Random(seed)
    workers.settings |= {
        "WANGGE_JOB_DEATHS": "1000",
        "WANGGE_JOB_APART_AFTER": "1000",
        "WANGGE_RESCUE_AFTER_S": "1.5",
    }
    towns = cities()
    given: dict[str, list[Any]] = {city.slug: [] for city in towns}
    workers.beget()
    for _ in range(restarts):
        for pause_s in [*(chance.uniform(0.02, 0.15) for _ in range(9)), LONG_S]:
            city = chance.choice(towns)
            job = queue.give(city, "write", pause_s=pause_s)
            given[city.slug].append(job)
        last = [str(job.pk), city.schema_name]
        queue.until(lambda last=last: queue.ask(DOING, last)[0][0] > 0, "the last job at work")
        time.sleep(chance.uniform(0, 0.3))
        cluster.restart(chance.choice(["immediate", "immediate", "fast"]))
    queue.until(lambda: queue.waiting() == 0, "the end of every job", 120)
    return given


def check_once(queue: Any, given: dict[str, list[Any]]) -> None:
    for city in cities():
        wanted = sorted(job.pk for job in given[city.slug])
        for table, found in queue.effects(city).items():
            assert [number for number in found if number in set(wanted)] == wanted, table
        assert {queue.job(city, job).state for job in given[city.slug]} <= {"succeeded"}


def test_a_worker_outlasts_restarts_and_every_effect_stands_once(
    private_cluster: Any, queue: Any, workers: Any
) -> None:
    given = restart_at_random(private_cluster, queue, workers, restarts=2, seed=20260302)
    check_once(queue, given)
    struck = "SELECT count(*) FROM procrastinate_jobs WHERE attempts > 1"
    assert queue.ask(struck)[0][0] > 0  # the cuts struck jobs, or nothing was tested


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_worker_outlasts_many_restarts(private_cluster: Any, queue: Any, workers: Any, seed: int) -> None:
    given = restart_at_random(private_cluster, queue, workers, restarts=30, seed=seed)
    check_once(queue, given)


@contextmanager
def serving(environment: dict[str, str], log: Path) -> Iterator[str]:
    """A real server of the web login at which the first city answers."""
    import socket

    from tenants.registry.models import Domain

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    Domain.objects.create(tenant=cities()[0], domain=f"127.0.0.1:{port}", is_primary=False)
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1",
               "--blocking-threads", "2", "wangge.shell.wsgi:application"]  # fmt: skip
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def ask(address: str, secret: str) -> tuple[int, Any]:
    """Status and document of a request that reads the database."""
    request = Request(f"{address}/api/v1/org-units", headers={"Authorization": f"Bearer {secret}"})
    try:
        with urlopen(request, timeout=40) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        return refused.code, json.load(refused)
    except URLError:
        return 0, {}


def token() -> str:
    """An access token of the first city's administrator."""
    from django.utils import timezone
    from django_tenants.utils import schema_context

    from tenants.accounts.models import User
    from tenants.accounts.services import issue_token

    with schema_context(cities()[0].schema_name):
        root = User.objects.get(username="root")
        return str(issue_token(acting_user=root, name="test", now=timezone.now())[1])


def test_a_server_says_that_the_database_is_away_and_then_goes_on(
    private_cluster: Any, queue: Any, process_environment: Any, tmp_path: Path
) -> None:
    log, secret = tmp_path / "server.log", token()
    with serving(process_environment("web"), log) as address:
        queue.until(lambda: ask(address, secret)[0] == 200, "the server's first answer")
        private_cluster.stop()
        with pytest.raises(OperationalError):
            cities()
        status, document = ask(address, secret)
        assert (status, document["code"]) == (503, "DATABASE_AWAY")
        assert document["message"]["zh"] and document["how_to_fix"]["en"] and document["request_id"]
        private_cluster.start()
        answers = [ask(address, secret)[0] for _ in range(4)]
        assert answers in ([200] * 4, [503, 200, 200, 200])
