"""Activities over HTTP: planned, changed, called off. Rules: J09, J16"""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from grids.interest.api.activity_outputs import (
    ActivityOutput,
    PlannedOutput,
    not_booked_told,
    warning_told,
)
from grids.interest.queries.activities import activities_visible_to, of_own_interest_grids
from grids.interest.rules.activity_plans import ActivityPlan
from grids.interest.rules.activity_states import BY_ITSELF, ActivityState, AssistTheme, CancelCategory
from grids.interest.services.activities import Planned, cancel_activity, change_activity, plan_activity
from tenants.accounts.api.signed_in import SignedInRequest
from wangge.kernel.fields import DayField, MomentField
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.problems import english_wanted
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

BIGGEST_ID = 2**62
THEMES = [theme.value for theme in AssistTheme]
# What a person may give as the reason; the others are the product's own.
CATEGORIES = [each.value for each in CancelCategory if each not in BY_ITSELF]


class ActivityFields(StrictInput):
    """What is planned. Without `site_id` the place has a name, and a point [longitude, latitude] where it is known."""

    title = serializers.CharField(max_length=80)
    starts_at = MomentField()
    ends_at = MomentField()
    recurrence = serializers.CharField(
        required=False, allow_blank=True, max_length=300, default="", help_text="RFC 5545 RRULE; empty: once"
    )
    until = DayField(required=False, allow_null=True, default=None, help_text="last day of a series")
    site_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    hall = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")
    is_exclusive = serializers.BooleanField(required=False, default=False)
    place = serializers.ListField(
        child=serializers.FloatField(min_value=-180, max_value=180), min_length=2, max_length=2, required=False,
        allow_null=True, default=None,
    )  # fmt: skip
    place_name = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")
    is_outdoors = serializers.BooleanField(required=False, default=True)
    instructor_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=BIGGEST_ID
    )
    assist_themes = serializers.ListField(
        child=serializers.ChoiceField(choices=THEMES), required=False, default=list, max_length=len(THEMES)
    )
    welcomes_visitors = serializers.BooleanField(required=False, default=False)
    skip_conflicts = serializers.BooleanField(
        required=False, default=False, help_text="cancel the times whose place or instructor is taken"
    )

    def validate_place(self, value: list[float] | None) -> tuple[float, float] | None:
        """A pair; the latitude is no more than 90."""
        if value is None:
            return None
        if abs(value[1]) > 90:
            raise serializers.ValidationError("[longitude, latitude]")
        return value[0], value[1]

    def validate_assist_themes(self, value: list[str]) -> tuple[str, ...]:
        """As the plan keeps them."""
        return tuple(sorted(set(value)))


class ActivityInput(ActivityFields):
    """A new activity of an interest grid."""

    interest_grid_id = serializers.IntegerField(min_value=1, max_value=BIGGEST_ID)


class CancelActivityInput(StrictInput):
    """Why it is called off, by kind and in words."""

    category = serializers.ChoiceField(choices=CATEGORIES)
    reason = serializers.CharField(max_length=300)


class ActivitiesQuery(serializers.Serializer[Any]):
    """Which activities."""

    interest_grid = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    community = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    state = serializers.ChoiceField(required=False, choices=[each.value for each in ActivityState])
    theme = serializers.ChoiceField(required=False, choices=THEMES)
    mine = serializers.BooleanField(required=False, default=False, help_text="of the own interest grids")


class ActivitiesView(ApiView):
    """The activities of interest grids."""

    permission = SIGNED_IN

    @extend_schema(
        parameters=[ActivitiesQuery], responses=paged(ActivityOutput), operation_id="activity_list"
    )
    def get(self, request: SignedInRequest) -> Response:
        """Activities of the interest grids one sees, by id."""
        asked = self.query(ActivitiesQuery)
        rows = activities_visible_to(request.user)
        wanted = {
            "interest_grid": asked.get("interest_grid"),
            "interest_grid__community": asked.get("community"),
            "state": asked.get("state"),
            "assist_themes__contains": [asked["theme"]] if "theme" in asked else None,
        }
        rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
        if asked["mine"]:
            rows = of_own_interest_grids(rows, request.user)
        return self.page(rows, ActivityOutput, reader=request.user)

    @extend_schema(request=ActivityInput, responses={201: PlannedOutput}, operation_id="activity_plan")
    def post(self, request: SignedInRequest) -> Response:
        """Plan an activity once or again and again; its place and instructor are booked with it."""
        asked = self.parsed(ActivityInput)
        done = plan_activity(
            interest_grid_id=asked.pop("interest_grid_id"), skip_conflicts=asked.pop("skip_conflicts"),
            plan=ActivityPlan(**asked), acting_user=request.user,
        )  # fmt: skip
        return planned_answer(done, request, 201)


def planned_answer(done: Planned, request: SignedInRequest, status: int = 200) -> Response:
    """The activity with warnings and what could not be booked."""
    english = english_wanted(request)
    body = {
        **ActivityOutput(done.activity, context={"reader": request.user}).data,
        "skipped": [not_booked_told(each, english) for each in done.skipped],
        "warnings": [warning_told(each) for each in done.warnings],
    }
    location = f"/api/v1/activities/{done.activity.pk}"
    return ApiView.answer(body, status=status, version=done.activity.version, location=location)


class ActivityView(ApiView):
    """One activity."""

    permission = SIGNED_IN
    scope = activities_visible_to
    needs_if_match = True

    @extend_schema(responses=ActivityOutput, operation_id="activity_read")
    def get(self, request: SignedInRequest, id: int) -> Response:
        """The activity."""
        return self.answer(
            ActivityOutput(self.object, context={"reader": request.user}).data, version=self.object.version
        )

    @extend_schema(request=ActivityFields, responses=PlannedOutput, operation_id="activity_change")
    def patch(self, request: SignedInRequest, id: int) -> Response:
        """Change it; only what has not begun follows, and whose time stays keeps its id."""
        sent = self.parsed(ActivityFields, partial=True)
        skip = sent.pop("skip_conflicts", False)
        done = change_activity(
            activity_id=id, changes=sent, acting_user=request.user, skip_conflicts=skip,
            if_match=request.headers.get("If-Match"),
        )  # fmt: skip
        return planned_answer(done, request)


class ActivityCancelView(ApiView):
    """Calling an activity off."""

    permission = SIGNED_IN
    scope = activities_visible_to

    @extend_schema(request=CancelActivityInput, responses=ActivityOutput, operation_id="activity_cancel")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Cancel all that is to come of it; its people are told once."""
        asked = self.parsed(CancelActivityInput)
        row = cancel_activity(
            activity_id=id, category=CancelCategory(asked["category"]), reason=asked["reason"],
            acting_user=request.user,
        )  # fmt: skip
        return self.answer(ActivityOutput(row, context={"reader": request.user}).data, version=row.version)


urlpatterns = [
    path("activities", ActivitiesView.as_view()),
    path("activities/<int:id>", ActivityView.as_view()),
    path("activities/<int:id>/cancel", ActivityCancelView.as_view()),
]
