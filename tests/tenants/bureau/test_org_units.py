"""The tree: loaded from code tables, read as of a day, changed with dates, never keyed by code."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.accounts.models import AuditEvent
from tenants.bureau.models import FormerName, OrgCode, OrgUnit
from tenants.bureau.queries.org_units import as_of, codes_of_level, root_unit, units_by_code
from tenants.bureau.rules.division_changes import DivisionRow
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.org_units import division_rows, load_division_codes
from wangge.errors import RuleBroken, RulesBroken

pytestmark = pytest.mark.django_db
CODES = Path(__file__).resolve().parents[3] / "data" / "codes"
START = date(2023, 1, 1)
TABLE = [
    ("410802", "解放区"),
    ("410803", "中站区"),
    ("410802001", "民生街道"),
    ("410802001001", "枫华园社区居民委员会"),
    ("410802001200", "某某村民委员会"),
]


def load(pairs=TABLE, valid_from=START, **given):
    rows = [DivisionRow(code, name, line) for line, (code, name) in enumerate(pairs, 2)]
    return load_division_codes(rows=rows, valid_from=valid_from, acting_user=None, **given)


def named(on, code):
    return as_of(OrgUnit.objects.all(), on).get(code_then=code).name_then


def test_a_table_becomes_a_tree(in_alpha):
    changes = load()
    assert len(changes.new) == 5
    units = units_by_code(START)
    village = units["410802001001"]
    assert village.path == f"{units['410802001'].path}{village.pk}/"
    assert village.path.startswith(root_unit().path)
    assert (village.kind, units["410802001200"].kind) == ("community", "admin_village")
    assert codes_of_level("village", START) == {"410802001001", "410802001200"}
    assert codes_of_level("village", START - timedelta(1)) == set()


def test_the_same_table_again_writes_nothing(in_alpha):
    load()
    before = AuditEvent.objects.count()
    assert load().is_empty
    assert (OrgUnit.objects.count(), AuditEvent.objects.count()) == (6, before)


def test_a_new_year_renames_and_ends_with_dates(in_alpha):
    load()
    next_year = date(2024, 1, 1)
    pairs = [pair for pair in TABLE if pair[0] != "410802001200"]
    pairs[3] = ("410802001001", "枫华苑社区居民委员会")
    unit = units_by_code(START)["410802001001"]
    changes = load(pairs, next_year)
    assert (len(changes.new), len(changes.renamed), changes.vanished) == (0, 1, ["410802001200"])
    assert units_by_code(next_year)["410802001001"] == unit
    assert named(next_year, "410802001001") == "枫华苑社区居民委员会"
    assert named(next_year - timedelta(1), "410802001001") == "枫华园社区居民委员会"
    gone = OrgUnit.objects.get(name="某某村民委员会")
    assert gone.valid_to == date(2023, 12, 31)
    assert "410802001200" in codes_of_level("village", gone.valid_to)
    assert "410802001200" not in codes_of_level("village", next_year)


def test_a_code_that_comes_back_is_another_unit(in_alpha):
    load()
    first = units_by_code(START)["410803"]
    without = [pair for pair in TABLE if pair[0] != "410803"]
    load(without, date(2024, 1, 1))
    load([*without, ("410803", "新中站区")], date(2025, 1, 1))
    assert units_by_code(date(2025, 1, 1))["410803"] != first
    assert units_by_code(START)["410803"] == first


def test_a_bad_line_stops_the_whole_table(in_alpha):
    with pytest.raises(RulesBroken) as refused:
        load([*TABLE, ("410804", ""), ("310101", "黄浦区")])
    assert [broken.facts["line"] for broken in refused.value.broken] == [7, 8]
    assert OrgUnit.objects.count() == 1


def test_a_table_without_its_columns_is_refused():
    with pytest.raises(RuleBroken, match="DIVISION_COLUMNS") as refused:
        division_rows("代码,name\n410802,解放区\n")
    assert refused.value.facts["missing"] == ["code"]
    assert division_rows("\ufeffname,code\n解放区,410802\n") == [DivisionRow("410802", "解放区", 2)]


def test_all_of_jiaozuo_in_few_statements(in_alpha):
    counties = (CODES / "counties_2020.csv").read_text(encoding="utf-8").splitlines()
    tables = ["\n".join(line for line in counties if line.startswith(("code", "4108")))]
    tables += [
        (CODES / f"jiaozuo_{part}.csv").read_text(encoding="utf-8")
        for part in ("street_towns", "communities")
    ]
    rows = [row for table in tables for row in division_rows(table)]
    with CaptureQueriesContext(connection) as captured:
        changes = load_division_codes(rows=rows, valid_from=START, acting_user=None)
    assert len(changes.new) == 2024 + 112 + len(
        [row for row in rows if len(row.code) == 6 and row.code[4:] > "01"]
    )
    assert len(captured) < 30
    assert not OrgUnit.objects.filter(path="").exists()
    assert OrgCode.objects.filter(unit__level="village").count() == 2024


def test_by_command(in_alpha, tmp_path, capsys):
    table = tmp_path / "codes.csv"
    table.write_text("code,name\n410802,解放区\n", encoding="utf-8")
    call_command("load_division_codes", "alpha", str(table), valid_from=START)
    assert "新增 1" in capsys.readouterr().out
    table.write_text("code,name\n41080,解放区\n", encoding="utf-8")
    with pytest.raises(CommandError, match="第2行"):
        call_command("load_division_codes", "alpha", str(table), valid_from=START)


def test_a_table_in_gbk_is_read_and_what_is_none_is_told_in_a_sentence(in_alpha, tmp_path, capsys):
    table = tmp_path / "codes.csv"
    table.write_text("code,name\n410802,解放区\n", encoding="gbk")
    call_command("load_division_codes", "alpha", str(table), valid_from=START)
    assert "新增 1" in capsys.readouterr().out
    assert OrgUnit.objects.filter(name="解放区").exists()
    for content, told in (
        (b"\xff\xff,\x80\n1,2", "codes.csv的文字是乱码"),
        ("代码,name\n410802,解放区\n".encode(), "缺少列：code"),
    ):
        table.write_bytes(content)
        with pytest.raises(CommandError, match=told):
            call_command("load_division_codes", "alpha", str(table), valid_from=START)


# The faces


@pytest.fixture
def tree(in_alpha):
    load()
    return units_by_code(START)


def test_units_are_listed_by_level_parent_name_and_day(alpha, tree, make_user, api):
    city = api(alpha, make_user(alpha, "li", ["org.view"]))
    assert len(city.get("org-units").json()["results"]) == 6
    villages = city.get("org-units?level=village").json()["results"]
    assert [row["code"] for row in villages] == ["410802001001", "410802001200"]
    assert len(city.get(f"org-units?parent={tree['410802001'].pk}").json()["results"]) == 2
    assert [row["name"] for row in city.get("org-units?q=枫华").json()["results"]] == ["枫华园社区居民委员会"]
    assert len(city.get("org-units?q=410802").json()["results"]) == 4
    assert len(city.get("org-units?as_of=2022-12-31").json()["results"]) == 1


def test_a_district_sees_its_own_and_below(alpha, tree, make_user, api):
    city = api(alpha, make_user(alpha, "li", ["org.view"], unit=tree["410802"]))
    codes = [row["code"] for row in city.get("org-units").json()["results"]]
    assert codes == ["410802", "410802001", "410802001001", "410802001200"]
    assert city.get(f"org-units/{tree['410803'].pk}").status_code == 404


def test_lists_cost_the_same_for_few_and_many(alpha, tree, make_user, api):
    city = api(alpha, make_user(alpha, "li", ["org.view"]))

    def statements(limit: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            city.get(f"org-units?limit={limit}")
        return len(captured)

    statements(1)  # the first request after standing in the city switches back once more
    assert statements(2) == statements(6) <= 8


def test_a_unit_is_added_under_its_parent(alpha, tree, make_user, api):
    city = api(alpha, make_user(alpha, "li", ["org.view", "org.edit"]))
    given = {"level": "town", "name": "新街道", "parent_id": tree["410803"].pk, "code": "410803001",
             "valid_from": "2026-01-01"}  # fmt: skip
    made = city.post("org-units", given)
    assert made.status_code == 201, made.content
    assert made.json()["path"].startswith(tree["410803"].path)
    assert city.get(made["Location"]).json()["code"] == "410803001"
    again = city.post("org-units", given)
    assert (again.status_code, again.json()["code"]) == (409, "ORG_CODE_TAKEN")
    skipped = city.post("org-units", given | {"level": "village", "code": ""})
    assert (skipped.status_code, skipped.json()["code"]) == (422, "ORG_LEVEL")
    wrong = city.post("org-units", given | {"code": "410803001001"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "DIVISION_CODE")
    assert city.post("org-units", given | {"parent_id": 10**9}).status_code == 404


def test_a_rename_keeps_the_former_name_and_needs_the_version(alpha, tree, make_user, api):
    city = api(alpha, make_user(alpha, "li", ["org.view", "org.edit"]))
    path = f"org-units/{tree['410802001'].pk}"
    etag = city.get(path)["ETag"]
    assert city.patch(path, {"name": "民生新街道"}).status_code == 428
    changed = city.patch(path, {"name": "民生新街道"}, If_Match=etag)
    assert (changed.status_code, changed.json()["name"]) == (200, "民生新街道")
    stale = city.patch(path, {"name": "别的街道"}, If_Match=etag)
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_VERSION")
    assert stale.json()["facts"]["current"]["name"] == "民生新街道"
    connection.set_tenant(alpha)
    assert FormerName.objects.get().valid_to == local_date(timezone.now()) - timedelta(1)
    listed = city.get("org-units?as_of=2024-01-01&level=town").json()["results"]
    assert listed[0]["name"] == "民生街道"


def test_a_unit_ends_after_those_below_it(alpha, tree, make_user, api):
    city = api(alpha, make_user(alpha, "li", ["org.view", "org.edit"]))

    def end(code, last_day):
        path = f"org-units/{tree[code].pk}"
        return city.patch(path, {"valid_to": last_day}, If_Match=city.get(path)["ETag"])

    assert end("410802001", "2026-12-31").json()["code"] == "ORG_HAS_CHILDREN"
    assert end("410802001001", "2022-12-31").json()["code"] == "ORG_PERIOD"
    for code in ("410802001001", "410802001200", "410802001"):
        assert end(code, "2026-12-31").status_code == 200
    connection.set_tenant(alpha)
    assert codes_of_level("town", date(2027, 1, 1)) == set()
