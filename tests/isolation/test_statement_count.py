"""What tenancy, role and sign-in cost a warm request: one statement more than the same view without them.

Counted at the connection as the city server has it: the web login, borrowed from a pool for every request. The switch
into a city is one message, sent only when the borrowed connection last stood elsewhere. The rights of a person are read
by the view that asks for one, with and without.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.test import Client, RequestFactory
from django_tenants.utils import schema_context

from tenants.bureau.rules.permission_catalogue import PERMISSIONS
from wangge.kernel.database.base import DatabaseWrapper, _CityCursorMixin
from wangge.kernel.database.names import login_role

Count = Callable[[Callable[[], Any]], tuple[list[str], list[str]]]


@pytest.fixture
def served(
    committed_database: str, settings: Any, alpha: Any, beta: Any, make_user: Any
) -> Iterator[dict[str, Any]]:
    """The default connection becomes the city server's; one person with every right of the lists in each city."""
    rights = sorted(PERMISSIONS)
    people = {city.slug: make_user(city, f"person-{city.slug}", rights) for city in (alpha, beta)}
    standing = connections["default"]
    settled = copy.deepcopy(standing.settings_dict)
    settled |= {"USER": login_role("web"), "PASSWORD": project_settings.WANGGE_LOGIN_PASSWORDS["web"]}
    settled |= {"CONN_MAX_AGE": 0}
    settled["OPTIONS"] |= {"pool": {"min_size": 1, "max_size": 1, "timeout": 10}}
    settings.WANGGE_LOGIN = "web"
    pooled = DatabaseWrapper(settled, alias="default")
    connections["default"] = pooled
    yield people
    pooled.close()
    pooled.close_pool()
    connections["default"] = standing


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    """`count(call)` returns the switches and the statements that the call sent."""
    switches: list[str] = []
    statements: list[str] = []
    plain_switch, plain_send = DatabaseWrapper._switch, _CityCursorMixin._execute_send

    def switch(self: DatabaseWrapper) -> Any:
        switches.append(str(self.schema_name))
        return plain_switch(self)

    def send(self: Any, query: Any, **kwargs: Any) -> None:
        statements.append(query.query.decode())
        plain_send(self, query, **kwargs)

    monkeypatch.setattr(DatabaseWrapper, "_switch", switch)
    monkeypatch.setattr(_CityCursorMixin, "_execute_send", send)

    def counted(call: Callable[[], Any]) -> tuple[list[str], list[str]]:
        switches.clear()
        statements.clear()
        assert call().status_code == 200
        connections["default"].close()
        return list(switches), list(statements)

    return counted


def _bare(path: str, user: Any) -> Callable[[], Any]:
    """The same view, called for a person who is known already, in the city where the connection stands."""
    from django.urls import resolve
    from rest_framework.test import force_authenticate

    def call() -> Any:
        with schema_context("city_alpha"):
            request = RequestFactory().get(path)
            request.session = SessionStore()
            force_authenticate(request, copy.deepcopy(user))  # who knows no rights yet, as after signing in
            match = resolve(path, "wangge.shell.urls")
            return match.func(request, *match.args, **match.kwargs)

    return call


def test_a_warm_request_by_token_sends_one_statement_more(served, count):
    for path in ("/api/v1/me", "/api/v1/org-units", "/api/v1/users", "/api/v1/me/rights"):
        _compare(path, served["alpha"], count)


def _compare(path: str, person: Any, count: Count) -> None:
    headers = {"HTTP_HOST": "alpha.test", "HTTP_AUTHORIZATION": f"Bearer {person.secret}"}
    whole = lambda: Client().get(path, **headers)  # noqa: E731
    for warm in (whole, _bare(path, person)):
        count(warm)
    _, bare = count(_bare(path, person))
    switches, sent = count(whole)
    assert len(sent) - len(bare) == 1, sent
    assert switches == []


def test_a_change_of_city_is_one_message_more(served, count):
    def ask(city: str) -> Callable[[], Any]:
        headers = {"HTTP_HOST": f"{city}.test", "HTTP_AUTHORIZATION": f"Bearer {served[city].secret}"}
        return lambda: Client().get("/api/v1/me", **headers)

    for city in ("alpha", "beta", "alpha"):
        count(ask(city))
    switches, sent = count(ask("beta"))
    assert (switches, len(sent)) == (["city_beta"], 1)


def test_a_warm_request_by_session_sends_no_more_than_two(served, count):
    """The session and its person."""
    client = Client(HTTP_HOST="alpha.test")
    with schema_context("city_alpha"):
        client.force_login(served["alpha"])
    count(lambda: client.get("/api/v1/me"))
    switches, sent = count(lambda: client.get("/api/v1/me"))
    assert len(sent) <= 2, sent
    assert switches == []
