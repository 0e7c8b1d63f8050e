"""People enter the register once, are masked in every answer, and are shown in full for a purpose. Rules: J12, S07"""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from instructors.people.models import ActivityItem, GradeAward, Instructor, InstructorIdentity
from instructors.people.rules.activity_items import catalogue
from tenants.accounts.models import AuditEvent
from wangge.errors import RuleBroken

from .conftest import as_csv, as_workbook, invented_id, invented_phone, line

pytestmark = pytest.mark.django_db

ACCOUNT = "6222020000000000001"
WHY = {"purpose": "service_contact", "note": "通知上课时间"}


@pytest.fixture
def dispatcher(alpha: Any, staff: Any, api: Any) -> Any:
    return api(alpha, staff.dispatcher)


def body(small_city: Any, number: int = 1, **changes: Any) -> dict[str, Any]:
    given = {
        "name": f"测试{number}", "unit_id": small_city.units["shengli"].pk, "id_number": invented_id(number),
        "phone": invented_phone(number), "bank_account": ACCOUNT, "lon": 114.2123456789, "lat": 35.2115,
    }  # fmt: skip
    return given | changes


# --- entering -----------------------------------------------------------------------------------------------


def test_J12_a_person_is_entered_masked_and_sealed(alpha, dispatcher, small_city):
    answer = dispatcher.post("instructors", body(small_city))
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert told["id_number"] == "990***********" + invented_id(1)[-4:]
    assert (told["phone"], told["bank_account"]) == ("199****0001", "****0001")
    assert [each["code"] for each in told["warnings"]] == ["BANK_LUHN"]
    assert "lon" not in told and "home" not in told
    assert not any(
        secret in answer.content.decode() for secret in (invented_id(1), invented_phone(1), ACCOUNT)
    )
    with schema_context(alpha.schema_name):
        kept = InstructorIdentity.objects.get(pk=told["id"])
        assert (kept.instructor.home.x, kept.instructor.home.y) == (114.2123457, 35.2115)
        raw = b"".join(bytes(value) for value in (kept.id_sealed, kept.phone_sealed, kept.bank_sealed))
        assert not any(secret.encode() in raw for secret in (invented_id(1), invented_phone(1), ACCOUNT))
        log = str(list(AuditEvent.objects.filter(action="instructor.enter").values()))
    assert "测*" in log and invented_id(1) not in log and "测试1" not in log


@pytest.mark.parametrize("unit", ["shengli", "xinhua"])
def test_J12_the_same_id_is_409_and_names_who_is_there(dispatcher, small_city, unit):
    first = dispatcher.post("instructors", body(small_city)).json()
    again = dispatcher.post(
        "instructors",
        body(small_city, name="测试乙", unit_id=small_city.units[unit].pk, id_number=invented_id(1).lower()),
    )
    told = again.json()
    assert (again.status_code, told["code"], told["rule"]["id"]) == (409, "INSTRUCTOR_DUPLICATE", "J12")
    assert told["facts"] == {"seen": True, "instructor": first["id"], "name": "测*", "unit": "shengli"}
    assert invented_id(1) not in again.content.decode()


def test_J12_the_same_id_elsewhere_says_only_that_it_exists(alpha, dispatcher, small_city, make_user, api):
    dispatcher.post("instructors", body(small_city))
    local = make_user(
        alpha, "local", ["instructor.view", "instructor.edit"], unit=small_city.units["other_town"]
    )
    answer = api(alpha, local).post(
        "instructors", body(small_city, unit_id=small_city.units["xinhua"].pk, name="另一人")
    )
    assert (answer.status_code, answer.json()["facts"]) == (409, {"seen": False})
    assert "shengli" not in answer.content.decode() and "测*" not in answer.content.decode()


def test_J12_another_paper_of_the_same_characters_is_another_person(dispatcher, small_city):
    dispatcher.post("instructors", body(small_city))
    other = dispatcher.post("instructors", body(small_city, id_number=invented_id(1), id_kind="other"))
    assert other.status_code == 201
    again = dispatcher.post("instructors", body(small_city, 2, id_number=invented_id(1), id_kind="other"))
    assert again.json()["code"] == "INSTRUCTOR_DUPLICATE"


