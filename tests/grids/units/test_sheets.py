"""A list as a workbook: what goes in comes out of a spreadsheet, whatever it looks like."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from grids.units.queries.sheets import workbook

SHEET = "xl/worksheets/sheet1.xml"


def _read(lines: list[list[object]]) -> list[tuple[object, ...]]:
    book = load_workbook(io.BytesIO(workbook("空缺", lines)))
    assert book.sheetnames == ["空缺"]
    return list(book.active.values)


def test_values_come_out_as_they_went_in() -> None:
    lines: list[list[object]] = [
        ["网格编码", "自", "天数", "比例", "提醒"],
        ["410802001001001", date(2024, 2, 29), 7, 0.25, True],
        ["", None, -3, 1e-7, False],
        ["末行", None, 0, None, None],
    ]
    told = _read(lines)
    days = [tuple(cell.date() if isinstance(cell, datetime) else cell for cell in line) for line in told]
    assert days == [tuple(None if cell == "" else cell for cell in line) for line in lines]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+86",
        "@a",
        "<b>&amp;</b>",
        " 前后空格 ",
        "两\n行",
        '"引号"',
        "0012",
        "1e5",
        "TRUE",
        "2024-01-01",
    ],
)
def test_a_text_stays_a_text(text: str) -> None:
    book = load_workbook(io.BytesIO(workbook("a", [[text]])))
    cell = book.active["A1"]
    assert (cell.value, cell.data_type in ("s", "inlineStr")) == (text, True)


def test_characters_that_xml_cannot_write_are_left_out() -> None:
    assert _read([["a\x00b\x1fc\ud800d\uffff"]]) == [("abcd",)]


def test_a_day_is_shown_as_a_day_and_an_empty_list_is_a_workbook() -> None:
    book = load_workbook(io.BytesIO(workbook("a", [[date(2026, 1, 2)]])))
    assert book.active["A1"].is_date and book.active.dimensions == "A1:A1"
    assert _read([]) == []


def test_columns_beyond_z_have_their_letters() -> None:
    line: list[object] = list(range(60))
    assert _read([line, line]) == [tuple(line), tuple(line)]


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        "",
        float("nan"),
        np.float64("nan"),
        Decimal("NaN"),
        pd.NaT,
        float("inf"),
        -np.inf,
        Decimal("Infinity"),
    ],
    ids=str,
)
def test_what_is_no_value_leaves_an_empty_cell(nothing: object) -> None:
    file = workbook("a", [["甲", nothing, "乙"]])
    assert list(load_workbook(io.BytesIO(file)).active.values) == [("甲", None, "乙")]
    (cells,) = re.findall(r"<row[^>]*>.*</row>", zipfile.ZipFile(io.BytesIO(file)).read(SHEET).decode())
    assert cells.count("<c ") == 2, "nothing is written that a spreadsheet would refuse"


def test_numbers_stay_numbers_whatever_library_they_come_from() -> None:
    line = [np.int64(7), np.float64(0.5), Decimal("2.25"), np.float32(0.25), -0.0, 10**15, True]
    told = _read([line])
    assert told == [(7, 0.5, 2.25, 0.25, 0, 10**15, True)]
    assert [type(value) for value in told[0][:4]] == [int, float, float, float]
