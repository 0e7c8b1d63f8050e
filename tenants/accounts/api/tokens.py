"""One's own access tokens."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from tenants.accounts.api.authentication import check_by_session
from tenants.accounts.api.signed_in import SignedInRequest
from tenants.accounts.models import AccessToken
from tenants.accounts.queries import tokens_visible_to
from tenants.accounts.services import issue_token, revoke_token
from wangge.kernel.fields import MomentField
from wangge.kernel.paging import paged
from wangge.kernel.permissions import SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty


class TokenInput(StrictInput):
    """What the token is for and until when it lives."""

    name = serializers.CharField(max_length=64)
    expires_at = MomentField(required=False, allow_null=True, default=None)


class TokenOutput(serializers.ModelSerializer[AccessToken]):
    """A token without its secret."""

    class Meta:
        model = AccessToken
        fields: tuple[str, ...] = ("id", "name", "created_at", "expires_at", "last_used_on")


class TokenIssued(TokenOutput):
    """A token just issued, with its secret, shown this once."""

    secret = serializers.CharField()

    class Meta(TokenOutput.Meta):
        fields = (*TokenOutput.Meta.fields, "secret")


class TokensView(ApiView):
    """One's own access tokens."""

    permission = SIGNED_IN
    shown_once = ("secret",)

    @extend_schema(responses=paged(TokenOutput), operation_id="token_list")
    def get(self, request: SignedInRequest) -> Response:
        """Live tokens, without secrets."""
        return self.page(tokens_visible_to(request.user), TokenOutput)

    @extend_schema(request=TokenInput, responses={201: TokenIssued}, operation_id="token_issue")
    def post(self, request: SignedInRequest) -> Response:
        """Issue a token to somebody signed in; its secret is in this answer only."""
        check_by_session(request)
        token, secret = issue_token(acting_user=request.user, now=timezone.now(), **self.parsed(TokenInput))
        token.secret = secret  # type: ignore[attr-defined]
        return self.answer(TokenIssued(token).data, status=201)


class TokenView(ApiView):
    """One of one's own tokens."""

    permission = SIGNED_IN
    scope = tokens_visible_to

    @extend_schema(responses={204: None}, operation_id="token_revoke")
    def delete(self, request: SignedInRequest, id: int) -> Response:
        """Revoke it."""
        revoke_token(token_id=id, acting_user=request.user)
        return empty()
