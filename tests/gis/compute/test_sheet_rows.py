"""Sheets and their rows are named."""

from __future__ import annotations

import json

from gis.compute.intake.findings import Finding
from gis.compute.intake.sheet_rows import (
    SheetLeft,
    SheetRow,
    left_warning,
    row_order,
)


def test_J12_rows_of_two_sheets_are_never_one_and_are_told_with_their_sheet() -> None:
    first, second = SheetRow(2, "一区", 0), SheetRow(2, "二区", 1)
    assert first != second and first == SheetRow(2, "一区", 0) and len({first, second}) == 2
    assert (f"第{second}行", json.dumps({"row": second}), int(second)) == ("第二区!2行", '{"row": 2}', 2)
    assert first != 2 and f"{SheetRow(2, '13900000001', 0)}" == "…!2"
    found = [Finding("A", zh="", en="", row=row) for row in (second, SheetRow(9, "一区", 0), None)]
    assert [each.row for each in sorted(found, key=row_order)] == [None, SheetRow(9, "一区", 0), second]


def test_J12_sheets_that_were_not_read_are_named_with_the_reason() -> None:
    assert left_warning([]) == []
    [warning] = left_warning(
        [SheetLeft("说明", "没有表头", "no header"), SheetLeft("旧", "已隐藏", "hidden")]
    )
    assert (warning.code, warning.facts) == ("SHEETS_LEFT", {"sheets": ["说明", "旧"]})
    assert warning.zh == "以下工作表未导入：“说明”（没有表头）；“旧”（已隐藏）"
