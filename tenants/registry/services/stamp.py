"""New cities are stamped from the dumped text of a template schema: identical to a migrated one, in a fraction of it.

The template's name occurs nowhere else, so replacing it by the new schema's name is safe.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django_tenants.utils import schema_context
from psycopg import Cursor, sql
from psycopg.conninfo import make_conninfo

from tenants.accounts.services import keep_data_key
from tenants.registry.models import CityStamp
from tenants.registry.rules.sql_text import quoted
from tenants.registry.rules.stamp_forms import schemas_referenced, stamp_statements, strange_statements
from tenants.registry.services.citus import use_local_schema
from tenants.registry.services.locks import hold_stamp, replace_stamp
from tenants.registry.services.owner import as_owner
from tenants.registry.services.statements import login, run_statements
from wangge.kernel.database.base import city_role
from wangge.kernel.database.current import city_connection, libpq_parameters


def dump_stamp() -> None:
    """Migrate the template schema and keep its dump as the text new cities are stamped from; idempotent."""
    template = settings.WANGGE_TEMPLATE_SCHEMA
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(template)))
    with as_owner():
        call_command("migrate_schemas", schema_name=template, verbosity=0, interactive=False)
    city_connection().set_schema_to_public()
    for text in ("GRANT USAGE ON SCHEMA {} TO {}", "GRANT SELECT ON {}.django_migrations TO {}"):
        run_statements([sql.SQL(text).format(sql.Identifier(template), login("operator"))])
    text = ";\n\n".join(_statements(template)) + ";\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    with transaction.atomic():
        replace_stamp()
        CityStamp.objects.update_or_create(id=1, defaults={"fingerprint": digest, "sql": text})


def stamp_is_current() -> bool:
    """Whether the stamp holds every migration of its template; a run that was cut off may have left it behind."""
    stamp = CityStamp.objects.filter(pk=1).first()
    with connection.cursor() as cursor:
        applied = sql.Identifier(settings.WANGGE_TEMPLATE_SCHEMA, "django_migrations")
        cursor.execute(sql.SQL("SELECT app, name FROM {}").format(applied))
        rows = cursor.fetchall()
    return stamp is not None and all(f"'{app}', '{name}'" in stamp.sql for app, name in rows)


def _statements(template: str) -> list[str]:
    """The template as statements; ValueError for one that a city must not be made by."""
    statements = stamp_statements(_dump(template))
    if strangers := strange_statements(statements):
        raise ValueError(f"a city cannot be stamped with: {strangers[0]}")
    if foreign := schemas_referenced(statements) - {template}:
        raise ValueError(f"a foreign key leaves the city's schema for {sorted(foreign)}")
    return statements


def _dump(schema: str) -> str:
    place = libpq_parameters()
    # Not as an argument: those stand in the machine's list of processes.
    env = dict(os.environ, PGPASSWORD=place.pop("password", ""))
    wanted = ["-n", schema, "--no-owner", "--no-privileges", "--rows-per-insert=1000"]
    done = subprocess.run(
        ["pg_dump", *wanted, "-d", make_conninfo(**place)],
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def stamp_schema(schema_name: str) -> None:
    """Create the schema from the stamp, with its role and grants; the caller holds the transaction."""
    hold_stamp()
    stamp = CityStamp.objects.get(pk=1)
    text = re.sub(rf"\b{settings.WANGGE_TEMPLATE_SCHEMA}\b", schema_name, stamp.sql)
    use_local_schema()
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as raw:
        owner = sql.Identifier(f"{settings.WANGGE_INSTALLATION}_operator")
        raw.execute(sql.SQL("SET LOCAL ROLE {}").format(owner))
        raw.execute("SET LOCAL check_function_bodies = off")
        # Role, tables and grants are the work of one user: a Citus cluster passes them to its workers user by user.
        create_city_role(schema_name)
        raw.execute(text)
    grant_city(schema_name)
    # The next statement switches back to the login's own role.
    city_connection().search_path_set_schemas = None
    give_data_key(schema_name)


def create_city_role(schema_name: str) -> None:
    """Make the city's database role: LOGIN without password, admitted by no pg_hba line, member of the cities' group."""
    role = city_role(schema_name)
    installation = settings.WANGGE_INSTALLATION
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            cursor.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOCREATEDB NOCREATEROLE").format(sql.Identifier(role))
            )
        for group, member in [(f"{installation}_cities", role)] + [
            (role, f"{installation}_{login}") for login in ("web", "worker", "operator")
        ]:
            statement = sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(member))
            cursor.execute(statement)


# What a city's role may do less than read and write: rows that only grow, and rows that are the operator's.
_ONLY_GROWING = ("accounts_auditevent", "accounts_auditlink", "bureau_cityprofile")
_ONLY_READ = ("accounts_datakey", "django_migrations")
_BEYOND_ROWS = "TRUNCATE, REFERENCES, TRIGGER"
_CHANGING = f"UPDATE, DELETE, {_BEYOND_ROWS}"


def grant_city(schema_name: str) -> None:
    """Let the city's role use its schema, and take back what goes beyond rows.

    Audit rows may be inserted and read, never changed or deleted.
    """
    _grant(schema_name, relations_of(schema_name))


def grant_new_relations(schema_name: str) -> None:
    """The same for what has come into the schema since; a grant writes the catalogue even where it changes nothing."""
    _grant(schema_name, [found for found in relations_of(schema_name) if not found.granted])


class Relation(NamedTuple):
    """A table or sequence of a city; `granted` when its city's role may read it already, `excessive` when it may more
    than read and write rows.
    """

    name: str
    is_sequence: bool
    granted: bool
    excessive: bool


def relations_of(schema_name: str) -> list[Relation]:
    """The tables and sequences of a schema, by index: pg_class of 300 cities is too long to be read for each of them."""
    with connection.cursor() as cursor:
        cursor.execute(_RELATIONS, [*[city_role(schema_name)] * 3, schema_name])
        return [Relation(*row) for row in cursor.fetchall()]


_RELATIONS = """
SELECT c.relname, c.relkind = 'S', CASE c.relkind WHEN 'S' THEN has_sequence_privilege(%s, c.oid, 'USAGE')
                                                  ELSE has_table_privilege(%s, c.oid, 'SELECT') END,
    c.relkind <> 'S' AND has_table_privilege(%s, c.oid, 'TRUNCATE, REFERENCES, TRIGGER')
