"""The job queue in public: who may enqueue and who may work, and enqueueing in the caller's own transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.db import DatabaseError, connection, transaction
from psycopg import sql

from tenants.registry.services.queue_guard import QUOTA_REACHED, guard_statements
from tenants.registry.services.statements import login, run_statements
from wangge.errors import RuleBroken

DEFAULT_QUEUE = "default"
OPERATOR_QUEUE = "operator"

_DEFERRING = "procrastinate_defer_jobs_v1"


def grant_queue() -> None:
    """Let cities enqueue jobs for themselves and the two workers work them off; install the guard.

    Cities may enqueue, no more: who could claim a regular job's turn would keep it from running anywhere.
    """
    workers = sql.SQL(", ").join([login("worker"), login("operator")])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.oid::regprocedure::text, p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = 'public' AND p.proname LIKE 'procrastinate%%'"
        )
        functions = cursor.fetchall()
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname='public' AND tablename LIKE 'procrastinate%%'"
        )
        tables = [sql.Identifier("public", row[0]) for row in cursor.fetchall()]
    run_statements(guard_statements())
    revoke = sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC, {}, {}")
    grant = sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}")
    for signature, name in functions:
        function = sql.SQL(signature)
        run_statements(
            [revoke.format(function, login("cities"), login("web")), grant.format(function, workers)]
        )
        if name == _DEFERRING:
            definer = sql.SQL("ALTER FUNCTION {} SECURITY DEFINER SET search_path = public, pg_temp")
            run_statements([definer.format(function), grant.format(function, login("cities"))])
    for table in tables:
        run_statements([sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(table, workers)])
    run_statements([sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(workers)])


_ENQUEUE = """
SELECT unnest(public.procrastinate_defer_jobs_v1(ARRAY[
    ROW(%s, %s, 0, NULL, %s, %s::jsonb, NULL)::public.procrastinate_job_to_defer_v1]))"""


def enqueue(
    *,
    task: str,
    arguments: Mapping[str, object],
    queue: str = DEFAULT_QUEUE,
    queueing_lock: str | None = None,
) -> int:
    """Enqueue a task on this very connection, so that the job comes and goes with the caller's transaction.

    A task of a city names it in `arguments["city"]`, and the caller stands in that city or is the operator. Returns
    the queue's own number of the job. Raises 409 JOB_QUOTA when the city has as many waiting jobs as it may.
    """
    values = [queue, task, queueing_lock, json.dumps(dict(arguments))]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_ENQUEUE, values)
            return int(cursor.fetchone()[0])
    except DatabaseError as error:
        if (reached := _quota_reached(error)) is not None:
            raise reached from error
        raise


def _quota_reached(error: DatabaseError) -> RuleBroken | None:
    cause = error.__cause__
    if getattr(cause, "sqlstate", None) != QUOTA_REACHED:
        return None
    quota = int(getattr(cause, "diag").message_detail)  # noqa: B009  (psycopg's, behind Django's)
    return RuleBroken(
        "JOB_QUOTA",
        zh=f"已有 {quota} 个任务在等待，达到本市上限",
        en=f"{quota} jobs are waiting already, as many as this city may have",
        status=409,
        facts={"quota": quota},
        how_to_fix_zh="等待已有任务完成，或取消不需要的任务；上限由平台运维调整",
        how_to_fix_en="wait until some have ended, or cancel those not needed; the operator sets the limit",
    )


def release_jobs(schema_name: str) -> int:
    """Let a resumed city's jobs go at once instead of when they were put off to; returns their number."""
    return _execute(
        "UPDATE public.procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND args->>'city' = %s",
        schema_name,
    )


def drop_jobs(schema_name: str) -> int:
    """Forget the city's jobs that wait or have ended, as it is dropped or restored: their ids mean other rows then.

    Returns their number. Jobs that run, and the operator's, stay.
    """
    return _execute(
        "DELETE FROM public.procrastinate_jobs WHERE status <> 'doing' AND args->>'city' = %s"
        " AND queue_name <> 'operator'",
        schema_name,
    )


def running_jobs(schema_name: str) -> int:
    """How many jobs of the city's own queues run now, to be waited for before its data is moved or dropped."""
    return _execute(
        "SELECT FROM public.procrastinate_jobs WHERE status = 'doing' AND args->>'city' = %s"
        " AND queue_name <> 'operator'",
        schema_name,
    )


def _execute(statement: str, schema_name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [schema_name])
        return int(cursor.rowcount)
