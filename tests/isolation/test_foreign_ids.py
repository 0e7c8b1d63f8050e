"""What is not one's own does not exist: a real object of city alpha asked for at city beta is 404, never 403.

Every route that names an object, every method, every role; every route at all with the neighbour's token; the
operator's routes at a city and the cities' at the operator. The objects are real: each is found at alpha first, and
none of their ids is in use at beta.

Rule: X01
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django_tenants.utils import schema_context
from rest_framework.parsers import JSONParser

from tenants.bureau.rules.permission_catalogue import PERMISSIONS
from tenants.bureau.rules.role_templates import ROLE_TEMPLATES
from wangge.kernel.permissions import PUBLIC, declared_permission

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete", "head")
# Rows without an owner: a year, a policy key, a layer's name and a tile are the same in every city.
SHARED_NAMES = (
    "work-calendar/",
    "policy-parameters/",
    "tiles/",
    "layers/<str:kind>/export",
    "layers/<str:kind>/features\\Z",
)
CITY, OPERATOR = "wangge.shell.urls", "wangge.shell.urls_operator"
# The furnished object that a route's id names, by the beginning of the route.
OBJECTS = {
    "tokens/": "token",
    "me/sessions/": "signed_in_session",
    "jobs/": "job",
    "org-units/": "unit",
    "users/": "user",
    "grants/": "grant",
    "audit-events/": "audit",
    "layer-imports/": "layer_import",
    "grid-plans/": "plan",
    "grids/": "grid",
    "leaders/": "leader",
    "culture-sports-officers/": "officer",
    "leader-terms/": "leader",
    "fitness-groups/": "fitness_group",
    "fitness-group-members/": "group_member",
    "pilots/": "pilot",
    "sports-bodies/": "sports_body",
    "files/": "file",
    "outbox/": "message",
    "messages/": "message",
    "instructors/": "instructor",
    "instructor-services/": "service",
    "instructor-imports/": "register_import",
    "activity-items/": "item",
    "time-exceptions/": "time_exception",
    "sites/": "site",
    "site-needs/": "need",
    "bookings/": "booking",
    "assignment-pins/": "pin",
    "assignment-runs/": "run",
    "gap-studies/": "gap_study",
    "wellness/standards/": "test_standard",
    "wellness/screening-forms/": "screening_form",
    "wellness/citizens/": "tested_citizen",
    "wellness/fitness-tests/": "fitness_test",
    "wellness/cases/": "exercise_case",
    "interest-grids/": "interest_grid",
    "activities/": "activity",
    "occurrences/": "occurrence",
    "attendances/": "attendance",
    "occurrence-photos/": "occurrence_photo",
    "activity-feeds/": "activity_feed",
    "communities/": "communities",
    "grid-members/": "grid_member",
    "member-posts/": "member_post",
    "participations/": "participation",
    "erasure-requests/": "erasure_request",
    "grid-member-imports/": "member_import",
    "calendar-feeds/": "calendar_feed",
    "household-visits/": "household_visit",
    "demands/": "demand",
    "hotline-issues/": "hotline_issue",
}
# What a route must be asked besides, in terms of other furnished objects.
QUERIES = {"assignment-runs/<id>/why": "?need={need}&instructor={instructor}"}
KINDS = ("communities", "buildings", "compounds", "streets", "barriers", "fitness_sites")


def _routes(resolver: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry, route)
        elif isinstance(entry, URLPattern) and route.startswith("api/") and hasattr(entry.callback, "cls"):
            yield route.removeprefix("api/v1/"), entry.callback.cls


def _has(view: Any, method: str) -> bool:
    return hasattr(view, "get" if method == "head" else method)


def _ask(speaker: Any, view: Any, method: str, path: str) -> int:
    """The status of a request with an empty body in a form that the view reads: JSON, or an upload."""
    if method in ("get", "head"):
        return int(getattr(speaker, method)(path).status_code)
    upload = not any(issubclass(parser, JSONParser) for parser in view.parser_classes)
    return int(getattr(speaker, method)(path, {"file": BytesIO(b"x")} if upload else {}).status_code)


def _names_an_object(route: str) -> bool:
    return "<" in route and not any(re.search(shared, route) for shared in SHARED_NAMES)


def _plain(route: str) -> str:
    """The route with `<name>` for every parameter."""
    route = re.sub(r"\(\?P(<\w+>)(?:\[[^\]]*\]|\{[^}]*\}|[^)\[{])*\)", r"\1", route)
    return re.sub(r"<\w+:(\w+)>", r"<\1>", route).replace("^", "").replace("$", "").replace("\\.", ".")


def _paths(route: str, made: dict[str, Any]) -> list[str]:
    """The route's addresses that name a furnished object."""
    plain = _plain(route)
    key = next((name for start, name in OBJECTS.items() if plain.startswith(start)), None)
    values = {"year": "2026", "action": "review", "key": "grid.target_households", "code": made["grid"].code}
    values |= {"z": "3", "x": "1", "y": "1", "secret": made["calendar_feed"].note}
    values["token"] = made["occurrence"].check_in_token
    if "<kind>" in plain:
        found = [plain.replace("<kind>", kind).replace("<id>", str(made[kind].pk)) for kind in KINDS]
    else:
        assert key in made or "<id>" not in plain, f"furnish an object for {plain}"
        found = [plain.replace("<id>", str(made[key].pk) if "<id>" in plain else "")]
        keys = {name: row.pk for name, row in made.items()}
        found[0] += QUERIES.get(plain, "").format(**keys)
    return [re.sub(r"<(\w+)>", lambda match: values[match[1]], each) for each in found]


