"""Full personal data, for a purpose that is told in the audit log.

Rule: X07
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.api.users import CityUserOutput
from tenants.bureau.queries.contacts import FULL_VALUE, users_with_phone
from tenants.bureau.queries.users import users_visible_to
from tenants.bureau.rules.purposes import NOTE_MAX_LENGTH, PURPOSES
from tenants.bureau.services.contacts import reveal_personal_data
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView

FIELDS = ("phone",)


class PurposeOutput(serializers.Serializer[Any]):
    """A purpose of the catalogue."""

    name = serializers.CharField()
    zh = serializers.CharField()
    en = serializers.CharField()


class RevealInput(StrictInput):
    """Which full values, and what for."""

    items = serializers.ListField(
        child=serializers.ChoiceField(choices=FIELDS),
        min_length=1,
        max_length=len(FIELDS),
        default=list(FIELDS),
    )
    purpose = serializers.CharField(
        max_length=32, required=False, allow_blank=True, default="", help_text="a name of personal-purposes"
    )
    note = serializers.CharField(
        max_length=NOTE_MAX_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text="why, in own words",
    )


class Revealed(serializers.Serializer[Any]):
    """Full values; a repeated request with one Idempotency-Key is answered without them."""

    phone = serializers.CharField(required=False)


class PhoneInput(StrictInput):
    """A phone number to look for."""

    phone = serializers.CharField(max_length=32)


class PurposesView(ApiView):
    """What full personal data may be looked at for."""

    permission = SIGNED_IN

    @extend_schema(responses=PurposeOutput(many=True), operation_id="personal_purpose_list")
    def get(self, request: SignedInRequest) -> Response:
        """The catalogue."""
        return self.answer(
            [{"name": name.value, "zh": said.zh, "en": said.en} for name, said in PURPOSES.items()]
        )


class RevealView(ApiView):
    """A person's full values."""

    permission = FULL_VALUE
    scope = users_visible_to
    shown_once = FIELDS

    @extend_schema(request=RevealInput, responses=Revealed, operation_id="user_reveal")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Show them once; who looked and what for stands in the audit log."""
        given = self.parsed(RevealInput)
        values = reveal_personal_data(user_id=id, **given, acting_user=request.user)
        response = self.answer(values)
        response["Cache-Control"] = "no-store"
        return response


class UserLookUpView(ApiView):
    """People by their phone number, which stays out of addresses and logs."""

    permission = "user.view"

    @extend_schema(request=PhoneInput, responses=paged(CityUserOutput), operation_id="user_look_up")
    def post(self, request: SignedInRequest) -> Response:
        """Those one may see who have this number."""
        return self.page(
            users_with_phone(request.user, self.parsed(PhoneInput)["phone"]),
            CityUserOutput,
            reader=request.user,
        )
