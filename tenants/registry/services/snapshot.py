"""One unchanging view of a city's tables, read over a connection of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import Connection, sql

from tenants.registry.rules.export_manifest import IN_MANIFEST, Column, Sequence

if TYPE_CHECKING:
    from wangge.kernel.database.base import DatabaseWrapper

_TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum), array_agg(format_type(a.atttypid, a.atttypmod)
       ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition
GROUP BY c.relname ORDER BY c.relname
"""
_KEYS = """
SELECT c.relname, array_agg(a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum))
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
WHERE n.nspname = %s AND i.indisprimary GROUP BY c.relname
"""
_SEQUENCES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind = 'S' ORDER BY 1
"""


class Rows:
    """Reads of a schema over one connection, whichever transaction it stands in."""

    def __init__(self, raw: Connection[Any], schema_name: str) -> None:
        self.raw = raw
        self.schema_name = schema_name

    def tables(self) -> dict[str, tuple[Column, ...]]:
        """The tables that carry the city's data, each with the columns that are not computed."""
        rows = self.raw.execute(_TABLES, [self.schema_name]).fetchall()
        return {
            name: tuple(Column(*pair) for pair in zip(columns, types, strict=True))
            for name, columns, types in rows
            if name not in IN_MANIFEST
        }

    def primary_keys(self) -> dict[str, list[str]]:
        """The columns of each table's primary key, in order."""
        return {name: columns for name, columns in self.raw.execute(_KEYS, [self.schema_name]).fetchall()}

    def sequences(self) -> tuple[Sequence, ...]:
        """Where the sequences stand; they run on outside any snapshot, so ask after the rows were fixed."""
        names = [row[0] for row in self.raw.execute(_SEQUENCES, [self.schema_name]).fetchall()]
        statement = sql.SQL("SELECT last_value, is_called FROM {}")
        found = []
        for name in names:
            row = self.raw.execute(statement.format(self.name(name))).fetchone() or (0, False)
            found.append(Sequence(name, *row))
        return tuple(found)

    def migrations(self) -> frozenset[tuple[str, str]]:
        """The state of the schema: what was applied to it, app and name."""
        statement = sql.SQL("SELECT app, name FROM {}").format(self.name("django_migrations"))
        return frozenset(self.raw.execute(statement).fetchall())

    def name(self, table: str) -> sql.Identifier:
        """A table or sequence of the schema, quoted."""
        return sql.Identifier(self.schema_name, table)


@contextmanager
def snapshot(schema_name: str) -> Iterator[Rows]:
    """The schema as it is now and stays for this block: read only, as its owner, all tables held against dropping."""
    own = cast("DatabaseWrapper", connections.create_connection(DEFAULT_DB_ALIAS))
    try:
        own.connect()
        raw = cast("Connection[Any]", own.connection)
        owner = sql.Identifier(f"{settings.WANGGE_INSTALLATION}_operator")
        with raw.transaction():
            raw.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            raw.execute(sql.SQL("SET LOCAL ROLE {}").format(owner))
            # What is written must not hang on whoever reads: times in UTC and ISO, numbers exact to the last bit.
            raw.execute("SET LOCAL timezone = 'UTC'")
            raw.execute("SET LOCAL datestyle = 'ISO, YMD'")
            raw.execute("SET LOCAL intervalstyle = 'postgres'")
            raw.execute("SET LOCAL extra_float_digits = 1")
            raw.execute("SET LOCAL statement_timeout = 0")
            rows = Rows(raw, schema_name)
            held = sql.SQL(", ").join(rows.name(table) for table in rows.tables())
            raw.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(held))
            yield rows
    finally:
        own.close()
