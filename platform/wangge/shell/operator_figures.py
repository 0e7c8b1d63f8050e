"""How every city is: size, people, jobs, messages, migrations, backup, calendar, audit; counts only, never a person.

All cities of a page are read by a number of statements that does not grow with them one by one: three over public and
the catalogue, and one for every `CITIES_A_STATEMENT` schemas. That bound is chosen for PostgreSQL's lock table, where
each table and index that a statement reads takes a place until its transaction ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain
from typing import Any

from django.db import DatabaseError, connection, transaction
from psycopg import sql

from tenants.bureau.rules.calendar_gaps import years_missing
from tenants.bureau.rules.storage_quota import StorageUse
from tenants.registry.models import City
from wangge.shell.operator_statements import (
    CITY_COLUMNS,
    JOBS_OF_CITIES,
    MIGRATIONS_OF_INSTALLATION,
    SIZES_OF_SCHEMAS,
    figures_of_schema,
)

CITIES_A_STATEMENT = 25


@dataclass(frozen=True, slots=True)
class CityFigures:
    """What is known of one city from outside its data; None where it could not be read."""

    storage: StorageUse
    users: int | None = None
    last_sign_in_at: datetime | None = None
    jobs_waiting: int = 0
    jobs_running: int = 0
    jobs_failed_24h: int = 0
    oldest_waiting_at: datetime | None = None
    outbox_waiting: int | None = None
    calendar_years_missing: list[int] = field(default_factory=list)
    unsealed_since: datetime | None = None
    is_migrated: bool = False
    is_readable: bool = False


def figures_of(cities: Collection[City], *, today: date) -> dict[int, CityFigures]:
    """The figures of these cities by their id; a city that cannot be read hinders no other."""
    names = [city.schema_name for city in cities]
    sizes = _rows(SIZES_OF_SCHEMAS, [names])
    jobs = _rows(JOBS_OF_CITIES, [names])
    tables = {name: frozenset(row["tables"]) for name, row in sizes.items()}
    installed = _rows(MIGRATIONS_OF_INSTALLATION, [])["public"]["migrations"]
    read = dict(chain.from_iterable(_read(part, tables) for part in _parts(sorted(tables))))
    return {
        city.pk: _of_jobs(
            _of_city(
                city,
                _size_of(sizes, city.schema_name),
                read.get(city.schema_name),
                installed=installed,
                today=today,
            ),
            jobs.get(city.schema_name),
        )
        for city in cities
    }


def _size_of(sizes: dict[str, dict[str, Any]], schema: str) -> int:
    return int(sizes[schema]["table_bytes"]) if schema in sizes else 0


def _of_city(
    city: City, table_bytes: int, row: dict[str, Any] | None, *, installed: str, today: date
) -> CityFigures:
    storage = StorageUse(city.storage_quota_bytes, table_bytes, int(row["file_bytes"] or 0) if row else 0)
    if row is None:
        return CityFigures(storage, calendar_years_missing=years_missing([], today))
    return CityFigures(
        storage,
        users=row["users"],
        last_sign_in_at=row["last_sign_in_at"],
        jobs_failed_24h=row["jobs_failed"] or 0,
        outbox_waiting=row["outbox_waiting"],
        calendar_years_missing=years_missing(row["official_years"] or [], today),
        unsealed_since=row["unsealed_since"],
        is_migrated=row["migrations"] == installed,
        is_readable=all(row[name] is not None for name in ("users", "file_bytes", "migrations")),
    )


def _of_jobs(figures: CityFigures, row: dict[str, Any] | None) -> CityFigures:
    """With what the queue knows: a task that broke off there has not reached the city's own list of failures."""
    if row is None:
        return figures
    return replace(
        figures,
        jobs_waiting=row["waiting"],
        jobs_running=row["running"],
        jobs_failed_24h=figures.jobs_failed_24h + row["failed"],
        oldest_waiting_at=row["oldest_waiting_at"],
    )


def _parts(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(names), CITIES_A_STATEMENT):
        yield tuple(names[start : start + CITIES_A_STATEMENT])


def _read(names: Sequence[str], tables: dict[str, frozenset[str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The figures inside these schemas; where one of them cannot be read, the others are, each half by itself."""
    if not names:
        return
    arms = [figures_of_schema(name, tables[name]) for name in names]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.SQL(" UNION ALL ").join(arms))
            for row in cursor.fetchall():
                yield row[0], dict(zip(CITY_COLUMNS, row[1:], strict=True))
    except DatabaseError:
        half = len(names) // 2
        if half:
            yield from _read(names[:half], tables)
            yield from _read(names[half:], tables)


def _rows(statement: str | sql.Composable, parameters: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """The rows of a statement by their first column, a schema's name."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        columns = [column.name for column in cursor.description][1:]
        return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in cursor.fetchall()}
