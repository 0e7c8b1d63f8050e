"""Sheets of a workbook in which text stays text and columns are as wide as what stands in them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

_WIDEST, _NARROWEST = 60, 8
# So many rows are looked at for the width of a column.
_LOOKED_AT = 200
_BOLD = Font(bold=True)


def fill_sheet(book: Workbook, title: str, table: Sequence[Sequence[Any]]) -> None:
    """Write a header and rows; a text is one whatever it begins with."""
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for at, width in enumerate(_widths(table), 1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    for number, row in enumerate(table):
        sheet.append([_cell(sheet, value, is_header=not number) for value in row])


def fill_lines(book: Workbook, title: str, lines: Iterable[tuple[str, Any]]) -> None:
    """Write labels and their values, one a row."""
    fill_sheet(book, title, [("项目 / item", "值 / value"), *lines])


def book_bytes(book: Workbook) -> bytes:
    """The workbook as a file."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(sheet: Any, value: Any, *, is_header: bool) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
    if is_header:
        cell.font = _BOLD
    return cell


def _widths(table: Sequence[Sequence[Any]]) -> list[int]:
    columns = max((len(row) for row in table), default=0)
    widths = [_NARROWEST] * columns
    for row in table[:_LOOKED_AT]:
        for at, value in enumerate(row):
            widths[at] = max(widths[at], min(_WIDEST, _width(value)))
    return widths


def _width(value: Any) -> int:
    """In columns of a digit's width; a Chinese character takes two."""
    text = "" if value is None else str(value)
    return 2 + sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)
