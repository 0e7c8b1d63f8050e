"""A register's file as rows of cells by field: CSV in UTF-8 or GB18030, or a workbook; measured before it is opened."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import openpyxl

from gis.compute.intake.encodings import decode_text
from gis.compute.intake.findings import Finding
from gis.compute.intake.formats import CSV, XLSX, sniff
from gis.compute.refusal import InputRefused
from gis.layers.rules.findings import finding_of
from instructors.people.rules.import_columns import (
    HEADER_WITHIN_ROWS,
    Columns,
    columns_of,
    header_missing,
)

MOST_ROWS = 200_000
_MOST_COLUMNS = 200

Numbered = tuple[int, list[object]]


class FileRefused(Exception):
    """The file cannot be taken; `findings` says why, row by row."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings[0].code if findings else "")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Table:
    """The data rows of a file with their own row numbers, and where its columns stand."""

    columns: Columns
    rows: list[tuple[int, dict[str, object]]]


def read_table(path: Path, file_name: str) -> Table:
    """The table of a file; raises `FileRefused` for what is no table, holds no header, no row, or too many."""
    try:
        form = sniff(path, file_name)
        if form == XLSX:
            return _from_sheets(path)
        if form == CSV:
            return _table(_csv_rows(path, file_name))
    except InputRefused as refused:
        raise FileRefused([finding_of(refused)]) from refused
    raise FileRefused([_no_table(form)])


def _from_sheets(path: Path) -> Table:
    """The first sheet with a header, else the refusal of the first sheet."""
    with path.open("rb") as source:  # by content: the name need not end as the library wishes
        try:
            book = openpyxl.load_workbook(source, read_only=True, data_only=True)
            return _first_register(book)
        except (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, EOFError) as error:
            raise FileRefused([_broken()]) from error


def _first_register(book: Any) -> Table:
    refusal: FileRefused | None = None
    try:
        for sheet in book.worksheets:
            try:
                return _table(_sheet_rows(sheet))
            except FileRefused as refused:
                refusal = refusal or refused
    finally:
        book.close()
    raise refusal or FileRefused([_no_rows()])


def _sheet_rows(sheet: Any) -> Iterator[Numbered]:
    sheet.reset_dimensions()  # some programs write a range that their rows do not keep to
    rows = sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True)
    for number, row in enumerate(rows, start=1):
        yield number, list(row)


def _csv_rows(path: Path, file_name: str) -> Iterator[Numbered]:
    text, _ = decode_text(path.read_bytes(), file_name)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    start = 1
    try:
        for record in reader:
            yield start, list(record)
            start = reader.line_num + 1
    except csv.Error as error:
        raise FileRefused([_broken(start)]) from error


def _table(numbered: Iterator[Numbered]) -> Table:
    columns, rest = _header(numbered)
    rows: list[tuple[int, dict[str, object]]] = []
    for number, row in rest:
        cells = {field: row[at] if at < len(row) else None for field, at in columns.at.items()}
        if _is_blank(cells.values()):
            continue
        rows.append((number, cells))
        if len(rows) > MOST_ROWS:
            raise FileRefused([_too_many()])
    if not rows:
        raise FileRefused([_no_rows()])
    return Table(columns, rows)


def _header(numbered: Iterator[Numbered]) -> tuple[Columns, Iterator[Numbered]]:
    """The columns, and the rows below the header: titles may stand above it."""
    first = list(islice(numbered, HEADER_WITHIN_ROWS))
    for at, (_, row) in enumerate(first):
        columns = columns_of(row)
        if columns is not None:
            return columns, chain(first[at + 1 :], numbered)
    raise FileRefused([header_missing([row for _, row in first])])


def _is_blank(values: Iterable[object]) -> bool:
    return all(value is None or (isinstance(value, str) and not value.strip()) for value in values)


def _no_table(form: str) -> Finding:
    return Finding(
        "FORMAT_UNKNOWN", zh=f"不能导入{form}格式的名册", en=f"a register cannot be read from {form}",
        remedy_zh="请另存为XLSX或CSV", remedy_en="save it as XLSX or CSV", facts={"format": form},
    )  # fmt: skip


def _broken(row: int | None = None) -> Finding:
    return Finding(
        "FILE_BROKEN", zh="文件已损坏，无法读取", en="the file is damaged and cannot be read", row=row,
        remedy_zh="请在Excel或WPS中打开并另存后上传", remedy_en="open it in a spreadsheet, save it again and upload",
    )  # fmt: skip


def _no_rows() -> Finding:
    return Finding(
        "NO_ROWS", zh="表中没有数据行", en="the table holds no rows", remedy_zh="请检查工作表是否正确",
        remedy_en="check that this is the right sheet",
    )  # fmt: skip


def _too_many() -> Finding:
    return Finding(
        "TOO_MANY_ROWS", zh=f"超过{MOST_ROWS}行", en=f"there are more than {MOST_ROWS} rows",
        remedy_zh="请按区县拆分后分别导入", remedy_en="split it by county and import the parts",
        facts={"most": MOST_ROWS},
    )  # fmt: skip
