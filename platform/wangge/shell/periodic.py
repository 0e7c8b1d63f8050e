"""What every city does regularly, and what the installation does for itself.

A line in `EVERY_CITY` lets a task `name(city: str) -> None` of any floor run in every city by its cron line; a line in
`INSTALLATION` or `OPERATOR` lets a task `name() -> None` run in public, by the worker's or the operator's login.

Cron lines are read in UTC whatever the machine's clock says: 18 o'clock is 2 in the morning in China.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django_tenants.utils import schema_context
from procrastinate import Blueprint
from procrastinate.contrib.django import app

from tenants.bureau.services.jobs import end_lost_jobs
from tenants.registry.services.operations import end_lost_operations
from tenants.registry.services.queue import OPERATOR_QUEUE, enqueue
from wangge.kernel.faults import is_lost_connection

log = logging.getLogger(__name__)

SYSTEM_QUEUE = "system"


@dataclass(frozen=True, slots=True)
class CityTask:
    """A task that runs in every city when the cron line says so; in suspended cities only where told."""

    name: str
    cron: str
    suspended_too: bool = False


EVERY_CITY = (
    CityTask("accounts.seal_audit", "* * * * *", suspended_too=True),
    CityTask("bureau.deliver_outbox", "* * * * *"),
    CityTask("accounts.keep_house", "17 19 * * *", suspended_too=True),
    CityTask("units.tell_of_acting_ends", "23 23 * * *"),
    CityTask("people.keep_register", "7 20 * * *", suspended_too=True),
    CityTask("interest.resend_issues", "53 * * * *"),
    CityTask("interest.erase_visits", "37 19 * * *", suspended_too=True),
    CityTask("interest.erase_past_people", "43 19 * * *", suspended_too=True),
    CityTask("interest.begin_and_end_posts", "13 16 * * *"),
    CityTask("interest.let_silent_sleep", "43 18 * * *"),
    CityTask("interest.keep_activities", "23 * * * *"),
    CityTask("wellness.keep_house", "37 20 * * *", suspended_too=True),
    CityTask("wellness.publish_totals", "52 20 * * *"),
)


@dataclass(frozen=True, slots=True)
class PublicTask:
    """A task that runs in public when the cron line says so."""

    name: str
    cron: str


INSTALLATION = (PublicTask("registry.keep_audit_heads", "*/10 * * * *"),)
OPERATOR = (
    PublicTask("registry.seal_public_audit", "* * * * *"),
    PublicTask("registry.backup_all", "11 18 * * *"),
    PublicTask("registry.drop_due", "41 * * * *"),
    PublicTask("accounts.keep_public_house", "27 19 * * *"),
)

# The worker's login may insert into the queue itself, so that one statement serves 300 cities; a city whose last
# round still waits is passed over by the unique index of queueing locks.
_FAN_OUT = """
INSERT INTO public.procrastinate_jobs (queue_name, task_name, queueing_lock, args)
SELECT %s, %s, %s || ':' || city.schema_name, jsonb_build_object('city', city.schema_name)
FROM public.registry_city city WHERE %s OR city.suspended_at IS NULL ORDER BY city.id
ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING"""


def fan_out(task: str, *, suspended_too: bool = False) -> int:
    """Enqueue the task once for every city that does not wait for it already; how many were enqueued.

    Call it in public, signed in as worker or operator. Several workers may do so at the same moment.
    """
    if task not in app.tasks:
        log.error("no task is called %s: nothing was enqueued", task)
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FAN_OUT, [SYSTEM_QUEUE, task, task, suspended_too])
        return int(cursor.rowcount)


def enqueue_once(task: str, queue: str) -> None:
    """Enqueue a task of the installation unless it waits already."""
    if task not in app.tasks:
        log.error("no task is called %s: nothing was enqueued", task)
        return
    with suppress(IntegrityError), transaction.atomic():
        enqueue(task=task, arguments={}, queue=queue, queueing_lock=task)


# Regular jobs are enqueued on the worker's own connections, which outlast a restart of the database.
regular, operator_regular = Blueprint(), Blueprint()


@regular.task(name="shell.fan_out", queue=SYSTEM_QUEUE)
def fan_out_task(timestamp: int, task: str, suspended_too: bool) -> None:
    """Enqueue one round of a task over all cities."""
    fan_out(task, suspended_too=suspended_too)


@regular.task(name="shell.enqueue", queue=SYSTEM_QUEUE)
def enqueue_task(timestamp: int, task: str) -> None:
    """Enqueue a task of the installation."""
    enqueue_once(task, SYSTEM_QUEUE)


@operator_regular.task(name="shell.enqueue_for_operator", queue=OPERATOR_QUEUE)
def enqueue_for_operator(timestamp: int, task: str) -> None:
    """Enqueue a task of the installation that needs the operator's login."""
    enqueue_once(task, OPERATOR_QUEUE)


