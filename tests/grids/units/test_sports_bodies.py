"""J19: federations on three levels, fitness organisations on four, dated; coverage as of a day; brought in by file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import schema_context

from grids.units.models import SportsBody
from grids.units.queries.sports_bodies import body_coverage_of
from tenants.accounts.models import AuditEvent
from tenants.bureau.models import FormerName, OrgUnit
from tenants.bureau.queries.org_units import valid_on
from tenants.bureau.rules.local_time import local_date

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)


def _today() -> date:
    return local_date(timezone.now())


@pytest.fixture
def keeper(api: Any, alpha: Any, make_user: Any, small_city: Any) -> Any:
    return api(alpha, make_user(alpha, "keeper", ["org.view", "sports_body.edit"]))


def _found(speaker: Any, unit: Any, kind: str = "sports_federation", **more: Any) -> Any:
    body = {"unit_id": unit.pk, "kind": kind, "name": f"{unit.name}组织", "founded_on": "1995-05-01", **more}
    return speaker.post("sports-bodies", body)


def test_bodies_hang_under_the_bodies_of_the_units_above(keeper: Any, small_city: Any) -> None:
    made = {name: _found(keeper, small_city.units[name]) for name in ("city", "county", "town")}
    assert {answer.status_code for answer in made.values()} == {201}
    rows = {row["unit"]["name"]: row for row in keeper.get("sports-bodies").json()["results"]}
    city = next(row for row in rows.values() if row["unit"]["level"] == "city")
    assert (city["parent_id"], rows["county"]["parent_id"]) == (None, city["id"])
    assert rows["town"]["parent_id"] == rows["county"]["id"]
    assert keeper.get(made["town"]["Location"]).json() == rows["town"]


def test_j19_a_federation_in_a_village_is_refused(keeper: Any, small_city: Any) -> None:
    refused = _found(keeper, small_city.units["shengli"])
    assert (refused.status_code, refused.json()["code"]) == (422, "ORG_LEVEL")
    assert refused.json()["message"]["zh"] == "组织层级不正确：体育总会不设在村（社区）一级"
    assert _found(keeper, small_city.units["shengli"], "fitness_organisation").status_code == 201


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"founded_on": "2100-01-01"}, 422, "SPORTS_BODY_PERIOD"),
        ({"founded_on": "1899-12-31"}, 400, "DAY_OUT_OF_RANGE"),
        ({"kind": "club"}, 400, None),
        ({"parent_id": 1}, 422, "UNKNOWN_FIELD"),
    ],
)
def test_what_is_no_body_is_refused(
    keeper: Any, small_city: Any, more: Any, status: int, code: str | None
) -> None:
    refused = _found(keeper, small_city.units["county"], **more)
    assert refused.status_code == status
    assert code in (None, refused.json()["code"])


def test_a_unit_has_one_federation_and_a_name_once(keeper: Any, small_city: Any) -> None:
    town = small_city.units["town"]
    first = _found(keeper, town)
    second = _found(keeper, town, name="另一个")
    assert (second.status_code, second.json()["code"]) == (409, "SPORTS_BODY_EXISTS")
    assert second.json()["message"]["zh"] == "town已有体育总会“town组织”"
    for name, status in (("太极拳协会", 201), ("广场舞协会", 201), ("太极拳协会", 409)):
        assert _found(keeper, town, "fitness_organisation", name=name).status_code == status
    early = keeper.post(f"{first['Location']}/dissolve", {"dissolved_on": "1995-04-30", "reason": "x"})
    assert (early.status_code, early.json()["code"]) == (422, "SPORTS_BODY_PERIOD")
    yesterday = (_today() - ONE_DAY).isoformat()
    body = {"dissolved_on": yesterday, "reason": "换届重组"}
    assert keeper.post(f"{first['Location']}/dissolve", body).json()["dissolved_on"] == yesterday
    again = keeper.post(f"{first['Location']}/dissolve", body)
    assert (again.status_code, again.json()["code"]) == (409, "SPORTS_BODY_DISSOLVED")
    assert _found(keeper, town, name="另一个").status_code == 201


def test_a_body_is_corrected_on_what_was_read(alpha: Any, keeper: Any, small_city: Any) -> None:
    town = small_city.units["town"]
    path = _found(keeper, town, "fitness_organisation", name="太极拳协会")["Location"]
    _found(keeper, town, "fitness_organisation", name="广场舞协会")
    assert keeper.patch(path, {"name": "x"}).status_code == 428
    changed = keeper.patch(path, {"founded_on": "1996-01-01"}, If_Match='"1"')
    assert (changed.status_code, changed.json()["founded_on"], changed["ETag"]) == (200, "1996-01-01", '"2"')
    taken = keeper.patch(path, {"name": "广场舞协会"}, If_Match='"2"')
    assert (taken.status_code, taken.json()["code"]) == (409, "SPORTS_BODY_EXISTS")
    with schema_context(alpha.schema_name):
        trace = AuditEvent.objects.get(action="sports_body.change")
        assert (trace.before["founded_on"], trace.after["founded_on"]) == ("1995-05-01", "1996-01-01")  # type: ignore[index]


def test_a_town_keeps_the_bodies_of_its_own_villages(
    alpha: Any, api: Any, keeper: Any, make_user: Any, small_city: Any
) -> None:
    county = _found(keeper, small_city.units["county"])
    rights = ["org.view", "sports_body.edit"]
    town = api(alpha, make_user(alpha, "town-keeper", rights, unit=small_city.units["town"]))
    assert _found(town, small_city.units["shengli"], "fitness_organisation").status_code == 201
    assert _found(town, small_city.units["xinhua"], "fitness_organisation").status_code == 404
    assert town.get(county["Location"]).status_code == 404
    reader = api(alpha, make_user(alpha, "reader", ["org.view"]))
    assert _found(reader, small_city.units["town"]).status_code == 403
    assert reader.get(county["Location"]).status_code == 200


# --- Coverage ---------------------------------------------------------------------------------------------------


def _levels(answer: Any) -> dict[tuple[str, str], tuple[int, int, str | None]]:
    return {
        (row["kind"].split("_")[0], row["level"]): (row["covered"], row["units"], row["percent"])
        for row in answer.json()["levels"]
    }


def test_j19_coverage_of_three_and_four_levels_as_of_a_day(keeper: Any, small_city: Any) -> None:
    units = small_city.units
    for name in ("city", "county", "town"):
        _found(keeper, units[name], founded_on="2023-03-01")
    for name in ("shengli", "xinhua"):
        _found(keeper, units[name], "fitness_organisation", founded_on="2024-06-01")
    now = _levels(keeper.get("sports-bodies/coverage"))
    assert len(now) == 7
    assert now["sports", "town"] == (1, 2, "50.0")
    assert now["sports", "county"] == (1, 1, "100.0")
    assert now["fitness", "village"] == (2, 3, "66.6")
    assert now["fitness", "city"] == (0, 1, "0.0")
    before = _levels(keeper.get("sports-bodies/coverage?as_of=2024-05-31"))
    assert (before["fitness", "village"], before["sports", "town"]) == ((0, 3, "0.0"), (1, 2, "50.0"))
    part = _levels(keeper.get(f"sports-bodies/coverage?unit={units['other_town'].pk}"))
    assert (part["fitness", "village"], part["sports", "county"]) == ((1, 2, "50.0"), (0, 0, None))


@pytest.mark.parametrize("path", ["sports-bodies?as_of={}", "sports-bodies/coverage?as_of={}"])
def test_j19_a_day_to_come_is_refused(keeper: Any, small_city: Any, path: str) -> None:
    assert keeper.get(path.format(_today())).status_code == 200
    tomorrow = _today() + ONE_DAY
    refused = keeper.get(path.format(tomorrow))
    assert (refused.status_code, refused.json()["code"]) == (400, "AS_OF_TO_COME")
    assert refused.json()["detail"] == f"统计日{tomorrow}尚未到来（今天是{_today()}）"


def test_coverage_is_one_statement(in_alpha: Any, small_city: Any) -> None:
    with schema_context(in_alpha.schema_name), CaptureQueriesContext(connection) as counted:
        body_coverage_of(OrgUnit.objects.filter(valid_on(_today())), _today())
    assert len(counted) == 1


def test_j19_a_merged_and_a_renamed_unit_are_told_as_of_the_day(
    alpha: Any, keeper: Any, small_city: Any
) -> None:
    merged, renamed = small_city.units["xinhua"], small_city.units["wangcun"]
    for unit in (merged, renamed):
        _found(keeper, unit, "fitness_organisation", founded_on="2023-01-01")
    last = date(2025, 12, 31)
    with schema_context(alpha.schema_name):
        OrgUnit.objects.filter(pk=merged.pk).update(valid_to=last)
        FormerName.objects.create(unit=renamed, name="wangcun", valid_to=last)
        OrgUnit.objects.filter(pk=renamed.pk).update(name="新王村")
    village = ("fitness", "village")
    assert _levels(keeper.get(f"sports-bodies/coverage?as_of={last}"))[village] == (2, 3, "66.6")
    assert _levels(keeper.get("sports-bodies/coverage?as_of=2026-01-01"))[village] == (1, 2, "50.0")
    named = {
        day: {row["unit"]["name"] for row in keeper.get(f"sports-bodies?as_of={day}").json()["results"]}
        for day in ("2025-12-31", "2026-01-01")
    }
    assert named == {"2025-12-31": {"xinhua", "wangcun"}, "2026-01-01": {"xinhua", "新王村"}}
    ended = _found(keeper, merged, "fitness_organisation", name="再设")
    assert (ended.status_code, ended.json()["code"]) == (409, "UNIT_ENDED")


# --- Files ------------------------------------------------------------------------------------------------------


def _import(speaker: Any, lines: list[str], encoding: str = "utf-8", **more: Any) -> Any:
    text = "\n".join(["区划代码,组织类型,组织名称,成立日期,撤销日期", *lines])
    return speaker.post(
        "sports-bodies/import", {"file": SimpleUploadedFile("组织.csv", text.encode(encoding)), **more}
    )


LINES = [
    "410802,体育总会,解放区体育总会,1995年5月1日,",
    "410802001,全民健身组织,街道健身组织,2020/3/1,",
    "410802001001,健身组织,胜利健身组织,20210304,",
]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_list_is_brought_in_and_again_changes_nothing(
    alpha: Any, keeper: Any, small_city: Any, encoding: str
) -> None:
    trial = _import(keeper, LINES, encoding, dry_run="true").json()
    assert trial == {"dry_run": True, "rows": 3, "added": 3, "changed": 0, "unchanged": 0, "warnings": []}
    assert keeper.get("sports-bodies").json()["results"] == []
    assert _import(keeper, LINES, encoding).json()["added"] == 3
    with schema_context(alpha.schema_name):
        days = dict(SportsBody.objects.values_list("name", "founded_on"))
        assert days["解放区体育总会"] == date(1995, 5, 1) and days["胜利健身组织"] == date(2021, 3, 4)
        assert AuditEvent.objects.filter(action="sports_body.import").count() == 3
    again = _import(keeper, LINES, encoding).json()
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 3)
    ended = _import(keeper, [LINES[0] + "2025-12-31", "410802,体育总会,解放区新体育总会,2026-01-01,"]).json()
    assert (ended["added"], ended["changed"]) == (1, 1)


def test_j19_every_bad_row_is_told_by_its_number_and_nothing_is_written(keeper: Any, small_city: Any) -> None:
    _import(keeper, LINES[:1])
    lines = [
        "410802001001,体育总会,村级总会,2020-01-01,",
        "999999,体育总会,不存在,2020-01-01,",
        "410802001,协会,名称,2020-01-01,",
        "410802001,体育总会,,2020-01-01,",
        "410802001,体育总会,街道总会,很久以前,",
        "410802001,体育总会,街道总会,,",
        "410802001,体育总会,街道总会,2020-02-30,",
        "410802001,体育总会,街道总会,2020-01-01,2019-01-01",
        "410802,体育总会,第二总会,2020-01-01,",
        "410802002,体育总会,甲总会,2020-01-01,",
        "410802002,体育总会,乙总会,2020-01-01,",
    ]
    refused = _import(keeper, lines)
    assert refused.status_code == 409
    assert [(error["facts"]["row"], error["code"]) for error in refused.json()["errors"]] == [
        (2, "ORG_LEVEL"), (3, "UNIT_UNKNOWN"), (4, "SPORTS_BODY_KIND"), (5, "SPORTS_BODY_NAME"), (6, "DAY_FORMAT"),
        (7, "DAY_FORMAT"), (8, "DAY_FORMAT"), (9, "SPORTS_BODY_PERIOD"), (10, "SPORTS_BODY_EXISTS"),
        (12, "SPORTS_BODY_EXISTS"),
    ]  # fmt: skip
    assert (
        refused.json()["errors"][0]["message"]["zh"] == "第2行：组织层级不正确：体育总会不设在村（社区）一级"
    )
    assert len(keeper.get("sports-bodies").json()["results"]) == 1
