"""A worker that also knows toy tasks, run as a script; with `--nursery` it forks workers on demand, ready at once.

The nursery reads lines: each begets one worker and is answered by its process id.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from procrastinate.contrib.django import app  # noqa: E402

from tenants.accounts.models import User  # noqa: E402
from tenants.accounts.services import record_audit  # noqa: E402
from tenants.bureau.services.jobs import JobProgress, run_job  # noqa: E402
from tenants.bureau.services.outbox import queue_message  # noqa: E402
from wangge.shell import worker as shift  # noqa: E402

# A job that waits again is seen by polling; the five seconds between two looks would be most of these tests' time.
shift.Worker = partial(shift.Worker, fetch_job_polling_interval=0.5)  # type: ignore[assignment,misc]


def write_rows(job: Any, progress: JobProgress) -> Mapping[str, Any]:
    """Rows of two tables and the job's end in one transaction, with a pause at every point where death may strike."""
    pause = float(job.arguments.get("pause_s", 0.0))
    progress(0, 1, "before")
    time.sleep(pause)
    with transaction.atomic():
        record_audit(acting_user=None, action="toy.written", subject=("toy", job.pk))
        queue_message(
            channel="in_app", recipient="accounts.user:1", template="toy", facts={"job": job.pk},
            dedup_key=f"toy-{job.pk}-{uuid.uuid4()}",
        )  # fmt: skip
        time.sleep(pause)
        progress.succeed({"rows": 2})
    time.sleep(pause)
    return {"rows": 2}


def linger(job: Any, progress: JobProgress) -> Mapping[str, Any]:
    """Run for `seconds`, saying so."""
    until = time.monotonic() + float(job.arguments["seconds"])
    while time.monotonic() < until:
        progress(0, 1, "lingering")
        time.sleep(0.1)
    return {}


def kill_process(job: Any, progress: JobProgress) -> Mapping[str, Any]:
    """Bring the process down, as a segfault or a lack of memory would; note every time in the file `notes`."""
    with Path(job.arguments["notes"]).open("a") as notes:
        notes.write(f"{os.getpid()}\n")
    time.sleep(float(job.arguments.get("after_s", 0.0)))
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def end_backend(job: Any, progress: JobProgress) -> Mapping[str, Any]:
    """Lose the database connection amid a transaction, the first time only."""
    with transaction.atomic():
        record_audit(acting_user=None, action="toy.written", subject=("toy", job.pk))
        if job.attempts == 1:
            connection.connection.pgconn.finish()
        progress.succeed({})
    return {}


BODIES = {"write": write_rows, "linger": linger, "kill_process": kill_process, "end_backend": end_backend}


def _register(kind: str) -> None:
    @app.task(name=f"toys.{kind}")
    def task(city: str, job_id: int) -> None:
        run_job(job_id=job_id, body=BODIES[kind])


for _kind in BODIES:
    _register(_kind)


@app.task(name="toys.every_city")
def every_city(city: str) -> None:
    """A regular job of every city: notes its city by an audit row."""
    record_audit(acting_user=None, action="toy.round", subject=("toy", city))


@app.task(name="toys.make_directory")
def no_record(city: str, path: str) -> None:
    """A job without a record of its own."""
    Path(path).mkdir(exist_ok=True)


def _nursery() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    User.objects.none()
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(0)
            os.open(os.devnull, os.O_RDONLY)
            call_command("run_worker")
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if "--job" in sys.argv:
        call_command("run_worker", job=int(sys.argv[sys.argv.index("--job") + 1]))
    elif "--nursery" in sys.argv:
        _nursery()
    else:
        assert settings.WANGGE_LOGIN != "admin"
        call_command("run_worker")