def test_J12_a_wrong_number_is_refused_without_repeating_it(dispatcher, small_city):
    wrong = invented_id(1)[:-1] + ("1" if invented_id(1)[-1] != "1" else "2")
    answer = dispatcher.post("instructors", body(small_city, id_number=wrong))
    assert (answer.status_code, answer.json()["code"], answer.json()["facts"]) == (
        422,
        "ID_NUMBER",
        {"fault": "check"},
    )
    assert wrong not in answer.content.decode()


def test_S01_a_person_is_entered_only_where_one_may_edit(alpha, small_city, staff, api):
    assert api(alpha, staff.clerk).post("instructors", body(small_city)).status_code == 403
    assert api(alpha, staff.nobody).post("instructors", body(small_city)).status_code == 403
    assert api(alpha, staff.clerk).post(
        "instructors", body(small_city, unit_id=small_city.units["xinhua"].pk)
    ).status_code in (403, 404)


# --- changing -----------------------------------------------------------------------------------------------


def test_X06_a_change_needs_the_version_and_a_stale_one_gives_nothing_away(dispatcher, small_city):
    made = dispatcher.post("instructors", body(small_city))
    path = f"instructors/{made.json()['id']}"
    assert dispatcher.patch(path, {"name": "测试改"}).status_code == 428
    done = dispatcher.patch(path, {"name": "测试改", "phone": ""}, if_match=made["ETag"])
    assert (done.status_code, done.json()["phone"], done["ETag"]) == (200, "", '"2"')
    stale = dispatcher.patch(path, {"phone": invented_phone(9)}, if_match=made["ETag"])
    assert stale.status_code == 412 and invented_phone(9) not in stale.content.decode()
    assert stale.json()["facts"]["current"]["name"] == "测试改"


def test_J12_a_change_to_anothers_id_account_or_number_is_409(alpha, dispatcher, small_city, staff, api):
    linker = api(alpha, staff.bureau)
    one = linker.post("instructors", body(small_city, 1, ref="CN-1", user_id=staff.nobody.pk)).json()["id"]
    two = dispatcher.post("instructors", body(small_city, 2)).json()["id"]
    for change, code in (
        ({"id_number": invented_id(1)}, "INSTRUCTOR_DUPLICATE"),
        ({"ref": "CN-1"}, "INSTRUCTOR_REF"),
        ({"user_id": staff.nobody.pk}, "INSTRUCTOR_USER"),
    ):
        answer = linker.patch(f"instructors/{two}", change, if_match="*")
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert (
        dispatcher.patch(f"instructors/{one}", {"id_number": invented_id(1)}, if_match="*").status_code == 200
    )
    assert linker.patch(f"instructors/{two}", {"user_id": 987654321}, if_match="*").status_code == 404


def test_S07_nobody_ties_a_record_to_the_own_account_or_unties_it(alpha, small_city, staff, api):
    officer, bureau = api(alpha, staff.officer), api(alpha, staff.bureau)
    own = {"user_id": staff.officer.pk}
    entered = officer.post("instructors", body(small_city, 1, **own))
    assert (entered.status_code, entered.json()["code"]) == (403, "OWN_RECORD")
    path = f"instructors/{officer.post('instructors', body(small_city)).json()['id']}"
    assert officer.patch(path, own, if_match="*").json()["code"] == "OWN_RECORD"
    assert bureau.patch(path, own, if_match="*").status_code == 200
    assert officer.patch(path, own | {"home_note": "xinhua"}, if_match="*").status_code == 200
    for elsewhere in (None, staff.clerk.pk):
        untied = officer.patch(path, {"user_id": elsewhere}, if_match="*")
        assert (untied.status_code, untied.json()["code"]) == (403, "OWN_RECORD")
    assert bureau.patch(path, {"user_id": None}, if_match="*").json()["user_id"] is None


def test_S01_a_record_is_tied_only_to_an_account_one_may_see(alpha, small_city, staff, api, dispatcher):
    officer = api(alpha, staff.officer)
    path = f"instructors/{dispatcher.post('instructors', body(small_city)).json()['id']}"
    for asking, account, status in (
        (dispatcher, staff.clerk, 404), (officer, staff.dispatcher, 404), (officer, staff.nobody, 404),
        (officer, staff.clerk, 200),
    ):  # fmt: skip
        assert asking.patch(path, {"user_id": account.pk}, if_match="*").status_code == status
    kept = dispatcher.patch(path, {"user_id": staff.clerk.pk, "home_note": "xinhua"}, if_match="*")
    assert kept.status_code == 200, "the account that the record bears already is not asked for anew"
    assert dispatcher.post("instructors", body(small_city, 2, user_id=staff.clerk.pk)).status_code == 404


