"""A city's life: suspended and resumed, its hosts, its drop and the way back; and what operators did to it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.accounts.models import AuditEvent
from tenants.bureau.api.audit import AuditEventOutput
from tenants.registry.services.cities import add_domain, make_primary_domain, remove_domain, rename_domain
from tenants.registry.services.lifecycle import cancel_drop, resume_city, schedule_drop, suspend_city
from wangge.kernel.paging import paged
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView
from wangge.shell.operator_api.cities import cities_visible_to, city_card
from wangge.shell.operator_api.documents import CityOutput, card_data, version_of


class SuspensionInput(StrictInput):
    """The message that people of the city read while it is suspended."""

    message = serializers.CharField(max_length=300)


class DropInput(StrictInput):
    """The city's short name, typed by hand."""

    typed_slug = serializers.CharField(max_length=30, trim_whitespace=False)


class DomainInput(StrictInput):
    """A host name, with a port where one address serves several cities."""

    host = serializers.CharField(max_length=253)


class OneCityView(ApiView):
    """What is done to one city; answers with the city as it stands then."""

    permission = "city.operate"
    scope = cities_visible_to
    lookup_kwarg = "slug"
    lookup_field = "slug"

    def city_answer(self, *, status: int = 200) -> Response:
        """The city with its figures and version."""
        card = city_card(self.object.slug)
        return self.answer(card_data(card), status=status, version=version_of(card.city))


class CitySuspendView(OneCityView):
    """Making a city read-only."""

    @extend_schema(request=SuspensionInput, responses=CityOutput, operation_id="city_suspend")
    def post(self, request: SignedInRequest, slug: str) -> Response:
        """Suspend it with a message, or change the message."""
        suspend_city(city=self.object, **self.parsed(SuspensionInput), acting_user=request.user)
        return self.city_answer()


class CityResumeView(OneCityView):
    """Letting a suspended city be written again."""

    @extend_schema(request=None, responses=CityOutput, operation_id="city_resume")
    def post(self, request: SignedInRequest, slug: str) -> Response:
        """Resume it."""
        resume_city(city=self.object, acting_user=request.user)
        return self.city_answer()


class CityDropView(OneCityView):
    """Asking for the drop of a city."""

    @extend_schema(request=DropInput, responses=CityOutput, operation_id="city_schedule_drop")
    def post(self, request: SignedInRequest, slug: str) -> Response:
        """Begin its grace period; it is backed up and dropped when that ends."""
        given = self.parsed(DropInput)
        schedule_drop(city=self.object, **given, acting_user=request.user, now=timezone.now())
        return self.city_answer()


class CityCancelDropView(OneCityView):
    """Taking a drop back."""

    @extend_schema(request=None, responses=CityOutput, operation_id="city_cancel_drop")
    def post(self, request: SignedInRequest, slug: str) -> Response:
        """Keep the city; it stays suspended until it is resumed."""
        cancel_drop(city=self.object, acting_user=request.user)
        return self.city_answer()


class CityDomainsView(OneCityView):
    """The hosts of a city."""

    @extend_schema(request=DomainInput, responses={201: CityOutput}, operation_id="city_domain_add")
    def post(self, request: SignedInRequest, slug: str) -> Response:
        """Let it answer at one more host."""
        add_domain(city=self.object, **self.parsed(DomainInput), acting_user=request.user)
        return self.city_answer(status=201)


class CityDomainView(OneCityView):
    """One host of a city."""

    @extend_schema(request=DomainInput, responses=CityOutput, operation_id="city_domain_rename")
    def patch(self, request: SignedInRequest, slug: str, host: str) -> Response:
        """Let it answer at another host instead."""
        new_host = self.parsed(DomainInput)["host"]
        rename_domain(city=self.object, old_host=host, new_host=new_host, acting_user=request.user)
        return self.city_answer()

    @extend_schema(responses={200: CityOutput}, operation_id="city_domain_remove")
    def delete(self, request: SignedInRequest, slug: str, host: str) -> Response:
        """Let it answer there no longer; its last host stays."""
        remove_domain(city=self.object, host=host, acting_user=request.user)
        return self.city_answer()


class CityPrimaryDomainView(OneCityView):
    """Which host of a city is told to people."""

    @extend_schema(request=None, responses=CityOutput, operation_id="city_domain_make_primary")
    def post(self, request: SignedInRequest, slug: str, host: str) -> Response:
        """Make it the primary one."""
        make_primary_domain(city=self.object, host=host, acting_user=request.user)
        return self.city_answer()


def acts_on(slug_pk: int) -> QuerySet[AuditEvent]:
    """What operators did to the city of that id; in public, so no act of its own people is among it."""
    return AuditEvent.objects.filter(subject_type="registry.city", subject_id=str(slug_pk)).order_by("id")


class CityActsView(OneCityView):
    """What operators did to a city."""

    @extend_schema(responses=paged(AuditEventOutput), operation_id="city_audit_event_list")
    def get(self, request: SignedInRequest, slug: str) -> Response:
        """Rows in the order they were written."""
        return self.page(acts_on(self.object.pk), AuditEventOutput)
