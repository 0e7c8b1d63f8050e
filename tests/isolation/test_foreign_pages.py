"""A page's address that names something foreign shows nothing of it, nor whether it exists.

Every page route with an object in its path is asked by strangers, by persons of the neighbour and across the two kinds
of hosts; all redirects are followed to where they end.

Rule: X01
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django_tenants.utils import schema_context

from tenants.accounts.models import User
from tenants.bureau.rules.permission_catalogue import PERMISSIONS

from .conftest import FIRST_ID, GRID_CODE, mark_of

pytestmark = pytest.mark.django_db
CITY, OPERATOR = "wangge.shell.urls", "wangge.shell.urls_operator"
# For each parameter of a page's route, a value that is real at its own place, and one that is nowhere.
REAL = {
    "code": GRID_CODE, "slug": "beta", "site_id": str(FIRST_ID), "interest_grid_id": str(FIRST_ID), "token": "held7key",
}  # fmt: skip
ABSENT = {
    "code": "410802001009999", "slug": "nowhere", "site_id": "987654321", "interest_grid_id": "987654321",
    "token": "other7key",
}  # fmt: skip
# Pages that a stranger may open, and where they end: they show the same for every token and read nothing.
OPEN_PAGES = {"check-in/<str:token>": "/check-in/ASKED"}
# What every answer draws anew.
_DRAWN = re.compile(r'(name="csrfmiddlewaretoken" value|name="csrf-token" content|nonce)="[^"]*"')


def _page_routes(resolver: Any, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _page_routes(entry, route)
        elif isinstance(entry, URLPattern) and not route.startswith("api/"):
            yield route


def _address(route: str, values: dict[str, str]) -> str:
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: values[match[1]], route)


CITY_PAGES = [route for route in _page_routes(get_resolver(CITY)) if "<" in route]
OPERATOR_PAGES = [route for route in _page_routes(get_resolver(OPERATOR)) if "<" in route]


def _end(client: Client, route: str, values: dict[str, str]) -> tuple[int, str, str]:
    """Status, path and content where the address leads in the end; the object that was asked for reads as ASKED."""
    answer = client.get(_address(route, values), follow=True)
    path, content = answer.request["PATH_INFO"], answer.content.decode()
    for name in re.findall(r"<(?:\w+:)?(\w+)>", route):
        path, content = (text.replace(values[name], "ASKED") for text in (path, content))
    return answer.status_code, path, _DRAWN.sub("", content)


def _signed_in(host: str, schema: str, user: Any) -> Client:
    client = Client(HTTP_HOST=host)
    with schema_context(schema):
        client.force_login(user)
    return client


@pytest.fixture
def insider(alpha, furnish) -> Any:
    """A person of alpha with every right, among real objects."""
    return furnish(alpha)["user"]


@pytest.fixture
def operator(alpha) -> Any:
    """Somebody who operates the installation."""
    return User.objects.create(username="ops", display_name="测试运维")


def test_there_are_such_pages():
    assert set(CITY_PAGES) >= {"grids/<str:code>"} and set(OPERATOR_PAGES) >= {"cities/<slug:slug>"}


def test_they_open_at_home(insider, operator):
    """Otherwise nothing below would prove anything."""
    for route in CITY_PAGES:
        assert _end(_signed_in("alpha.test", "city_alpha", insider), route, REAL)[0] == 200, route
    for route in OPERATOR_PAGES:
        client = _signed_in("operator.test", "public", operator)
        assert (_end(client, route, REAL)[0], _end(client, route, ABSENT)[0]) == (200, 404), route


@pytest.mark.parametrize("host", ["alpha.test", "beta.test"])
def test_a_stranger_is_led_to_the_sign_in_of_that_host(insider, host):
    for route in CITY_PAGES:
        seen = _end(Client(HTTP_HOST=host), route, REAL)
        expected = OPEN_PAGES.get(route, "/sign-in")
        assert seen[:2] == (200, expected), route
        assert seen == _end(Client(HTTP_HOST=host), route, ABSENT), route


def test_a_stranger_does_not_learn_which_cities_there_are():
    for route in OPERATOR_PAGES:
        seen = _end(Client(HTTP_HOST="operator.test"), route, REAL)
        assert seen[:2] == (200, "/sign-in"), route
        assert seen == _end(Client(HTTP_HOST="operator.test"), route, ABSENT), route


def test_the_neighbour_sees_a_foreign_object_as_one_that_is_nowhere(insider, alpha, beta, make_user):
    client = _signed_in("beta.test", "city_beta", make_user(beta, "outsider", sorted(PERMISSIONS)))
    for route in CITY_PAGES:
        seen = _end(client, route, REAL)
        assert mark_of(alpha) not in seen[2], route
        assert seen == _end(client, route, ABSENT), route


def test_a_session_of_another_place_is_a_strangers(insider, operator):
    """Alpha's session at beta and at the operator, the operator's session at a city."""
    for client, pages, host in (
        (_signed_in("beta.test", "city_alpha", insider), CITY_PAGES, "beta.test"),
        (_signed_in("operator.test", "city_alpha", insider), OPERATOR_PAGES, "operator.test"),
        (_signed_in("alpha.test", "public", operator), CITY_PAGES, "alpha.test"),
    ):
        assert client.cookies
        for route in pages:
            expected = OPEN_PAGES.get(route, "/sign-in")
            assert _end(client, route, REAL)[:2] == (200, expected), (host, route)


def test_pages_of_one_kind_of_host_do_not_exist_at_the_other(insider, operator):
    for client, pages in (
        (_signed_in("alpha.test", "city_alpha", insider), OPERATOR_PAGES),
        (Client(HTTP_HOST="alpha.test"), OPERATOR_PAGES),
        (_signed_in("operator.test", "public", operator), CITY_PAGES),
        (Client(HTTP_HOST="operator.test"), CITY_PAGES),
    ):
        for route in pages:
            assert client.get(_address(route, REAL)).status_code == 404, route
