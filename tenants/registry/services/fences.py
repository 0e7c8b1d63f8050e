"""What nobody may do who stands in a city, beyond reading and writing its own rows.

Functions are found by name in the catalogue of the server that is there: signatures differ between versions of
PostgreSQL and PostGIS, and a function that a version does not have needs no revoking. `prepare_installation` does all
of it again on every run, because a new extension's version or a restored database brings PUBLIC's rights back.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from psycopg import sql

from tenants.registry.services.citus import repeat_on_workers
from tenants.registry.services.statements import login, run_statements
from wangge.kernel.database.locks import LOCK_FUNCTION

# They change the session, or read what a text or an OID names, or write what all cities share. Kept from everybody.
_OF_NOBODY = (
    r"^((query|cursor|table|schema|database)_to_xml(schema|_and_xmlschema)?|ts_stat|ts_rewrite|lo_\w+|loread|lowrite"
    r"|pg_logical_emit_message|pg_export_snapshot|run_command_on_\w+|master_run_on_worker)$"
)
# The same, but the logins themselves need them in public: connecting, waking workers, an operator's lock.
_OF_LOGINS = r"^(set_config|pg_notify|pg_(try_)?advisory_\w+)$"
# PostGIS reads statistics of any table by its OID, or (as definer) by its name: the extent of a neighbour's layer.
_OF_EXTENSIONS = (
    r"^(_postgis_(stats|selectivity|join_selectivity|index_extent)|st_estimatedextent|st_findextent)$"
)

_BY_NAME = """
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ %s"""
# And whatever an extension brings that runs as its owner or runs a text put together at run time.
_OF_PUBLIC_SCHEMA = """
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
WHERE p.pronamespace = 'public'::regnamespace
  AND (p.proname ~ %s OR p.prosecdef OR (l.lanname = 'plpgsql' AND p.prosrc ~* '\\mexecute\\M'))"""


def _found(query: str, pattern: str) -> list[sql.SQL]:
    with connection.cursor() as cursor:
        cursor.execute(query, [pattern])
        return [sql.SQL(row[0]) for row in cursor.fetchall()]


def revoke_dangerous() -> None:
    """Take from PUBLIC, and so from every city, what would reach beyond the city's own rows."""
    logins = sql.SQL(", ").join([login("web"), login("worker"), login("operator")])
    everybody, only_logins = _found(_BY_NAME, _OF_NOBODY), _found(_BY_NAME, _OF_LOGINS)
    extensions = _found(_OF_PUBLIC_SCHEMA, _OF_EXTENSIONS)
    taken = [
        sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(function)
        for function in [*everybody, *only_logins, *extensions]
    ]
    repeat_on_workers(taken)
    run_statements(
        [
            *taken,
            *(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(each, logins) for each in only_logins),
            # UPDATE pg_settings is set_config by another name.
            sql.SQL("REVOKE UPDATE ON pg_catalog.pg_settings FROM PUBLIC"),
            sql.SQL("REVOKE USAGE ON LANGUAGE plpgsql, sql FROM PUBLIC"),
            sql.SQL("GRANT USAGE ON LANGUAGE plpgsql, sql TO {}").format(login("operator")),
            sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
            sql.SQL("REVOKE SELECT ON public.geometry_columns, public.geography_columns FROM PUBLIC"),
            sql.SQL(LOCK_FUNCTION),
            sql.SQL("REVOKE EXECUTE ON FUNCTION public.wangge_lock(text) FROM PUBLIC"),
            sql.SQL("GRANT EXECUTE ON FUNCTION public.wangge_lock(text) TO {}, {}").format(
                logins, login("cities")
            ),
        ]
    )


def database_grants(name: str) -> list[sql.Composed]:
    """Who may enter this database: the logins alone. Rights on a database are not copied with it.

    Cities may not even connect, should a `pg_hba.conf` let them; and nobody makes temporary tables, which would last
    as long as the pooled connection. On Citus the coordinator enters the workers in the cities' names.
    """
    database, web, worker, operator = sql.Identifier(name), login("web"), login("worker"), login("operator")
    guests = [web, worker, operator, *([login("cities")] if settings.WANGGE_CITUS else [])]
    return [
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.SQL(", ").join(guests)),
        sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, operator),
    ]
