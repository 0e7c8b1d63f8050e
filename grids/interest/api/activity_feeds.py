"""Calendars of activities that calendar programs subscribe to. Rule: J09"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.http import HttpResponse
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from grids.interest.api.activities import BIGGEST_ID
from grids.interest.models import CalendarFeed
from grids.interest.queries.calendar_feeds import (
    FeedOf,
    calendar_of,
    community_feed,
    feeds_visible_to,
    interest_grid_feed,
)
from grids.interest.services.calendar_feeds import make_feed_link, revoke_feed_link
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.paging import paged
from wangge.kernel.permissions import PUBLIC, SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty

ICALENDAR = "text/calendar; charset=utf-8"


class FeedQuery(serializers.Serializer[Any]):
    """`key`: the secret of a link, for programs that cannot sign in."""

    key = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")


class ActivityFeedInput(StrictInput):
    """Whose activities: of one interest grid, or of one community."""

    interest_grid_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    community_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if (attrs["interest_grid_id"] is None) == (attrs["community_id"] is None):
            raise serializers.ValidationError("interest_grid_id / community_id")
        return attrs


class ActivityFeedOutput(serializers.ModelSerializer[CalendarFeed]):
    """A link that one has made and that lives."""

    interest_grid_id = serializers.IntegerField(allow_null=True)
    community_id = serializers.IntegerField(allow_null=True)

    class Meta:
        model = CalendarFeed
        fields: tuple[str, ...] = ("id", "interest_grid_id", "community_id", "created_at")


class ActivityFeedMade(ActivityFeedOutput):
    """With its address, which is shown once: whoever has it reads the calendar until it is revoked."""

    address = serializers.CharField()

    class Meta(ActivityFeedOutput.Meta):
        fields = (*ActivityFeedOutput.Meta.fields, "address")


class ActivityFeedsView(ApiView):
    """One's own links to calendars of activities."""

    permission = SIGNED_IN
    shown_once = ("address",)

    @extend_schema(responses=paged(ActivityFeedOutput), operation_id="activity_feed_list")
    def get(self, request: SignedInRequest) -> Response:
        """Those not revoked, without their addresses."""
        return self.page(feeds_visible_to(request.user), ActivityFeedOutput)

    @extend_schema(
        request=ActivityFeedInput, responses={201: ActivityFeedMade}, operation_id="activity_feed_make"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Make one; the address is in this answer only, and a replay of this request leaves it out."""
        row, key = make_feed_link(acting_user=request.user, **self.parsed(ActivityFeedInput))
        place = (
            f"interest-grids/{row.interest_grid_id}/calendar.ics"
            if row.interest_grid_id is not None
            else f"communities/{row.community_id}/activities.ics"
        )
        address = request.build_absolute_uri(f"/api/v1/{place}?key={key}")
        response = self.answer({**ActivityFeedOutput(row).data, "address": address}, status=201)
        response["Cache-Control"] = "no-store"
        return response


class ActivityFeedView(ApiView):
    """One link."""

    permission = SIGNED_IN
    scope = feeds_visible_to

    @extend_schema(responses={204: None}, operation_id="activity_feed_revoke")
    def delete(self, request: SignedInRequest, id: int) -> Response:
        """Revoke it: its address answers 404 from now on."""
        revoke_feed_link(feed_id=id, acting_user=request.user)
        return empty()


class _CalendarView(ApiView):
    """A calendar for whoever is signed in and sees it, or bears the key of a link."""

    permission = PUBLIC

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Calendar programs ask for text/calendar, which is what they get; a refusal is JSON."""
        return super().perform_content_negotiation(request, force=True)

    def feed(self, key: str) -> FeedOf:
        """Whose activities; 404 for whoever may not read them."""
        raise NotImplementedError

    def _calendar(self, request: Request) -> HttpResponse:
        content = calendar_of(self.feed(self.query(FeedQuery)["key"]))
        tag = f'"{sha256(content).hexdigest()[:32]}"'
        known = {
            each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")
        }
        response = HttpResponse(status=304) if tag in known else HttpResponse(content, content_type=ICALENDAR)
        response["ETag"] = tag
        # Asked for anew each time: a revoked address is gone at once.
        response["Cache-Control"] = "private, no-cache"
        return response


class InterestGridCalendarView(_CalendarView):
    """The calendar of an interest grid."""

    @extend_schema(
        parameters=[FeedQuery], responses={(200, "text/calendar"): OpenApiTypes.BINARY},
        operation_id="interest_grid_calendar",
    )  # fmt: skip
    def get(self, request: Request, id: int) -> HttpResponse:
        """Its occurrences of the last two months and all to come; 304 while they have not changed (If-None-Match)."""
        return self._calendar(request)

    def feed(self, key: str) -> FeedOf:
        """The interest grid's."""
        return interest_grid_feed(self.request.user, self.kwargs["id"], key)


class CommunityCalendarView(_CalendarView):
    """The calendar of a community."""

    @extend_schema(
        parameters=[FeedQuery], responses={(200, "text/calendar"): OpenApiTypes.BINARY},
        operation_id="community_calendar",
    )  # fmt: skip
    def get(self, request: Request, id: int) -> HttpResponse:
        """The same for all interest grids at home in the community."""
        return self._calendar(request)

    def feed(self, key: str) -> FeedOf:
        """The community's."""
        return community_feed(self.request.user, self.kwargs["id"], key)


urlpatterns = [
    path("activity-feeds", ActivityFeedsView.as_view()),
    path("activity-feeds/<int:id>", ActivityFeedView.as_view()),
    path("interest-grids/<int:id>/calendar.ics", InterestGridCalendarView.as_view()),
    path("communities/<int:id>/activities.ics", CommunityCalendarView.as_view()),
]
