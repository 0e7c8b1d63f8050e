"""Merged cells, several sheets, headers of two rows and cells without a value: nothing is lost unsaid. Rule: J12"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from instructors.people.models import Instructor, TeachingItem
from tenants.accounts.models import AuditEvent

from .conftest import HEADER, as_csv, as_workbook, codes, invented_id, line

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_alpha")]
UNIT, ITEM = HEADER.index("所属社区") + 1, HEADER.index("项目") + 1


def workbook(
    sheets: dict[str, Sequence[Sequence[Any]]], change: Callable[[Any], None] = lambda book: None
) -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    change(book)
    sink = io.BytesIO()
    book.save(sink)
    return SimpleUploadedFile("名册.xlsx", sink.getvalue())


def units() -> list[str]:
    return list(Instructor.objects.order_by("name").values_list("unit__name", flat=True))


def test_J12_a_merged_unit_speaks_for_all_its_rows_and_is_told(bring):
    def merge(book: Any) -> None:
        book.active.merge_cells(start_row=2, end_row=4, start_column=UNIT, end_column=UNIT)

    done = bring(workbook({"名册": [HEADER, line(1), line(2), line(3), line(4, 所属社区="shengli")]}, merge))
    assert (done.status, done.errors) == ("applied", [])
    assert units() == ["xinhua", "xinhua", "xinhua", "shengli"]
    [warning] = done.warnings
    assert (warning["code"], warning["facts"]["rows"]) == ("MERGED_CELLS", [3, 4])


def test_J12_a_merged_item_is_everybodys(bring):
    def merge(book: Any) -> None:
        book.active.merge_cells(start_row=2, end_row=3, start_column=ITEM, end_column=ITEM)

    done = bring(workbook({"名册": [HEADER, line(1, 项目="太极拳"), line(2)]}, merge))
    assert done.status == "applied" and codes(done.warnings) == ["MERGED_CELLS"]
    assert TeachingItem.objects.filter(instructor__name="测试2").get().item.name == "太极拳"


def test_J12_every_sheet_with_a_header_comes_in_and_the_others_are_told(bring):
    def hide(book: Any) -> None:
        book["旧"].sheet_state = "hidden"

    sheets = {
        "一区": [HEADER, line(1)], "二区": [["名册"], HEADER, line(2), line(3)], "说明": [["请填写"]], "空": [],
        "旧": [HEADER, line(4)],
    }  # fmt: skip
    done = bring(workbook(sheets, hide))
    assert (done.status, done.counts["rows"], done.counts["added"]) == ("applied", 3, 3)
    [warning] = done.warnings
    assert (warning["code"], warning["facts"]) == ("SHEETS_LEFT", {"sheets": ["说明", "旧"]})
    assert Instructor.objects.get(name="测试2").source_row == 3


def test_J12_errors_of_several_sheets_name_sheet_and_row(bring):
    refused = bring(workbook({"一区": [HEADER, line(1)], "二区": [HEADER, line(1), line(2, 姓名="")]}))
    told = [(each["code"], each["row"], each["facts"]["sheet"]) for each in refused.errors]
    assert told == [
        ("PERSON_TWICE", 2, "二区"),
        ("CERTIFICATE_TWICE", 2, "二区"),
        ("FIELD_MISSING", 3, "二区"),
    ]
    assert refused.errors[0]["zh"] == "工作表“二区”：与第一区!2行同一证件号码"


def test_J12_all_sheets_together_keep_to_the_most_rows(bring, monkeypatch):
    monkeypatch.setattr("instructors.people.services.import_checking.MOST_ROWS", 2)
    refused = bring(workbook({"一区": [HEADER, line(1), line(2)], "二区": [HEADER, line(3)]}))
    assert codes(refused.errors) == ["TOO_MANY_ROWS"] and refused.errors[0]["facts"] == {"most": 2}


def test_J12_a_header_of_two_rows_gives_grade_and_certificate(bring):
    rows = [
        ["姓名", "身份证号", "证书", "", ""],
        ["", "", "证书编号", "等级", "发证日期"],
        ["测试1", invented_id(1), "T3-1", "三级", "2024-05-01"],
    ]

    def merge(book: Any) -> None:
        for cells in ("A1:A2", "B1:B2", "C1:E1"):
            book.active.merge_cells(cells)

    done = bring(workbook({"名册": rows}, merge))
    assert (done.status, done.warnings) == ("applied", [])
    assert Instructor.objects.get().grades.get().certificate_number == "T3-1"


@pytest.mark.parametrize("made", [as_csv, as_workbook])
def test_J12_cells_that_show_an_error_are_told_by_row(bring, made):
    refused = bring(made([line(1, 姓名="#N/A"), line(2, 证书编号="#REF!"), line(3, 有效期至="#VALUE!")]))
    assert [(each["row"], each["code"], each["field"]) for each in refused.errors] == [
        (2, "CELL_ERROR", "姓名"),
        (3, "CELL_ERROR", "证书编号"),
        (4, "CELL_ERROR", "有效期至"),
    ]
    assert not Instructor.objects.exists()


def test_J12_a_formula_without_a_result_says_so_in_every_column(bring):
    refused = bring(as_workbook([line(1, 姓名='="测试"&"1"'), line(2, 手机号="=A1")]))
    assert [(each["row"], each["code"]) for each in refused.errors] == [
        (2, "FORMULA_EMPTY"),
        (3, "FORMULA_EMPTY"),
    ]
    assert refused.errors[0]["zh"] == "“姓名”是公式，文件中没有它的计算结果"


def test_J12_a_name_that_begins_as_a_formula_is_refused(bring):
    refused = bring(as_csv([line(1, 姓名="=1+1"), line(2, 姓名="＝cmd")]))
    assert codes(refused.errors) == ["NAME_FORMULA", "NAME_FORMULA"]


def test_J12_a_name_with_a_wide_blank_in_the_register_is_the_same_person(bring, enter):
    enter(1, unit="xinhua", name="测　试1")
    done = bring(as_csv([line(1)]))
    assert (done.status, done.counts["updated"]) == ("applied", 1)
    assert Instructor.objects.get().name == "测　试1"


def test_J12_rows_without_a_unit_are_told_and_put_right_by_a_later_file(bring, small_city):
    done = bring(as_csv([line(1), line(2, 所属社区="")]))
    [warning] = done.warnings
    assert (warning["code"], warning["facts"]) == ("UNIT_ASSUMED", {"count": 1, "rows": [3]})
    assert units() == ["xinhua", small_city.units["city"].name]
    again = bring(as_csv([line(1), line(2)]))
    assert (again.counts["updated"], again.counts["unchanged"], codes(again.warnings)) == (
        1,
        1,
        ["UNITS_CHANGED"],
    )
    assert units() == ["xinhua", "xinhua"]
    traced = AuditEvent.objects.get(action="instructor.import")
    assert (traced.before, traced.after["unit"]) == (
        {"unit": small_city.units["city"].pk},
        small_city.units["xinhua"].pk,
    )


def test_J12_who_may_not_edit_people_moves_nobody(bring, enter, make_user, alpha, small_city):
    enter(1, unit="shengli")
    rights = ["instructor.view", "instructor.import"]
    importer = make_user(alpha, "mere_importer", rights, unit=small_city.units["city"])
    assert codes(bring(as_csv([line(1)]), by=importer).errors) == ["INSTRUCTOR_DUPLICATE"]
    assert units() == ["shengli"]


def test_J12_nobody_is_moved_out_of_a_unit_beyond_the_files_own(bring, enter, small_city):
    enter(1, unit="xinhua")
    refused = bring(as_csv([line(1, 所属社区="shengli")]), unit="town")
    assert codes(refused.errors) == ["INSTRUCTOR_DUPLICATE"] and units() == ["xinhua"]
