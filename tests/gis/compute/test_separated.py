"""Texts of separated columns are read as spreadsheets save them, by the separator that gives a header."""

from __future__ import annotations

from pathlib import Path

import pytest

from gis.compute.intake.separated import HEADER_WITHIN_ROWS, separated_rows
from gis.compute.refusal import InputRefused

HEADER = ["编号", "项目"]


def rows_of(path: Path, content: bytes | str) -> list[tuple[int, list[object]]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    rows, _ = separated_rows(path, path.name, lambda first: HEADER in first)
    return list(rows)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.csv"


@pytest.mark.parametrize("separator", [",", ";", "\t", "，"])
@pytest.mark.parametrize("title", ["", "2026年，第一批，共2行\n", "a,b,c;d\te\n\n"])
def test_the_separator_is_the_one_that_gives_a_header(path: Path, separator: str, title: str) -> None:
    rows = rows_of(path, f"{title}编号{separator}项目\n1{separator}太极拳\n")
    assert [row for _, row in rows[-2:]] == [HEADER, ["1", "太极拳"]]


def test_separators_within_cells_decide_nothing(path: Path) -> None:
    rows = rows_of(path, '编号,项目\n1,"甲;乙;丙;丁"\n2,"甲，乙"\n')
    assert rows == [(1, HEADER), (2, ["1", "甲;乙;丙;丁"]), (3, ["2", "甲，乙"])]


def test_records_bear_the_lines_they_start_on(path: Path) -> None:
    rows = rows_of(path, '编号,项目\r\n1,"太极拳\r\n广场舞"\r\n\r\n2,健步走')
    assert [(number, row) for number, row in rows if row] == [
        (1, HEADER),
        (2, ["1", "太极拳\r\n广场舞"]),
        (5, ["2", "健步走"]),
    ]


def test_where_no_separator_gives_a_header_the_likeliest_is_taken(path: Path) -> None:
    assert rows_of(path, "甲;乙;丙\n1;2;3\n") == [(1, ["甲", "乙", "丙"]), (2, ["1", "2", "3"])]
    beyond = "甲;乙\n" * (HEADER_WITHIN_ROWS + 1) + "编号,项目\n"
    assert rows_of(path, beyond)[-1][1] == ["编号,项目"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
def test_the_encoding_is_found_out(path: Path, encoding: str) -> None:
    assert rows_of(path, "编号\t项目\n1\t龑\n".encode(encoding))[1] == (2, ["1", "龑"])


def test_a_quote_left_open_is_told_and_takes_no_rows_with_it(path: Path) -> None:
    with pytest.raises(InputRefused, match="FILE_BROKEN") as refused:
        rows_of(path, '编号,项目\n1,太极拳\n2,"广场舞\n3,健步走\n')
    assert (refused.value.row, "CSV第3行" in refused.value.zh) == (3, True)


def test_a_quote_within_a_cell_and_one_that_spans_lines_are_no_fault(path: Path) -> None:
    assert rows_of(path, '编号,项目\n1,5"球\n2,"太极拳\n广场舞"')[-1] == (3, ["2", "太极拳\n广场舞"])
    assert rows_of(path, '编号,项目\n1,"太""极""拳"\n2,5"球')[-1] == (3, ["2", '5"球'])


def test_a_cell_without_end_is_refused_with_its_line(path: Path) -> None:
    with pytest.raises(InputRefused, match="FILE_BROKEN") as refused:
        rows_of(path, "编号,项目\n1," + "太" * 200_000)
    assert refused.value.row == 2