def test_S01_a_dispatcher_ties_a_record_to_the_account_whose_name_was_told(
    alpha, small_city, staff, api, dispatcher
):
    path = f"instructors/{dispatcher.post('instructors', body(small_city)).json()['id']}"
    tied = dispatcher.patch(path, {"username": "clerk"}, if_match="*")
    assert (tied.status_code, tied.json()["user_id"]) == (200, staff.clerk.pk)
    for name in ("cler", "clerk2", "Clerk"):
        assert dispatcher.patch(path, {"username": name}, if_match="*").status_code == 404, "exact names only"
    own = dispatcher.patch(path, {"username": "dispatcher"}, if_match="*")
    assert (own.status_code, own.json()["code"]) == (403, "OWN_RECORD")
    taken = dispatcher.post("instructors", body(small_city, 2, username="clerk"))
    assert (taken.status_code, taken.json()["code"]) == (409, "INSTRUCTOR_USER")
    both = dispatcher.patch(path, {"username": "clerk", "user_id": staff.clerk.pk}, if_match="*")
    assert (both.status_code, both.json()["errors"][0]["field"]) == (400, "username")
    assert dispatcher.get("users").status_code == 403, "the accounts themselves stay unseen"


def test_J12_a_person_moves_only_between_units_one_may_edit(alpha, dispatcher, small_city, make_user, api):
    made = dispatcher.post("instructors", body(small_city)).json()["id"]
    local = make_user(alpha, "local", ["instructor.view", "instructor.edit"], unit=small_city.units["town"])
    there = {"unit_id": small_city.units["xinhua"].pk}
    assert api(alpha, local).patch(f"instructors/{made}", there, if_match="*").status_code == 404
    moved = dispatcher.patch(f"instructors/{made}", there, if_match="*")
    assert moved.json()["unit"]["name"] == "xinhua"
    assert api(alpha, local).get(f"instructors/{made}").status_code == 404


def test_J12_who_leaves_is_hidden_and_not_lost(dispatcher, small_city):
    made = dispatcher.post("instructors", body(small_city)).json()["id"]
    left = dispatcher.post(f"instructors/{made}/leave", {"left_on": "2026-01-01", "reason": "迁出"})
    assert left.json()["left_on"] == "2026-01-01"
    assert dispatcher.get("instructors").json()["results"] == []
    assert [row["id"] for row in dispatcher.get("instructors?left=true").json()["results"]] == [made]
    dispatcher.post(f"instructors/{made}/leave", {"left_on": None, "reason": "更正"})
    assert len(dispatcher.get("instructors").json()["results"]) == 1


# --- seeing -------------------------------------------------------------------------------------------------


def test_S11_names_are_full_for_who_keeps_the_record_and_masked_for_others(
    alpha, dispatcher, small_city, staff, api
):
    dispatcher.post("instructors", body(small_city))
    assert dispatcher.get("instructors").json()["results"][0]["name"] == "测试1"
    assert api(alpha, staff.clerk).get("instructors").json()["results"][0]["name"] == "测*"
    assert api(alpha, staff.nobody).get("instructors").status_code == 403


def test_S07_the_own_record_needs_no_right_and_shows_the_home(alpha, small_city, staff, api):
    mine = api(alpha, staff.nobody)
    assert mine.get("instructors/me").status_code == 404
    api(alpha, staff.bureau).post("instructors", body(small_city, user_id=staff.nobody.pk))
    told = mine.get("instructors/me").json()
    assert (told["name"], told["home"], told["phone"]) == ("测试1", [114.2123457, 35.2115], "199****0001")
    assert mine.get(f"instructors/{told['id']}").status_code in (403, 404)


