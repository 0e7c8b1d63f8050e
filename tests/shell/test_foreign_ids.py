"""What is not one's own does not exist: foreign ids are 404 on every route, for every role, never 403.

Rule: X01
"""

from __future__ import annotations

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tenants.bureau.rules.rights import PERMISSIONS, ROLE_TEMPLATES

METHODS = ("get", "post", "put", "patch", "delete")
# Rows without an owner: a year, a policy key, a layer's name and a tile are the same in every city.
SHARED_NAMES = (
    "work-calendar/",
    "policy-parameters/",
    "tiles/",
    "layers/<str:kind>/export",
    "layers/<str:kind>/features\\Z",
)


def _routes(resolver, prefix=""):
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry, route)
        elif isinstance(entry, URLPattern) and hasattr(entry.callback, "cls"):
            yield route, entry.callback.cls


OBJECT_ROUTES = [
    (route, view)
    for route, view in _routes(get_resolver("wangge.shell.urls"))
    if "<" in route and not any(re.search(shared, route) for shared in SHARED_NAMES)
]


NAMED = {
    "id": "987654321", "z": "3", "x": "1", "y": "1", "code": "410802001001001", "kind": "buildings", "year": "2026",
    "action": "submit", "key": "grid.target_households",
}  # fmt: skip


def _path(route: str) -> str:
    """The route with a value for every parameter; ids name nothing."""
    plain = re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", route).replace("^", "").replace("$", "").replace("\\.", ".")
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: NAMED.get(match[1], "1"), plain)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [*ROLE_TEMPLATES, "everything", "nothing"])
def test_foreign_ids_are_not_found_for_any_role(alpha, beta, make_user, api, role):
    rights = {"everything": sorted(PERMISSIONS), "nothing": []}.get(role)
    user = make_user(beta, "b" + role, sorted(ROLE_TEMPLATES[role].permissions) if rights is None else rights)
    speaker = api(beta, user)
    answers = {
        f"{method} {route}": getattr(speaker, method)(
            _path(route), None if method == "get" else {}
        ).status_code
        for route, view in OBJECT_ROUTES
        for method in METHODS
        if hasattr(view, method)
    }
    assert len(answers) >= 15
    assert {call: status for call, status in answers.items() if status not in (404, 405)} == {}


@pytest.mark.django_db
def test_a_token_of_the_neighbour_opens_nothing(alpha, beta, make_user, api):
    speaker = api(beta, make_user(alpha, "a", sorted(PERMISSIONS)))
    for route, view in _routes(get_resolver("wangge.shell.urls")):
        if route.startswith("api/") and hasattr(view, "get"):
            assert speaker.get(_path(route)).status_code in (401, 404), route
