"""The installation itself: versions, whether its database is as its code needs it, its workers, the calendar's gaps."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.calendar_gaps import years_needed
from tenants.bureau.rules.local_time import local_date
from tenants.registry.queries import cities
from wangge.kernel.views import ApiView
from wangge.shell.operator_installation import installation_state
from wangge.shell.operator_list import cards_of


class WorkerOutput(serializers.Serializer[Any]):
    """A worker process that the queue knows."""

    id = serializers.IntegerField()
    last_heartbeat = serializers.DateTimeField()
    is_alive = serializers.BooleanField()


class InstallationOutput(serializers.Serializer[Any]):
    """What runs here."""

    version = serializers.CharField()
    postgresql_version = serializers.CharField()
    postgis_version = serializers.CharField()
    migrations_missing = serializers.ListField(
        child=serializers.CharField(), help_text="known to the code, not applied to the database"
    )
    stamp_dumped_at = serializers.DateTimeField(allow_null=True)
    cities = serializers.IntegerField()
    database_bytes = serializers.IntegerField()
    workers = WorkerOutput(many=True)
    receiving_key = serializers.CharField(
        help_text="what another installation exports a city for; it may be told"
    )
    jobs_waiting = serializers.IntegerField(help_text="of all cities and of the installation itself")


class CalendarGapOutput(serializers.Serializer[Any]):
    """A city that lacks an official calendar."""

    slug = serializers.CharField(source="city.slug")
    name = serializers.CharField(source="city.name")
    years = serializers.ListField(child=serializers.IntegerField(), source="figures.calendar_years_missing")


class CalendarGapsOutput(serializers.Serializer[Any]):
    """Which years are needed now, and who lacks one."""

    years_needed = serializers.ListField(child=serializers.IntegerField())
    cities = CalendarGapOutput(many=True)


class InstallationView(ApiView):
    """The installation."""

    permission = "city.operate"

    @extend_schema(responses=InstallationOutput, operation_id="installation_read")
    def get(self, request: SignedInRequest) -> Response:
        """Versions, migrations, workers."""
        return self.answer(InstallationOutput(installation_state(timezone.now())).data)


class CalendarGapsView(ApiView):
    """Cities without an official calendar for this year or the next."""

    permission = "city.operate"

    @extend_schema(responses=CalendarGapsOutput, operation_id="calendar_gaps_read")
    def get(self, request: SignedInRequest) -> Response:
        """The gaps, city by city."""
        now = timezone.now()
        gaps = [card for card in cards_of(list(cities()), now=now) if card.figures.calendar_years_missing]
        needed = list(years_needed(local_date(now)))
        return self.answer(CalendarGapsOutput({"years_needed": needed, "cities": gaps}).data)
