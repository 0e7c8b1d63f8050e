"""A list comes in whole: all its sheets, its merged cells, and word of everything that was left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gis.compute.intake.layouts import Layout
from gis.compute.intake.lists import FileRefused, Table, Wanted, read_table
from gis.compute.intake.sheet_rows import SheetRow
from tests.handed_in import text, workbook

LAYOUT = Layout(
    {"name": ("姓名",), "town": ("街镇", "乡镇")}, {"name": "姓名"}, "请写列名", "name the columns"
)
HEADER = ("姓名", "街镇")


def read(tmp_path: Path, upload: Any, most_rows: int = 10) -> Table:
    path = tmp_path / "upload"
    path.write_bytes(upload.read())
    return read_table(path, upload.name, Wanted(LAYOUT, most_rows))


def told(table: Table) -> list[tuple[str, dict[str, object]]]:
    return [(each.code, dict(each.facts)) for each in table.warnings]


def refused(tmp_path: Path, upload: Any, most_rows: int = 10) -> tuple[str, str]:
    with pytest.raises(FileRefused) as found:
        read(tmp_path, upload, most_rows)
    [finding] = found.value.findings
    return finding.code, finding.zh


def test_rows_bear_their_own_numbers_and_lacking_columns_are_no_cells(tmp_path: Path) -> None:
    table = read(tmp_path, workbook([["名单"], [], ["姓名"], ["甲"], [], ["乙"]]))
    assert (table.rows, told(table)) == ([(4, {"name": "甲"}), (6, {"name": "乙"})], [])


def test_sheets_follow_one_another_and_columns_may_stand_otherwise(tmp_path: Path) -> None:
    table = read(tmp_path, workbook([HEADER, ["甲", "东镇"]], [["乡镇", "姓名"], ["西镇", "乙"]]))
    assert [(str(number), cells) for number, cells in table.rows] == [
        ("一区!2", {"name": "甲", "town": "东镇"}),
        ("二区!2", {"town": "西镇", "name": "乙"}),
    ]
    assert all(isinstance(number, SheetRow) for number, _ in table.rows)


def test_what_is_merged_nameless_left_and_not_used_is_told_by_sheet(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        book["二区"].merge_cells("B2:B3")

    sheets = (
        [[*HEADER, "备注"], ["甲", "东镇", "x", "y"]],
        [HEADER, ["乙", "西镇"], ["丙"]],
        [["说明"], ["见上"]],
    )
    table = read(tmp_path, workbook(*sheets, change=change))
    assert [cells["town"] for _, cells in table.rows] == ["东镇", "西镇", "西镇"]
    assert told(table) == [
        ("COLUMNS_NAMELESS", {"columns": ["D"]}),
        ("MERGED_CELLS", {"count": 1, "columns": ["街镇"], "rows": [3], "sheet": "二区"}),
        ("SHEETS_LEFT", {"sheets": ["三区"]}),
        ("COLUMNS_IGNORED", {"columns": ["备注"]}),
    ]
    assert table.warnings[0].zh == "工作表“一区”：第D列没有列名，其中的内容未导入"


def test_blank_sheets_are_no_matter_and_a_workbook_of_them_has_no_header(tmp_path: Path) -> None:
    assert told(read(tmp_path, workbook([HEADER, ["甲"]], [], [[" "]]))) == []
    assert refused(tmp_path, workbook([[]], [])) == ("HEADER_MISSING", "前15行中没有找到表头，缺少列：姓名")


def test_the_refusal_is_of_the_first_sheet_that_is_not_blank(tmp_path: Path) -> None:
    assert refused(tmp_path, workbook([], [HEADER], [["说明"]])) == ("NO_ROWS", "表中没有数据行")


def test_a_workbook_of_hidden_sheets_holds_no_rows(tmp_path: Path) -> None:
    def hide(book: Any) -> None:
        book.create_sheet("空")
        book["一区"].sheet_state = "hidden"

    assert refused(tmp_path, workbook([HEADER, ["甲"]], change=hide))[0] == "HEADER_MISSING"


@pytest.mark.parametrize(
    ("upload", "rows"),
    [
        (lambda: workbook([HEADER, ["甲"], ["乙"]], [HEADER, ["丙"]]), 3),
        (lambda: text([HEADER, ["甲", ""], ["", ""], ["乙", ""], ["丙", ""]]), 3),
    ],
)
def test_all_rows_together_keep_to_the_most_and_blank_ones_do_not_count(
    tmp_path: Path, upload: Any, rows: int
) -> None:
    assert len(read(tmp_path, upload(), rows).rows) == rows
    assert refused(tmp_path, upload(), rows - 1) == ("TOO_MANY_ROWS", "超过2行")


def test_what_is_no_table_is_named(tmp_path: Path) -> None:
    upload = SimpleUploadedFile("a.csv", b'{"type": "FeatureCollection"}')
    assert refused(tmp_path, upload) == ("FORMAT_UNKNOWN", "不能导入GeoJSON格式的表格")
