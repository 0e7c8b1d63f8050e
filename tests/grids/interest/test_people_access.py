"""J06, J08: who reaches what: every route of interest grids, members and participants for everybody.

A leader sees and touches the own grids only; a member sees what the post needs; who is a stranger to an interest grid
does not find it (404), who sees it without the standing is refused (403).
"""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.urls import URLPattern

from grids.interest.api.people_urls import urlpatterns

from .conftest import EVERYBODY

pytestmark = pytest.mark.django_db

# Columns: bureau county town other_town leader second_leader neighbour_leader member neighbour_member citizen stranger.
# The interest grid is the dance of shengli1; the member, post and participation are of it.
TABLE = {
    "GET interest-grids": "200 200 200 200 200 200 200 200 200 200 401",
    "POST interest-grids": "201 201 201 404 201 403 404 201 404 404 401",
    "GET interest-grids/<int:id>": "200 200 200 404 200 404 404 200 404 404 401",
    "PATCH interest-grids/<int:id>": "200 200 200 404 200 404 404 403 404 404 401",
    "POST interest-grids/<int:id>/confirm": "409 409 409 404 409 404 404 403 404 404 401",
    "POST interest-grids/<int:id>/wake": "409 409 409 404 409 404 404 403 404 404 401",
    "POST interest-grids/<int:id>/close": "200 200 200 404 200 404 404 403 404 404 401",
    "POST interest-grids/<int:id>/approve-crossing": "422 422 403 404 403 404 404 403 404 404 401",
    "GET interest-grids/<int:id>/participants": "200 200 200 404 200 404 404 200 404 404 401",
    "POST interest-grids/<int:id>/participants": "201 201 201 404 201 404 404 201 404 404 401",
    "POST participations/<int:id>/leave": "200 200 200 404 200 404 404 200 404 404 401",
    "POST participations/<int:id>/erase": "204 204 204 404 204 404 404 403 404 404 401",
    "GET erasure-requests": "200 200 200 200 200 200 200 200 200 200 401",
    "GET erasure-requests/<int:id>": "200 200 200 200 200 404 404 404 404 404 401",
    "POST erasure-requests/<int:id>/answer": "200 200 403 200 403 404 404 404 404 404 401",
    "GET grid-members": "200 200 200 200 200 200 200 200 200 200 401",
    "POST grid-members": "201 201 201 404 201 404 404 403 404 404 401",
    "GET grid-members/export": "200 200 200 200 200 200 200 200 200 200 401",
    "GET grid-members/<int:id>": "200 200 200 404 200 404 404 200 404 404 401",
    "PATCH grid-members/<int:id>": "200 200 200 404 200 404 404 403 404 404 401",
    "POST grid-members/<int:id>/posts": "409 409 409 404 409 404 404 403 404 404 401",
    "POST grid-members/<int:id>/reveal": "200 200 200 404 200 404 404 200 404 404 401",
    "POST member-posts/<int:id>/confirm": "409 409 409 404 409 404 404 403 404 404 401",
    "POST member-posts/<int:id>/end": "200 200 200 404 200 404 404 403 404 404 401",
    "POST member-posts/<int:id>/move": "409 409 409 404 409 404 404 403 404 404 401",
    "GET grid-member-imports": "200 200 200 200 200 200 200 200 200 200 401",
    "POST grid-member-imports": "202 202 202 202 202 202 202 403 403 403 401",
    "GET grid-member-imports/template": "200 200 200 200 200 200 200 200 200 200 401",
    "GET grid-member-imports/<int:id>": "200 200 200 404 200 404 404 404 404 404 401",
    "GET grid-member-imports/<int:id>/errors": "200 200 200 404 200 404 404 404 404 404 401",
}
NAMES = [str(name or "stranger") for name in EVERYBODY]
CASES = [
    (call, name, int(status))
    for call, line in TABLE.items()
    for name, status in zip(EVERYBODY, line.split(), strict=True)
]


def test_the_table_names_every_route_and_method() -> None:
    methods = ("get", "post", "put", "patch", "delete")
    routes = {
        f"{method.upper()} {entry.pattern}"
        for entry in urlpatterns
        if isinstance(entry, URLPattern)
        for method in methods
        if hasattr(entry.callback.cls, method)  # type: ignore[attr-defined]
    }
    assert routes == set(TABLE)


