"""Signing in and out, who is signed in, one's own sessions."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.accounts.api.signed_in import SignedInRequest
from tenants.accounts.models import SignedInSession, User
from tenants.accounts.queries import sessions_visible_to
from tenants.accounts.rules.duties import Duty
from tenants.accounts.services import close_session, end_session, end_sessions, open_session, sign_in
from tenants.accounts.services.sessions import OWED
from wangge.kernel.client_address import client_address
from wangge.kernel.paging import paged
from wangge.kernel.permissions import PUBLIC, SIGNED_IN
from wangge.kernel.strict_input import StrictInput
from wangge.kernel.views import ApiView, empty

EVERY_DUTY = tuple(Duty)


class SignInInput(StrictInput):
    """Name and password, and a code of the authenticator (or a recovery code) for who has a second factor."""

    username = serializers.CharField(max_length=64)
    password = serializers.CharField(max_length=256, trim_whitespace=False)
    code = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")


class UserOutput(serializers.ModelSerializer[User]):
    """A person as others of the city see them."""

    class Meta:
        model = User
        fields: tuple[str, ...] = ("id", "username", "display_name", "is_active")


class MeOutput(UserOutput):
    """Oneself, and what one must do before anything else: `second_factor`, `password`."""

    owed = serializers.SerializerMethodField()

    class Meta(UserOutput.Meta):
        fields = (*UserOutput.Meta.fields, "owed")

    def get_owed(self, user: User) -> list[str]:
        """Empty for a token, and for who may do everything."""
        request = self.context["request"]
        return [] if request.auth is not None else list(request._request.session.get(OWED, ()))


class SessionOutput(serializers.ModelSerializer[SignedInSession]):
    """One of one's own sessions."""

    is_current = serializers.SerializerMethodField()

    class Meta:
        model = SignedInSession
        fields = ("id", "opened_at", "seen_at", "remote_address", "agent", "is_current")

    def get_is_current(self, row: SignedInSession) -> bool:
        """Whether this is the session that asks."""
        return row.session_id == self.context["session_key"]


class SessionsView(ApiView):
    """Opens a session by name, password and second factor."""

    permission = PUBLIC
    authentication_classes = ()

    @extend_schema(request=SignInInput, responses={201: MeOutput}, operation_id="session_open", auth=[])
    def post(self, request: Request) -> Response:
        """Sign in; the answer sets the session cookie."""
        given, now, address = self.parsed(SignInInput), timezone.now(), client_address(request._request)
        user = sign_in(**given, remote_address=address, now=now)
        open_session(request=request._request, user=user, remote_address=address, now=now)
        return self.answer(MeOutput(user, context={"request": request}).data, status=201)


class CurrentSessionView(ApiView):
    """The session one is in."""

    permission = SIGNED_IN
    open_under = EVERY_DUTY

    @extend_schema(responses={204: None}, operation_id="session_close")
    def delete(self, request: SignedInRequest) -> Response:
        """Sign out."""
        close_session(request=request._request)
        return empty()


class MeView(ApiView):
    """Oneself."""

    permission = SIGNED_IN
    open_under = EVERY_DUTY

    @extend_schema(responses=MeOutput, operation_id="me_read")
    def get(self, request: SignedInRequest) -> Response:
        """Who is signed in."""
        return self.answer(MeOutput(request.user, context={"request": request}).data)


class MySessionsView(ApiView):
    """One's own sessions."""

    permission = SIGNED_IN

    @extend_schema(responses=paged(SessionOutput), operation_id="my_session_list")
    def get(self, request: SignedInRequest) -> Response:
        """Those that have not ended, with the one that asks marked."""
        key = request._request.session.session_key
        return self.page(sessions_visible_to(request.user), SessionOutput, session_key=key)

    @extend_schema(responses={204: None}, operation_id="my_session_end_all")
    def delete(self, request: SignedInRequest) -> Response:
        """End all but the one that asks; a token ends all of them."""
        key = request._request.session.session_key if request.auth is None else None
        end_sessions(user=request.user, acting_user=request.user, but=key)
        return empty()


class MySessionView(ApiView):
    """One of one's own sessions."""

    permission = SIGNED_IN
    scope = sessions_visible_to

    @extend_schema(responses={204: None}, operation_id="my_session_end")
    def delete(self, request: SignedInRequest, id: int) -> Response:
        """End it."""
        end_session(session_id=id, acting_user=request.user)
        return empty()
