"""A workbook of sites: merged cells are filled down, other sheets told, cells without a value errors of their rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from gis.compute.intake import Intake, IntakeOptions, read_layer

IN_CITY = IntakeOptions(declared_crs="cgcs2000", extent=(112.9, 34.9, 113.6, 35.5))
HEADER = ["名称", "地址", "经度", "纬度"]


def read(tmp_path: Path, change: Callable[[Any], None], rows: list[list[Any]], **options: Any) -> Intake:
    book = openpyxl.Workbook()
    book.active.title = "一区"
    for row in [HEADER, *rows]:
        book.active.append(row)
    change(book)
    path = tmp_path / "站点.xlsx"
    book.save(path)
    return read_layer(path, "fitness_sites", IN_CITY, **options)


def test_X08_merged_cells_are_filled_down_and_told(tmp_path: Path) -> None:
    rows = [["甲园", "民生路", 113.24, 35.21], ["乙园", None, 113.25, 35.22], ["丙园", None, 113.26, 35.23]]
    intake = read(tmp_path, lambda book: book.active.merge_cells("B2:B3"), rows)
    assert intake.is_accepted, intake.errors
    assert list(intake.frame["address"]) == ["民生路", "民生路", ""]
    [warning] = [each for each in intake.warnings if each.code == "MERGED_CELLS"]
    assert (warning.facts["rows"], warning.facts["columns"]) == ([3], ["地址"])


def test_X08_other_sheets_are_told_and_blank_ones_are_not(tmp_path: Path) -> None:
    def more(book: Any) -> None:
        book.create_sheet("二区").append(HEADER)
        book.create_sheet("空")

    intake = read(tmp_path, more, [["甲园", "民生路", 113.24, 35.21]])
    [warning] = [each for each in intake.warnings if each.code == "SHEETS_LEFT"]
    assert warning.facts == {"sheets": ["二区"]} and "二区" in warning.zh


def test_X08_cells_without_a_value_are_errors_of_their_rows(tmp_path: Path) -> None:
    rows = [["#N/A", "", 113.24, 35.21], ["=A1", "", 113.25, 35.22], ["丙园", "", "#REF!", 35.23]]
    intake = read(tmp_path, lambda book: None, rows)
    assert not intake.is_accepted
    found = {(error.row, error.code) for error in intake.errors}
    assert {(2, "CELL_ERROR"), (3, "FORMULA_EMPTY")} <= found
    assert 4 in {row for row, _ in found}
