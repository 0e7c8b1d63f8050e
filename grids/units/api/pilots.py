"""Pilot counties over HTTP. Rule: J10"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.units.models import Pilot
from grids.units.queries.pilots import VIEW, pilots_visible_to, running_on
from grids.units.services.pilots import EDIT, end_pilot, set_pilot
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62


class PilotUnit(serializers.Serializer[Any]):
    """A county."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class PilotOutput(serializers.ModelSerializer[Pilot]):
    """A county that tries some features for a time."""

    unit = PilotUnit()
    features = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Pilot
        fields = ("id", "unit", "features", "starts_on", "ends_on", "note", "version")


class PilotQuery(serializers.Serializer[Any]):
    """Which pilots."""

    feature = serializers.CharField(required=False, max_length=40)
    unit = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    as_of = DayField(required=False, help_text="only those that run on this day; of all days by default")


class PilotInput(StrictInput):
    """Which county tries what, from when until when."""

    unit_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)
    features = serializers.ListField(child=serializers.CharField(max_length=40), max_length=50)
    starts_on = DayField()
    ends_on = DayField(required=False, allow_null=True, default=None)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class EndPilotInput(StrictInput):
    """The last day."""

    ends_on = DayField()


class PilotsView(ApiView):
    """Pilots."""

    permission = {"GET": VIEW, "POST": EDIT}

    @extend_schema(
        parameters=[PilotQuery, OpenApiParameter("limit", int), OpenApiParameter("cursor", str)],
        responses=paged(PilotOutput),
        operation_id="pilot_list",
    )
    def get(self, request: SignedInRequest) -> Response:
        """Pilots of all dates in and above one's units, by id."""
        asked = self.query(PilotQuery)
        rows = pilots_visible_to(request.user)
        if "feature" in asked:
            rows = rows.filter(features__contains=[asked["feature"]])
        if "unit" in asked:
            rows = rows.filter(unit_id=asked["unit"])
        if "as_of" in asked:
            rows = rows.filter(running_on(asked["as_of"]))
        return self.page(rows, PilotOutput)

    @extend_schema(request=PilotInput, responses={201: PilotOutput}, operation_id="pilot_set")
    def post(self, request: SignedInRequest) -> Response:
        """Make a county a pilot."""
        pilot = set_pilot(**self.parsed(PilotInput), acting_user=request.user)
        location = f"/api/v1/pilots/{pilot.pk}"
        return self.answer(PilotOutput(pilot).data, status=201, version=pilot.version, location=location)


class PilotView(ApiView):
    """One pilot."""

    permission = {"GET": VIEW, "PATCH": EDIT}
    scope = pilots_visible_to

    @extend_schema(responses=PilotOutput, operation_id="pilot_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The pilot."""
        return self.answer(PilotOutput(self.object).data, version=self.object.version)

    @extend_schema(
        parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True)],
        request=EndPilotInput,
        responses=PilotOutput,
        operation_id="pilot_end",
    )
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Set its last day."""
        asked = self.parsed(EndPilotInput)
        if_match = request.headers.get("If-Match")
        pilot = end_pilot(pilot_id=id, ends_on=asked["ends_on"], acting_user=request.user, if_match=if_match)
        return self.answer(PilotOutput(pilot).data, version=pilot.version)
