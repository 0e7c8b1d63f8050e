"""The installation's database logins, and what they and the cities may do in public."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from psycopg import sql

from tenants.registry.services.statements import login, run_statements

_REVOKED = (
    "set_config(text, text, boolean)",
    "query_to_xml(text, boolean, boolean, text)",
    "query_to_xmlschema(text, boolean, boolean, text)",
    "query_to_xml_and_xmlschema(text, boolean, boolean, text)",
)


def make_logins() -> None:
    """Make or update web, worker and operator with their passwords, and the group of the cities' roles."""
    options = {"web": "NOINHERIT", "worker": "NOINHERIT", "operator": "NOINHERIT CREATEROLE"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        present = {row[0] for row in cursor.fetchall()}
        if f"{settings.WANGGE_INSTALLATION}_cities" not in present:
            cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(login("cities")))
        for name, password in settings.WANGGE_LOGIN_PASSWORDS.items():
            verb = "ALTER" if f"{settings.WANGGE_INSTALLATION}_{name}" in present else "CREATE"
            cursor.execute(
                sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
                    sql.SQL(verb), login(name), sql.SQL(options[name]), sql.Literal(password)
                )
            )
            cursor.execute(sql.SQL("ALTER ROLE {} SET timezone = 'UTC'").format(login(name)))


def grant_public() -> None:
    """What the logins may do in public, and what nobody may do who stands in a city."""
    web, worker, operator, cities = (login(name) for name in ("web", "worker", "operator", "cities"))
    database = sql.Identifier(connection.settings_dict["NAME"])
    run_statements(
        [sql.SQL("REVOKE EXECUTE ON FUNCTION pg_catalog.{} FROM PUBLIC").format(sql.SQL(f)) for f in _REVOKED]
    )
    set_config = sql.SQL(_REVOKED[0])
    run_statements(
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
            sql.SQL(
                "REVOKE UPDATE, DELETE, TRUNCATE ON public.accounts_auditevent, public.accounts_auditlink,"
                " public.registry_audithead FROM {}"
            ).format(operator),
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(database, operator),
            sql.SQL("GRANT {} TO {} WITH ADMIN OPTION").format(cities, operator),
        ]
    )
