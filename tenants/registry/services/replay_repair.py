"""Questions to all cities at once: which has most data, and which lacks what follows its migrations."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from psycopg import sql

from tenants.registry.models import City
from tenants.registry.services.replay_groups import in_chunks
from tenants.registry.services.stamp import wrongly_granted

_ROWS = """
SELECT schemaname, sum(n_live_tup) FROM pg_stat_user_tables WHERE schemaname = ANY(%s) GROUP BY schemaname
"""


def most_lived_in(cities: Sequence[City]) -> list[City]:
    """The cities, the one with most rows first: what can go wrong with data goes wrong on it."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [[city.schema_name for city in cities]])
        rows = dict(cursor.fetchall())
    return sorted(cities, key=lambda city: (-(rows.get(city.schema_name) or 0), city.pk))


def unfinished_cities(cities: Sequence[City]) -> list[City]:
    """The cities that have all migrations, and not their grants or no data key: a run ended in between."""
    schemas = [city.schema_name for city in cities]
    lacking = wrongly_granted(schemas) | _without_key(schemas)
    return [city for city in cities if city.schema_name in lacking]


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
