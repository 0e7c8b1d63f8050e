"""Turning away who asks too often, before anything is looked up: first by caller, then by city."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from wangge.errors import RuleBroken
from wangge.kernel.client_address import client_address
from wangge.kernel.problems import problem_response
from wangge.shell.metrics import RATE_LIMITED
from wangge.shell.rates import KnownCallers, Limiter, make_storage
from wangge.shell.watch import user_number

Next = Callable[[HttpRequest], HttpResponse]
_NOT_COUNTED = (settings.STATIC_URL,)
_TILES = "/api/v1/tiles/"


@cache
def limiter() -> Limiter:
    """This process's counters."""
    return Limiter(make_storage(settings.WANGGE_RATE_STORAGE), settings.WANGGE_RATES)


def _suffix(request: HttpRequest) -> str:
    return "_tiles" if request.path.startswith(_TILES) else ""


def _refusal(request: HttpRequest, whose: str, wait_s: int) -> HttpResponse:
    RATE_LIMITED.labels(whose).inc()
    zh, en = {
        "address": ("该网络地址", "this address"),
        "user": ("您", "you"),
        "city": ("本城市", "this city"),
    }[whose]
    response = problem_response(
        RuleBroken(
            "RATE_LIMITED",
            zh=f"{zh}的请求过于频繁，请 {wait_s} 秒后再试",
            en=f"too many requests from {en}; try again in {wait_s} s",
            status=429,
            facts={"whose": whose, "retry_after_s": wait_s},
            how_to_fix_zh="请放慢请求；程序调用请按 Retry-After 等待，长期需要请联系运营方调高限额",
            how_to_fix_en="slow down; a program waits as Retry-After says; ask the operator for a higher limit",
        ),
        request,
    )
    response["Retry-After"] = str(wait_s)
    return response


def credential_of(request: HttpRequest) -> str | None:
    """A short name of what the request presents to say who sends it, with its host; None for a stranger."""
    given = (
        request.META.get("HTTP_X_API_KEY")
        or request.META.get("HTTP_AUTHORIZATION")
        or request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    )
    if not given:
        return None
    host = request.META.get("HTTP_HOST", "")
    return hashlib.blake2b(f"{host}\0{given}".encode("utf-8", "replace"), digest_size=16).hexdigest()


class CallerRateMiddleware:
    """Counts for the person where the credential is known to be somebody's, else for the address."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.callers = KnownCallers()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """429 with Retry-After when the caller's window is used up."""
        if request.path.startswith(_NOT_COUNTED):
            return self.get_response(request)
        credential = credential_of(request)
        user = self.callers.user_of(credential) if credential else None
        whose = "user" if user else "address"
        wait_s = limiter().wait_s(whose + _suffix(request), user or client_address(request))
        if wait_s:
            return _refusal(request, whose, wait_s)
        response = self.get_response(request)
        if credential:
            self._learn(request, credential)
        return response

    def _learn(self, request: HttpRequest, credential: str) -> None:
        number = user_number(request)
        schema = getattr(getattr(request, "tenant", None), "schema_name", "public")
        self.callers.learn(credential, f"{schema}:{number}" if number else None)


class CityRateMiddleware:
    """Counts for the city, so that a flood on one leaves its neighbours alone."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """429 with Retry-After when the city's window is used up."""
        city = getattr(request, "tenant", None)
        if city is None or request.path.startswith(_NOT_COUNTED):
            return self.get_response(request)
        wait_s = limiter().wait_s("city" + _suffix(request), city.schema_name)
        return _refusal(request, "city", wait_s) if wait_s else self.get_response(request)
