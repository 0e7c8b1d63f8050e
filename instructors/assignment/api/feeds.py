"""Calendars that phones and calendar programmes subscribe to, by a secret address. Rule: S07"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from instructors.assignment.api.bookings import BIGGEST_ID, NamedOutput
from instructors.assignment.models import CalendarFeed
from instructors.assignment.queries.feeds import feed_file, feed_of, feeds_visible_to
from instructors.assignment.services.feeds import open_feed, revoke_feed
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.paging import paged
from wangge.kernel.permissions import PUBLIC, SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty

ICALENDAR = "text/calendar; charset=utf-8"


class FeedInput(StrictInput):
    """Of a site one may see, or of the own bookings when none is named; where it will be used."""

    site_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=60, default="")


class FeedOutput(serializers.ModelSerializer[CalendarFeed]):
    """A calendar that one has opened; `site` null: the own bookings."""

    site = NamedOutput(allow_null=True)

    class Meta:
        model = CalendarFeed
        fields: tuple[str, ...] = ("id", "site", "note", "created_at")


class FeedOpened(FeedOutput):
    """With its address, which is shown once: whoever has it reads the calendar until it is revoked."""

    address = serializers.CharField()

    class Meta(FeedOutput.Meta):
        fields = (*FeedOutput.Meta.fields, "address")


class FeedsView(ApiView):
    """One's own calendar feeds."""

    permission = SIGNED_IN
    shown_once = ("address",)

    @extend_schema(responses=paged(FeedOutput), operation_id="calendar_feed_list")
    def get(self, request: SignedInRequest) -> Response:
        """Those not revoked, without their addresses."""
        return self.page(feeds_visible_to(request.user), FeedOutput)

    @extend_schema(request=FeedInput, responses={201: FeedOpened}, operation_id="calendar_feed_open")
    def post(self, request: SignedInRequest) -> Response:
        """Open one; the address is in this answer only, and a replay of this request leaves it out."""
        feed, secret = open_feed(**self.parsed(FeedInput), acting_user=request.user)
        address = request.build_absolute_uri(f"/api/v1/calendars/{secret}.ics")
        response = self.answer({**FeedOutput(feed).data, "address": address}, status=201)
        response["Cache-Control"] = "no-store"
        return response


class FeedView(ApiView):
    """One feed."""

    permission = SIGNED_IN
    scope = feeds_visible_to

    @extend_schema(responses={204: None}, operation_id="calendar_feed_revoke")
    def delete(self, request: SignedInRequest, id: int) -> Response:
        """Revoke it: its address answers 404 from now on."""
        revoke_feed(feed_id=id, acting_user=request.user)
        return empty()


class CalendarFileView(ApiView):
    """What a calendar programme asks for, without signing in: the secret in the address is the key."""

    permission = PUBLIC
    authentication_classes = ()
    takes_any_parameter = True

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Calendar programmes ask for text/calendar, which is what they get; a refusal is JSON."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        responses={(200, "text/calendar"): OpenApiTypes.BINARY}, operation_id="calendar_feed_read", auth=[]
    )
    def get(self, request: Request, secret: str) -> HttpResponse:
        """A month back and a year ahead; 304 while it has not changed (If-None-Match), 404 once it is revoked."""
        content = feed_file(feed_of(secret), timezone.now(), request.get_host().split(":")[0])
        tag = f'"{sha256(content).hexdigest()[:32]}"'
        known = {
            each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")
        }
        response = HttpResponse(status=304) if tag in known else HttpResponse(content, content_type=ICALENDAR)
        response["ETag"] = tag
        response["Cache-Control"] = (
            "private, no-cache"  # asked for anew each time: a revoked address is gone at once
        )
        return response


urlpatterns = [
    path("calendar-feeds", FeedsView.as_view()),
    path("calendar-feeds/<int:id>", FeedView.as_view()),
    path("calendars/<str:secret>.ics", CalendarFileView.as_view()),
]
