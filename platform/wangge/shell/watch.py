"""Watching every request: one access line and its numbers, without a word of what it carried."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject, empty

from wangge.shell.logs import ACCESS_LOGGER, acting_user
from wangge.shell.metrics import METHODS, observe_request

access = logging.getLogger(ACCESS_LOGGER)
Next = Callable[[HttpRequest], HttpResponse]
_QUIET = {"healthz", "readyz", "metrics"}


def user_number(request: HttpRequest) -> int | None:
    """The number of whoever is signed in, as far as the request has found out; asks the database for nothing."""
    user = request.__dict__.get("user")
    if isinstance(user, LazyObject):
        user = None if user._wrapped is empty else user._wrapped
    return user.pk if user is not None and user.is_authenticated else None


def route_of(request: HttpRequest) -> str:
    """The pattern that the path matched; `unrouted` for a path of nobody, so that strangers make no new series."""
    match = request.resolver_match
    return match.route or "home" if match is not None else getattr(request, "watched_as", "unrouted")


class _Statements:
    """Counts the statements of one request."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Let the statement pass."""
        self.number += 1
        return execute(sql, params, many, context)


class WatchMiddleware:
    """Times the request, counts its statements and writes its line when it is answered."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Watch from before the city is looked up until the answer stands."""
        began = time.perf_counter()
        counted = _Statements()
        token = acting_user.set(lambda: user_number(request))
        try:
            with connection.execute_wrapper(counted):
                response = self.get_response(request)
            self._tell(request, response, time.perf_counter() - began, counted.number)
        finally:
            acting_user.reset(token)
        return response

    @staticmethod
    def _tell(request: HttpRequest, response: HttpResponse, seconds: float, statements: int) -> None:
        route = route_of(request)
        city = getattr(getattr(request, "tenant", None), "schema_name", None)
        status = response.status_code
        method = request.method if request.method in METHODS else "OTHER"
        observe_request(
            method=method, route=route, status=status, seconds=seconds, statements=statements, city=city
        )
        access.log(
            logging.DEBUG if route in _QUIET else logging.INFO,
            "%s %s %s",
            method,
            route,
            status,
            extra={
                "city": city,
                "method": method,
                "route": route,
                "status": status,
                "duration_ms": round(seconds * 1000, 1),
                "statements": statements,
            },
        )
