"""The few statements that a Citus cluster (schema-based sharding) needs beyond plain PostgreSQL.

Off by default. A city is stamped as a plain local schema of the coordinator, filled, and distributed at the end of the
same transaction; everything that Citus passes on to its workers must be said by one database user, because each user
has a worker connection of its own that does not see what another's has not committed.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from django_tenants.utils import schema_context
from psycopg import sql

from tenants.registry.services.owner import as_owner

# The queue's tables stay on the coordinator; registered, they commit in two phases with a city's rows on a worker.
_REGISTER = """
SELECT citus_add_local_table_to_metadata(c.oid, cascade_via_foreign_keys => true)
FROM pg_class c
WHERE c.oid = to_regclass('public.procrastinate_jobs')
  AND NOT EXISTS (SELECT 1 FROM pg_dist_partition p WHERE p.logicalrelid = c.oid)
"""


def ensure_extension() -> None:
    """Install the extension where the setting asks for it; its library must be preloaded by the server."""
    if settings.WANGGE_CITUS:
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS citus")


def register_logins() -> None:
    """Let the nodes speak to one another as the installation's logins, with the passwords these have everywhere."""
    if not settings.WANGGE_CITUS:
        return
    with connection.cursor() as cursor:
        for name, password in settings.WANGGE_LOGIN_PASSWORDS.items():
            cursor.execute(
                "INSERT INTO pg_dist_authinfo (nodeid, rolename, authinfo) VALUES (0, %s, %s)"
                " ON CONFLICT (rolename, nodeid) DO UPDATE SET authinfo = EXCLUDED.authinfo",
                [f"{settings.WANGGE_INSTALLATION}_{name}", f"password={password}"],
            )


def register_queue() -> None:
    """Make the queue's tables known to the cluster; nothing on plain PostgreSQL or when they are known."""
    if settings.WANGGE_CITUS:
        with connection.cursor() as cursor:
            cursor.execute(_REGISTER)


def repeat_on_workers(statements: Sequence[sql.Composed]) -> None:
    """Say on every worker what Citus does not pass on, such as rights on the server's own functions.

    Nothing on plain PostgreSQL. Raises RuntimeError with the worker's answer when one of them refuses.
    """
    if not settings.WANGGE_CITUS:
        return
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(
                "SELECT nodename, nodeport, result FROM run_command_on_workers(%s) WHERE NOT success",
                [statement.as_string(cursor.cursor)],
            )
            if refused := cursor.fetchall():
                raise RuntimeError(f"a worker refused {statement.as_string(cursor.cursor)}: {refused}")


def distribute_city(schema_name: str) -> None:
    """Move a freshly filled schema to one of the cluster's workers, as the end of the caller's transaction.

    Nothing on plain PostgreSQL. Deferred foreign keys are checked before, since a table with waiting checks stays put.
    """
    if not settings.WANGGE_CITUS:
        return
    with as_owner(), schema_context(schema_name), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT citus_schema_distribute(%s)", [schema_name])


def use_local_schema() -> None:
    """Let the next CREATE SCHEMA of this transaction make a plain one."""
    if settings.WANGGE_CITUS:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SET LOCAL citus.enable_schema_based_sharding = off"))
