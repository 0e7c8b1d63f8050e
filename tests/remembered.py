"""What a fixture wrote into a city once is written again, row by row as it stood, for every later test of the process.

A neighbourhood made through the product's services costs hundreds of statements; its rows cost two per table.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django_tenants.utils import schema_context
from psycopg import sql

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1"
_SEQUENCES = (
    "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = %s AND last_value IS NOT NULL"
)
_WRITTEN = sql.SQL("COPY (SELECT {columns} FROM {table} WHERE xmin::text::bigint >= {first}) TO STDOUT")
_CHANGED = sql.SQL("SELECT id FROM {table} WHERE xmin::text::bigint >= {first} AND id <= %s")
# A sequence never goes back: rows of the test may stand where it is.
_MOVE_ON = """SELECT setval(place, greatest(last, coalesce(pg_sequence_last_value(place), 1)))
FROM unnest(%s::regclass[], %s::bigint[]) AS stood(place, last)"""
_COLUMNS = """SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
AND attgenerated = '' ORDER BY attnum"""


@dataclass(frozen=True)
class _Rows:
    """What was written into one table: its columns, its rows, and which of them stood there before and were changed."""

    columns: sql.Composed
    text: bytes
    changed: list[int]


@dataclass(frozen=True)
class _Kept:
    """What the fixture returned, what it wrote, and where the sequences stood before and after."""

    made: Any
    rows: dict[str, _Rows]
    before: dict[str, int]
    sequences: dict[str, int]


_kept: dict[Any, _Kept] = {}


def remembered(schema: str, key: Any, build: Callable[[], Any]) -> Any:
    """What `build()` returns: made the first time under this key, brought back with its rows every later time.

    Call it inside the test's transaction. Where the test has written already, its rows may bear the numbers: all is built
    anew. One may build on another, and then says by its key on which rows: those of them that it changes are put in their
    place. Rows that it deletes would come back: refused.
    """
    found = _kept.get(key)
    if found is None:
        return _make(schema, key, build)
    with schema_context("public"):
        is_taken = _is_taken(schema, found)
        if not is_taken:
            with transaction.atomic():  # references are looked at when all rows are there
                _write(schema, found)
    return build() if is_taken else copy.deepcopy(found.made)


def _make(schema: str, key: Any, build: Callable[[], Any]) -> Any:
    with transaction.atomic():
        with schema_context("public"):
            before, first = _sequences(schema), _transaction()
            standing = _standing(schema, before)
        made = build()
    with schema_context("public"):
        assert _standing(schema, before) == standing, f"{key} deletes rows: they would come back"
        _kept[key] = _Kept(copy.deepcopy(made), _rows(schema, first, before), before, _sequences(schema))
    return made


def _raw() -> Any:
    connection.cursor().close()  # the place that the connection was last told to stand in is taken by a statement only
    return connection.connection


def _transaction() -> int:
    """The number of this very savepoint, which everything that is written within it bears, or a later one."""
    with _raw().cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE remembered_from ()")
        found = cursor.execute(
            "SELECT xmin::text::bigint FROM pg_class WHERE oid = 'pg_temp.remembered_from'::regclass"
        )
        first = int(found.fetchone()[0])
        cursor.execute("DROP TABLE pg_temp.remembered_from")
    return first


def _standing(schema: str, last: dict[str, int]) -> dict[str, int]:
    """How many rows of each table have numbers that were given out by then."""
    count = sql.SQL("SELECT {name}, count(*) FROM {table} WHERE id <= {last}")
    counts = [
        count.format(
            name=sql.Literal(table),
            table=sql.Identifier(schema, table),
            last=sql.Literal(last[f"{table}_id_seq"]),
        )
        for (table,) in _raw().execute(_TABLES, [schema]).fetchall()
        if f"{table}_id_seq" in last
    ]
    return dict(_raw().execute(sql.SQL(" UNION ALL ").join(counts)).fetchall())


def _sequences(schema: str) -> dict[str, int]:
    return dict(_raw().execute(_SEQUENCES, [schema]).fetchall())


def _rows(schema: str, first: int, before: dict[str, int]) -> dict[str, _Rows]:
    found: dict[str, _Rows] = {}
    with _raw().cursor() as cursor:
        tables = [name for (name,) in cursor.execute(_TABLES, [schema]).fetchall()]
        for name in tables:
            columns, table = _columns(cursor, schema, name), sql.Identifier(schema, name)
            written = _WRITTEN.format(columns=columns, table=table, first=sql.Literal(first))
            with cursor.copy(written) as copied:
                text = b"".join(bytes(part) for part in copied)
            if text:
                last = before.get(f"{name}_id_seq")
                found[name] = _Rows(columns, text, _changed(cursor, table, first, last))
    return found


def _changed(cursor: Any, table: sql.Identifier, first: int, last: int | None) -> list[int]:
    """Numbers of written rows that stood in the table before: those given out by then."""
    if last is None:
        return []
    found = cursor.execute(_CHANGED.format(table=table, first=sql.Literal(first)), [last])
    return [number for (number,) in found.fetchall()]


def _columns(cursor: Any, schema: str, name: str) -> sql.Composed:
    """All but those the database computes."""
    found = cursor.execute(_COLUMNS, [f'"{schema}"."{name}"']).fetchall()
    return sql.SQL(", ").join(sql.Identifier(column) for (column,) in found)


def _is_taken(schema: str, kept: _Kept) -> bool:
    """Whether rows stand where those that were kept would be put."""
    beyond = sql.SQL("EXISTS (SELECT FROM {table} WHERE id > {last})")
    looks = [
        beyond.format(
            table=sql.Identifier(schema, name), last=sql.Literal(kept.before.get(f"{name}_id_seq", 0))
        )
        for name in kept.rows
        if f"{name}_id_seq" in kept.sequences
    ]
    if not looks:
        return False
    return bool(_raw().execute(sql.SQL("SELECT ") + sql.SQL(" OR ").join(looks)).fetchone()[0])


def _write(schema: str, kept: _Kept) -> None:
    with _raw().cursor() as cursor:
        for name, rows in kept.rows.items():
            table = sql.Identifier(schema, name)
            if rows.changed:
                cursor.execute(sql.SQL("DELETE FROM {} WHERE id = ANY(%s)").format(table), [rows.changed])
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(table, rows.columns)) as copied:
                copied.write(rows.text)
        if kept.sequences:
            places = [f'"{schema}"."{name}"' for name in kept.sequences]
            cursor.execute(_MOVE_ON, [places, list(kept.sequences.values())])
