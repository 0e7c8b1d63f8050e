"""Which migrations each city lacks, asked of all cities at once, and whether they may be replayed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.migrations import Migration, RunPython, RunSQL, SeparateDatabaseAndState
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RenameModel
from django.db.migrations.operations.base import Operation
from django_tenants.utils import schema_context
from psycopg import sql

from tenants.registry.models import City
from tenants.registry.rules.replay_forms import is_definition
from tenants.registry.services.owner import as_owner
from tenants.registry.services.stamp import stamp_is_current

# Schemas asked in one statement: each takes a relation lock and a part of the plan.
CHUNK = 50
_KNOWN_MODULES = ("django.db.migrations.operations.", "django.contrib.postgres.operations")

Step = tuple[Migration, bool]


@dataclass(frozen=True)
class Group:
    """Cities with the same applied migrations. `obstacle` says why what they lack cannot be replayed."""

    cities: tuple[City, ...]
    lacking: tuple[str, ...]
    obstacle: str | None


@dataclass(frozen=True)
class Survey:
    """How the cities stand; a `lost` city is registered and has no schema with migrations."""

    up_to_date: tuple[City, ...]
    groups: tuple[Group, ...]
    lost: tuple[City, ...]
    stamp_is_behind: bool


def survey_cities(cities: Sequence[City]) -> Survey:
    """Group the cities by what they lack; the template is looked at with them."""
    template = settings.WANGGE_TEMPLATE_SCHEMA
    digests = applied_digests([city.schema_name for city in cities] + [template])
    members: dict[str, list[City]] = {}
    for city in cities:
        if city.schema_name in digests:
            members.setdefault(digests[city.schema_name], []).append(city)
    plans = {digest: plan_of(group[0].schema_name) for digest, group in members.items()}
    newest = digests.get(template)
    behind = newest is None or bool(plans[newest] if newest in plans else plan_of(template))
    behind = behind or not stamp_is_current()
    groups = [
        Group(tuple(members[digest]), tuple(str(step) for step, _ in plan), obstacle_of(plan))
        for digest, plan in plans.items()
        if plan
    ]
    done = [city for digest, group in members.items() if not plans[digest] for city in group]
    lost = [city for city in cities if city.schema_name not in digests]
    return Survey(tuple(done), tuple(groups), tuple(lost), behind)


def in_chunks(schemas: Sequence[str]) -> Iterator[Sequence[str]]:
    """The schemas in pieces that one statement may touch."""
    for start in range(0, len(schemas), CHUNK):
        yield schemas[start : start + CHUNK]


def applied_digests(schemas: Sequence[str]) -> dict[str, str]:
    """A digest of the applied migrations of each schema that has any."""
    ask = sql.SQL(
        "SELECT {}, md5(string_agg(app || '.' || name, ',' ORDER BY app COLLATE \"C\", name COLLATE \"C\")) FROM {}"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s FROM unnest(%s::text[]) s WHERE to_regclass(quote_ident(s) || '.django_migrations') IS NOT NULL",
            [list(schemas)],
        )
        present = [row[0] for row in cursor.fetchall()]
        found: dict[str, str] = {}
        for chunk in in_chunks(present):
            parts = [
                ask.format(sql.Literal(name), sql.Identifier(name, "django_migrations")) for name in chunk
            ]
            cursor.execute(sql.SQL(" UNION ALL ").join(parts))
            found |= dict(cursor.fetchall())
    return {schema: digest or "" for schema, digest in found.items()}


def plan_of(schema_name: str) -> list[Step]:
    """What the stock executor would apply to the schema, in order."""
    with as_owner(), schema_context(schema_name):
        executor = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
        plan: list[Step] = executor.migration_plan(executor.loader.graph.leaf_nodes())
        return plan


def obstacle_of(plan: list[Step]) -> str | None:
    """Why the plan cannot be recorded on one city and replayed on others; None when it may be tried."""
    for migration, backwards in plan:
        if backwards:
            return f"{migration} goes backwards"
        if not migration.atomic:
            return f"{migration} is not atomic"
        for operation in migration.operations:
            if reason := _obstacle(operation):
                return f"{migration} {reason}"
    return None


def _obstacle(operation: Operation) -> str | None:
    if isinstance(operation, SeparateDatabaseAndState):
        reasons = map(_obstacle, operation.database_operations)
        return next((reason for reason in reasons if reason), None)
    if isinstance(operation, RunPython):
        return "runs Python"
    if isinstance(operation, RenameModel):
        return "renames a model, whose content type moves with it"
    if isinstance(operation, RunSQL):
        return _obstacle_in_sql(operation)
    known = type(operation).__module__.startswith(_KNOWN_MODULES)
    return None if known else f"has an operation of its own, {type(operation).__name__}"


def _obstacle_in_sql(operation: RunSQL) -> str | None:
    if not operation.reversible:
        return "runs SQL that cannot be reversed"
    texts = [operation.sql] if isinstance(operation.sql, str) else list(operation.sql)
    plain = all(isinstance(text, str) and is_definition(text) for text in texts)
    return None if plain else "runs SQL that moves data"