def test_X07_full_values_need_a_right_a_purpose_and_leave_a_trace(
    alpha, dispatcher, small_city, staff, make_user, api
):
    made = dispatcher.post("instructors", body(small_city)).json()["id"]
    path = f"instructors/{made}/reveal"
    wanted = {"items": ["id_number", "phone", "bank_account"]}
    assert dispatcher.post(path, wanted | WHY).status_code == 403
    seer = api(
        alpha, make_user(alpha, "seer", ["instructor.view", "personal.full_value"], small_city.units["town"])
    )
    assert seer.post(path, wanted).json()["code"] == "PURPOSE_REQUIRED"
    answer = seer.post(path, wanted | WHY)
    assert answer.json() == {"id_number": invented_id(1), "phone": invented_phone(1), "bank_account": ACCOUNT}
    assert answer["Cache-Control"] == "no-store"
    assert seer.post(path, {"items": ["phone"], **WHY}).json() == {"phone": invented_phone(1)}
    with schema_context(alpha.schema_name):
        events = list(AuditEvent.objects.filter(action="personal.reveal").order_by("id"))
    assert [event.after["fields"] for event in events] == [["bank_account", "id_number", "phone"], ["phone"]]
    assert invented_phone(1) not in str([event.after for event in events])


def test_X07_a_sealed_number_opens_in_its_own_row_and_column_only(
    alpha, dispatcher, small_city, make_user, api
):
    one = dispatcher.post("instructors", body(small_city, 1)).json()["id"]
    two = dispatcher.post("instructors", body(small_city, 2)).json()["id"]
    with schema_context(alpha.schema_name):
        kept = InstructorIdentity.objects.get(pk=one)
        InstructorIdentity.objects.filter(pk=two).update(
            phone_sealed=kept.phone_sealed, bank_sealed=kept.phone_sealed
        )
    seer = api(alpha, make_user(alpha, "seer", ["instructor.view", "personal.full_value"]))
    seer.client.raise_request_exception = False
    assert seer.post(f"instructors/{two}/reveal", {"items": ["phone"], **WHY}).status_code == 500
    assert seer.post(f"instructors/{two}/reveal", {"items": ["bank_account"], **WHY}).status_code == 500


def test_J12_people_are_found_by_name_certificate_item_grade_year_and_unit(dispatcher, bring, small_city):
    rows = [
        line(1),
        line(2, 姓名="甲乙丙", 等级="二级", 证书编号="B-2", 项目="健步走", 授课类型="讲师", 注册年度="2022"),
        line(3, 有效期至="2024-12-31", 所属社区="shengli"),
    ]
    assert bring(as_csv(rows)).status == "applied"
    for query, names in (
        ("name=乙", ["甲乙丙"]), ("certificate=T3-000001", ["测试1"]), ("item=walking", ["甲乙丙"]),
        ("item=walking&role=skill_coach", []), ("item=walking&role=lecturer", ["甲乙丙"]), ("grade=grade2", ["甲乙丙"]),
        ("grade=grade3", ["测试1"]), ("registered_year=2022", ["甲乙丙"]), ("registered_year=2025", ["测试1", "测试3"]),
        (f"unit={small_city.units['town'].pk}", ["测试3"]), ("unit=987654321", []),
    ):  # fmt: skip
        found = dispatcher.get(f"instructors?{query}").json()["results"]
        assert [row["name"] for row in found] == names, query
    assert dispatcher.get("instructors?colour=red").status_code == 400


def test_J20_a_page_takes_as_many_statements_for_ten_people_as_for_fifty(alpha, dispatcher, bring):
    bring(as_csv([line(number) for number in range(1, 61)]))
    counts = []
    dispatcher.get("instructors?limit=1")  # the host is looked up once
    for limit in (10, 50):
        with CaptureQueriesContext(connection) as captured:
            answer = dispatcher.get(f"instructors?limit={limit}&item=taiji")
        assert len(answer.json()["results"]) == limit
        counts.append(len(captured))
    assert counts[0] == counts[1] and counts[0] < 20
    following = dispatcher.get(answer.json()["next"].split("/api/v1/")[1]).json()
    assert len(following["results"]) == 10


