"""What the database itself holds every city to when it enqueues a job."""

from __future__ import annotations

from django.conf import settings
from psycopg import sql

# SQLSTATE of a city whose quota of waiting jobs is full; the detail is the quota.
QUOTA_REACHED = "WGJ01"
LONGEST_ARGUMENTS = 8192

# Runs before every insert, as the owner, because a city may read neither the registry nor the queue. Who acts is the
# role that was switched to, or else the login; inside a definer's function both stay what they were outside.
# A job of queue `default` gets the least loaded of its city's slots as its lock: procrastinate runs one job of a lock at
# a time, so a city never runs more than `job_slots`. Regular jobs (queue `system`) have one slot of their own, so that a
# city whose slots are full is still sealed and swept. Two inserts at the same moment may choose the same slot: harmless.
_GUARD = """
CREATE OR REPLACE FUNCTION public.wangge_guard_job_city() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    city constant text := NEW.args->>'city';
    actor constant text := CASE current_setting('role') WHEN 'none' THEN session_user::text
                                ELSE current_setting('role') END;
    is_trusted constant boolean := actor IN ({operator}, {worker}, current_user::text);
    slots integer;
    quota integer;
    waiting integer;
    slot integer;
BEGIN
    IF NOT is_trusted AND actor IS DISTINCT FROM {prefix} || city THEN
        RAISE EXCEPTION 'a job names another city' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF city IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT greatest(job_slots, 1), job_quota INTO slots, quota FROM public.registry_city WHERE schema_name = city;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no city is called %', city USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF NOT is_trusted THEN
        IF NEW.queue_name <> 'default' OR NEW.task_name !~ '^[a-z_]+\\.[a-z_]+$'
           OR NEW.task_name ~ '^(shell|registry)\\.' THEN
            RAISE EXCEPTION 'a city may not enqueue % in %', NEW.task_name, NEW.queue_name
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF octet_length(NEW.args::text) > {longest_arguments} THEN
            RAISE EXCEPTION 'the arguments of a job are too long' USING ERRCODE = 'program_limit_exceeded';
        END IF;
        NEW.priority := 0;
        NEW.queueing_lock := city || ':' || NEW.queueing_lock;
    END IF;
    IF NEW.queue_name = 'system' THEN
        NEW.lock := city || ':system';
    ELSIF NEW.queue_name = 'default' THEN
        SELECT coalesce(sum(load.waiting), 0), (array_agg(n ORDER BY coalesce(load.jobs, 0), n))[1] INTO waiting, slot
        FROM generate_series(0, slots - 1) AS n LEFT JOIN (
            SELECT lock, count(*) AS jobs, count(*) FILTER (WHERE status = 'todo') AS waiting
            FROM public.procrastinate_jobs
            WHERE status IN ('todo', 'doing')
              AND lock = ANY (ARRAY(SELECT city || ':' || every FROM generate_series(0, slots - 1) AS every))
            GROUP BY lock
        ) AS load ON load.lock = city || ':' || n;
        IF NOT is_trusted AND waiting >= quota THEN
            RAISE EXCEPTION 'the quota of waiting jobs is full' USING ERRCODE = {quota_reached}, DETAIL = quota;
        END IF;
        NEW.lock := city || ':' || slot;
    END IF;
    RETURN NEW;
END $$"""

_TRIGGER = """
CREATE TRIGGER wangge_guard_job_city BEFORE INSERT ON public.procrastinate_jobs
FOR EACH ROW EXECUTE FUNCTION public.wangge_guard_job_city()"""


def guard_statements() -> list[sql.Composable]:
    """The statements that install the guard, and the index by which it counts; safe to run again."""
    installation = settings.WANGGE_INSTALLATION
    guard = sql.SQL(_GUARD).format(
        operator=sql.Literal(f"{installation}_operator"),
        worker=sql.Literal(f"{installation}_worker"),
        prefix=sql.Literal(f"{installation}_"),
        longest_arguments=sql.Literal(LONGEST_ARGUMENTS),
        quota_reached=sql.Literal(QUOTA_REACHED),
    )
    return [
        guard,
        sql.SQL("REVOKE EXECUTE ON FUNCTION public.wangge_guard_job_city() FROM PUBLIC"),
        sql.SQL("DROP TRIGGER IF EXISTS wangge_guard_job_city ON public.procrastinate_jobs"),
        sql.SQL(_TRIGGER),
        sql.SQL(
            "CREATE INDEX IF NOT EXISTS wangge_jobs_by_lock ON public.procrastinate_jobs (lock)"
            " WHERE status IN ('todo', 'doing')"
        ),
    ]
