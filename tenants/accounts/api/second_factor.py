"""One's own second factor and one's own password: what only the signed-in person may change."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.authentication import check_by_session
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.accounts.queries import recovery_codes_left, second_factor_since
from tenants.accounts.rules.duties import Duty
from tenants.accounts.services import (
    begin_enrolment,
    change_own_password,
    confirm_enrolment,
    new_codes,
    remove_second_factor,
)
from tenants.accounts.services.sessions import ask_anew_what_is_owed, go_on_under_new_password
from tenants.accounts.services.sign_in_policy import sign_in_policy
from wangge.kernel.client_address import client_address
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty


class SecondFactorOutput(serializers.Serializer[Any]):
    """Whether one has a second factor and must have one; how many recovery codes are left."""

    is_enrolled = serializers.BooleanField()
    is_required = serializers.BooleanField()
    since = serializers.DateTimeField(allow_null=True)
    recovery_codes_left = serializers.IntegerField()


class CodeInput(StrictInput):
    """A code of the authenticator; where it proves who asks, a recovery code will do."""

    code = serializers.CharField(max_length=32)


class OptionalCodeInput(StrictInput):
    """A code of the present authenticator, for who has one and replaces it."""

    code = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")


class EnrolmentOutput(serializers.Serializer[Any]):
    """What goes into the authenticator, shown this once."""

    secret = serializers.CharField()
    secret_in_groups = serializers.CharField()
    uri = serializers.CharField()
    qr_svg = serializers.CharField()


class RecoveryCodesOutput(serializers.Serializer[Any]):
    """The recovery codes, shown this once."""

    recovery_codes = serializers.ListField(child=serializers.CharField())


class PasswordInput(StrictInput):
    """The old password and the new one."""

    old_password = serializers.CharField(max_length=256, trim_whitespace=False)
    password = serializers.CharField(max_length=256, trim_whitespace=False)


def issuer_of(request: HttpRequest) -> str:
    """How an authenticator names this place: the city, or the platform for its operators."""
    city = getattr(request, "tenant", None)
    return f"{city.name}体育网格" if city is not None else "体育网格运维"


class SecondFactorView(ApiView):
    """One's own second factor."""

    permission = SIGNED_IN
    open_under = (Duty.SECOND_FACTOR,)
    shown_once = ("secret", "secret_in_groups", "uri", "qr_svg")
    counts_tries = True

    @extend_schema(responses=SecondFactorOutput, operation_id="second_factor_read")
    def get(self, request: SignedInRequest) -> Response:
        """Its state; never its secret."""
        user, since = request.user, second_factor_since(request.user)
        state = {
            "is_enrolled": since is not None,
            "is_required": sign_in_policy().needs_second_factor(user, timezone.now()),
            "since": since,
            "recovery_codes_left": recovery_codes_left(user),
        }
        return self.answer(SecondFactorOutput(state).data)

    @extend_schema(
        request=OptionalCodeInput, responses={201: EnrolmentOutput}, operation_id="second_factor_begin"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Begin to enrol an authenticator, or to replace the present one with a code of it."""
        check_by_session(request)
        begun = begin_enrolment(
            acting_user=request.user,
            issuer=issuer_of(request._request),
            now=timezone.now(),
            remote_address=client_address(request._request),
            **self.parsed(OptionalCodeInput),
        )
        return self.answer(EnrolmentOutput(begun).data, status=201)


class SecondFactorConfirmationView(ApiView):
    """The first code of a new authenticator."""

    permission = SIGNED_IN
    open_under = (Duty.SECOND_FACTOR,)
    shown_once = ("recovery_codes",)
    counts_tries = True

    @extend_schema(
        request=CodeInput, responses={201: RecoveryCodesOutput}, operation_id="second_factor_confirm"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Let it count from now on; the answer holds the recovery codes, this once."""
        check_by_session(request)
        now = timezone.now()
        codes = confirm_enrolment(
            acting_user=request.user,
            now=now,
            remote_address=client_address(request._request),
            **self.parsed(CodeInput),
        )
        ask_anew_what_is_owed(request=request._request, now=now)
        return self.answer({"recovery_codes": codes}, status=201)


class RecoveryCodesView(ApiView):
    """One's own recovery codes."""

    permission = SIGNED_IN
    shown_once = ("recovery_codes",)
    counts_tries = True

    @extend_schema(
        request=CodeInput, responses={201: RecoveryCodesOutput}, operation_id="recovery_codes_renew"
    )
    def post(self, request: SignedInRequest) -> Response:
        """Ten new ones in place of the old, for a code."""
        check_by_session(request)
        codes = new_codes(
            acting_user=request.user,
            now=timezone.now(),
            remote_address=client_address(request._request),
            **self.parsed(CodeInput),
        )
        return self.answer({"recovery_codes": codes}, status=201)


class SecondFactorRemovalView(ApiView):
    """The end of one's own second factor."""

    permission = SIGNED_IN
    counts_tries = True

    @extend_schema(request=CodeInput, responses={204: None}, operation_id="second_factor_remove")
    def post(self, request: SignedInRequest) -> Response:
        """Remove it, for a code; who must have one may not."""
        check_by_session(request)
        remove_second_factor(
            acting_user=request.user,
            now=timezone.now(),
            remote_address=client_address(request._request),
            **self.parsed(CodeInput),
        )
        return empty()


class MyPasswordView(ApiView):
    """One's own password."""

    permission = SIGNED_IN
    open_under = (Duty.PASSWORD,)
    counts_tries = True

    @extend_schema(request=PasswordInput, responses={204: None}, operation_id="my_password_change")
    def post(self, request: SignedInRequest) -> Response:
        """Change it, for the old one; all other sessions and all tokens end."""
        check_by_session(request)
        plain = request._request
        user = change_own_password(
            acting_user=request.user,
            session_key=plain.session.session_key,
            remote_address=client_address(plain),
            **self.parsed(PasswordInput),
        )
        go_on_under_new_password(request=plain, user=user, now=timezone.now())
        return empty()
