"""How cities, their figures and the work on them are written in the operator's answers."""

from __future__ import annotations

import json
from typing import Any
from zlib import crc32

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.bureau.rules.storage_quota import StorageState
from tenants.registry.models import City
from tenants.registry.rules.city_life import CityState
from wangge.shell.operator_cards import CityCard, Concern

EDITABLE = ("name", "data_label", "storage_quota_bytes", "job_slots", "job_quota")


class CityFiguresOutput(serializers.Serializer[Any]):
    """Counts and sizes; null where a city could not be read."""

    table_bytes = serializers.IntegerField(
        source="storage.table_bytes",
        help_text="tables with indexes; by the catalogue in lists, exact for one city",
    )
    file_bytes = serializers.IntegerField(source="storage.file_bytes")
    used_bytes = serializers.IntegerField(source="storage.used_bytes")
    storage_state = serializers.ChoiceField(
        choices=[state.value for state in StorageState], source="storage.state"
    )
    users = serializers.IntegerField(allow_null=True, help_text="active ones")
    last_sign_in_at = serializers.DateTimeField(allow_null=True)
    jobs_waiting = serializers.IntegerField()
    jobs_running = serializers.IntegerField()
    jobs_failed_24h = serializers.IntegerField()
    oldest_waiting_at = serializers.DateTimeField(allow_null=True)
    outbox_waiting = serializers.IntegerField(allow_null=True)
    calendar_years_missing = serializers.ListField(child=serializers.IntegerField())
    unsealed_since = serializers.DateTimeField(allow_null=True, help_text="oldest audit row not yet sealed")
    is_migrated = serializers.BooleanField(help_text="its migrations are the installation's")
    is_readable = serializers.BooleanField()


class CityOutput(serializers.Serializer[Any]):
    """A city as its operator sees it."""

    slug = serializers.CharField(source="city.slug")
    name = serializers.CharField(source="city.name")
    division_code = serializers.CharField(source="city.division_code")
    gauss_kruger_epsg = serializers.IntegerField(source="city.gauss_kruger_epsg")
    data_label = serializers.CharField(source="city.data_label", allow_blank=True)
    hosts = serializers.ListField(child=serializers.CharField(), help_text="the primary one first")
    state = serializers.ChoiceField(choices=[state.value for state in CityState])
    suspended_at = serializers.DateTimeField(source="city.suspended_at", allow_null=True)
    suspension_message = serializers.CharField(source="city.suspension_message", allow_blank=True)
    drop_after = serializers.DateTimeField(source="city.drop_after", allow_null=True)
    created_at = serializers.DateTimeField(source="city.created_at")
    migrated_at = serializers.DateTimeField(source="city.migrated_at")
    backed_up_at = serializers.DateTimeField(source="city.backed_up_at", allow_null=True)
    storage_quota_bytes = serializers.IntegerField(source="city.storage_quota_bytes")
    job_slots = serializers.IntegerField(source="city.job_slots")
    job_quota = serializers.IntegerField(source="city.job_quota")
    concerns = serializers.ListField(
        child=serializers.ChoiceField(choices=[concern.value for concern in Concern]),
        help_text="what needs somebody, the gravest first",
    )
    figures = CityFiguresOutput()
    taken_at = serializers.DateTimeField(help_text="when the figures were taken")


class CityPage(serializers.Serializer[Any]):
    """One page of cities."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CityOutput(many=True)


@extend_schema_field({"type": "object", "additionalProperties": True})
class AnyObjectField(serializers.JSONField):
    """A JSON object of any content."""


def editable_fields(city: City) -> dict[str, Any]:
    """What an edit may change, as it stands."""
    return {name: getattr(city, name) for name in EDITABLE}


def version_of(city: City) -> int:
    """The version that its ETag names: a digest of what an edit may change, for the registry's row has no counter."""
    return crc32(json.dumps(editable_fields(city), ensure_ascii=False, sort_keys=True).encode())


def card_data(card: CityCard) -> dict[str, Any]:
    """The card as it is answered."""
    return dict(CityOutput(card).data)
