"""What administrators do about other people's signing in."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.bureau.queries.users import users_visible_to
from tenants.bureau.services.access import reset_persons_second_factor, sign_person_out, unlock_person
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty


class ResetInput(StrictInput):
    """Why, such as how the person was recognised."""

    reason = serializers.CharField(max_length=500)


class SignInLockView(ApiView):
    """The lock that wrong passwords put on a person's name."""

    permission = "user.manage"
    scope = users_visible_to

    @extend_schema(responses={204: None}, operation_id="user_unlock")
    def delete(self, request: SignedInRequest, id: int) -> Response:
        """Open the door before the lock ends."""
        unlock_person(user_id=id, acting_user=request.user)
        return empty()


class PersonsSessionsView(ApiView):
    """The sessions of a person."""

    permission = "user.manage"
    scope = users_visible_to

    @extend_schema(responses={204: None}, operation_id="user_sign_out")
    def delete(self, request: SignedInRequest, id: int) -> Response:
        """End all of them at once."""
        sign_person_out(user_id=id, acting_user=request.user)
        return empty()


class SecondFactorResetView(ApiView):
    """The second factor of a person who lost it."""

    permission = "user.administer"
    scope = users_visible_to

    @extend_schema(request=ResetInput, responses={204: None}, operation_id="user_reset_second_factor")
    def post(self, request: SignedInRequest, id: int) -> Response:
        """Take it away and end the person's sessions; the next sign-in enrols a new one."""
        reset_persons_second_factor(user_id=id, acting_user=request.user, **self.parsed(ResetInput))
        return empty()
