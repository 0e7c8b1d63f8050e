"""How one job is run: in its city's schema, under its city's role, and apart when an earlier run brought a worker down."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections, connection
from django_tenants.utils import schema_context
from procrastinate.contrib.django import app

from tenants.registry.models import City
from wangge.kernel.context import request_id
from wangge.kernel.database.current import city_connection
from wangge.kernel.faults import is_lost_connection

log = logging.getLogger(__name__)

SUSPENDED_FOR_S = 300
UNREACHABLE_FOR_S = 5
# Exit codes of a job that ran in a process of its own; any other, or a signal, means that the process died.
_DONE, _FAILED, _DATABASE_LOST, _PUT_OFF = 0, 65, 75, 76


class PutOff(Exception):
    """The job was not begun and is to be tried later; it does not count as an attempt."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"put off for {seconds} s")
        self.seconds = seconds


class CityGone(Exception):
    """The job names a city that does not exist, or does not any more."""


class DatabaseLost(Exception):
    """The database went away under the job: its open transaction is undone and the job is run again."""


class JobProcessDied(Exception):
    """The process that ran the job apart ended without a word, for example for want of memory."""


class JobFailedApart(Exception):
    """The job failed in the process that ran it apart, which has logged why."""


def in_city(call_next: Callable[[], Any], context: Any, worker: Any, *, apart_after: int = 1) -> Any:
    """Run one job in the city its arguments name; jobs of the installation itself run in public.

    A job that was running when its worker died (`apart_after` times) runs in a process of its own from then on: should
    it bring that down too, the jobs beside it live on.
    """
    job = context.job
    token = request_id.set(f"job-{job.id}")
    try:
        if job.attempts >= apart_after and not context.task.pass_context:
            return _run_apart(job.id)
        return run_here(call_next, job.task_kwargs.get("city"), job.queue)
    finally:
        request_id.reset(token)


def run_here(call: Callable[[], Any], schema: str | None, queue: str) -> Any:
    """Call it in the city's schema and role, on a connection of its own."""
    close_old_connections()
    try:
        city_connection().set_schema_to_public()
        if schema is None:
            return call()
        _check_city(schema, queue)
        with schema_context(schema):
            return call()
    except Exception as error:
        if is_lost_connection(error):
            raise DatabaseLost from error
        raise
    finally:
        close_old_connections()


def _check_city(schema: str, queue: str) -> None:
    """Raise CityGone, or PutOff while the city is suspended; what the installation does for it goes on."""
    try:
        found = City.objects.filter(schema_name=schema).values_list("suspended_at").first()
    except Exception as error:
        if is_lost_connection(error):
            raise PutOff(UNREACHABLE_FOR_S) from error
        raise
    if found is None:
        raise CityGone(schema)
    if found[0] is not None and queue == "default":
        raise PutOff(SUSPENDED_FOR_S)


def _run_apart(job_id: int) -> None:
    command = [sys.executable, *sys.orig_argv[1:], "--job", str(job_id)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        code = process.wait()
    if code == _DONE:
        return
    if code == _DATABASE_LOST:
        raise DatabaseLost
    if code == _PUT_OFF:
        raise PutOff(UNREACHABLE_FOR_S)
    if code == _FAILED:
        raise JobFailedApart
    raise JobProcessDied(f"exit code {code}")


def run_one_job(job_id: int) -> int:
    """Run one job that a worker has taken, as that worker's child; returns the exit code that tells how it went."""
    _end_with_parent()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, args::text, queue_name FROM procrastinate_jobs WHERE id = %s AND status = 'doing'",
            [job_id],
        )
        name, text, queue = cursor.fetchone()
    arguments: dict[str, Any] = json.loads(text)
    token = request_id.set(f"job-{job_id}")
    try:
        run_here(lambda: app.tasks[name].func(**arguments), arguments.get("city"), queue)
    except DatabaseLost:
        return _DATABASE_LOST
    except PutOff:
        return _PUT_OFF
    except Exception:
        log.exception("job %s (%s) failed", job_id, name)
        return _FAILED
    finally:
        request_id.reset(token)
    return _DONE


def _end_with_parent() -> None:
    """End this process when the worker that started it has ended, by whatever death."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)

    def wait() -> None:
        sys.stdin.read()
        os._exit(_FAILED)

    threading.Thread(target=wait, daemon=True).start()
