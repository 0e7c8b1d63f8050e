"""J08: merged cells, several sheets and cells without a value of a file of members: nothing is lost unsaid."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from .test_member_files import HEADER, _named, as_csv, bring, line

pytestmark = pytest.mark.django_db
__all__ = ["bring"]  # a fixture, found by its name


def workbook(*sheets: list[list[str]], merge: str = "") -> io.BytesIO:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"{number}区")
        for row in [HEADER, *rows]:
            sheet.append(row)
    if merge:
        book.active.merge_cells(merge)
    sink = io.BytesIO()
    book.save(sink)
    return _named(sink.getvalue(), "members.xlsx")


def codes(findings: list[dict[str, Any]]) -> list[str]:
    return [each["code"] for each in findings]


def test_j08_a_merged_interest_grid_speaks_for_all_its_rows(bring: Any) -> None:
    done = bring(workbook([line(1), line(2, ""), line(3, "")], merge="C2:C4"))
    assert (done["status"], done["counts"]["posts_added"]) == ("applied", 3)
    assert codes(done["warnings"]) == ["MERGED_CELLS"]


def test_j08_every_sheet_comes_in_and_errors_name_sheet_and_row(bring: Any) -> None:
    done = bring(workbook([line(1)], [line(2)]))
    assert (done["status"], done["counts"]["posts_added"]) == ("applied", 2)
    refused = bring(workbook([line(3)], [line(3), line(4, 姓名="#REF!")]))
    assert [(each["code"], each["row"]) for each in refused["errors"]] == [
        ("ROW_TWICE", 2),
        ("CELL_ERROR", 3),
    ]
    assert refused["errors"][0]["zh"] == "工作表“2区”：与第1区!2行重复"


def test_j08_cells_without_a_value_and_formulas_for_names_are_refused(bring: Any) -> None:
    refused = bring(workbook([line(1, 证明="=A1"), line(2, 任期开始="#N/A")]))
    assert [(each["row"], each["code"]) for each in refused["errors"]] == [
        (2, "FORMULA_EMPTY"),
        (3, "CELL_ERROR"),
    ]
    assert codes(bring(as_csv([line(1, 姓名="=1+1")]))["errors"]) == ["NAME_FORMULA"]


def test_j08_a_name_with_a_wide_blank_is_the_same_person(bring: Any) -> None:
    assert bring(as_csv([line(1)]))["status"] == "applied"
    again = bring(as_csv([line(1, 姓名="周　演示0001")]))
    assert (again["status"], again["counts"]["posts_added"]) == ("applied", 0)