CITY_ROUTES = dict(_routes(get_resolver(CITY)))
OBJECT_ROUTES = {route: view for route, view in CITY_ROUTES.items() if _names_an_object(route)}


@pytest.fixture
def made(alpha, furnish) -> dict[str, Any]:
    """One object of every kind in alpha."""
    from django.contrib.sessions.models import Session

    from tenants.accounts.models import SignedInSession

    made = furnish(alpha)
    with schema_context(alpha.schema_name):
        from datetime import timedelta

        from django.utils import timezone

        row = Session.objects.create(
            session_key="z" * 32, session_data="x", expire_date=timezone.now() + timedelta(hours=1)
        )
        made["signed_in_session"] = SignedInSession.objects.create(
            user=made["user"], session=row, opened_at=timezone.now(), seen_at=timezone.now(),
            remote_address="192.0.2.1", agent="test",
        )  # fmt: skip
    return made


def test_every_object_is_real_at_home(alpha, made, api):
    """Otherwise the 404 of the neighbour would prove nothing."""
    at_home = api(alpha, made["user"])
    answers = {
        path: at_home.get(path).status_code
        for route, view in OBJECT_ROUTES.items()
        if hasattr(view, "get")
        for path in _paths(route, made)
    }
    assert len(answers) >= 12
    assert {path: status for path, status in answers.items() if status != 200} == {}
    with schema_context(alpha.schema_name):
        for route, view in OBJECT_ROUTES.items():
            if view.scope is not None and "<id>" in _plain(route):
                key = next(name for start, name in OBJECTS.items() if _plain(route).startswith(start))
                assert view.scope(made["user"]).filter(pk=made[key].pk).exists(), route


@pytest.mark.parametrize("role", [*ROLE_TEMPLATES, "everything", "nothing"])
def test_real_foreign_ids_are_not_found_for_any_role(beta, made, make_user, api, role):
    rights = {"everything": sorted(PERMISSIONS), "nothing": []}.get(role)
    user = make_user(beta, "b" + role, sorted(ROLE_TEMPLATES[role].permissions) if rights is None else rights)
    speaker = api(beta, user)
    answers, wanted = {}, {}
    for route, view in OBJECT_ROUTES.items():
        for path in _paths(route, made):
            for method in METHODS:
                call = f"{method} {path}"
                answers[call] = _ask(speaker, view, method, path)
                wanted[call] = (
                    404 if _has(view, method) else 405
                )  # what no object has says nothing of this one
    assert list(wanted.values()).count(404) >= 40
    assert {call: status for call, status in answers.items() if status != wanted[call]} == {}


def test_options_say_the_same_of_a_foreign_id_as_of_none(beta, made, make_user, api):
    speaker = api(beta, make_user(beta, "b", sorted(PERMISSIONS)))
    for route in OBJECT_ROUTES:
        for path in _paths(route, made):
            foreign, absent = (speaker.options(each) for each in (path, path.replace("7340001", "987654321")))
            assert (foreign.status_code, foreign.get("Allow")) == (absent.status_code, absent.get("Allow")), (
                path
            )


def test_a_stranger_learns_nothing_of_any_id(beta, made, api):
    stranger = api(beta)
    for route, view in OBJECT_ROUTES.items():
        for path in _paths(route, made):
            for method in METHODS:
                if _has(view, method):
                    assert _ask(stranger, view, method, path) in (401, 404), (method, path)