# --- files out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_X07_the_export_is_masked_harmless_and_told_in_the_log(alpha, dispatcher, bring, form):
    bring(as_csv([line(1), line(2)]))
    with schema_context(alpha.schema_name):  # entered by hand: a file's name is not let begin so
        Instructor.objects.filter(name="测试1").update(name="=cmd|A1")
    answer = dispatcher.get(f"instructors/export?format={form}")
    content = b"".join(answer.streaming_content)
    assert invented_phone(1).encode() not in content and invented_id(1).encode() not in content
    if form == "csv":
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert rows[1][2] == "'=cmd|A1"
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert sheet["C2"].data_type == "s" and rows[1][2] == "=cmd|A1"
    assert len(rows) == 3 and rows[2][4] == "199****0002" and rows[2][6] == "三级"
    assert rows[2][11] == "太极拳（教练）、广场舞（教练）" and rows[2][12] == "2024、2025"
    with schema_context(alpha.schema_name):
        assert AuditEvent.objects.get(action="instructor.export").after["rows"] == 2


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_J12_every_error_of_a_file_is_handed_out_as_a_table(alpha, dispatcher, bring, form):
    refused = bring(as_workbook([line(number, 姓名="") for number in range(1, 151)]))
    told = dispatcher.get(f"instructor-imports/{refused.pk}").json()
    assert (told["status"], told["counts"]["errors"], len(told["errors"])) == ("refused", 150, 100)
    content = b"".join(
        dispatcher.get(f"instructor-imports/{refused.pk}/errors?format={form}").streaming_content
    )
    if form == "csv":
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet is not None
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert len(rows) == 151 and [str(cell) for cell in rows[150][:3]] == ["151", "姓名", "FIELD_MISSING"]


def test_J12_a_file_is_sent_over_http(
    alpha, dispatcher, small_city, run_jobs, settings, tmp_path, staff, api
):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django_tenants.files.storage.TenantFileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }
    sent = {"file": as_csv([line(1)]), "unit_id": small_city.units["city"].pk}
    answer = dispatcher.post("instructor-imports", sent)
    assert answer.status_code == 202, answer.content
    run_jobs(alpha)
    told = dispatcher.get(f"instructor-imports/{answer.json()['register_import']['id']}").json()
    assert (told["status"], told["counts"]["added"]) == ("applied", 1)
    (listed,) = dispatcher.get("instructor-imports").json()["results"]
    assert listed["counts"] == told["counts"] and "errors" not in listed
    wrong = dispatcher.post("instructor-imports", {"file": io.BytesIO(b"%PDF"), "unit_id": 1})
    assert (wrong.status_code, wrong.json()["code"]) == (415, "UPLOAD_TYPE")
    clerk = api(alpha, staff.clerk)
    assert clerk.get("instructor-imports").status_code == 403
    assert clerk.get(f"instructor-imports/{told['id']}").status_code == 404


# --- the catalogue ------------------------------------------------------------------------------------------


def test_S07_every_city_begins_with_the_catalogue(alpha, beta, dispatcher):
    for city in (alpha, beta):
        with schema_context(city.schema_name):
            assert set(ActivityItem.objects.values_list("code", flat=True)) >= {
                item.code for item in catalogue()
            }
    assert len(dispatcher.get("activity-items?limit=200").json()["results"]) >= len(catalogue())


def test_S07_the_catalogue_is_the_whole_citys_and_items_are_not_doubled(alpha, dispatcher, staff, api):
    added = dispatcher.post(
        "activity-items", {"code": "test_item", "name": "测试项目", "other_names": ["测"]}
    )
    assert added.status_code == 201
    path = f"activity-items/{added.json()['id']}"
    assert dispatcher.patch(path, {"is_active": False}).json()["is_active"] is False
    assert (
        dispatcher.post("activity-items", {"code": "other", "name": "测试项目"}).json()["code"]
        == "ITEM_TWICE"
    )
    assert api(alpha, staff.officer).post("activity-items", {"code": "x_y", "name": "X"}).status_code == 403
    assert api(alpha, staff.officer).patch(path, {"name": "X"}).status_code == 403


def test_the_service_refuses_what_the_view_would(in_alpha, small_city, staff, enter):
    person = enter(1)
    from instructors.people.services.instructors import leave_register

    with pytest.raises(RuleBroken, match="PERMISSION_DENIED"):
        leave_register(instructor_id=person.pk, left_on=date(2026, 1, 1), reason="x", acting_user=staff.clerk)
    assert Instructor.objects.get().left_on is None and not GradeAward.objects.exists()
