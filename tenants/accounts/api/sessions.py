"""Signing in and out, one's own profile, one's own tokens."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login, logout
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.accounts.models import AccessToken, User
from tenants.accounts.queries import tokens_visible_to
from tenants.accounts.services import issue_token, revoke_token, sign_in
from wangge.kernel.fields import MomentField
from wangge.kernel.paging import paged
from wangge.kernel.permissions import PUBLIC, SIGNED_IN
from wangge.kernel.views import ApiView, empty


class SignInInput(serializers.Serializer[Any]):
    """Name and password."""

    username = serializers.CharField(max_length=64)
    password = serializers.CharField(max_length=256, trim_whitespace=False)


class UserOutput(serializers.ModelSerializer[User]):
    """A person as others of the city see them."""

    class Meta:
        model = User
        fields = ("id", "username", "display_name", "is_active")


class TokenInput(serializers.Serializer[Any]):
    """What the token is for and until when it lives."""

    name = serializers.CharField(max_length=64)
    expires_at = MomentField(required=False, allow_null=True, default=None)


class TokenOutput(serializers.ModelSerializer[AccessToken]):
    """A token without its secret."""

    class Meta:
        model = AccessToken
        fields = ("id", "name", "created_at", "expires_at", "last_used_on")


class TokenIssued(TokenOutput):
    """A token just issued, with its secret, shown this once."""

    secret = serializers.CharField()

    class Meta(TokenOutput.Meta):
        fields = (*TokenOutput.Meta.fields, "secret")


def remote_address(request: Any) -> str:
    """The address the request came from, as the server saw it."""
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


class SessionsView(ApiView):
    """Opens a session by name and password."""

    permission = PUBLIC
    authentication_classes = ()

    @extend_schema(request=SignInInput, responses={201: UserOutput}, operation_id="session_open", auth=[])
    def post(self, request: Request) -> Response:
        """Sign in; the answer sets the session cookie."""
        given = self.parsed(SignInInput)
        user = sign_in(**given, remote_address=remote_address(request), now=timezone.now())
        login(request._request, user, backend="django.contrib.auth.backends.ModelBackend")
        return self.answer(UserOutput(user).data, status=201)


class CurrentSessionView(ApiView):
    """The session one is in."""

    permission = SIGNED_IN

    @extend_schema(responses={204: None}, operation_id="session_close")
    def delete(self, request: Request) -> Response:
        """Sign out."""
        logout(request._request)
        return empty()


class MeView(ApiView):
    """Oneself."""

    permission = SIGNED_IN

    @extend_schema(responses=UserOutput, operation_id="me_read")
    def get(self, request: Request) -> Response:
        """Who is signed in."""
        return self.answer(UserOutput(request.user).data)


class TokensView(ApiView):
    """One's own access tokens."""

    permission = SIGNED_IN
    shown_once = ("secret",)

    @extend_schema(responses=paged(TokenOutput), operation_id="token_list")
    def get(self, request: Request) -> Response:
        """Live tokens, without secrets."""
        return self.page(tokens_visible_to(request.user), TokenOutput)

    @extend_schema(request=TokenInput, responses={201: TokenIssued}, operation_id="token_issue")
    def post(self, request: Request) -> Response:
        """Issue a token; its secret is in this answer only."""
        token, secret = issue_token(acting_user=request.user, now=timezone.now(), **self.parsed(TokenInput))
        token.secret = secret  # type: ignore[attr-defined]
        return self.answer(TokenIssued(token).data, status=201)


class TokenView(ApiView):
    """One of one's own tokens."""

    permission = SIGNED_IN
    scope = tokens_visible_to

    @extend_schema(responses={204: None}, operation_id="token_revoke")
    def delete(self, request: Request, id: int) -> Response:
        """Revoke it."""
        revoke_token(token_id=id, acting_user=request.user)
        return empty()