def test_a_token_of_the_neighbour_opens_nothing(beta, made, api):
    """Every route, also those that name no object, with the token of a person of alpha who holds every right."""
    speaker = api(beta, made["user"])
    asked = 0
    for route, view in CITY_ROUTES.items():
        paths = (
            _paths(route, made) if _names_an_object(route) else [_plain(route).replace("<kind>", "buildings")]
        )
        for path in [re.sub(r"<\w+>", "1", each) for each in paths]:
            for method in METHODS:
                if _has(view, method) and declared_permission(view, method.upper()) != PUBLIC:
                    asked += 1
                    assert _ask(speaker, view, method, path) in (401, 404), (method, path)
    assert asked >= 90


def test_the_operators_routes_do_not_exist_at_a_city(alpha, beta, made, api):
    only_operator = {route for route, _ in _routes(get_resolver(OPERATOR))} - set(CITY_ROUTES)
    assert len(only_operator) >= 4
    speaker = api(alpha, made["user"])
    for route in only_operator:
        path = _plain(route).replace("<slug>", "beta").replace("<id>", "1")
        for method in METHODS:
            assert getattr(speaker, method)(re.sub(r"<\w+>", "1", path)).status_code == 404, (method, path)


def test_the_cities_routes_do_not_exist_at_the_operator(made, api, make_user):
    """And what both have is the operator's own: a city's token opens nothing there."""
    shared = dict(_routes(get_resolver(OPERATOR)))
    speaker = api("operator.test", made["user"])
    for route in CITY_ROUTES:
        paths = (
            _paths(route, made) if _names_an_object(route) else [_plain(route).replace("<kind>", "buildings")]
        )
        for path in [re.sub(r"<\w+>", "1", each) for each in paths]:
            status = speaker.get(path).status_code
            if route not in shared:
                assert status == 404, path
            elif status == 405:  # a route that is open to strangers and is not read, such as signing in
                assert not _has(shared[route], "get"), path
            else:
                assert status in (401, 404), (path, status)


def test_a_query_that_names_a_foreign_id_finds_nothing(beta, made, make_user, api):
    """Ids also travel in query strings and bodies."""
    speaker = api(beta, make_user(beta, "b", sorted(PERMISSIONS)))
    community, grid, unit = made["communities"].pk, made["grid"].pk, made["unit"].pk
    for path in (
        f"grid-plans?community={community}", f"grids?community={community}", f"org-units?parent={unit}",
        f"audit-events?actor={made['user'].pk}", f"coverage?run={made['coverage_run'].pk}",
        f"bookings?instructor={made['instructor'].pk}", f"bookings?site={made['site'].pk}",
        f"demands?community={community}", f"household-visits?grid={grid}", f"hotline-issues?grid={grid}",
        f"work-logs?grid={grid}",
    ):  # fmt: skip
        answer = speaker.get(path)
        assert answer.status_code in (200, 400, 404), (path, answer.status_code)
        if answer.status_code == 200:
            assert not answer.json().get("results", answer.json().get("features", [])), path
    hour = {
        "kind": "course", "reference": "x", "starts_at": "2026-03-02T09:00:00+08:00",
        "ends_at": "2026-03-02T10:00:00+08:00",
    }  # fmt: skip
    for path, body in (
        ("grid-plans", {"community_id": community, "preset": "fast"}),
        ("grid-plans", {"community_id": community}),
        ("grid-plans/partition", {"community_ids": [community]}),
        ("org-units", {"parent": unit, "name": "x", "level": "village", "valid_from": "2026-01-01"}),
        ("culture-sports-officers", {"user": made["user"].pk, "community": community, "valid_from": "2026-01-01"}),
        ("bookings", {**hour, "instructor_id": made["instructor"].pk, "town_id": unit}),
        ("bookings", {**hour, "site_id": made["site"].pk}),
        ("bookings/series", {**hour, "site_id": made["site"].pk, "weeks": 2}),
        (f"grids/{grid}/leader", {"user": made["user"].pk, "starts_on": "2026-01-01"}),
        ("demands", {"item": "test-item", "grid_id": grid}),
        ("household-visits", {"grid_id": grid, "purpose": "tell", "outcome": "refused"}),
        ("hotline-issues", {"grid_id": grid, "kind": "other", "place_name": "x"}),
        ("work-logs", {"grid_id": grid, "kind": "wish_heard"}),
    ):  # fmt: skip
        answer = speaker.post(path, body)
        assert answer.status_code in (400, 404, 422), (path, answer.status_code, answer.content)
    several = speaker.post("grid-plans/transition", {"ids": [made["plan"].pk], "action": "review"})
    assert several.json()["done"] == 0  # each plan is answered by itself
    assert [each["problem"]["status"] for each in several.json()["outcomes"]] == [404]
