"""How an API request says who sends it: Bearer, Basic password, X-Api-Key, or the page's session.

QGIS can send Basic or X-Api-Key on every request, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from tenants.accounts.models import AccessToken, User
from tenants.accounts.queries import token_by_secret
from tenants.accounts.rules.duties import check_no_duty
from tenants.accounts.services.sessions import OWED
from wangge.errors import RuleBroken


def _secret_in(request: Request) -> str | None:
    if key := request.headers.get("X-Api-Key"):
        return str(key)
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return None


class AccessTokenAuthentication(BaseAuthentication):
    """A personal access token of this city."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """The token's user; a token that is not live here is 401, not a visitor."""
        secret = _secret_in(request)
        if secret is None:
            return None
        token = token_by_secret(secret, timezone.now()) if secret and "\0" not in secret else None
        if token is None:
            raise RuleBroken(
                "TOKEN_NOT_VALID",
                zh="访问令牌无效或已失效",
                en="this access token is not valid here",
                status=401,
                how_to_fix_zh="请重新登录或在“访问令牌”中签发新令牌",
                how_to_fix_en="sign in again or issue a new token",
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes an unauthenticated answer 401, not 403."""
        return 'Bearer realm="wangge"'


class CitySessionAuthentication(SessionAuthentication):
    """The signed-in page's session, with the CSRF check; who owes something is let through to doing it only."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The session's user; 403 SECOND_FACTOR_NOT_ENROLLED or PASSWORD_TOO_OLD from views not open to who owes it."""
        found = super().authenticate(request)
        if found is not None:
            view = request.parser_context.get("view")
            owed = request._request.session.get(OWED, ())
            check_no_duty(owed, open_under=getattr(view, "open_under", ()))
        return found

    def enforce_csrf(self, request: Request) -> None:
        """Raise 403 CSRF_FAILED when a write of a page does not bear the page's token."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as exc:
            raise RuleBroken(
                "CSRF_FAILED",
                zh="页面令牌缺失或已失效",
                en="the page's CSRF token is missing or stale",
                status=403,
                how_to_fix_zh="请刷新页面后重试；程序调用请改用访问令牌，或带上 X-CSRFToken 请求头",
                how_to_fix_en="reload the page; a program uses an access token or sends the X-CSRFToken header",
            ) from exc

    def authenticate_header(self, request: Request) -> str:
        """Makes an unauthenticated answer 401, not 403."""
        return 'Bearer realm="wangge"'


def check_by_session(request: Request) -> None:
    """Refuse what only a person at a page may do, such as issuing a token, to a token with 403 SESSION_NEEDED.

    A token that got into wrong hands must not beget others, nor change how its owner signs in.
    """
    if request.auth is None:
        return
    raise RuleBroken(
        "SESSION_NEEDED",
        zh="此操作须登录后进行，不能使用访问令牌",
        en="sign in to do this; an access token may not",
        status=403,
        rule="X07",
        how_to_fix_zh="请用用户名和密码登录（POST /api/v1/sessions）后重试",
        how_to_fix_en="sign in with name and password (POST /api/v1/sessions) and try again",
    )


class AccessTokenScheme(OpenApiAuthenticationExtension):
    """Describes the token in the OpenAPI document."""

    target_class = AccessTokenAuthentication
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Bearer; the same secret is taken as Basic password and as X-Api-Key."""
        return {"type": "http", "scheme": "bearer", "description": "也可作 Basic 密码或 X-Api-Key"}


class CitySessionScheme(OpenApiAuthenticationExtension):
    """Describes the session cookie in the OpenAPI document."""

    target_class = CitySessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A cookie."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
