"""Which city a request is for, and what the request is called."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.urls import set_urlconf

from tenants.registry.models import City
from tenants.registry.queries import city_of_host, standing_of
from tenants.registry.rules.city_life import (
    LEARNT_WITHIN_S,
    CityState,
    is_refused_while_read_only,
    read_only_refusal,
)
from wangge.errors import not_found
from wangge.kernel.context import request_id
from wangge.kernel.database.current import city_connection
from wangge.kernel.problems import problem_response

_cities: dict[str, tuple[float, City | None]] = {}

Next = Callable[[HttpRequest], HttpResponse]


def _city_of(host: str) -> City | None:
    """The host's city; a suspension or a rename is learnt within 5 seconds."""
    known = _cities.get(host)
    if known and time.monotonic() - known[0] < LEARNT_WITHIN_S:
        return known[1]
    city_connection().set_schema_to_public()
    city = city_of_host(host)
    if (
        city is not None or known is not None
    ):  # strangers' hosts are not remembered: they could fill the memory
        _cities[host] = (time.monotonic(), city)
    return city


def forget_cities() -> None:
    """Drop what is remembered of hosts, for this process."""
    _cities.clear()


class RequestIdMiddleware:
    """Names the request, for audit rows, problems and log lines."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the request's name in X-Request-Id."""
        name = uuid.uuid4().hex
        token = request_id.set(name)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-Id"] = name
        return response


class CityMiddleware:
    """Puts the connection into the schema and role of the host's city; a host of nobody is 404."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Route by host name; the operator's hosts are answered by the operator's process only."""
        try:
            host = request.get_host().lower()
        except DisallowedHost:
            return self._unknown(request)
        if settings.WANGGE_LOGIN in ("operator", "admin") and self._is_operator_host(host):
            return self._answer(request, None)
        city = None if settings.WANGGE_LOGIN == "operator" else _city_of(host)
        if city is None:
            return self._unknown(request)
        if self._is_refused(city, request):
            return problem_response(read_only_refusal(standing_of(city)), request)
        return self._answer(request, city)

    @staticmethod
    def _is_refused(city: City, request: HttpRequest) -> bool:
        read_only = standing_of(city).state is not CityState.ACTIVE
        return read_only and is_refused_while_read_only(request.method or "", request.path)

    @staticmethod
    def _is_operator_host(host: str) -> bool:
        names = settings.WANGGE_OPERATOR_HOSTS
        return host in names or host.partition(":")[0] in names

    @staticmethod
    def _unknown(request: HttpRequest) -> HttpResponse:
        city_connection().set_schema_to_public()
        return problem_response(not_found("城市", "city"), request)

    def _answer(self, request: HttpRequest, city: City | None) -> HttpResponse:
        request.tenant = city  # type: ignore[attr-defined]
        if city is None:
            city_connection().set_schema_to_public()
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        else:
            city_connection().set_tenant(city)
            request.urlconf = settings.ROOT_URLCONF
        set_urlconf(request.urlconf)
        try:
            return self.get_response(request)
        finally:
            city_connection().set_schema_to_public()
