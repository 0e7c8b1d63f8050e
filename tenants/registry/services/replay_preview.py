"""What a run of migrations would do, without doing it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django_tenants.utils import schema_context

from tenants.registry.rules.replay_forms import Part
from tenants.registry.services.owner import as_owner
from tenants.registry.services.replay import chosen_cities
from tenants.registry.services.replay_groups import Group, plan_of, survey_cities
from tenants.registry.services.replay_recording import NotReplayable, record
from tenants.registry.services.replay_repair import most_lived_in


@dataclass(frozen=True)
class GroupPreview:
    """Cities that lack the same migrations; `obstacle` is None where they would be replayed.

    `statements` were recorded on `shown_on` in a transaction that was rolled back or, with an obstacle, are what
    `sqlmigrate` prints.
    """

    cities: tuple[str, ...]
    lacking: tuple[str, ...]
    obstacle: str | None
    shown_on: str
    statements: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """How the cities stand and what would be sent."""

    up_to_date: int
    stamp_would_change: bool
    groups: tuple[GroupPreview, ...]


def preview_migrations(*, slug: str | None = None) -> Preview:
    """What `migrate_cities` would do; nothing is changed. Raises 404 CITY_UNKNOWN."""
    survey = survey_cities(chosen_cities(slug))
    groups = tuple(_preview(group) for group in survey.groups)
    return Preview(len(survey.up_to_date), survey.stamp_is_behind, groups)


def _preview(group: Group) -> GroupPreview:
    canary = most_lived_in(group.cities)[0]
    obstacle, statements = group.obstacle, []
    if obstacle is None:
        try:
            lines = record(canary.schema_name, keep=False).lines
            statements = [line.text for line in lines if line.part is not Part.LOOK]
        except (NotReplayable, DatabaseError) as refusal:
            obstacle = str(refusal)
    if obstacle is not None:
        statements = _as_sqlmigrate(canary.schema_name)
    slugs = tuple(city.slug for city in group.cities)
    return GroupPreview(slugs, group.lacking, obstacle, canary.slug, tuple(statements))


def _as_sqlmigrate(schema_name: str) -> list[str]:
    plan = plan_of(schema_name)
    with as_owner(), schema_context(schema_name):
        statements: list[str] = MigrationExecutor(connection).loader.collect_sql(plan)
    return statements
