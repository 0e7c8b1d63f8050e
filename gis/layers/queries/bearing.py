"""Which rows bear data of the floors above: found through the relations those declare, or told by them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.db.models import PROTECT, Model

Teller = Callable[[int], dict[str, int]]
"""Takes the id of an import, gives kind of row → how many rows stand on what that import brought."""

_tellers: list[Teller] = []


def register_bearing(teller: Teller) -> None:
    """Let an app above tell what stands on an import; called once, at its start."""
    _tellers.append(teller)


def borne_by_import(layer_import_id: int) -> dict[str, int]:
    """What the apps above say stands on an import, beyond the relations that hold it by themselves."""
    return {kind: count for teller in _tellers for kind, count in teller(layer_import_id).items()}


def borne_by(model: type[Model], ids: Collection[int]) -> dict[str, int]:
    """Kind of row of another app → how many of these rows it stands on; only what must not lose its ground."""
    found: dict[str, int] = {}
    for relation in _relations_from_above(model):
        column = relation.field.name
        rows = relation.related_model._base_manager.filter(**{f"{column}__in": list(ids)})
        count = rows.values(column).distinct().count() if ids else 0
        if count:
            found[str(relation.related_model._meta.verbose_name)] = count
    return found


def _relations_from_above(model: type[Model]) -> list[Any]:
    fields: list[Any] = list(model._meta.get_fields(include_hidden=True))
    return [
        relation
        for relation in fields
        if relation.auto_created
        and not relation.concrete
        and relation.on_delete is PROTECT
        and relation.related_model._meta.app_label != model._meta.app_label
    ]
