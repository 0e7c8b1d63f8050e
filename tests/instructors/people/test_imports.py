"""A real register comes in whole or not at all, with every error told, and never doubles. Rule: J12"""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from instructors.people.models import (
    GradeAward,
    Instructor,
    InstructorIdentity,
    RegisterImport,
    TeachingItem,
    WorkRegistration,
)
from tenants.accounts.models import AuditEvent
from tenants.bureau.models import StoredFile
from wangge.errors import RuleBroken

from .conftest import HEADER, as_csv, as_workbook, codes, invented_id, invented_phone, line

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_alpha")]


def _everything() -> list[Any]:
    people = Instructor.objects.order_by("id")
    rows = [list(people.values()), list(InstructorIdentity.objects.order_by("pk").values())]
    return [
        *rows,
        *[
            list(kind.objects.order_by("id").values())
            for kind in (GradeAward, TeachingItem, WorkRegistration)
        ],
    ]


# --- what comes in ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "upload",
    [
        as_workbook([line(1), line(2)], above=2),
        as_csv([line(1), line(2)]),
        as_csv([line(1), line(2)], encoding="gb18030"),
    ],
    ids=["xlsx", "utf-8", "gb18030"],
)
def test_J12_a_register_comes_in_with_standing_units_and_sealed_numbers(bring, small_city, upload):
    done = bring(upload)
    assert (done.status, done.job.state, done.errors) == ("applied", "succeeded", [])
    assert done.counts == {"rows": 2, "added": 2, "updated": 0, "unchanged": 0, "errors": 0}
    person = Instructor.objects.get(name="测试1")
    assert person.unit == small_city.units["xinhua"]
    assert (person.home.x, person.home.y, person.weekly_limit) == (114.214, 35.2115, 3)
    assert person.register_import_id == done.pk and person.source_row in (2, 4)
    award = person.grades.get()
    assert (award.grade, award.award_level, award.valid_from, award.valid_to) == (
        "grade3", "county", date(2024, 5, 1), None,
    )  # fmt: skip
    assert sorted(row.item.name for row in person.items.all()) == ["太极拳", "广场舞"]
    assert sorted(person.registrations.values_list("year", flat=True)) == [2024, 2025]
    assert person.identity.id_masked == "990***********" + invented_id(1)[-4:]
    assert invented_id(1).encode() not in bytes(person.identity.id_sealed)
    assert AuditEvent.objects.filter(action="register_import.applied").count() == 1


def test_J12_the_headers_may_stand_in_any_order_and_bear_other_names(bring):
    header = ("序号", "街道（乡镇）", "级别", "*姓名", "证件号码", "联系电话", "证书号", "批准时间", "备注")
    row = [
        1,
        "town",
        "二级社会体育指导员",
        "测试乙",
        invented_id(7),
        "+86 199-0000-0007",
        "B-1",
        "2023年6月",
        "…",
    ]
    done = bring(as_workbook([row], header=header))
    assert done.status == "applied", done.errors
    assert codes(done.warnings) == ["COLUMNS_IGNORED"]
    award = GradeAward.objects.get()
    assert (award.grade, award.award_level, award.valid_from) == ("grade2", "city", date(2023, 6, 1))
    assert InstructorIdentity.objects.get().phone_masked == "199****0007"


def test_J12_homes_in_gcj02_are_brought_back(bring):
    from gis.compute.crs import to_gcj02

    lon, lat = to_gcj02([114.214], [35.2115])
    bring(as_csv([line(1, 经度=float(lon[0]), 纬度=float(lat[0]))]), crs="gcj02")
    home = Instructor.objects.get().home
    assert (home.x, home.y) == pytest.approx((114.214, 35.2115), abs=2e-7)


def test_J12_units_are_found_by_name_by_code_and_under_their_town(bring, small_city):
    from tenants.bureau.models import OrgUnit

    twin = OrgUnit.objects.create(
        level="village", name="xinhua", parent=small_city.units["town"], valid_from=date(2020, 1, 1)
    )
    OrgUnit.objects.filter(pk=twin.pk).update(path=f"{small_city.units['town'].path}{twin.pk}/")
    refused = bring(as_csv([line(1)]))
    assert codes(refused.errors) == ["UNIT_AMBIGUOUS"]
    rows = [
        line(1, 所属社区="other_town/xinhua"),
        line(2, 所属社区="town、xinhua"),
        line(3, 所属社区="410802001001"),
    ]
    assert bring(as_csv(rows)).status == "applied"
    units = list(Instructor.objects.order_by("name").values_list("unit_id", flat=True))
    assert units == [small_city.units["xinhua"].pk, twin.pk, small_city.units["shengli"].pk]


