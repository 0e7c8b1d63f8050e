"""Default deny: every API view declares its right, and a stranger gets 401 everywhere that is not public."""

from __future__ import annotations

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tenants.bureau.rules.permission_catalogue import PERMISSIONS
from wangge.kernel.permissions import PUBLIC, SIGNED_IN
from wangge.kernel.views import ApiView

METHODS = ("get", "post", "put", "patch", "delete")
NAMED = {
    "id": "987654321", "z": "3", "x": "1", "y": "1", "code": "410802001001001", "kind": "buildings", "year": "2026",
    "action": "submit", "key": "grid.target_households",
}  # fmt: skip


def _filled(route: str) -> str:
    """The route with a value for every parameter; ids name nothing."""
    plain = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route).replace("^", "").replace("$", "").replace("\\.", ".")
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: NAMED.get(match[1], "1"), plain)


def _routes(resolver, prefix=""):
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.callback


def api_views(urlconf="wangge.shell.urls"):
    """Every (route, view class) below /api/."""
    for route, callback in _routes(get_resolver(urlconf)):
        view = getattr(callback, "cls", None)
        if view is not None and route.startswith("api/"):
            yield route, view


@pytest.mark.parametrize(
    ("route", "view"), list(api_views()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_view_declares_known_rights_for_each_method(route, view):
    assert issubclass(view, ApiView)
    if isinstance(view.permission, property):
        return  # decided by the request, as by a plan's action; the stranger and the foreign ids still meet a wall
    for method in METHODS:
        if hasattr(view, method):
            declared = (
                view.permission
                if not isinstance(view.permission, dict)
                else view.permission.get(method.upper())
            )
            assert declared in {PUBLIC, SIGNED_IN} | set(PERMISSIONS), (
                f"{route} {method} declares {declared!r}"
            )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("route", "view"), list(api_views()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_stranger_is_asked_to_sign_in(api, alpha, route, view):
    path = _filled(route)
    for method in METHODS:
        declared = (
            view.permission if not isinstance(view.permission, dict) else view.permission.get(method.upper())
        )
        if hasattr(view, method) and declared != PUBLIC:
            answer = getattr(api(alpha), method)(path, {} if method != "get" else None)
            assert answer.status_code in (400, 401, 415), f"{method} {path}: {answer.status_code}"


@pytest.mark.django_db
def test_a_method_no_route_has_is_405_to_whoever_is_signed_in(api, alpha, make_user):
    speaker = api(alpha, make_user(alpha, "nobody"))
    answers = {
        f"{method} {route}": getattr(speaker, method)(_filled(route)).status_code
        for route, view in api_views()
        for method in METHODS
        if not hasattr(view, method) and view.authentication_classes
    }
    assert len(answers) > 100
    assert {call: status for call, status in answers.items() if status != 405} == {}
