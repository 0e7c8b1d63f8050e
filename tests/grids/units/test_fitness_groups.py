"""J03, J06: the fitness organisation of a base grid is founded with its leader and named people, changed and dissolved."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.units.models import GridFitnessGroup, GridLeader
from tenants.accounts.models import AuditEvent
from tenants.bureau.rules.local_time import local_date

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)
ZHAO, QIAN = "赵演示001", "钱演示002"


def _today() -> date:
    return local_date(timezone.now())


@pytest.fixture
def grid(base_grids: dict[str, list[Any]]) -> Any:
    return base_grids["shengli"][0]


@pytest.fixture
def head(alpha: Any, make_user: Any, grid: Any, staff: Any) -> Any:
    """The grid's leader, who holds no right anywhere."""
    person = make_user(alpha, "head")
    with schema_context(alpha.schema_name):
        GridLeader.objects.create(
            grid=grid, user=person, appointed_by=staff.officer, starts_on=date(2025, 1, 1)
        )
    return person


@pytest.fixture
def leader(api: Any, alpha: Any, head: Any) -> Any:
    return api(alpha, head)


@pytest.fixture
def town(api: Any, alpha: Any, make_user: Any, small_city: Any) -> Any:
    rights = ["grid.view", "leader.view", "sports_body.edit"]
    return api(alpha, make_user(alpha, "town-staff", rights, unit=small_city.units["town"]))


def _found(speaker: Any, grid: Any, **more: Any) -> Any:
    body = {"grid_id": grid.pk, "name": "胜利第1网格健身组织", "members": [ZHAO, QIAN], **more}
    return speaker.post("fitness-groups", body)


def test_the_leader_founds_the_grids_organisation(alpha: Any, leader: Any, grid: Any) -> None:
    made = _found(leader, grid, founded_on="2025-03-01")
    assert (made.status_code, made["ETag"]) == (201, '"1"')
    card = leader.get(made["Location"]).json()
    assert (card["people"], card["founded_on"], card["may_change"]) == (3, "2025-03-01", True)
    assert [(member["name"], member["leads"], member["joined_on"]) for member in card["members"]] == [
        ("测试head", True, "2025-03-01"), (ZHAO, False, "2025-03-01"), (QIAN, False, "2025-03-01"),
    ]  # fmt: skip
    assert leader.get("me/leader-tasks").json()["tasks"] == []
    with schema_context(alpha.schema_name):
        trace = AuditEvent.objects.get(action="fitness_group.found")
        assert (trace.after["people"], trace.policy_version[:13]) == (3, "fitness_group")  # type: ignore[index]


def test_who_may_only_look_sees_names_masked(
    alpha: Any, api: Any, make_user: Any, leader: Any, town: Any, grid: Any
) -> None:
    path = _found(leader, grid)["Location"]
    viewer = api(alpha, make_user(alpha, "viewer", ["leader.view", "grid.view"]))
    card = viewer.get(path).json()
    assert ([member["name"] for member in card["members"]], card["may_change"]) == (
        ["测*", "赵*", "钱*"],
        False,
    )
    assert town.get(path).json()["members"][1]["name"] == ZHAO
    for suffix, body in (("/members", {"name": "孙演示003"}), ("/dissolve", {"reason": "x"})):
        refused = viewer.post(path + suffix, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "PERMISSION_DENIED")
    assert _found(viewer, grid).status_code == 403
    stranger = api(alpha, make_user(alpha, "stranger"))
    assert (stranger.get(path).status_code, _found(stranger, grid).status_code) == (404, 404)
    assert stranger.get("fitness-groups").json()["results"] == []


def test_a_leader_leads_the_own_grid_only(alpha: Any, leader: Any, base_grids: Any, town: Any) -> None:
    assert _found(leader, base_grids["shengli"][1]).status_code == 404
    assert _found(town, base_grids["xinhua"][0]).status_code == 404