# --- again --------------------------------------------------------------------------------------------------


def test_J12_the_same_file_twice_changes_nothing(bring):
    bring(as_csv([line(1), line(2)]))
    before = _everything()
    again = bring(as_workbook([line(1), line(2)]))
    assert again.counts == {"rows": 2, "added": 0, "updated": 0, "unchanged": 2, "errors": 0}
    assert _everything() == before


def test_J12_a_later_file_updates_what_it_says_and_leaves_what_it_does_not(bring):
    bring(as_csv([line(1), line(2)]))
    row = line(
        1, 手机号=invented_phone(77), 等级="二级", 证书编号="T2-1", 项目="健步走", 授课类型="讲师", 注册年度=2026,
        注册日期="2026-01-05", 经度="", 纬度="",
    )  # fmt: skip
    done = bring(as_csv([row, line(2)]))
    assert done.counts == {"rows": 2, "added": 0, "updated": 1, "unchanged": 1, "errors": 0}
    person = Instructor.objects.get(name="测试1")
    assert person.version == 2 and person.home is not None
    assert person.identity.phone_masked == "199****0077" and person.identity.id_digest is not None
    assert sorted(person.grades.values_list("grade", flat=True)) == ["grade2", "grade3"]
    assert (
        person.items.filter(teaching_role="lecturer").get().item.name == "健步走"
        and person.items.count() == 3
    )
    assert person.registrations.get(year=2026).registered_on == date(2026, 1, 5)
    corrected = bring(as_csv([line(1, 手机号="", 发证单位="另一测试局", 有效期至="2030-01-01")]))
    assert corrected.counts["updated"] == 1
    award = person.grades.get(grade="grade3")
    assert (award.issuing_body, award.valid_to) == ("另一测试局", date(2030, 1, 1))


def test_J12_a_dry_run_says_what_would_be_and_writes_nothing(bring):
    done = bring(as_csv([line(1), line(2)]), dry_run=True)
    assert (done.status, done.counts["added"], done.applied_at) == ("checked", 2, None)
    assert Instructor.objects.count() == 0
    assert bring(as_csv([line(1), line(2)])).counts == done.counts


# --- refused ------------------------------------------------------------------------------------------------


def test_J12_every_error_is_told_with_its_row_and_nothing_is_written(bring):
    rows = [
        line(1),
        line(2, 姓名=""),
        line(3, 身份证号码=invented_id(3)[:-1] + ("0" if invented_id(3)[-1] != "0" else "1")),
        line(4, 身份证号码="990000800101001"),
        line(5, 手机号="12345"),
        line(6, 等级="特级"),
        line(7, 发证日期="昨天"),
        line(8, 有效期至="2020-01-01"),
        line(9, 项目="飞碟射击"),
        line(10, 所属社区="没有的社区"),
        line(11, 证书编号=""),
        line(12, 经度=35.2, 纬度=114.2),
        line(13, 经度=100.0),
        line(14, 注册年度=2099),
        line(1, 证书编号="T3-000001"),
        line(16, 授课类型="裁判"),
    ]
    refused = bring(as_workbook(rows))
    assert (refused.status, refused.job.state) == ("refused", "failed")
    assert [(each["row"], each["code"]) for each in refused.errors] == [
        (3, "FIELD_MISSING"), (4, "ID_NUMBER"), (5, "ID_NUMBER"), (6, "PHONE_FORMAT"), (7, "CELL_FORMAT"),
        (8, "CELL_FORMAT"), (9, "STANDING_DAYS"), (10, "ITEM_UNKNOWN"), (11, "UNIT_UNKNOWN"), (12, "FIELD_MISSING"),
        (13, "LOCATION"), (14, "LOCATION_OUTSIDE"), (15, "DAY_IN_FUTURE"), (16, "PERSON_TWICE"),
        (16, "CERTIFICATE_TWICE"), (17, "CELL_FORMAT"),
    ]  # fmt: skip
    assert all(each["remedy_zh"] and each["remedy_en"] for each in refused.errors)
    assert Instructor.objects.count() == 0
    assert refused.job.problem["code"] == "REGISTER_REFUSED"
    told = str(refused.errors) + str(refused.job.problem)
    assert not any(invented_id(number) in told or invented_phone(number) in told for number in range(17))


def test_J12_a_long_number_that_a_spreadsheet_rounded_is_named(bring):
    refused = bring(as_workbook([line(1, 身份证号码=float(invented_id(2)[:17] + "0"))]))
    assert codes(refused.errors) == ["NUMBER_ROUNDED"]


