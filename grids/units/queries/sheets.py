"""Lists as a workbook of one sheet.

openpyxl writes the workbook around one pattern row; the rows themselves are written as text. Through openpyxl's cells
20,000 lines took four fifths of a list's time.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from math import isfinite
from numbers import Integral, Real
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHEET = "xl/worksheets/sheet1.xml"
_DATA = re.compile(r"<sheetData\s*>.*</sheetData>|<sheetData\s*/>", re.DOTALL)
_DAY_STYLE = re.compile(r'<c [^>]*\bs="(\d+)"')
_DIMENSION = re.compile(r"<dimension [^>]*/>")
# What XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def workbook(title: str, lines: Iterable[Sequence[object]]) -> bytes:
    """The lines as XLSX, row by row; texts stay texts, also those that begin like a formula."""
    pattern = zipfile.ZipFile(io.BytesIO(_pattern(title)))
    sheet = pattern.read(_SHEET).decode()
    day_style = _DAY_STYLE.findall(sheet)[0]
    before, after = _DATA.split(sheet, maxsplit=1)
    before = _DIMENSION.sub("", before)  # it tells of the pattern's one row
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for part in pattern.namelist():
            if part != _SHEET:
                made.writestr(part, pattern.read(part))
        with made.open(_SHEET, "w") as rows:
            rows.write(f"{before}<sheetData>".encode())
            for number, line in enumerate(lines, 1):
                cells = "".join(
                    _cell(f"{get_column_letter(column)}{number}", value, day_style)
                    for column, value in enumerate(line, 1)
                )
                rows.write(f'<row r="{number}">{cells}</row>'.encode())
            rows.write(f"</sheetData>{after}".encode())
    return file.getvalue()


def _pattern(title: str) -> bytes:
    """A workbook of one sheet with one day in it, so that it has the style of a day."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    sheet["A1"] = date(2024, 1, 1)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(at: str, value: object, day_style: str) -> str:
    if _is_empty(value):
        return ""
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, Integral):
        return f'<c r="{at}"><v>{int(value)}</v></c>'
    if isinstance(value, Real | Decimal):
        # As a plain float: the numbers of numpy name their type where they are written out.
        return f'<c r="{at}"><v>{float(value)!r}</v></c>' if isfinite(value) else ""
    if isinstance(value, date):
        return f'<c r="{at}" s="{day_style}"><v>{to_excel(value)}</v></c>'
    text = escape(_UNWRITABLE.sub("", str(value)))
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _is_empty(value: object) -> bool:
    """Whether there is nothing to show: nothing, an empty text, or what frames put for it, which equals not even itself."""
    return value is None or value == "" or value != value
