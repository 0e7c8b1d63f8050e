"""Who gets which answer where: the role × endpoint table, and the neighbour who knows the numbers of our rows."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import schema_context

from grids.units.models import CultureSportsOfficer, GridFitnessGroup, GridLeader

pytestmark = pytest.mark.django_db

# Method, path, body; {plan}, {grid}, {leader}, {officer}, {community}, {group} are filled in.
ENDPOINTS: dict[str, tuple[str, str, Any]] = {
    "plans": ("get", "grid-plans", None),
    "draw": ("post", "grid-plans", {"all": True}),
    "partition": ("post", "grid-plans/partition", {"all": True}),
    "bulk": ("post", "grid-plans/transition", {"ids": [1], "action": "publish"}),
    "plan": ("get", "grid-plans/{plan}", None),
    "edit": ("patch", "grid-plans/{plan}", {"notes": "x"}),
    "check": ("post", "grid-plans/{plan}/check", None),
    "copy": ("post", "grid-plans/{plan}/copy", {"reason": "x"}),
    "validate": ("post", "grid-plans/{plan}/validate", {}),
    "submit": ("post", "grid-plans/{plan}/submit", {}),
    "review": ("post", "grid-plans/{plan}/review", {}),
    "approve": ("post", "grid-plans/{plan}/approve", {}),
    "return": ("post", "grid-plans/{plan}/return", {"reason": "x"}),
    "publish": ("post", "grid-plans/{plan}/publish", {}),
    "reopen": ("post", "grid-plans/{plan}/reopen", {}),
    "grids": ("get", "grids", None),
    "grid": ("get", "grids/{grid}", None),
    "export": ("get", "grids/export", None),
    "tile": ("get", "tiles/grids/3/6/3.mvt", None),
    "draft_tile": ("get", "tiles/grids/3/6/3.mvt?plan_state=draft", None),
    "link": ("post", "grids/{grid}/external-link", {"external_grid_code": None}),
    "leader": ("get", "grids/{grid}/leader", None),
    "appoint": ("post", "grids/{grid}/leader", {"user_id": 999999}),
    "end": ("post", "leaders/{leader}/end", {"ends_on": "2000-01-01", "reason": "x"}),
    "officers": ("get", "culture-sports-officers", None),
    "record": (
        "post",
        "culture-sports-officers",
        {"user_id": 1, "community_id": 999999, "valid_from": "2024-01-01"},
    ),
    "end_office": ("post", "culture-sports-officers/{officer}/end", {"valid_to": "2000-01-01"}),
    "summary": ("get", "grid-summary", None),
    "run": ("post", "coverage-runs", None),
    "latest": ("get", "coverage-runs/latest", None),
    "coverage": ("get", "coverage", None),
    "nominate": ("post", "grids/{grid}/leader-nominations", {"user_id": 999999}),
    "terms": ("get", "leader-terms", None),
    "term": ("get", "leader-terms/{leader}", None),
    "confirm": ("post", "leader-terms/{leader}/confirm", {}),
    "end_term": ("post", "leader-terms/{leader}/end", {"ends_on": "2000-01-01", "reason": "x"}),
    "keep_acting": ("post", "leader-terms/{leader}/keep-acting", {"starts_on": "2000-01-01", "reason": "x"}),
    "vacancies": ("get", "leader-vacancies", None),
    "tasks": ("get", "me/leader-tasks", None),
    "groups": ("get", "fitness-groups", None),
    "group": ("get", "fitness-groups/{group}", None),
    "found_group": ("post", "fitness-groups", {"grid_id": 999999, "name": "x", "members": []}),
    "rename_group": ("patch", "fitness-groups/{group}", {"name": "x"}),
    "dissolve_group": (
        "post",
        "fitness-groups/{group}/dissolve",
        {"dissolved_on": "2000-01-01", "reason": "x"},
    ),
    "add_person": ("post", "fitness-groups/{group}/members", {"name": "x", "joined_on": "2000-01-01"}),
    "pilots": ("get", "pilots", None),
    "set_pilot": ("post", "pilots", {"unit_id": 999999, "features": ["x"], "starts_on": "2026-01-01"}),
    "bodies": ("get", "sports-bodies", None),
    "body_coverage": ("get", "sports-bodies/coverage", None),
    "found_body": (
        "post",
        "sports-bodies",
        {"unit_id": 999999, "kind": "sports_federation", "name": "x", "founded_on": "2026-01-01"},
    ),
}

# What is not listed is 403 for who holds a right in the city, 401 for strangers. 409, 412, 422, 428: the right was
# there and the business said no. A row outside one's scope is 404, whatever one may do elsewhere.
TABLE: dict[str, dict[str, int]] = {
    "nothing": {"plan": 404, "edit": 404, "check": 404, "copy": 404, "validate": 404, "submit": 404, "review": 404,
                "approve": 404,
                "return": 404, "publish": 404, "reopen": 404, "grid": 404, "link": 404, "leader": 404, "appoint": 404,
                "end": 404, "end_office": 404},
    "citizen": {"grids": 200, "grid": 200, "export": 200, "tile": 200, "summary": 200, "coverage": 200, "latest": 404,
                "plan": 404, "edit": 404, "check": 404, "copy": 404, "validate": 404, "submit": 404, "review": 404,
                "approve": 404,
                "return": 404, "publish": 404, "reopen": 404, "end": 404, "end_office": 404},
    "gis_staff": {"grids": 200, "grid": 200, "export": 200, "tile": 200, "draft_tile": 200, "summary": 200, "run": 202,
                  "coverage": 200, "latest": 404, "plans": 200, "draw": 202, "partition": 202, "bulk": 200,
                  "plan": 200, "edit": 428, "check": 409, "copy": 201, "validate": 409, "submit": 409, "reopen": 409, "link": 200,
                  "leader": 200, "officers": 200},
    "district_officer": {"grids": 200, "grid": 200, "export": 200, "tile": 200, "draft_tile": 200, "summary": 200,
                         "run": 202, "coverage": 200, "latest": 404, "plans": 200, "bulk": 200, "plan": 200,
                         "review": 409, "approve": 409, "return": 409, "leader": 200, "officers": 200, "appoint": 404,
                         "end": 422, "record": 404, "end_office": 422},
    "bureau_admin": {"grids": 200, "grid": 200, "export": 200, "tile": 200, "draft_tile": 200, "summary": 200,
                     "run": 202, "coverage": 200, "latest": 404, "plans": 200, "bulk": 200, "plan": 200, "review": 409,
                     "approve": 409, "return": 409, "publish": 409, "leader": 200, "officers": 200, "appoint": 404,
                     "end": 422, "record": 404, "end_office": 422},
}  # fmt: skip

# Lists of one's own are for everybody who is signed in; a group one does not see is not there.
_ANYBODY = {"tasks": 200, "groups": 200, "found_group": 404}
_NO_GROUP = {name: 404 for name in ("group", "rename_group", "dissolve_group", "add_person")}
_NO_TERM = {name: 404 for name in ("term", "confirm", "end_term", "keep_acting")}
_LOOKING = {
    "terms": 200, "term": 200, "vacancies": 200, "group": 200, "pilots": 200, "bodies": 200, "body_coverage": 200,
}  # fmt: skip
_APPOINTING = {"nominate": 404, "confirm": 409, "end_term": 422, "keep_acting": 422}
_KEEPING = {"rename_group": 428, "dissolve_group": 422, "add_person": 422, "found_body": 404}
for _role, _more in {
    "nothing": {**_NO_GROUP, **_NO_TERM, "nominate": 404},
    "citizen": {**_NO_GROUP, **_NO_TERM},
    "gis_staff": _LOOKING,
    "district_officer": {**_LOOKING, **_APPOINTING, **_KEEPING},
    "bureau_admin": {**_LOOKING, **_APPOINTING, **_KEEPING, "set_pilot": 404},
}.items():
    TABLE[_role] |= {**_ANYBODY, **_more}


@pytest.fixture
def rows(alpha: Any, published: dict[str, int], grid_ids: Any, small_city: Any, staff: Any) -> dict[str, int]:
    with schema_context(alpha.schema_name):
        officer = CultureSportsOfficer.objects.create(
            user=staff.gis, community=small_city.community("shengli"), valid_from="2024-01-01"
        )
        leader = GridLeader.objects.create(
            grid_id=grid_ids["shengli"][1], user=staff.gis, starts_on="2024-01-01", appointed_by=staff.officer
        )
        group = GridFitnessGroup.objects.create(
            grid_id=grid_ids["shengli"][1], name="x", founded_on="2024-01-01", founded_by=staff.officer
        )
    return {
        "plan": published["shengli"],
        "grid": grid_ids["shengli"][0],
        "leader": leader.pk,
        "officer": officer.pk,
        "community": small_city.community("shengli").pk,
        "group": group.pk,
    }


def _ask(client: Any, name: str, rows: dict[str, int]) -> int:
    method, path, body = ENDPOINTS[name]
    return int(getattr(client, method)(path.format(**rows), body).status_code)


@pytest.mark.parametrize("role", list(TABLE))
def test_role_by_endpoint(alpha: Any, api: Any, make_user: Any, rows: dict[str, int], role: str) -> None:
    from tenants.bureau.rules.role_templates import ROLE_TEMPLATES

    rights = sorted(ROLE_TEMPLATES[role].permissions) if role in ROLE_TEMPLATES else []
    client = api(alpha, make_user(alpha, f"role-{role}", rights))
    expected = {name: TABLE[role].get(name, 403) for name in ENDPOINTS}
    assert {name: _ask(client, name, rows) for name in ENDPOINTS} == expected


def test_a_stranger_is_401_everywhere(alpha: Any, api: Any, rows: dict[str, int]) -> None:
    client = api(alpha)
    assert {name: _ask(client, name, rows) for name in ENDPOINTS} == dict.fromkeys(ENDPOINTS, 401)


def test_another_citys_numbers_are_404(
    alpha: Any, beta: Any, api: Any, make_user: Any, rows: dict[str, int]
) -> None:
    from tenants.bureau.rules.permission_catalogue import PERMISSIONS

    client = api(beta, make_user(beta, "neighbour", sorted(PERMISSIONS)))
    named = [name for name, (_, path, _) in ENDPOINTS.items() if "{" in path]
    assert {name: _ask(client, name, rows) for name in named} == dict.fromkeys(named, 404)
    for empty in ("grids", "leader-terms", "leader-vacancies", "fitness-groups", "pilots", "sports-bodies"):
        assert client.get(empty).json()["results"] == []
    assert client.get("grid-plans").json()["results"] == []


def test_another_towns_rows_are_404_and_its_grids_are_not_listed(
    alpha: Any,
    api: Any,
    make_user: Any,
    rows: dict[str, int],
    small_city: Any,
    grid_ids: dict[str, list[int]],
) -> None:
    from tenants.bureau.rules.permission_catalogue import PERMISSIONS

    town = small_city.units["other_town"]
    person = make_user(alpha, "other-town", sorted(PERMISSIONS), unit=town)
    client = api(alpha, person)
    named = [name for name, (_, path, _) in ENDPOINTS.items() if "{" in path]
    assert {name: _ask(client, name, rows) for name in named} == dict.fromkeys(named, 404)
    seen = {row["id"] for row in client.get("grids").json()["results"]}
    assert seen == {*grid_ids["xinhua"], *grid_ids["wangcun"]}
    answer = client.post("grid-plans", {"community_ids": [rows["community"]]})
    assert answer.status_code == 404
    summary = client.get("grid-summary").json()
    assert (summary["communities_total"], summary["grids"], summary["households"]) == (2, 3, 360)
    bulk = client.post("grid-plans/transition", {"ids": [rows["plan"]], "action": "return", "reason": "x"})
    assert bulk.json()["outcomes"][0]["problem"]["status"] == 404


def test_a_right_for_one_town_does_not_act_in_another_that_one_may_see(
    alpha: Any, api: Any, make_user: Any, rows: dict[str, int], small_city: Any
) -> None:
    from tenants.bureau.models import Grant

    person = make_user(alpha, "mixed", ["grid.view", "grid_plan.view", "leader.view"])
    with schema_context(alpha.schema_name):
        for right in ("leader.appoint", "grid_plan.draft", "grid_plan.review"):
            Grant.objects.create(user=person, permission=right, unit=small_city.units["other_town"])
    client = api(alpha, person)
    for name in ("appoint", "edit", "validate", "review", "return", "link", "end", "end_office"):
        assert (name, _ask(client, name, rows)) == (name, 403)