def test_J12_the_same_id_in_another_unit_or_under_another_name_is_409_in_its_row(
    bring, enter, make_user, alpha
):
    enter(1, unit="shengli", name="测试1")
    enter(2, unit="xinhua", name="别的人")
    importer = make_user(alpha, "mere_importer", ["instructor.view", "instructor.import"])
    refused = bring(as_csv([line(1), line(2), line(3)]), by=importer)
    assert [(each["row"], each["code"]) for each in refused.errors] == [
        (2, "INSTRUCTOR_DUPLICATE"),
        (3, "INSTRUCTOR_DUPLICATE"),
    ]
    assert refused.errors[0]["facts"]["status"] == 409
    assert refused.errors[0]["facts"]["unit"] == "shengli" and "测*" in refused.errors[0]["zh"]
    assert Instructor.objects.count() == 2


def test_J12_who_may_not_see_the_other_unit_learns_only_that_there_is_one(
    bring, enter, make_user, alpha, small_city
):
    enter(1, unit="xinhua", name="测试1")
    local = make_user(alpha, "local", ["instructor.view", "instructor.import"], unit=small_city.units["town"])
    refused = bring(as_csv([line(1, 所属社区="shengli")]), unit="town", by=local)
    (found,) = refused.errors
    assert found["code"] == "INSTRUCTOR_DUPLICATE" and found["facts"] == {"status": 409, "seen": False}
    assert "xinhua" not in str(found) and "测*" not in str(found)


def test_J12_certificates_and_national_numbers_of_others_are_refused(bring, enter, small_city):
    bring(as_csv([line(1)]))
    refused = bring(as_csv([line(2, 证书编号="T3-000001")]))
    assert codes(refused.errors) == ["CERTIFICATE_TAKEN"]


def test_J12_characters_that_a_database_refuses_do_no_harm(bring):
    done = bring(
        as_csv([line(1, 姓名="测试\x00甲", 所属社区="xin\x00hua"), line(2, 身份证号码="\x00")]), partial=True
    )
    assert (done.status, done.counts["added"], codes(done.errors)) == ("applied", 1, ["ID_NUMBER"])
    assert Instructor.objects.get().name == "测试甲"


@pytest.mark.parametrize("column", ["所属社区", "项目"])
@pytest.mark.parametrize("number", [invented_id(2), invented_phone(3), "199 0000 0003", "19900000004、测试"])
def test_X07_a_number_that_slipped_into_another_column_is_not_repeated(
    bring, alpha, api, staff, column, number
):
    refused = bring(as_csv([line(1, **{column: number})]))
    assert refused.status == "refused"
    table = api(alpha, staff.dispatcher).get(f"instructor-imports/{refused.pk}/errors?format=csv")
    told = str(refused.errors) + str(refused.job.problem) + b"".join(table.streaming_content).decode()
    assert "…" in told and number.split("、")[0] not in told


def test_X07_a_number_that_stands_as_a_header_is_not_repeated(bring):
    done = bring(as_csv([[*line(1), "x", "y"]], header=[*HEADER, invented_id(2), invented_phone(3)]))
    told = str(done.warnings)
    assert codes(done.warnings) == ["COLUMNS_IGNORED"]
    assert invented_id(2) not in told and invented_phone(3) not in told


def test_J12_good_rows_may_be_taken_beside_bad_ones(bring):
    done = bring(as_csv([line(1), line(2, 姓名="")]), partial=True)
    assert (done.status, done.counts["added"], done.counts["errors"]) == ("applied", 1, 1)
    assert [each["row"] for each in done.errors] == [3]


def test_S07_nobody_imports_the_own_standing(bring, enter, staff):
    person = enter(1, unit="xinhua")
    Instructor.objects.filter(pk=person.pk).update(user=staff.dispatcher)
    refused = bring(as_csv([line(1)]))
    assert codes(refused.errors) == ["OWN_RECORD"]


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (as_csv([]), "NO_ROWS"),
        (as_csv([["a", "b"]], header=["姓名", "电话"]), "HEADER_MISSING"),
        (as_workbook([]), "NO_ROWS"),
        (SimpleUploadedFile("a.csv", b"\xff\xff,\x80\n1,2"), "MOJIBAKE"),
        (SimpleUploadedFile("a.xlsx", b"PK\x03\x04" + b"\0" * 200), "ARCHIVE_BROKEN"),
        (SimpleUploadedFile("a.csv", b""), "FILE_EMPTY"),
    ],
)
def test_J12_a_file_that_is_no_register_is_refused_with_its_reason(bring, upload, code):
    refused = bring(upload)
    assert (refused.status, codes(refused.errors)) == ("refused", [code])