FROM pg_depend d JOIN pg_class c ON c.oid = d.objid
WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = to_regnamespace(%s)
  AND d.classid = 'pg_class'::regclass AND d.objsubid = 0 AND c.relkind IN ('r', 'p', 'S')
ORDER BY c.relname
"""


def wrongly_granted(schemas: Sequence[str]) -> set[str]:
    """The schemas of cities whose role may do more or less than `grant_city` would let it."""
    rules: dict[str, Any] = {"prefix": f"{settings.WANGGE_INSTALLATION}_", "schemas": list(schemas)}
    lists = {"growing": list(_ONLY_GROWING), "read": list(_ONLY_READ)}
    with connection.cursor() as cursor:
        cursor.execute(_WRONGLY_GRANTED, rules | lists)
        return {row[0] for row in cursor.fetchall()}


_WRONGLY_GRANTED = """
SELECT n.nspname
FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'S')
JOIN pg_roles r ON r.rolname = %(prefix)s || n.nspname
WHERE n.nspname = ANY(%(schemas)s::text[]) AND CASE c.relkind WHEN 'S' THEN NOT has_sequence_privilege(r.oid, c.oid, 'USAGE') ELSE
    NOT has_table_privilege(r.oid, c.oid, 'SELECT')
    OR has_table_privilege(r.oid, c.oid, 'INSERT') = (c.relname = ANY(%(read)s::text[]))
    OR has_table_privilege(r.oid, c.oid, 'UPDATE') = (c.relname = ANY(%(read)s::text[] || %(growing)s::text[]))
    OR has_table_privilege(r.oid, c.oid, 'DELETE') = (c.relname = ANY(%(read)s::text[] || %(growing)s::text[]))
    OR has_table_privilege(r.oid, c.oid, 'TRUNCATE, REFERENCES, TRIGGER') END
GROUP BY n.nspname
"""


@transaction.atomic
def _grant(schema_name: str, relations: Sequence[Relation]) -> None:
    """In one transaction: nobody sees a moment in which audit rows may be changed."""
    _send_grants(schema_name, "GRANT USAGE ON SCHEMA {schema} TO {role}")
    for rights, is_sequence in (("SELECT, INSERT, UPDATE, DELETE", False), ("USAGE, SELECT", True)):
        names = ["{schema}." + quoted(found.name) for found in relations if found.is_sequence is is_sequence]
        if names:
            kind = "SEQUENCE" if is_sequence else "TABLE"
            _send_grants(schema_name, f"GRANT {rights} ON {kind} {', '.join(names)} TO {{role}}")
    excess = ["{schema}." + quoted(found.name) for found in relations if found.excessive]
    if excess:
        _send_grants(schema_name, f"REVOKE {_BEYOND_ROWS} ON TABLE {', '.join(excess)} FROM {{role}}")
    for found in relations:
        if found.name in _ONLY_GROWING:
            _send_grants(schema_name, f"REVOKE {_CHANGING} ON {{schema}}.{found.name} FROM {{role}}")
        if found.name in _ONLY_READ:
            _send_grants(schema_name, f"REVOKE INSERT, {_CHANGING} ON {{schema}}.{found.name} FROM {{role}}")


def _send_grants(schema_name: str, text: str) -> None:
    schema, role = sql.Identifier(schema_name), sql.Identifier(city_role(schema_name))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(text).format(schema=schema, role=role))


def give_data_key(schema_name: str) -> None:
    """Give the schema a data key unless it has one; the city's own role could not write it."""
    with as_owner(), schema_context(schema_name):
        keep_data_key()
