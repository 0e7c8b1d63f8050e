"""What a citizen meets at the code: the activity, a name and a phone, one tap afterwards. Open to everybody. Rule: J09"""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from grids.interest.queries.door import door_of
from grids.interest.services.check_in import ComingPerson, check_in, knock
from grids.interest.services.ratings import rate_occurrence, rating_pass
from tenants.bureau.rules.local_time import SHANGHAI
from wangge.kernel.client_address import client_address
from wangge.kernel.permissions import PUBLIC
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty

DOORS = ("open", "early", "closed", "expired", "cancelled")


class DoorOutput(serializers.Serializer[Any]):
    """What stands at the code; `state` says whether one can check in now."""

    state = serializers.ChoiceField(choices=DOORS)
    title = serializers.CharField()
    interest_grid = serializers.CharField()
    place_name = serializers.CharField()
    starts_at = serializers.DateTimeField(default_timezone=SHANGHAI)
    ends_at = serializers.DateTimeField(default_timezone=SHANGHAI)
    opens_at = serializers.DateTimeField(default_timezone=SHANGHAI)
    closes_at = serializers.DateTimeField(default_timezone=SHANGHAI)


class ComingInput(StrictInput):
    """Who comes. All of it is asked of everybody, so that no answer tells whether a phone is known."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=60, default="")
    phone = serializers.CharField(max_length=32)
    consent = serializers.BooleanField(required=False, default=False)
    consent_version = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")


class CheckedInOutput(serializers.Serializer[Any]):
    """The person is present since this moment or before; with `rating_pass` the person may tell how it was, once."""

    checked_in_at = serializers.DateTimeField(default_timezone=SHANGHAI)
    title = serializers.CharField(source="occurrence.activity.title")
    rating_pass = serializers.SerializerMethodField()

    def get_rating_pass(self, row: Any) -> str:
        """Signed for this presence."""
        return rating_pass(row.present, is_new=row.is_new)


class RatingInput(StrictInput):
    """One tap: 1 unhappy, 2 so-so, 3 happy."""

    rating_pass = serializers.CharField(max_length=200)
    score = serializers.IntegerField(min_value=1, max_value=3)


class CheckInView(ApiView):
    """The door of an occurrence, by its code."""

    permission = PUBLIC
    authentication_classes = ()
    counts_tries = True

    @extend_schema(responses=DoorOutput, operation_id="check_in_door", auth=[])
    def get(self, request: Request, token: str) -> Response:
        """Which activity it is, and whether one can check in now."""
        response = self.answer(DoorOutput(door_of(token)).data)
        response["Cache-Control"] = "no-store"
        return response

    @extend_schema(request=ComingInput, responses=CheckedInOutput, operation_id="check_in", auth=[])
    def post(self, request: Request, token: str) -> Response:
        """Check in; the same phone again gets the answer of the first time."""
        address = client_address(request)
        knock(token=token, remote_address=address)
        asked = self.parsed(ComingInput)
        person = ComingPerson(asked["name"], asked["phone"], asked["consent"], asked["consent_version"])
        checked_in = check_in(token=token, person=person, remote_address=address)
        return self.answer(CheckedInOutput(checked_in).data)


class RatingView(ApiView):
    """The one tap after it."""

    permission = PUBLIC
    authentication_classes = ()

    @extend_schema(request=RatingInput, responses={204: None}, operation_id="rating_give", auth=[])
    def post(self, request: Request) -> Response:
        """Tell how it was."""
        asked = self.parsed(RatingInput)
        rate_occurrence(given_pass=asked["rating_pass"], score=asked["score"])
        return empty()


urlpatterns = [
    path("check-in/<str:token>", CheckInView.as_view()),
    path("ratings", RatingView.as_view()),
]
