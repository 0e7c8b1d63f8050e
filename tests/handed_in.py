"""One table in all the forms in which people hand it in, and files that are none: every import reads and refuses them alike."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl.styles import PatternFill

TO_FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(ord("0"), ord("9") + 1)})
# As spreadsheets and chat programs leave them: formatted to the bottom, with nothing in it.
MANY = 20_001


@dataclass(frozen=True)
class Table:
    """Three good rows of texts; the first two say the same in the columns `merged`.

    `days`: columns of days, written 2024-05-01; `numbers`: columns of whole numbers; `needed`: one that must be filled in.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    merged: tuple[str, ...]
    needed: str
    days: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    def at(self, name: str) -> int:
        """The position of a column."""
        return list(self.header).index(name)

    def changed(self, columns: Iterable[str], change: Callable[[str], Any]) -> list[list[Any]]:
        """The rows with these columns' filled cells put otherwise."""
        positions = {self.at(name) for name in columns}
        return [
            [change(cell) if position in positions and cell else cell for position, cell in enumerate(row)]
            for row in self.rows
        ]

    def with_wrong(self, wrong: Any) -> list[list[Any]]:
        """The rows, the second of which holds this in the needed column."""
        rows = [list(row) for row in self.rows]
        rows[1][self.at(self.needed)] = wrong
        return rows


