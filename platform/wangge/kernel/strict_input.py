"""Bodies that know all their fields: a field that nobody reads is refused, not ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers

from wangge.errors import RuleBroken, refuse_all

# A body of thousands of strange names is answered by the first of them.
MOST_TOLD = 20
MOST_LETTERS = 60


class StrictInput(serializers.Serializer[Any]):
    """An input whose unknown fields are 422 UNKNOWN_FIELD, each by its name.

    For orders whose fields have defaults: a misspelt one would be carried out as if it had not been sent.
    """

    def to_internal_value(self, data: Any) -> Any:
        """The values as the fields read them; unknown names are refused before any value is looked at."""
        if isinstance(data, Mapping):
            known = sorted(self.fields)
            refuse_all(_unknown(name, known) for name in _strange(data, known))
        return super().to_internal_value(data)


class StrictInputSchema(OpenApiSerializerExtension):
    """Says in the API document that a strict body takes no other field."""

    target_class = "wangge.kernel.strict_input.StrictInput"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        """The schema as it is, closed to other fields."""
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


def _strange(data: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    return sorted(str(name) for name in set(data) - set(known))[:MOST_TOLD]


def _unknown(name: str, known: list[str]) -> RuleBroken:
    shown = name[:MOST_LETTERS]
    meant = get_close_matches(shown, known, n=1)
    return RuleBroken(
        "UNKNOWN_FIELD",
        zh=f"不认识的字段“{shown}”",
        en=f"unknown field “{shown}”",
        facts={"name": shown, "known": known},
        how_to_fix_zh=f"是否应为“{meant[0]}”？" if meant else f"请删去该字段；可用的字段：{'、'.join(known)}",
        how_to_fix_en=f"is “{meant[0]}” meant?" if meant else f"leave it out; there are {', '.join(known)}",
        field=shown,
    )
