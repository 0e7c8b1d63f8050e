"""Opening cities, the list of them, and one city with its names and quotas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_tenants.utils import schema_context
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.storage import storage_use
from tenants.bureau.services.cities import open_city
from tenants.bureau.services.quotas import describe_city, set_city_quotas
from tenants.registry.models import City
from tenants.registry.queries import cities
from tenants.registry.rules.city_life import CityState
from tenants.registry.services import as_owner
from wangge.errors import RuleBroken, not_found
from wangge.kernel.paging import IdCursorPagination
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView
from wangge.shell.operator_api.documents import CityOutput, CityPage, card_data, editable_fields, version_of
from wangge.shell.operator_cards import ORDERS_OF_CARD, ORDERS_OF_CITY, CityCard, Concern
from wangge.shell.operator_list import CityListOrder, cards_of, city_page

_ORDERS = [sign + name for name in (*ORDERS_OF_CITY, *ORDERS_OF_CARD) for sign in ("", "-")]


class CityInput(StrictInput):
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


class CityQuery(serializers.Serializer[Any]):
    """Which cities, and in which order; a minus before the order turns it round."""

    state = serializers.ChoiceField(choices=[state.value for state in CityState], required=False)
    concern = serializers.ChoiceField(choices=[concern.value for concern in Concern], required=False)
    text = serializers.CharField(
        max_length=100,
        required=False,
        default="",
        help_text="in the name, short name or a host; or a code's start",
    )
    sort = serializers.ChoiceField(choices=_ORDERS, required=False, default="opened")


class CityEdit(StrictInput):
    """What an operator may change of a city's row; what is left out stays."""

    name = serializers.CharField(max_length=60, required=False)
    data_label = serializers.CharField(max_length=200, required=False, allow_blank=True)
    storage_quota_bytes = serializers.IntegerField(required=False, min_value=0, max_value=1024**5)
    job_slots = serializers.IntegerField(required=False, min_value=1, max_value=32)
    job_quota = serializers.IntegerField(required=False, min_value=1, max_value=100_000)


def cities_visible_to(user: Any) -> QuerySet[City]:
    """Every city, for a signed-in operator."""
    return cities().prefetch_related("domains") if user.is_authenticated else cities().none()


def city_card(slug: str) -> CityCard:
    """One city with its figures; its size is exact, as the city's own services measure it."""
    city = cities().prefetch_related("domains").get(slug=slug)
    card = cards_of([city], now=timezone.now())[0]
    if not card.figures.is_readable:
        return card
    try:
        with transaction.atomic(), as_owner(), schema_context(city.schema_name):
            storage = replace(storage_use(), quota_bytes=city.storage_quota_bytes)
    except (DatabaseError, RuleBroken):  # half made or half migrated: the catalogue's figure has to do
        return card
    return replace(card, figures=replace(card.figures, storage=storage))


class CitiesView(ApiView):
    """The installation's cities."""

    permission = "city.operate"

    @extend_schema(parameters=[CityQuery], responses=CityPage, operation_id="city_list")
    def get(self, request: SignedInRequest) -> Response:
        """Cities with their figures."""
        wanted = self.query(CityQuery)
        order = CityListOrder(
            **wanted,
            after=request.query_params.get("cursor", ""),
            limit=IdCursorPagination().get_page_size(request),
        )
        page = city_page(cities_visible_to(request.user), order, now=timezone.now())
        return self.answer(
            {
                "next": _url(request, page.next_after),
                "previous": _url(request, page.previous_after),
                "results": [card_data(card) for card in page.cards],
            }
        )

    @extend_schema(request=CityInput, responses={201: CityOutput}, operation_id="city_open")
    def post(self, request: SignedInRequest) -> Response:
        """Open a city: schema, role, hosts, first administrator, policy, calendar; all of it or nothing."""
        given = self.parsed(CityInput)
        centre = given.pop("centre")
        city = open_city(**given, centre=tuple(centre) if centre else None, acting_user=request.user)
        return self.answer(
            card_data(city_card(city.slug)),
            status=201,
            version=version_of(city),
            location=f"/api/v1/cities/{city.slug}",
        )


def _url(request: SignedInRequest, after: str | None) -> str | None:
    if after is None:
        return None
    here = request.build_absolute_uri()
    if not after:
        return str(remove_query_param(here, "cursor"))
    return str(replace_query_param(here, "cursor", after))


class CityView(ApiView):
    """One city."""

    permission = "city.operate"
    scope = cities_visible_to
    lookup_kwarg = "slug"
    lookup_field = "slug"
    needs_if_match = True

    @extend_schema(responses=CityOutput, operation_id="city_read")
    def get(self, request: SignedInRequest, slug: str) -> Response:
        """Its names, hosts, state, quotas and figures."""
        return self._answer(slug)

    @extend_schema(request=CityEdit, responses=CityOutput, operation_id="city_edit")
    def patch(self, request: SignedInRequest, slug: str) -> Response:
        """Change its name, data label or quotas, against the version last read."""
        given = self.parsed(CityEdit)
        with transaction.atomic():
            city = City.objects.select_for_update().filter(slug=slug).first()
            if city is None:
                raise not_found("城市", "city")
            standing = editable_fields(city)
            self.check_version(version_of(city), standing)
            wanted = standing | given
            if _differ(standing, wanted, "name", "data_label"):
                describe_city(
                    city=city,
                    name=wanted["name"],
                    data_label=wanted["data_label"],
                    acting_user=request.user,
                )
            if _differ(standing, wanted, "storage_quota_bytes", "job_slots", "job_quota"):
                set_city_quotas(
                    city=city,
                    storage_quota_bytes=wanted["storage_quota_bytes"],
                    job_slots=wanted["job_slots"],
                    job_quota=wanted["job_quota"],
                    acting_user=request.user,
                )
        return self._answer(slug)

    def _answer(self, slug: str) -> Response:
        card = city_card(slug)
        return self.answer(card_data(card), version=version_of(card.city))


def _differ(standing: dict[str, Any], wanted: dict[str, Any], *names: str) -> bool:
    return any(standing[name] != wanted[name] for name in names)