def _every(blueprint: Blueprint, task: Any, line: CityTask | PublicTask, **arguments: Any) -> None:
    blueprint.periodic(
        cron=line.cron,
        periodic_id=line.name,
        queue=task.queue,
        queueing_lock=f"{task.name}:{line.name}",
        task_kwargs={"task": line.name, **arguments},
    )(task)


for _city in EVERY_CITY:
    _every(regular, fan_out_task, _city, suspended_too=_city.suspended_too)
for _line in INSTALLATION:
    _every(regular, enqueue_task, _line)
for _line in OPERATOR:
    _every(operator_regular, enqueue_for_operator, _line)


# A job that the queue has given up ended before its own record could be written; the city's people are told.
_GIVEN_UP = """
SELECT job.args->>'city', array_agg((job.args->>'job_id')::bigint) FROM public.procrastinate_jobs job
JOIN public.registry_city city ON city.schema_name = job.args->>'city'
WHERE job.status = 'failed' AND job.args ? 'job_id' AND EXISTS (
    SELECT FROM public.procrastinate_events event WHERE event.job_id = job.id AND event.at > now() - interval '1 hour')
GROUP BY 1 ORDER BY 1"""


@regular.periodic(cron="* * * * * */20", queueing_lock="settle_failed")
@regular.task(name="shell.settle_failed", queue=SYSTEM_QUEUE)
def settle_failed(timestamp: int) -> None:
    """Tell each city which of its jobs the queue has given up; one that cannot be told does not keep the others."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN_UP)
        given_up = cursor.fetchall()
    for schema, job_ids in given_up:
        try:
            with schema_context(schema):
                end_lost_jobs(job_ids=job_ids)
        except Exception as error:
            if is_lost_connection(error):  # the next city would fare no better; this task is run again
                raise
            log.exception("city %s was not told of its jobs that were given up", schema)


_OPERATIONS_GIVEN_UP = """
SELECT (args->>'operation_id')::bigint FROM public.procrastinate_jobs
WHERE status = 'failed' AND queue_name = 'operator' AND args ? 'operation_id'"""


@operator_regular.periodic(cron="* * * * * */20", queueing_lock="settle_operations")
@operator_regular.task(name="shell.settle_operations", queue=OPERATOR_QUEUE)
def settle_operations(timestamp: int) -> None:
    """Tell the operators which of their operations the queue has given up."""
    with connection.cursor() as cursor:
        cursor.execute(_OPERATIONS_GIVEN_UP)
        given_up = [row[0] for row in cursor.fetchall()]
    end_lost_operations(operation_ids=given_up)


# Events go with their jobs. What went wrong is kept longer than what went well.
_FORGET = """
DELETE FROM public.procrastinate_jobs job
WHERE job.status NOT IN ('todo', 'doing') AND NOT EXISTS (
    SELECT FROM public.procrastinate_events event WHERE event.job_id = job.id
    AND event.at > now() - CASE job.status WHEN 'succeeded' THEN interval '7 days' ELSE interval '90 days' END)"""


@regular.periodic(cron="47 19 * * *", queueing_lock="forget_ended")
@regular.task(name="shell.forget_ended", queue=SYSTEM_QUEUE)
def forget_ended(timestamp: int) -> None:
    """Delete the queue's rows of jobs that ended long ago; the cities keep their own record of them."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
