"""What goes on in a community, for everybody who may look around: when, what and where, and nobody's name. Rule: J09"""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from gis.layers.models import Community
from grids.interest.api.activity_outputs import ActivityPlaceOutput
from grids.interest.api.occurrences import AgendaPagination
from grids.interest.models import Occurrence
from grids.interest.queries.activities import (
    communities_with_activities_visible_to,
    of_days,
    told_of_community,
)
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.kernel.fields import DayField
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.views import ApiView


class ActivityCommunityOutput(serializers.ModelSerializer[Community]):
    """A community whose activities one may list; `town`: the street or town it lies in."""

    town = serializers.CharField(source="unit.parent.name", default="")

    class Meta:
        model = Community
        fields = ("id", "name", "town")


class ActivityCommunitiesQuery(serializers.Serializer[Any]):
    """Which communities."""

    name = serializers.CharField(required=False, max_length=60, help_text="a part of the name")


class CommunityActivitiesQuery(serializers.Serializer[Any]):
    """Local days, both counted: what goes on in them, if only after midnight."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of the language."""
        return {"from": DayField(required=False), "to": DayField(required=False)}


class CommunityActivityOutput(serializers.ModelSerializer[Occurrence]):
    """A meeting as everybody may know of it."""

    title = serializers.CharField(source="activity.title")
    interest_grid = serializers.CharField(source="interest_grid.name")
    starts_at = serializers.DateTimeField(default_timezone=SHANGHAI)
    ends_at = serializers.DateTimeField(default_timezone=SHANGHAI)
    place = ActivityPlaceOutput(source="*")
    is_outdoors = serializers.BooleanField(source="activity.is_outdoors")

    class Meta:
        model = Occurrence
        fields = (
            "id", "title", "interest_grid", "starts_at", "ends_at", "place", "is_outdoors", "state", "cancel_reason",
        )  # fmt: skip


class ActivityCommunitiesView(ApiView):
    """Communities whose activities one may list."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[ActivityCommunitiesQuery], responses=paged(ActivityCommunityOutput),
        operation_id="activity_community_list",
    )  # fmt: skip
    def get(self, request: SignedInRequest) -> Response:
        """By id, narrowed by a part of the name."""
        rows = communities_with_activities_visible_to(request.user).filter(valid_to=None)
        name = self.query(ActivityCommunitiesQuery).get("name")
        rows = rows.filter(name__contains=name) if name else rows
        return self.page(rows.select_related("unit__parent"), ActivityCommunityOutput)


class CommunityActivitiesView(ApiView):
    """The activities of one community."""

    permission = SIGNED_IN
    scope = communities_with_activities_visible_to

    @extend_schema(
        parameters=[CommunityActivitiesQuery], responses=paged(CommunityActivityOutput),
        operation_id="community_activity_list",
    )  # fmt: skip
    def get(self, request: SignedInRequest, id: int) -> Response:
        """What is planned, was held or called off there, soonest first."""
        asked = self.query(CommunityActivitiesQuery)
        rows = of_days(told_of_community(id), asked.get("from"), asked.get("to"))
        paginator = AgendaPagination()
        window = paginator.paginate_queryset(rows, request, view=self)
        return paginator.get_paginated_response(CommunityActivityOutput(window, many=True).data)


urlpatterns = [
    path("activity-communities", ActivityCommunitiesView.as_view()),
    path("communities/<int:id>/activities", CommunityActivitiesView.as_view()),
]
