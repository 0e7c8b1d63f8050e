"""The job queue's tables in public: who may defer, who may work, and the guard that knows the city of every job."""

from __future__ import annotations

from django.db import connection
from psycopg import sql

from tenants.registry.services.statements import login, run_statements

_DEFERRING = ("procrastinate_defer_jobs_v1", "procrastinate_defer_periodic_job_v2")
# A city's own statements may defer jobs for that city only: the definer's function would let any city be named.
_GUARD = """
CREATE OR REPLACE FUNCTION public.wangge_guard_job_city() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('role') <> 'none' AND right(current_setting('role'), length(NEW.args->>'city') + 1)
       IS DISTINCT FROM '_' || (NEW.args->>'city') THEN
        RAISE EXCEPTION 'a job names another city' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$"""


def grant_queue() -> None:
    """Let cities defer jobs for themselves and the worker work them off; install the guard."""
    worker, web, cities = login("worker"), login("web"), login("cities")
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
    run_statements([_GUARD])
    run_statements(
        [
            sql.SQL("DROP TRIGGER IF EXISTS wangge_guard_job_city ON public.procrastinate_jobs"),
            sql.SQL(
                "CREATE TRIGGER wangge_guard_job_city BEFORE INSERT ON public.procrastinate_jobs"
                " FOR EACH ROW EXECUTE FUNCTION public.wangge_guard_job_city()"
            ),
        ]
    )
    for signature, name in functions:
        function = sql.SQL(signature)
        run_statements([sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(function)])
        run_statements([sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(function, worker)])
        if name in _DEFERRING:
            definer = sql.SQL("ALTER FUNCTION {} SECURITY DEFINER SET search_path = public, pg_temp")
            run_statements(
                [
                    definer.format(function),
                    sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}, {}").format(function, cities, web),
                ]
            )
    for table in tables:
        run_statements([sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(table, worker)])
    run_statements([sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(worker)])
