"""J06: who may lead a grid, one at a time, acting leaders for a while. J02: one governance grid, one sports grid."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.units.models import Grid, GridLeader
from tenants.accounts.models import AuditEvent
from tenants.bureau.rules.local_time import local_date

pytestmark = pytest.mark.django_db


def _today() -> date:
    return local_date(timezone.now())


@pytest.fixture
def officer(api: Any, alpha: Any, staff: Any) -> Any:
    return api(alpha, staff.officer)


@pytest.fixture
def wang(alpha: Any, make_user: Any, officer: Any, small_city: Any, grid_ids: Any) -> Any:
    """In charge of culture and sports in shengli."""
    person = make_user(alpha, "wang")
    body = {
        "user_id": person.pk,
        "community_id": small_city.community("shengli").pk,
        "valid_from": "2024-01-01",
    }
    assert officer.post("culture-sports-officers", body).status_code == 201
    return person


def test_the_official_of_the_community_leads_several_of_its_grids(
    alpha: Any, officer: Any, wang: Any, grid_ids: dict[str, list[int]]
) -> None:
    for grid_id in grid_ids["shengli"][:2]:
        answer = officer.post(f"grids/{grid_id}/leader", {"user_id": wang.pk})
        assert answer.status_code == 201
    assert answer.json()["display_name"] == "测试wang", "who appoints there reads the name in full"
    card = officer.get(f"grids/{grid_id}").json()
    assert (card["leader"]["user_id"], card["leader"]["acting"]) == (wang.pk, False)
    with schema_context(alpha.schema_name):
        logged = AuditEvent.objects.filter(action="leader.appoint").first()
    assert logged is not None
    assert "wang" not in str(logged.after)


def test_a_leader_finds_the_own_grids_first(
    alpha: Any, api: Any, officer: Any, wang: Any, grid_ids: dict[str, list[int]]
) -> None:
    from tenants.bureau.models import Grant, OrgUnit

    with schema_context(alpha.schema_name):
        Grant.objects.create(user=wang, permission="grid.view", unit=OrgUnit.objects.get(name="shengli"))
    officer.post(f"grids/{grid_ids['shengli'][1]}/leader", {"user_id": wang.pk})
    client = api(alpha, wang)
    assert [row["id"] for row in client.get("grids?mine=true").json()["results"]] == [grid_ids["shengli"][1]]
    assert len(client.get("grids").json()["results"]) == 3


def test_who_holds_the_office_elsewhere_or_not_at_all_does_not_lead(
    alpha: Any, officer: Any, make_user: Any, wang: Any, grid_ids: dict[str, list[int]]
) -> None:
    nobody = make_user(alpha, "nobody")
    for person, grid in ((wang, grid_ids["xinhua"][0]), (nobody, grid_ids["shengli"][0])):
        answer = officer.post(f"grids/{grid}/leader", {"user_id": person.pk})
        assert (answer.status_code, answer.json()["code"]) == (422, "LEADER_NOT_ELIGIBLE")
        assert answer.json()["message"]["zh"] == "网格长应由本社区（村）分管文体负责人担任"
        assert answer.json()["rule"]["id"] == "J06"


def test_a_second_leader_waits_for_the_end_of_the_first(
    officer: Any, wang: Any, grid_ids: dict[str, list[int]]
) -> None:
    path = f"grids/{grid_ids['shengli'][0]}/leader"
    first = officer.post(path, {"user_id": wang.pk}).json()
    refused = officer.post(path, {"user_id": wang.pk})
    assert (refused.status_code, refused.json()["code"]) == (409, "LEADER_ALREADY_ACTIVE")
    last_day = _today() + timedelta(days=3)
    body = {"ends_on": last_day.isoformat(), "reason": "调离"}
    assert officer.post(f"leaders/{first['id']}/end", body).status_code == 200
    again = officer.post(f"leaders/{first['id']}/end", body)
    assert (again.status_code, again.json()["code"]) == (409, "LEADER_ALREADY_ENDED")
    for start, status in ((last_day, 409), (last_day + timedelta(days=1), 201)):
        body = {"user_id": wang.pk, "starts_on": start.isoformat()}
        assert officer.post(path, body).status_code == status
    assert len(officer.get(path).json()["terms"]) == 2


@pytest.mark.parametrize(("days", "status"), [(89, 201), (90, 422)])
def test_an_acting_leader_needs_no_office_and_serves_ninety_days_at_most(
    alpha: Any, officer: Any, make_user: Any, grid_ids: dict[str, list[int]], days: int, status: int
) -> None:
    person = make_user(alpha, "deputy")
    ends_on = (_today() + timedelta(days=days)).isoformat()
    body = {"user_id": person.pk, "acting": True, "ends_on": ends_on}
    answer = officer.post(f"grids/{grid_ids['shengli'][0]}/leader", body)
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["code"] == "ACTING_LEADER_TERM"
        assert "最长90天" in answer.json()["message"]["zh"]


def test_an_acting_leader_without_an_end_is_refused(
    alpha: Any, officer: Any, make_user: Any, grid_ids: dict[str, list[int]]
) -> None:
    body = {"user_id": make_user(alpha, "deputy").pk, "acting": True}
    answer = officer.post(f"grids/{grid_ids['shengli'][0]}/leader", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "ACTING_LEADER_TERM")


def test_the_office_must_be_held_on_the_first_day(
    alpha: Any, officer: Any, make_user: Any, small_city: Any, grid_ids: dict[str, list[int]]
) -> None:
    person = make_user(alpha, "later")
    tomorrow = (_today() + timedelta(days=1)).isoformat()
    community = small_city.community("shengli").pk
    body = {"user_id": person.pk, "community_id": community, "valid_from": tomorrow}
    assert officer.post("culture-sports-officers", body).status_code == 201
    path = f"grids/{grid_ids['shengli'][0]}/leader"
    assert officer.post(path, {"user_id": person.pk}).status_code == 422
    assert officer.post(path, {"user_id": person.pk, "starts_on": tomorrow}).status_code == 201


def test_an_office_is_held_once_at_a_time(officer: Any, wang: Any, small_city: Any) -> None:
    body = {
        "user_id": wang.pk,
        "community_id": small_city.community("shengli").pk,
        "valid_from": "2025-01-01",
    }
    answer = officer.post("culture-sports-officers", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "OFFICER_TWICE")
    assert [row["display_name"] for row in officer.get("culture-sports-officers").json()["results"]] == [
        "测试wang"
    ]


def test_the_database_itself_lets_nobody_lead_beside_another(
    in_alpha: Any, staff: Any, wang: Any, grid_ids: dict[str, list[int]]
) -> None:
    with schema_context(in_alpha.schema_name):
        common = {"grid_id": grid_ids["shengli"][0], "user": wang, "appointed_by": staff.officer}
        GridLeader.objects.create(**common, starts_on=date(2025, 1, 1), ends_on=date(2025, 6, 30))
        GridLeader.objects.create(**common, starts_on=date(2025, 7, 1))
        with pytest.raises(IntegrityError, match="leader_one_active_per_grid"), transaction.atomic():
            GridLeader.objects.create(**common, starts_on=date(2024, 1, 1), ends_on=date(2025, 1, 1))


def test_an_unknown_person_is_404(officer: Any, grid_ids: dict[str, list[int]]) -> None:
    assert officer.post(f"grids/{grid_ids['shengli'][0]}/leader", {"user_id": 987654}).status_code == 404


# --- J02 ------------------------------------------------------------------------------------------------------


def test_a_governance_grid_is_linked_once(
    api: Any, alpha: Any, staff: Any, grid_ids: dict[str, list[int]]
) -> None:
    gis = api(alpha, staff.gis)
    first, second = grid_ids["shengli"][:2]
    linked = gis.post(f"grids/{first}/external-link", {"external_grid_code": "ZZ-0815"})
    assert (linked.status_code, linked.json()["external_grid_code"]) == (200, "ZZ-0815")
    same = gis.post(f"grids/{first}/external-link", {"external_grid_code": "ZZ-0815"})
    assert (same.status_code, same["ETag"]) == (200, linked["ETag"])
    taken = gis.post(f"grids/{second}/external-link", {"external_grid_code": "ZZ-0815"})
    assert (taken.status_code, taken.json()["code"]) == (409, "GRID_ALREADY_LINKED")
    assert taken.json()["message"]["zh"] == "综治网格ZZ-0815已关联到另一体育网格"
    assert taken.json()["rule"]["id"] == "J02"
    assert gis.post(f"grids/{first}/external-link", {"external_grid_code": None}).status_code == 200
    assert gis.post(f"grids/{second}/external-link", {"external_grid_code": "ZZ-0815"}).status_code == 200


def test_one_governance_grid_however_its_code_is_written(
    api: Any, alpha: Any, staff: Any, grid_ids: dict[str, list[int]]
) -> None:
    gis = api(alpha, staff.gis)
    first, second = grid_ids["shengli"][:2]
    linked = gis.post(f"grids/{first}/external-link", {"external_grid_code": "wg-rv 1"})
    assert (linked.status_code, linked.json()["external_grid_code"]) == (200, "WG-RV1")
    for written in ("WG-RV1", "wg-rv1", " Wg - Rv1"):
        same = gis.post(f"grids/{first}/external-link", {"external_grid_code": written})
        assert (same.status_code, same["ETag"]) == (200, linked["ETag"])
        taken = gis.post(f"grids/{second}/external-link", {"external_grid_code": written})
        assert (taken.status_code, taken.json()["code"]) == (409, "GRID_ALREADY_LINKED")


def test_a_link_from_before_the_codes_were_capitals_counts(
    api: Any, alpha: Any, staff: Any, grid_ids: dict[str, list[int]]
) -> None:
    first, second = grid_ids["shengli"][:2]
    with schema_context(alpha.schema_name):
        Grid.objects.filter(pk=first).update(external_grid_code="wg-rv-1")
    answer = api(alpha, staff.gis).post(f"grids/{second}/external-link", {"external_grid_code": "WG-RV-1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "GRID_ALREADY_LINKED")


def test_a_link_made_on_an_old_view_of_the_grid_is_412(
    api: Any, alpha: Any, staff: Any, grid_ids: dict[str, list[int]]
) -> None:
    gis = api(alpha, staff.gis)
    path = f"grids/{grid_ids['shengli'][0]}"
    tag = gis.get(path)["ETag"]
    assert gis.post(f"{path}/external-link", {"external_grid_code": "A1"}, If_Match=tag).status_code == 200
    stale = gis.post(f"{path}/external-link", {"external_grid_code": "A2"}, If_Match=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_VERSION")


@pytest.mark.parametrize("code", ["", "网格一", "A" * 41, " "])
def test_a_code_that_no_system_writes_is_400(
    api: Any, alpha: Any, staff: Any, grid_ids: dict[str, list[int]], code: str
) -> None:
    answer = api(alpha, staff.gis).post(
        f"grids/{grid_ids['shengli'][0]}/external-link", {"external_grid_code": code}
    )
    assert answer.status_code == 400
