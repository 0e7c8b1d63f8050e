"""How many people live where, over HTTP. Rule: J20"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.models import Population
from tenants.bureau.queries.population import populations_visible_to
from tenants.bureau.services.population import record_populations
from wangge.kernel.fields import DayField, Namesake
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

MOST_UNITS = 5000
MOST_RESIDENTS = 100_000_000


class PopulationOutput(serializers.ModelSerializer[Population]):
    """Residents of a unit by one source on one day."""

    unit_id = serializers.IntegerField()
    unit_name = serializers.CharField(source="unit.name")

    class Meta:
        model = Population
        fields = ("id", "unit_id", "unit_name", "residents", "counted_on", "source", "entered_at")


class UnitResidents(StrictInput):
    """A unit and how many live in it."""

    unit_id = serializers.IntegerField(min_value=1, max_value=2**62)
    residents = serializers.IntegerField(min_value=0, max_value=MOST_RESIDENTS)


class PopulationsInput(StrictInput):
    """One source's count of a day."""

    counted_on = DayField()
    source: Namesake = serializers.CharField(max_length=80)
    residents = serializers.ListField(child=UnitResidents(), min_length=1, max_length=MOST_UNITS)


class PopulationsEntered(serializers.Serializer[Any]):
    """How many units have a number of this count now."""

    units = serializers.IntegerField()


class PopulationsView(ApiView):
    """Residents of units."""

    permission = {"GET": "org.view", "POST": "org.edit"}

    @extend_schema(responses=paged(PopulationOutput), operation_id="population_list")
    def get(self, request: SignedInRequest) -> Response:
        """Numbers of the units one may see."""
        return self.page(populations_visible_to(request.user), PopulationOutput)

    @extend_schema(
        request=PopulationsInput, responses={201: PopulationsEntered}, operation_id="population_record"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Enter a count; the same count again replaces its numbers."""
        given = self.parsed(PopulationsInput)
        residents = {row["unit_id"]: row["residents"] for row in given["residents"]}
        units = record_populations(
            residents=residents,
            counted_on=given["counted_on"],
            source=given["source"],
            acting_user=request.user,
        )
        return self.answer({"units": units}, status=201)
