"""The installation's database logins, and what they and the cities may do in public."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from psycopg import sql

from tenants.registry.services.fences import database_grants, revoke_dangerous
from tenants.registry.services.statements import login, run_statements
from wangge.kernel.database.names import login_role

# What a session of the login begins with. A statement that runs away ends by itself; a job may take longer than a page.
_SETTINGS: dict[str, dict[str, str]] = {
    "web": {"timezone": "UTC", "statement_timeout": "60s", "idle_in_transaction_session_timeout": "5min"},
    "worker": {"timezone": "UTC", "statement_timeout": "30min"},
    "operator": {"timezone": "UTC"},
}


def make_logins() -> None:
    """Make or update web, worker and operator with their passwords, and the group of the cities' roles."""
    options = {"web": "NOINHERIT", "worker": "NOINHERIT", "operator": "NOINHERIT CREATEROLE"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles")
        present = {row[0] for row in cursor.fetchall()}
        # Whatever the server's default is: a password is kept as scram or it would not be asked for.
        cursor.execute("SET password_encryption = 'scram-sha-256'")
        if login_role("cities") not in present:
            cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(login("cities")))
        for name, password in settings.WANGGE_LOGIN_PASSWORDS.items():
            verb = "ALTER" if login_role(name) in present else "CREATE"
            cursor.execute(
                sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
                    sql.SQL(verb), login(name), sql.SQL(options[name]), sql.Literal(password)
                )
            )
            for setting, value in _SETTINGS[name].items():
                cursor.execute(
                    sql.SQL("ALTER ROLE {} SET {} = {}").format(
                        login(name), sql.Identifier(setting), sql.Literal(value)
                    )
                )


def grant_public() -> None:
    """What the logins may do in public, and what nobody may do who stands in a city."""
    web, worker, operator, cities = (login(name) for name in ("web", "worker", "operator", "cities"))
    revoke_dangerous()
    run_statements(
        [
            *database_grants(connection.settings_dict["NAME"]),
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}, {}, {}, {}").format(web, worker, operator, cities),
            sql.SQL("GRANT SELECT ON public.registry_city, public.registry_domain TO {}, {}").format(
                web, worker
            ),
            # What `/readyz` asks: is public up to date, is there a stamp for new cities.
            sql.SQL("GRANT SELECT ON public.django_migrations TO {}, {}").format(web, worker),
            sql.SQL("GRANT SELECT (id, fingerprint) ON public.registry_citystamp TO {}, {}").format(
                web, worker
            ),
            sql.SQL("GRANT SELECT ON public.spatial_ref_sys TO {}, {}, {}, {}").format(
                web, worker, operator, cities
            ),
            sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(operator),
            sql.SQL("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {}").format(operator),
            # TRIGGER too: one of theirs could swallow or alter the rows on their way in.
            sql.SQL(
                "REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON public.accounts_auditevent, public.accounts_auditlink,"
                " public.registry_audithead FROM {}"
            ).format(operator),
            # The worker keeps the ends of the cities' audit chains, and can neither change nor remove one.
            sql.SQL("GRANT SELECT, INSERT ON public.registry_audithead TO {}").format(worker),
            sql.SQL("GRANT {} TO {} WITH ADMIN OPTION").format(cities, operator),
        ]
    )