def workbook(
    *sheets: Sequence[Sequence[Any]], change: Callable[[Any], None] = lambda book: None
) -> SimpleUploadedFile:
    """A workbook of these sheets, 一区, 二区 …; empty cells are not written."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in zip(("一区", "二区", "三区"), sheets, strict=False):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    change(book)
    sink = io.BytesIO()
    book.save(sink)
    return SimpleUploadedFile("表.xlsx", sink.getvalue())


def text(
    rows: Sequence[Sequence[Any]], separator: str = ",", encoding: str = "utf-8-sig", name: str = "表.csv"
) -> Any:
    """A text of these rows."""
    sink = io.StringIO(newline="")
    csv.writer(sink, delimiter=separator).writerows(rows)
    return SimpleUploadedFile(name, sink.getvalue().encode(encoding))


def _merged(table: Table) -> SimpleUploadedFile:
    rows = [list(row) for row in table.rows]
    for name in table.merged:
        rows[1][table.at(name)] = ""

    def merge(book: Any) -> None:
        for name in table.merged:
            column = table.at(name) + 1
            book.active.merge_cells(start_row=2, end_row=3, start_column=column, end_column=column)

    return workbook([table.header, *rows], change=merge)


def _left(table: Table) -> SimpleUploadedFile:
    def hide(book: Any) -> None:
        book["三区"].sheet_state = "hidden"

    sheets = [table.header, *table.rows], [["填表说明"], ["请逐行填写"]], [table.header, *table.rows]
    return workbook(*sheets, change=hide)


def _formatted(table: Table) -> SimpleUploadedFile:
    def paint(book: Any) -> None:
        fill = PatternFill("solid", fgColor="FFFF00")
        for row in range(len(table.rows) + 2, len(table.rows) + 2 + MANY):
            book.active.cell(row, 1).fill = fill

    return workbook([table.header, *table.rows], change=paint)


def _days_by_number(table: Table) -> SimpleUploadedFile:
    """Days in the format 31, which Chinese spreadsheets do not write down."""

    def shown(book: Any) -> None:
        for cells in book.active.iter_rows():
            for cell in cells:
                if cell.is_date:
                    cell.number_format = "0.00"

    whole = workbook([table.header, *table.changed(table.days, date.fromisoformat)], change=shown)
    sink = io.BytesIO()
    with zipfile.ZipFile(whole) as made, zipfile.ZipFile(sink, "w") as again:
        for name in made.namelist():
            part = made.read(name)
            again.writestr(
                name, part.replace(b'numFmtId="2"', b'numFmtId="31"') if "styles" in name else part
            )
    return SimpleUploadedFile("表.xlsx", sink.getvalue())


def _twice(table: Table) -> SimpleUploadedFile:
    rows = [[*row, "另一个"] for row in table.rows]
    return workbook([[*table.header, table.needed], *rows])


def _nameless(table: Table) -> SimpleUploadedFile:
    rows = [[*row, "没有列名的内容"] for row in table.rows]
    return workbook([table.header, *rows])


def _with_gaps(table: Table) -> SimpleUploadedFile:
    first, *rest = table.rows
    return workbook([table.header, first, [], [" "], *rest])


def _two_sheets(table: Table) -> SimpleUploadedFile:
    return workbook([table.header, *table.rows[:2]], [["二区名单"], table.header, table.rows[2]])


# Each is the same table; the codes are of what a person is told about it.
FORMS: dict[str, tuple[Callable[[Table], Any], list[str]]] = {
    "a workbook": (lambda table: workbook([table.header, *table.rows]), []),
    "a title above": (lambda table: workbook([["2026年汇总表"], [], table.header, *table.rows]), []),
    "merged cells": (_merged, ["MERGED_CELLS"]),
    "two sheets": (_two_sheets, []),
    "sheets that are none": (_left, ["SHEETS_LEFT"]),
    "empty rows between": (_with_gaps, []),
    "formatted to the bottom": (_formatted, []),
    "a column twice": (_twice, ["COLUMNS_IGNORED"]),
    "a column without a name": (_nameless, ["COLUMNS_NAMELESS"]),
    "days as days": (lambda table: workbook([table.header, *table.changed(table.days, date.fromisoformat)]), []),
    "days by a format's number": (_days_by_number, []),
    "days as numbers": (
        lambda table: workbook([
            table.header,
            *table.changed(table.days, lambda day: (date.fromisoformat(day) - date(1899, 12, 30)).days),
        ]),
        [],
    ),
    "numbers as numbers": (lambda table: workbook([table.header, *table.changed(table.numbers, int)]), []),
    "numbers with a point": (lambda table: workbook([table.header, *table.changed(table.numbers, float)]), []),
    "full-width digits": (
        lambda table: workbook(
            [table.header, *table.changed([*table.days, *table.numbers], lambda cell: cell.translate(TO_FULL_WIDTH))]
        ),
        [],
    ),
    "UTF-8 with its mark": (lambda table: text([table.header, *table.rows]), []),
    "UTF-8 without": (lambda table: text([table.header, *table.rows], encoding="utf-8"), []),
    "GBK": (lambda table: text([table.header, *table.rows], encoding="gb18030"), []),
    "Unicode text": (lambda table: text([table.header, *table.rows], "\t", "utf-16", "表.txt"), []),
    "semicolons": (lambda table: text([table.header, *table.rows], ";"), []),
    "tabs in GBK": (lambda table: text([table.header, *table.rows], "\t", "gb18030", "表.txt"), []),
    "semicolons below a title": (lambda table: text([["2026年汇总表, 共3行"], table.header, *table.rows], ";"), []),
    "a workbook called CSV": (
        lambda table: SimpleUploadedFile("表.csv", workbook([table.header, *table.rows]).read()),
        [],
    ),
}  # fmt: skip


def _zip(name: str = "表.csv") -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as packed:
        packed.writestr(name, "甲,乙\n1,2\n")
    return sink.getvalue()


def _called_xlsx(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("表.xlsx", content)


# The status and code with which each is refused by whoever takes it over HTTP.
NO_TABLES: dict[str, tuple[Callable[[], SimpleUploadedFile], int, str]] = {
    "an old XLS, or one with a password": (
        lambda: _called_xlsx(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100),
        415,
        "UPLOAD_TYPE",
    ),
    "a page that a browser saved": (
        lambda: _called_xlsx(b"<html><table><tr><td>1</td></tr></table>"),
        415,
        "UPLOAD_TYPE",
    ),
    "no byte": (lambda: _called_xlsx(b""), 400, "INVALID_FIELD"),
}
# What is seen only when it is opened.
BROKEN: dict[str, tuple[Callable[[Table], SimpleUploadedFile], str]] = {
    "another archive": (lambda table: _called_xlsx(_zip()), "FORMAT_UNKNOWN"),
    "half a workbook": (
        lambda table: _called_xlsx(workbook([table.header, *table.rows]).read()[:-200]),
        "ARCHIVE_BROKEN",
    ),
    "blanks": (lambda table: SimpleUploadedFile("表.csv", b" \r\n\r\n"), "FILE_EMPTY"),
    "a quote that is left open": (
        lambda table: SimpleUploadedFile(
            "表.csv", text([table.header]).read() + b'"' + text(table.rows, encoding="utf-8").read()
        ),
        "FILE_BROKEN",
    ),
}  # fmt: skip
# What stands in one cell of the second row, and the code by which that row is told.
WRONG_CELLS: dict[str, tuple[Callable[[Table], SimpleUploadedFile], str]] = {
    "an error": (lambda table: workbook([table.header, *table.with_wrong("#REF!")]), "CELL_ERROR"),
    "an error saved as text": (lambda table: text([table.header, *table.with_wrong("#N/A")]), "CELL_ERROR"),
    "a formula without a result": (
        lambda table: workbook([table.header, *table.with_wrong("=A1")]),
        "FORMULA_EMPTY",
    ),
    "a long number kept as a number": (
        lambda table: workbook([table.header, *table.with_wrong(990000198001010012)]),
        "NUMBER_ROUNDED",
    ),
}
