"""The rows that migrating leaves beside the tables: applied migrations, content types and permissions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import AppConfig, apps
from django.apps.registry import Apps
from django.contrib.auth import get_permission_codename
from django.db import connection
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Model

_MIGRATIONS = """
INSERT INTO django_migrations (app, name, applied)
SELECT app, name, now() FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS wanted (app, name, place)
ORDER BY place
"""
# Ids are spent only for rows that are written, as the stock handlers of post_migrate do.
_CONTENT_TYPES = """
INSERT INTO django_content_type (app_label, model)
SELECT app_label, model FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS wanted (app_label, model, place)
WHERE NOT EXISTS (SELECT 1 FROM django_content_type t WHERE (t.app_label, t.model) = (wanted.app_label, wanted.model))
ORDER BY place ON CONFLICT DO NOTHING
"""
_PERMISSIONS = """
INSERT INTO auth_permission (content_type_id, codename, name)
SELECT t.id, codename, name
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY
     AS wanted (app_label, model, codename, name, place)
JOIN django_content_type t ON (t.app_label, t.model) = (wanted.app_label, wanted.model)
WHERE NOT EXISTS (SELECT 1 FROM auth_permission p WHERE (p.content_type_id, p.codename) = (t.id, wanted.codename))
ORDER BY place ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class StockRows:
    """What the stock executor and its post_migrate handlers would have written, by natural keys and in their order."""

    migrations: tuple[tuple[str, str], ...]
    content_types: tuple[tuple[str, str], ...]
    permissions: tuple[tuple[str, str, str, str], ...]

    def write(self) -> None:
        """Write into the schema this connection stands in what is not there."""
        with connection.cursor() as cursor:
            cursor.execute(_MIGRATIONS, _columns(self.migrations, 2))
            cursor.execute(_CONTENT_TYPES, _columns(self.content_types, 2))
            cursor.execute(_PERMISSIONS, _columns(self.permissions, 4))


def _columns(rows: tuple[tuple[str, ...], ...], width: int) -> list[list[str]]:
    return [[row[place] for row in rows] for place in range(width)]


def applied_rows() -> list[tuple[str, str]]:
    """The migrations of the schema this connection stands in, in the order they were applied."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        return [(app, name) for app, name in cursor.fetchall()]


def stock_rows(migrations: list[tuple[str, str]], after: Apps) -> StockRows:
    """The rows that belong to these migrations and to the models they end with."""
    models = list(_models(after))
    return StockRows(
        tuple(migrations),
        tuple((model._meta.app_label, model._meta.model_name or "") for model in models),
        tuple(permission for model in models for permission in _permissions(model)),
    )


def _models(after: Apps) -> Iterator[type[Model]]:
    config: AppConfig
    for config in apps.get_app_configs():
        if config.models_module is not None and config.label in after.app_configs:
            yield from after.get_app_config(config.label).get_models()


def _permissions(model: type[Model]) -> Iterator[tuple[str, str, str, str]]:
    about = model._meta
    place = (about.app_label, about.model_name or "")
    for action in about.default_permissions:
        yield *place, get_permission_codename(action, about), f"Can {action} {about.verbose_name_raw}"
    for codename, name in about.permissions:
        yield *place, codename, str(name)


def apps_after(state: ProjectState) -> Apps:
    """The models at the end of a plan, as the stock command renders them for post_migrate."""
    state.clear_delayed_apps_cache()
    after = state.apps
    with after.bulk_update():
        keys = [(model.app_label, model.name_lower) for model in after.real_models]
        for key in keys:
            after.unregister_model(*key)
    after.render_multiple([ModelState.from_model(apps.get_model(*key)) for key in keys])
    return after
