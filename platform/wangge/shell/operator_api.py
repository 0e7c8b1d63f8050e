"""The operator's face: opening cities and seeing that they are well; never a city's data."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.bureau.services.cities import open_city
from tenants.registry.models import City
from tenants.registry.queries import cities
from wangge.kernel.paging import paged
from wangge.kernel.views import ApiView


class CityOutput(serializers.ModelSerializer[City]):
    """A city as its operator sees it."""

    hosts = serializers.SerializerMethodField()

    class Meta:
        model = City
        fields = (
            "slug",
            "name",
            "division_code",
            "gauss_kruger_epsg",
            "data_label",
            "hosts",
            "suspended_at",
            "created_at",
        )

    def get_hosts(self, city: City) -> list[str]:
        """The hosts at which it answers."""
        return [domain.domain for domain in city.domains.all()]


class CityInput(serializers.Serializer[Any]):
    """What a new city needs: its names, its map zone, its hosts, its first administrator."""

    slug = serializers.CharField(max_length=30)
    name = serializers.CharField(max_length=60)
    division_code = serializers.RegexField(r"^\d{6}\Z")
    gauss_kruger_epsg = serializers.IntegerField(min_value=4534, max_value=4554)
    hosts = serializers.ListField(child=serializers.CharField(max_length=253), min_length=1, max_length=10)
    centre = serializers.ListField(
        child=serializers.FloatField(min_value=-180, max_value=180),
        min_length=2,
        max_length=2,
        required=False,
        allow_null=True,
        default=None,
        help_text="lon, lat in CGCS2000",
    )
    data_label = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    admin_username = serializers.CharField(max_length=64)
    admin_display_name = serializers.CharField(max_length=64)
    admin_password = serializers.CharField(max_length=256, trim_whitespace=False)


def cities_visible_to(user: Any) -> Any:
    """Every city, for a signed-in operator."""
    return cities().prefetch_related("domains") if user.is_authenticated else cities().none()


class CitiesView(ApiView):
    """The installation's cities."""

    permission = "city.operate"

    @extend_schema(responses=paged(CityOutput), operation_id="city_list")
    def get(self, request: Request) -> Response:
        """All cities, in order of opening."""
        return self.page(cities_visible_to(request.user), CityOutput)

    @extend_schema(request=CityInput, responses={201: CityOutput}, operation_id="city_open")
    def post(self, request: Request) -> Response:
        """Open a city: schema, role, hosts, first administrator, policy, calendar; all of it or nothing."""
        given = self.parsed(CityInput)
        centre = given.pop("centre")
        city = open_city(**given, centre=tuple(centre) if centre else None, acting_user=request.user)
        return self.answer(CityOutput(city).data, status=201, location=f"/api/v1/cities/{city.slug}")


class CityView(ApiView):
    """One city."""

    permission = "city.operate"
    scope = cities_visible_to
    lookup_kwarg = "slug"
    lookup_field = "slug"

    @extend_schema(responses=CityOutput, operation_id="city_read")
    def get(self, request: Request, slug: str) -> Response:
        """Its names, hosts and state."""
        return self.answer(CityOutput(self.object).data)
