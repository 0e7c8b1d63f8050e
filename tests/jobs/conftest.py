"""Real workers that know toy tasks, and a queue to fill and to look into."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from tests.waiting import PATIENCE_S, wait_for

ENTRY = Path(__file__).with_name("toy_worker.py")
QUICK = {"WANGGE_HEARTBEAT_S": "0.3", "WANGGE_RESCUE_AFTER_S": "2", "WANGGE_STOP_WITHIN_S": "2"}


@pytest.fixture(scope="session")
def toys() -> Any:
    """The toy tasks, known to this process too, so that they may be enqueued."""
    spec = importlib.util.spec_from_file_location("toy_worker", ENTRY)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Workers:
    """Worker processes of one test."""

    def __init__(self, environment: Callable[[str], dict[str, str]], folder: Path) -> None:
        self._environment = environment
        self._folder = folder
        self._processes: list[subprocess.Popen[str]] = []
        self._nursery: subprocess.Popen[str] | None = None
        self._born: list[int] = []
        self.settings: dict[str, str] = {}

    def _command(self, *arguments: str, login: str = "worker", **options: Any) -> subprocess.Popen[str]:
        environment = self._environment(login) | QUICK | self.settings
        with (self._folder / "worker.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, str(ENTRY), *arguments], env=environment, stderr=log, text=True, **options
            )

    def start(self, login: str = "worker") -> subprocess.Popen[str]:
        """A worker process of its own."""
        process = self._command(login=login)
        self._processes.append(process)
        return process

    def beget(self) -> int:
        """A worker out of the nursery, at work at once; returns its process id."""
        if self._nursery is None:
            self._nursery = self._command("--nursery", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._nursery.stdin is not None and self._nursery.stdout is not None
        self._nursery.stdin.write("\n")
        self._nursery.stdin.flush()
        self._born.append(int(self._nursery.stdout.readline()))
        return self._born[-1]

    def kill(self, pid: int) -> None:
        """Without warning."""
        self._born.remove(pid)
        os.kill(pid, signal.SIGKILL)

    def end(self) -> None:
        """End all that still run."""
        for pid in self._born:
            os.kill(pid, signal.SIGKILL)
        for process in [*self._processes, *([self._nursery] if self._nursery else [])]:
            process.kill()
            process.wait()

    @property
    def log(self) -> str:
        """What they wrote."""
        return (self._folder / "worker.log").read_text()


@pytest.fixture
def workers(process_environment: Callable[[str], dict[str, str]], tmp_path: Path) -> Iterator[Workers]:
    """Workers on the database that the test stands in; ended after it."""
    made = Workers(process_environment, tmp_path)
    yield made
    made.end()


class Queue:
    """The queue as the installation sees it, and jobs put into it as a city does."""

    def give(self, city: Any, kind: str, **arguments: Any) -> Any:
        """Start a toy job as the city's administrator; returns its record."""
        from tenants.accounts.models import User
        from tenants.bureau.services.jobs import start_job

        with schema_context(city.schema_name):
            user = User.objects.get(username="root")
            return start_job(kind=f"toys.{kind}", arguments=arguments, unit_path="/", acting_user=user)

    def job(self, city: Any, job: Any) -> Any:
        """The record as it is now."""
        from tenants.bureau.models import BackgroundJob

        with schema_context(city.schema_name):
            return BackgroundJob.objects.get(pk=job.pk)

    def ended(self, city: Any, job: Any, within_s: float = PATIENCE_S) -> Any:
        """The record, once the job has ended."""

        def seen() -> Any:
            now = self.job(city, job)
            return now if now.state not in ("waiting", "running") else None

        return wait_for(seen, f"the end of {job.kind} {job.pk}", within_s)

    until = staticmethod(wait_for)

    def ask(self, query: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """Rows of a query in public."""
        connection.set_schema_to_public()
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def waiting(self) -> int:
        """How many city jobs have not ended."""
        query = (
            "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND args ? 'job_id'"
        )
        return int(self.ask(query)[0][0])

    def effects(self, city: Any) -> dict[str, list[int]]:
        """For each table, the job numbers whose effects stand in it, as often as they do."""
        from tenants.accounts.models import AuditEvent
        from tenants.bureau.models import OutboxMessage

        with schema_context(city.schema_name):
            audit = AuditEvent.objects.filter(action="toy.written").values_list("subject_id", flat=True)
            outbox = OutboxMessage.objects.filter(template="toy").values_list("facts__job", flat=True)
            return {"audit": sorted(map(int, audit)), "outbox": sorted(map(int, outbox))}


@pytest.fixture
def queue(toys: Any) -> Queue:
    """The job queue, filled and read by the test."""
    return Queue()


@pytest.fixture(scope="module")
def private_cluster(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """A PostgreSQL of the test's own, in which Django, servers and workers of the test stand."""
    if importlib.util.find_spec("resource") is None or (os.getuid() == 0 and not shutil.which("runuser")):
        pytest.skip("PostgreSQL does not run as root, and there is no runuser to be somebody else with")
    from .private_cluster import PrivateCluster

    with django_db_blocker.unblock():
        cluster = PrivateCluster()
        try:
            yield cluster
        finally:
            cluster.remove()