def test_j06_a_grid_nobody_leads_has_no_organisation(town: Any, base_grids: Any) -> None:
    refused = _found(town, base_grids["shengli"][1])
    assert (refused.status_code, refused.json()["code"]) == (422, "FITNESS_GROUP_LEADER")
    assert base_grids["shengli"][1].code in refused.json()["message"]["zh"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"members": []}, "FITNESS_GROUP_MEMBERS"),
        ({"members": [ZHAO, ZHAO]}, "FITNESS_GROUP_NAME"),
        ({"members": ["  "]}, "FITNESS_GROUP_NAME"),
        ({"founded_on": "2100-01-01"}, "FITNESS_GROUP_PERIOD"),
        ({"founded_on": "2023-12-31"}, "FITNESS_GROUP_PERIOD"),
        ({"founded_on": "2024-12-31"}, "FITNESS_GROUP_LEADER"),
        ({"leader": 1}, "UNKNOWN_FIELD"),
    ],
)
def test_what_an_organisation_must_have_is_asked_for(leader: Any, grid: Any, more: Any, code: str) -> None:
    refused = _found(leader, grid, **more)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_j03_one_organisation_a_grid_at_a_time(in_alpha: Any, leader: Any, grid: Any, staff: Any) -> None:
    path = _found(leader, grid, founded_on="2025-03-01")["Location"]
    second = _found(leader, grid)
    assert (second.status_code, second.json()["code"]) == (409, "FITNESS_GROUP_EXISTS")
    assert "2025-03-01成立" in second.json()["message"]["zh"]
    yesterday = (_today() - ONE_DAY).isoformat()
    ended = leader.post(f"{path}/dissolve", {"dissolved_on": yesterday, "reason": "重组"})
    assert (ended.status_code, ended.json()["dissolved_on"], ended.json()["people"]) == (200, yesterday, 0)
    assert {member["left_on"] for member in ended.json()["members"]} == {yesterday}
    for action, body in (("dissolve", {"reason": "x"}), ("members", {"name": "孙演示003"})):
        gone = leader.post(f"{path}/{action}", body)
        assert (gone.status_code, gone.json()["code"]) == (409, "FITNESS_GROUP_DISSOLVED")
    assert _found(leader, grid).status_code == 201
    assert len(leader.get(f"fitness-groups?grid={grid.pk}").json()["results"]) == 2
    then = leader.get(f"fitness-groups?grid={grid.pk}&as_of={yesterday}").json()["results"]
    assert [row["dissolved_on"] for row in then] == [yesterday]
    ahead = leader.get(f"fitness-groups?as_of={_today() + ONE_DAY}")
    assert (ahead.status_code, ahead.json()["code"]) == (400, "AS_OF_TO_COME")
    with (
        schema_context(in_alpha.schema_name),
        pytest.raises(IntegrityError, match="fitness_group_one_per_grid"),
        transaction.atomic(),
    ):
        GridFitnessGroup.objects.create(
            grid=grid,
            name="x",
            founded_on=date(2025, 6, 1),
            dissolved_on=date(2025, 6, 1),
            founded_by=staff.officer,
        )


def test_people_come_and_go(leader: Any, grid: Any) -> None:
    path = _found(leader, grid, founded_on="2025-03-01")["Location"]
    twice = leader.post(f"{path}/members", {"name": ZHAO})
    assert (twice.status_code, twice.json()["code"]) == (422, "FITNESS_GROUP_NAME")
    added = leader.post(f"{path}/members", {"name": "孙演示003", "joined_on": "2025-04-01"})
    assert (added.status_code, added.json()["people"]) == (201, 4)
    early = leader.post(f"{path}/members", {"name": "李演示004", "joined_on": "2025-02-28"})
    assert (early.status_code, early.json()["code"]) == (422, "FITNESS_GROUP_PERIOD")
    people = {member["name"]: member["id"] for member in added.json()["members"]}
    for name in (ZHAO, QIAN):
        assert leader.post(f"fitness-group-members/{people[name]}/leave", {}).status_code == 200
    gone = leader.post(f"fitness-group-members/{people[ZHAO]}/leave", {})
    assert gone.status_code == 404
    few = leader.post(f"fitness-group-members/{people['孙演示003']}/leave", {})
    assert (few.status_code, few.json()["code"]) == (422, "FITNESS_GROUP_MEMBERS")
    assert few.json()["message"]["zh"] == "网格健身组织至少2人（含网格长），当前1人"
    head = leader.post(f"fitness-group-members/{people['测试head']}/leave", {})
    assert (head.status_code, head.json()["code"]) == (422, "FITNESS_GROUP_LEADER")
    again = leader.post(f"{path}/members", {"name": ZHAO}).json()
    assert [member["name"] for member in again["members"]].count(ZHAO) == 2  # history stays


def test_a_new_leader_takes_the_seat(
    alpha: Any, api: Any, leader: Any, head: Any, grid: Any, make_user: Any, staff: Any
) -> None:
    path = _found(leader, grid, founded_on="2025-03-01")["Location"]
    successor = make_user(alpha, "successor")
    with schema_context(alpha.schema_name):
        GridLeader.objects.filter(user=head).update(ends_on=_today() - ONE_DAY)
        GridLeader.objects.create(grid=grid, user=successor, appointed_by=staff.officer, starts_on=_today())
    speaker = api(alpha, successor)
    assert [task["kind"] for task in speaker.get("me/leader-tasks").json()["tasks"]] == [
        "fitness_group_leader"
    ]
    card = speaker.post(f"{path}/members", {}).json()
    assert [member["name"] for member in card["members"] if member["leads"]] == ["测试successor"]
    assert card["people"] == 4
    assert speaker.get("me/leader-tasks").json()["tasks"] == []
    assert leader.get(path).status_code == 404


def test_a_name_is_changed_on_what_was_read(leader: Any, grid: Any) -> None:
    path = _found(leader, grid)["Location"]
    assert leader.patch(path, {"name": "新名"}).status_code == 428
    renamed = leader.patch(path, {"name": "新名"}, If_Match='"1"')
    assert (renamed.status_code, renamed.json()["name"], renamed["ETag"]) == (200, "新名", '"2"')
    stale = leader.patch(path, {"name": "旧名"}, If_Match='"1"')
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_VERSION")