@pytest.fixture
def sent(neighbourhood: Any, speak: Any, enrol: Any, in_city: Any) -> Any:
    """`sent(call)` is the address and body of a call of the table, on the dance and its people.

    The request to be erased was handed up by the dance's leader, for a person whom the ball, in the other town, still has.
    """
    from grids.interest.models import MemberImport

    dance, member = neighbourhood.dance, neighbourhood.member
    participation = enrol("孙演示020", "13900000020")
    asked = enrol("孙演示022", "13900000022")
    enrol("孙演示022", "13900000022", neighbourhood.ball, by="neighbour_leader")
    wish = {"reason": "本人要求", "own_grids_only": True}
    handed_up = speak("leader").post(f"participations/{asked.pk}/erase", wish).json()
    with in_city():
        imported = MemberImport.objects.create(
            status="applied", file_name="m.csv", sha256="0" * 64, unit=neighbourhood.city.units["shengli"],
            imported_by=neighbourhood.people["leader"],
        )  # fmt: skip
    post = {"interest_grid_id": dance.pk, "source": "backbone", "proof": "三年（演示）"}
    bodies: dict[str, Any] = {
        "POST interest-grids": {
            "name": "新队", "item": "walking", "community_id": dance.community_id,
            "base_grid_ids": [neighbourhood.grids["shengli1"].pk],
        },
        "PATCH interest-grids/<int:id>": {"name": "晨光舞队"},
        "POST interest-grids/<int:id>/close": {"reason": "解散"},
        "POST interest-grids/<int:id>/participants": {
            "name": "孙演示021", "consent": True, "consent_version": "2026-1",
        },
        "POST participations/<int:id>/erase": {"reason": "本人要求"},
        "POST erasure-requests/<int:id>/answer": {"answer": "erased"},
        "POST grid-members": {"name": "钱演示011", "phone": "13900000011", "post": post},
        "PATCH grid-members/<int:id>": {"name": "赵演示901"},
        "POST grid-members/<int:id>/posts": post,
        "POST grid-members/<int:id>/reveal": {"purpose": "service_contact", "note": "通知活动改期"},
        "POST member-posts/<int:id>/end": {"reason": "搬家"},
        "POST member-posts/<int:id>/move": {"interest_grid_id": dance.pk},
        "POST grid-member-imports": {"file": None},
    }  # fmt: skip
    ids = {
        "interest-grids": dance.pk, "grid-members": member.pk, "member-posts": neighbourhood.post.pk,
        "participations": participation.pk, "grid-member-imports": imported.pk,
        "erasure-requests": handed_up["request_id"],
    }  # fmt: skip

    def address(call: str) -> tuple[str, Any]:
        _, route = call.split(" ")
        body = bodies.get(call, {})
        if "file" in body:
            body = {"file": io.BytesIO("姓名,手机号,兴趣网格\n".encode())}
            body["file"].name = "m.csv"
        return route.replace("<int:id>", str(ids[route.split("/")[0]])), body

    return address


@pytest.mark.parametrize("name", EVERYBODY, ids=NAMES)
def test_j08_everybody_reaches_what_the_post_allows(
    speak: Any, sent: Any, in_city: Any, name: str | None
) -> None:
    """Each call begins from the same state: what it writes is taken back."""
    from django.db import transaction

    found = {}
    for call in TABLE:
        path, body = sent(call)
        method = call.split(" ")[0].lower()
        headers = {"if_match": "*"} if method == "patch" else {}
        with transaction.atomic():
            answer = getattr(speak(name), method)(path, None if method == "get" else body, **headers)
            found[call] = answer.status_code
            transaction.set_rollback(True)
    wanted = {call: status for call, who, status in CASES if who == name}
    assert found == wanted


@pytest.mark.parametrize("name", ["second_leader", "neighbour_leader", "neighbour_member", "citizen"])
def test_j08_lists_show_no_foreign_row(speak: Any, neighbourhood: Any, name: str) -> None:
    seen = {
        "interest-grids": neighbourhood.dance.pk,
        "grid-members": neighbourhood.member.pk,
        "grid-member-imports": 0,
    }
    for route, foreign in seen.items():
        rows = speak(name).get(route).json()["results"]
        assert foreign not in [row["id"] for row in rows]
    assert (
        "晨光" not in b"".join(speak(name).get("grid-members/export?format=csv").streaming_content).decode()
    )


def test_j06_a_leaders_reach_ends_with_the_term(speak: Any, neighbourhood: Any, in_city: Any) -> None:
    from datetime import timedelta

    from grids.units.models import GridLeader

    path = f"interest-grids/{neighbourhood.dance.pk}"
    assert speak("leader").get(path).status_code == 200
    with in_city():
        GridLeader.objects.filter(user=neighbourhood.people["leader"]).update(
            ends_on=neighbourhood.today - timedelta(days=1)
        )
    assert speak("leader").get(path).status_code == 404
    assert speak("leader").get("grid-members").json()["results"] == []
