"""Who gets which answer where: the role × endpoint table, grid staff's narrow sight, other towns and cities: J17, J18."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django_tenants.utils import schema_context

from tests.grids.wellness.conftest import PERSON, rights_of, today

pytestmark = pytest.mark.django_db

# Method, path, body; {citizen}, {case}, {test}, {standard}, {form}, {community} are filled in.
ENDPOINTS: dict[str, tuple[str, str, Any]] = {
    "standards": ("get", "standards", None),
    "standard": ("get", "standards/{standard}", None),
    "load": ("post", "standards", {"form": "json", "text": "{}"}),
    "forms": ("get", "screening-forms", None),
    "form": ("get", "screening-forms/{form}", None),
    "load_form": ("post", "screening-forms", {"form": "json", "text": "{}"}),
    "communities": ("get", "communities", None),
    "invitations": ("get", "invitations", None),
    "invite": ("post", "invitations", {**PERSON, "community_id": "{community}", "kind": "fitness_test", "name": "1"}),
    "citizens": ("get", "citizens", None),
    "citizen": ("get", "citizens/{citizen}", None),
    "correct": ("patch", "citizens/{citizen}", {"birth_month": 6}),
    "consent": ("post", "citizens/{citizen}/consents", {"purpose": "fitness_test", "text_version": "1"}),
    "consents": ("get", "citizens/{citizen}/consents", None),
    "withdraw": ("post", "citizens/{citizen}/consents/withdraw", {"purpose": "share_with_health_centre"}),
    "code": ("post", "citizens/{citizen}/access-code", None),
    "share": ("post", "citizens/{citizen}/share", {"institution": "91410800MA0000001A"}),
    "tests": ("get", "citizens/{citizen}/tests", None),
    "enter": ("post", "citizens/{citizen}/tests", {"standard_id": 999, "tested_on": "2026-01-01",
                                                   "values": [{"indicator": "grip", "value": "40"}]}),
    "test": ("get", "fitness-tests/{test}", None),
    "read": ("post", "fitness-tests/{test}/read", {"purpose": "testing"}),
    "read_to_prescribe": ("post", "fitness-tests/{test}/read", {"purpose": "prescribing"}),
    "void": ("post", "fitness-tests/{test}/void", None),
    "cases": ("get", "cases", None),
    "case": ("get", "cases/{case}", None),
    "read_case": ("post", "cases/{case}/read", {"purpose": "prescribing"}),
    "screen": ("post", "cases/{case}/screening", {"form_id": 999, "answers": {}}),
    "refer": ("post", "cases/{case}/refer", None),
    "clear": ("post", "cases/{case}/clear", {"basis": "questionnaire"}),
    "prescribe": ("post", "cases/{case}/prescriptions", {
        "frequency_per_week": 3, "exertion_low": 11, "exertion_high": 13, "minutes": 30, "types": ["walking"],
        "volume_minutes_per_week": 90, "step_weeks": 2, "step_minutes": 5, "weeks": 12, "starts_on": "2030-01-01",
    }),
    "train": ("post", "cases/{case}/sessions", {"held_on": "2000-01-01", "attended": False}),
    "re_test": ("post", "cases/{case}/re-test", {"standard_id": 999, "tested_on": "2026-01-01",
                                                 "values": [{"indicator": "grip", "value": "40"}]}),
    "close": ("post", "cases/{case}/close", None),
    "leave": ("post", "cases/{case}/withdraw", None),
    "me_leave": ("post", "me/case/withdraw", None),
    "totals": ("get", "totals?standard=999&period=2020Q1", None),
    "quarters": ("get", "totals/quarters", None),
    "export": ("get", "totals/export?standard=999&period=2020Q1", None),
    "publish": ("post", "totals", {"standard_id": 999, "period": "2020Q1"}),
    "me": ("get", "me", None),
    "me_record": ("post", "me/record", None),
    "me_erase": ("post", "me/erase", None),
}  # fmt: skip

_OPEN = {"standards": 200, "standard": 200, "forms": 200, "form": 200, "communities": 200, "invitations": 200, "me": 404,
         "me_leave": 404,
         "me_record": 404,
         "me_erase": 404}  # fmt: skip
_NAMED = [
    name
    for name, (_, path, _) in ENDPOINTS.items()
    if "{citizen}" in path or "{test}" in path or "{case}" in path
]
_OUT_OF_SIGHT = {**_OPEN, **dict.fromkeys(_NAMED, 404), "invite": 404}
# The case stands at "prescribed"; 409 and 422: the right was there and the business said no.
_TESTING = {**_OPEN, "invite": 422, "citizens": 200, "citizen": 200, "correct": 428, "consents": 200,
            "consent": 409, "withdraw": 404, "code": 201,
            "share": 403,
            "tests": 200, "enter": 404, "test": 200, "read": 200, "read_to_prescribe": 403, "void": 409, "cases": 200,
            "case": 200, "read_case": 403, "screen": 404, "refer": 409, "clear": 403, "prescribe": 403, "train": 422,
            "re_test": 409, "close": 403, "leave": 204}  # fmt: skip
# What is not listed is 403.
TABLE: dict[str, dict[str, int]] = {
    "nothing": _OUT_OF_SIGHT,
    "citizen": _OUT_OF_SIGHT,
    "grid_leader": _OUT_OF_SIGHT,
    "grid_member": _OUT_OF_SIGHT,
    "town_staff": {**_OUT_OF_SIGHT, "invite": 422},
    "district_officer": {**_OUT_OF_SIGHT, "invite": 422, "totals": 404, "quarters": 200, "export": 404},
    "auditor": {**_OUT_OF_SIGHT, "totals": 404, "quarters": 200, "export": 404},
    "bureau_admin": {**_OUT_OF_SIGHT, "invite": 422, "load": 422, "load_form": 422, "totals": 404, "quarters": 200, "export": 404,
                     "publish": 404},
    "fitness_tester": _TESTING,
    "exercise_prescriber": {**_TESTING, "read_to_prescribe": 200, "read_case": 200, "clear": 409, "prescribe": 409, "close": 409},
}  # fmt: skip


@pytest.fixture
def rows(way: Any, town: Any, client: Any) -> dict[str, int]:
    way.to_prescribed()
    test = client("tester").get(f"wellness/citizens/{way.citizen}/tests").json()["results"][0]["id"]
    return {
        "citizen": way.citizen, "case": way.case, "test": test, "standard": way.standard, "form": way.form,
        "community": town.communities["shengli"].pk,
    }  # fmt: skip


def _ask(speaker: Any, name: str, rows: dict[str, int]) -> int:
    method, path, body = ENDPOINTS[name]
    if body and body.get("community_id"):
        body = {**body, "community_id": rows["community"]}
    return int(getattr(speaker, method)(f"wellness/{path.format(**rows)}", body).status_code)


@pytest.mark.parametrize("role", TABLE)
def test_role_by_endpoint(alpha: Any, api: Any, make_user: Any, rows: dict[str, int], role: str) -> None:
    speaker = api(alpha, make_user(alpha, f"role-{role}", rights_of(role) if role != "nothing" else []))
    expected = {name: TABLE[role].get(name, 403) for name in ENDPOINTS}
    assert {name: _ask(speaker, name, rows) for name in ENDPOINTS} == expected


def test_a_stranger_is_401_everywhere(alpha: Any, api: Any, rows: dict[str, int]) -> None:
    speaker = api(alpha)
    assert {name: _ask(speaker, name, rows) for name in ENDPOINTS} == dict.fromkeys(ENDPOINTS, 401)


def test_another_town_and_another_city_find_nothing(
    alpha: Any, beta: Any, api: Any, make_user: Any, rows: dict[str, int], town: Any
) -> None:
    from tenants.bureau.rules.permission_catalogue import PERMISSIONS

    south = api(alpha, make_user(alpha, "south-all", sorted(PERMISSIONS), unit=town.units["south"]))
    neighbour = api(beta, make_user(beta, "neighbour", sorted(PERMISSIONS)))
    for speaker in (south, neighbour):
        assert {name: _ask(speaker, name, rows) for name in _NAMED} == dict.fromkeys(_NAMED, 404)
        for path in ("invitations", "citizens", "cases", "cases?retest_due=true"):
            assert speaker.get(f"wellness/{path}").json()["results"] == []
        assert _ask(speaker, "invite", rows) == 404
    assert _ask(neighbour, "standard", rows) == 404


def test_a_right_for_one_town_does_not_act_in_another_that_one_may_see(
    alpha: Any, api: Any, make_user: Any, rows: dict[str, int], town: Any
) -> None:
    from tenants.bureau.models import Grant

    person = make_user(alpha, "mixed", ["wellness.test"])
    with schema_context(alpha.schema_name):
        Grant.objects.create(user=person, permission="wellness.prescribe", unit=town.units["south"])
    speaker = api(alpha, person)
    for name in ("clear", "prescribe", "close", "read_case", "read_to_prescribe"):
        assert (name, _ask(speaker, name, rows)) == (name, 403)


def test_j17_grid_staff_see_only_invited_or_done(
    alpha: Any, api: Any, make_user: Any, town: Any, way: Any, client: Any
) -> None:
    way.to_prescribed()
    inviter = client("inviter")
    shown = inviter.get("wellness/invitations").json()["results"]
    assert [set(row) for row in shown] == [{"id", "kind", "name", "community_id", "invited_on", "done"}]
    assert (shown[0]["name"], shown[0]["done"]) == ("赵演示001", False)  # who invited may remind
    another = api(alpha, make_user(alpha, "another", ["wellness.invite"], unit=town.units["north"]))
    assert another.get("wellness/invitations").json()["results"][0]["name"] == "赵*"
    assert inviter.get("wellness/citizens").status_code == 403
    assert inviter.get(f"wellness/citizens/{way.citizen}").status_code == 404


def test_a_test_done_is_all_that_is_told_of_it(way: Any, invite: Any, client: Any) -> None:
    invite(kind="fitness_test")
    way.consent("fitness_test")
    way.test()
    shown = {
        row["kind"]: row["done"] for row in client("inviter").get("wellness/invitations").json()["results"]
    }
    assert shown == {"exercise_case": False, "fitness_test": True}


def test_nobody_is_invited_twice(way: Any, invite: Any) -> None:
    answer = invite()
    assert (answer.status_code, answer.json()["code"]) == (409, "INVITED_ALREADY")
    way.consent("exercise_case")
    way.withdraw("exercise_case")
    assert invite().json()["code"] == "INVITED_ALREADY"  # no is an answer, and grid staff do not learn of it


def test_a_name_and_a_phone_are_one_person_in_a_community(
    alpha: Any, way: Any, invite: Any, client: Any
) -> None:
    from grids.wellness.models import Citizen

    assert invite(kind="fitness_test", phone="139 0000 0001").status_code == 201
    assert invite(kind="fitness_test", name="李演示002").status_code == 201  # the same phone: of one family
    assert client("bureau").post("wellness/invitations", {}).status_code == 400
    with schema_context(alpha.schema_name):
        assert Citizen.objects.count() == 2
        assert "13900000001" not in str(list(Citizen.objects.values()))


def test_where_one_may_invite_is_told_by_right_and_not_by_sight(client: Any, town: Any) -> None:
    def told(name: str) -> list[dict[str, Any]]:
        return list(client(name).get("wellness/communities").json()["results"])

    assert told("inviter") == [{"id": town.communities["shengli"].pk, "name": "shengli"}]
    assert [row["name"] for row in told("bureau")] == ["shengli", "xinhua"]
    assert told("stranger") == []


def test_a_leader_of_a_grid_invites_in_its_community(
    alpha: Any, town: Any, people: Any, client: Any, invite: Any, example: Any
) -> None:
    from grids.units.models import Grid, GridLeader

    assert client("stranger").get("wellness/invitations").json()["results"] == []
    assert invite("stranger").status_code == 404
    with schema_context(alpha.schema_name):
        grid = Grid.objects.create(
            code="410802001001001", community=town.communities["shengli"], sequence=1, valid_from=today()
        )
        leader = GridLeader.objects.create(
            grid=grid, user=people.stranger, starts_on=today(), appointed_by=people.bureau
        )
    assert invite("stranger").status_code == 201
    assert invite("stranger", community="xinhua").status_code == 404
    assert len(client("stranger").get("wellness/invitations").json()["results"]) == 1
    assert client("stranger").get("wellness/citizens").status_code == 403
    with schema_context(alpha.schema_name):
        leader.starts_on, leader.ends_on = today() - timedelta(days=9), today() - timedelta(days=1)
        leader.save()
    assert client("stranger").get("wellness/invitations").json()["results"] == []


def test_the_bureau_sees_no_person(way: Any, client: Any, rows: dict[str, int]) -> None:
    bureau = client("bureau")
    for path in ("citizens", "cases"):
        assert bureau.get(f"wellness/{path}").status_code == 403
    assert (
        bureau.post(f"wellness/fitness-tests/{rows['test']}/read", {"purpose": "testing"}).status_code == 404
    )


def test_a_standard_is_loaded_once_and_read_by_all(client: Any, example: Any) -> None:
    from pathlib import Path

    from grids.wellness.rules import standard as module

    text = (Path(module.__file__).parent / "example_standard.toml").read_text("utf-8")
    again = client("bureau").post("wellness/standards", {"form": "toml", "text": text})
    assert (again.status_code, again.json()["code"]) == (409, "STANDARD_EXISTS")
    changed = {
        "form": "toml",
        "text": text.replace('"2026-1"', '"2026-2"').replace("2020-01-01", "2021-01-01"),
    }
    assert client("bureau").post("wellness/standards", changed).status_code == 201
    spoilt = {"form": "toml", "text": text.replace('sex = "male"', 'sex = "any"')}
    answer = client("bureau").post("wellness/standards", spoilt)
    assert (answer.json()["code"], answer.json()["facts"]) == ("STANDARD_INVALID", {"where": "groups[0].sex"})
    shown = client("stranger").get(f"wellness/standards/{example[0].pk}").json()
    assert (shown["is_example"], len(shown["groups"]), shown["indicators"][0]["highest"]) == (True, 4, "120")
    assert shown["groups"][0]["indicators"] == ["grip", "sit_and_reach", "one_leg_stand"]
    form = client("stranger").get(f"wellness/screening-forms/{example[1].pk}").json()
    assert [set(row) for row in form["questions"]] == [{"key", "zh", "en"}] * 4