@pytest.mark.parametrize("made", [as_csv, as_workbook])
def test_J12_a_file_beyond_the_most_rows_is_refused_with_TOO_MANY_ROWS(bring, monkeypatch, made):
    monkeypatch.setattr("instructors.people.services.import_checking.MOST_ROWS", 2)
    refused = bring(made([line(number) for number in range(1, 4)]))
    assert (refused.status, codes(refused.errors)) == ("refused", ["TOO_MANY_ROWS"])
    assert refused.errors[0]["facts"] == {"most": 2} and not Instructor.objects.exists()
    assert bring(made([line(1), line(2)])).status == "applied"


def test_X08_a_zip_bomb_is_not_opened(bring, tmp_path):
    import zipfile

    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    refused = bring(SimpleUploadedFile("bomb.xlsx", path.read_bytes()))
    assert codes(refused.errors) == ["ARCHIVE_BOMB"]


def test_X08_a_file_too_large_is_refused_before_it_is_kept(bring, settings):
    settings.WANGGE_UPLOAD_LIMIT_BYTES = 1000
    with pytest.raises(RuleBroken, match="FILE_TOO_LARGE"):
        bring(as_csv([line(number) for number in range(1, 50)]))
    assert StoredFile.objects.count() == RegisterImport.objects.count() == 0


def test_J12_the_right_is_asked_for_at_the_unit(bring, staff, make_user, alpha, small_city):
    with pytest.raises(RuleBroken, match="PERMISSION_DENIED"):
        bring(as_csv([line(1)]), by=staff.officer, unit="county")
    local = make_user(alpha, "local", ["instructor.view", "instructor.import"], unit=small_city.units["town"])
    with pytest.raises(RuleBroken, match="NOT_FOUND"):
        bring(as_csv([line(1)]), by=local, unit="other_town")
    refused = bring(as_csv([line(1)]), by=local, unit="town")
    assert codes(refused.errors) == ["UNIT_UNKNOWN"], "a row of a unit beyond the file's own"


def test_the_header_of_the_tests_is_known() -> None:
    from instructors.people.rules.import_columns import REGISTER

    columns = REGISTER.columns_of(HEADER)
    assert columns is not None and not columns.ignored


# --- files that are none ------------------------------------------------------------------------------------


def _damaged_workbook() -> SimpleUploadedFile:
    """A workbook that opens, and whose list of sheets is no XML."""
    sink = io.BytesIO()
    with zipfile.ZipFile(as_workbook([line(1)])) as whole, zipfile.ZipFile(sink, "w") as damaged:
        for name in whole.namelist():
            damaged.writestr(name, b"<broken" if name == "xl/workbook.xml" else whole.read(name))
    return SimpleUploadedFile("名册.xlsx", sink.getvalue())


@pytest.mark.parametrize(
    ("upload", "code", "row"),
    [
        (_damaged_workbook, "FILE_BROKEN", None),
        (lambda: as_csv([line(1, 姓名="长" * 140_000)]), "FILE_BROKEN", 2),
        (
            lambda: SimpleUploadedFile("名册.geojson", b'{"type": "FeatureCollection", "features": []}'),
            "FORMAT_UNKNOWN", None,
        ),
    ],
    ids=["damaged workbook", "endless cell", "no table"],
)  # fmt: skip
def test_J12_a_file_that_cannot_be_read_is_refused_with_what_to_do(bring, upload, code, row):
    refused = bring(upload())
    assert refused.status == "refused"
    [found] = refused.errors
    assert (found["code"], found["row"]) == (code, row)
    assert "另存" in found["remedy_zh"]
    assert Instructor.objects.count() == 0


def test_J12_items_without_a_role_are_taken_as_coach_with_one_warning(bring):
    done = bring(as_csv([line(1, 授课类型=""), line(2, 授课类型=""), line(3)]))
    [warning] = [each for each in done.warnings if each["code"] == "ROLE_ASSUMED"]
    assert warning["zh"] == "2行没有授课类型，按教练登记"
    roles = TeachingItem.objects.filter(instructor__name="测试1").values_list("teaching_role", flat=True)
    assert set(roles) == {"skill_coach"}


def test_J12_a_grade_date_without_a_grade_is_told(bring):
    refused = bring(as_csv([line(1, 等级="")]))
    assert codes(refused.errors) == ["GRADE_MISSING"]
