"""What a database needs before its first city: extensions, logins, group role, public tables, the stamp."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from tenants.registry.models import City
from tenants.registry.services.stamp import as_owner, dump_stamp, grant_city
from wangge.kernel.database.current import city_connection

_REVOKED = (
    "set_config(text, text, boolean)",
    "query_to_xml(text, boolean, boolean, text)",
    "query_to_xmlschema(text, boolean, boolean, text)",
    "query_to_xml_and_xmlschema(text, boolean, boolean, text)",
)
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


def prepare_installation() -> None:
    """Bring the database to the state this version of the product needs; safe to run again.

    Needs the admin login (CREATE EXTENSION, CREATE ROLE). Not one transaction: migrations keep their own.
    """
    _run([f"CREATE EXTENSION IF NOT EXISTS {extension}" for extension in ("postgis", "btree_gist")])
    _make_logins()
    call_command("migrate_schemas", shared=True, verbosity=0, interactive=False)
    city_connection().set_schema_to_public()
    _grant_public()
    dump_stamp()
    _migrate_cities()


def _run(statements: Sequence[str | sql.Composable]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _login(name: str) -> sql.Identifier:
    return sql.Identifier(f"{settings.WANGGE_INSTALLATION}_{name}")


def _make_logins() -> None:
    options = {"web": "NOINHERIT", "worker": "NOINHERIT", "operator": "NOINHERIT CREATEROLE"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        present = {row[0] for row in cursor.fetchall()}
        if f"{settings.WANGGE_INSTALLATION}_cities" not in present:
            cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(_login("cities")))
        for name, password in settings.WANGGE_LOGIN_PASSWORDS.items():
            verb = "ALTER" if f"{settings.WANGGE_INSTALLATION}_{name}" in present else "CREATE"
            cursor.execute(
                sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
                    sql.SQL(verb), _login(name), sql.SQL(options[name]), sql.Literal(password)
                )
            )
            cursor.execute(sql.SQL("ALTER ROLE {} SET timezone = 'UTC'").format(_login(name)))


def _grant_public() -> None:
    web, worker, operator, cities = (_login(name) for name in ("web", "worker", "operator", "cities"))
    database = sql.Identifier(connection.settings_dict["NAME"])
    _run(
        [sql.SQL("REVOKE EXECUTE ON FUNCTION pg_catalog.{} FROM PUBLIC").format(sql.SQL(f)) for f in _REVOKED]
    )
    set_config = sql.SQL(_REVOKED[0])
    _run(
        [
            sql.SQL("GRANT EXECUTE ON FUNCTION pg_catalog.{} TO {}, {}, {}").format(
                set_config, web, worker, operator
            ),
            sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}, {}, {}, {}").format(web, worker, operator, cities),
            sql.SQL("GRANT SELECT ON public.registry_city, public.registry_domain TO {}, {}").format(
                web, worker
            ),
            sql.SQL("GRANT SELECT ON public.spatial_ref_sys TO {}, {}, {}, {}").format(
                web, worker, operator, cities
            ),
            sql.SQL("REVOKE SELECT ON public.geometry_columns, public.geography_columns FROM PUBLIC"),
            sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(operator),
            sql.SQL("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {}").format(operator),
            sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON public.accounts_auditevent FROM {}").format(operator),
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, operator),
            sql.SQL("GRANT {} TO {} WITH ADMIN OPTION").format(cities, operator),
        ]
    )
    _grant_queue()


def _grant_queue() -> None:
    worker, web, cities = _login("worker"), _login("web"), _login("cities")
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
    _run([_GUARD])
    _run(
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
        _run([sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(function)])
        _run([sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(function, worker)])
        if name in _DEFERRING:
            definer = sql.SQL("ALTER FUNCTION {} SECURITY DEFINER SET search_path = public, pg_temp")
            _run(
                [
                    definer.format(function),
                    sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}, {}").format(function, cities, web),
                ]
            )
    for table in tables:
        _run([sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(table, worker)])
    _run([sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(worker)])


def _migrate_cities() -> None:
    with as_owner():
        for city in City.objects.order_by("id"):
            call_command("migrate_schemas", schema_name=city.schema_name, verbosity=0, interactive=False)
            city_connection().set_schema_to_public()
            grant_city(city.schema_name)
