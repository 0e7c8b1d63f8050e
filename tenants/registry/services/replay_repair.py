"""Questions to all cities at once: which has most data, and which lacks what follows its migrations."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import connection
from psycopg import sql

from tenants.registry.models import City
from tenants.registry.services.replay_groups import in_chunks

_ROWS = """
SELECT schemaname, sum(n_live_tup) FROM pg_stat_user_tables WHERE schemaname = ANY(%s) GROUP BY schemaname
"""
_WITHOUT_GRANTS = """
SELECT n.nspname
FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'S')
JOIN pg_roles r ON r.rolname = %s || n.nspname
WHERE n.nspname = ANY(%s) GROUP BY n.nspname HAVING NOT bool_and(has_table_privilege(r.oid, c.oid, 'SELECT'))
"""


def most_lived_in(cities: Sequence[City]) -> list[City]:
    """The cities, the one with most rows first: what can go wrong with data goes wrong on it."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [[city.schema_name for city in cities]])
        rows = dict(cursor.fetchall())
    return sorted(cities, key=lambda city: (-(rows.get(city.schema_name) or 0), city.pk))


def unfinished_cities(cities: Sequence[City]) -> list[City]:
    """The cities that have all migrations, and tables without grants or no data key: a run ended in between."""
    schemas = [city.schema_name for city in cities]
    lacking = _without_grants(schemas) | _without_key(schemas)
    return [city for city in cities if city.schema_name in lacking]


def _without_grants(schemas: list[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT_GRANTS, [f"{settings.WANGGE_INSTALLATION}_", schemas])
        return {row[0] for row in cursor.fetchall()}


def _without_key(schemas: list[str]) -> set[str]:
    ask = sql.SQL("SELECT {} WHERE NOT EXISTS (SELECT 1 FROM {})")
    found: set[str] = set()
    with connection.cursor() as cursor:
        for chunk in in_chunks(schemas):
            parts = [
                ask.format(sql.Literal(name), sql.Identifier(name, "accounts_datakey")) for name in chunk
            ]
            cursor.execute(sql.SQL(" UNION ALL ").join(parts))
            found |= {row[0] for row in cursor.fetchall()}
    return found
