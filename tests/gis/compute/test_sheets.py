"""Merged cells are filled down and told; cells without a value are told from blank ones."""

from __future__ import annotations

import pytest

from gis.compute.intake.sheets import (
    CellFault,
    VerticalMerge,
    fault_of,
    fill_down,
    merged_warning,
)


@pytest.mark.parametrize("text", ["#N/A", " #REF! ", "#n/a", "＃N/A", "#DIV/0!", "#NAME?"])
def test_an_error_saved_as_a_text_is_an_error(text: str) -> None:
    assert fault_of(text) is CellFault.ERROR


@pytest.mark.parametrize("value", ["#3栋", "N/A", "", None, 3, "测试"])
def test_texts_that_are_no_errors_are_none(value: object) -> None:
    assert fault_of(value) is None


def rows(*towns: str | None) -> list[tuple[int, dict[str, object]]]:
    return [(number, {"name": f"测试{number}", "town": town}) for number, town in enumerate(towns, 2)]


def towns(given: list[tuple[int, dict[str, object]]]) -> list[object]:
    return [cells["town"] for _, cells in given]


COLUMNS = (("name", 0, "姓名"), ("town", 7, "街镇"))


def test_J12_a_merged_cell_speaks_for_all_its_rows_and_is_told() -> None:
    given = rows("甲镇", None, None, None)
    filled = fill_down(given, COLUMNS, [VerticalMerge(7, 2, 4)])
    assert towns(given) == ["甲镇", "甲镇", "甲镇", None]
    [warning] = merged_warning(filled)
    assert (warning.code, warning.facts) == (
        "MERGED_CELLS",
        {"count": 2, "columns": ["街镇"], "rows": [3, 4]},
    )
    assert "2个空白单元格" in warning.zh and "第3、4行" in warning.zh
    assert merged_warning(filled, "一区")[0].zh.startswith("工作表“一区”：")


def test_ranges_of_the_header_of_other_columns_and_without_a_value_fill_nothing() -> None:
    given = rows(None, None, "乙镇")
    filled = fill_down(
        given, COLUMNS, [VerticalMerge(7, 1, 4), VerticalMerge(3, 2, 4), VerticalMerge(7, 2, 3)]
    )
    assert towns(given) == [None, None, "乙镇"] and merged_warning(filled) == []


def test_a_row_keeps_what_it_says_itself_and_overlapping_ranges_do_no_harm() -> None:
    given = rows("甲镇", "乙镇", None)
    fill_down(given, COLUMNS, [VerticalMerge(7, 2, 4), VerticalMerge(7, 3, 4)])
    assert towns(given) == ["甲镇", "乙镇", "甲镇"]
