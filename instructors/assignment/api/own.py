"""What an instructor sees of the own work: no right is needed. Rule: S07"""

from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from instructors.assignment.models import BookingKind, Site
from instructors.assignment.queries.agenda import Appointment, coming_appointments
from instructors.people.queries.instructors import own_record
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.views import ApiView


class PlaceOutput(serializers.ModelSerializer[Site]):
    """Where to go; lon-lat in EPSG:4490. `closed_after`: the last day of a site that was retired."""

    lon = serializers.FloatField(source="geometry.x")
    lat = serializers.FloatField(source="geometry.y")
    unit = serializers.CharField(source="unit.name")
    closed_after = serializers.DateField(source="valid_to", allow_null=True)

    class Meta:
        model = Site
        fields = (
            "id",
            "name",
            "lon",
            "lat",
            "address",
            "unit",
            "is_step_free",
            "access_note",
            "closed_after",
        )


class AppointmentOutput(serializers.Serializer[Any]):
    """One thing to do. `arranged_by`: who booked it, of the street or town whom to ask."""

    id = serializers.IntegerField(source="booking.pk")
    kind = serializers.ChoiceField(source="booking.kind", choices=BookingKind.choices)
    item = serializers.CharField(allow_blank=True)
    starts_at = serializers.DateTimeField(source="booking.starts_at", default_timezone=SHANGHAI)
    ends_at = serializers.DateTimeField(source="booking.ends_at", default_timezone=SHANGHAI)
    hall = serializers.CharField(source="booking.hall", allow_blank=True)
    town = serializers.CharField(source="booking.town.name")
    place = PlaceOutput(source="booking.site", allow_null=True)
    arranged_by = serializers.SerializerMethodField()

    def get_arranged_by(self, row: Appointment) -> str:
        """The name that colleagues know."""
        by = row.booking.booked_by
        return by.display_name or by.username


class AgendaOutput(serializers.Serializer[Any]):
    """What is coming, by its beginning."""

    appointments = AppointmentOutput(many=True)


class OwnAgendaView(ApiView):
    """The own coming work."""

    permission = SIGNED_IN

    @extend_schema(responses=AgendaOutput, operation_id="instructor_own_agenda")
    def get(self, request: SignedInRequest) -> Response:
        """Bookings that have not ended, at most 60, with place and whom to ask."""
        rows = coming_appointments(own_record(request.user).pk, timezone.now())
        return self.answer(AgendaOutput({"appointments": rows}).data)


urlpatterns = [path("instructors/me/agenda", OwnAgendaView.as_view())]
