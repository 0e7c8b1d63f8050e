"""The sheets of a workbook, each in one pass: rows with their own numbers, merged ranges, and cells that hold no value.

XLSX is read here by its XML, with openpyxl's words for formats and days. Its public read-only mode tells neither merged
ranges nor a formula without a result from a blank cell, and its other mode needs some fifty times the file in memory;
calamine lays a sheet out from its first cell to its last, so that two cells far apart end the process
(tafia/calamine#693).
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.utils.datetime import from_excel, from_ISO8601

from gis.compute.intake.sheets import CellFault, FaultyCell, VerticalMerge
from gis.compute.intake.workbook_parts import Package, tags, text_in, unescaped
from gis.compute.refusal import InputRefused

_ROW, _MERGE, _VALUE, _FORMULA, _INLINE = map(tags, ("row", "mergeCell", "v", "f", "is"))
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, ArithmeticError, LookupError, ValueError, TypeError, OSError, SyntaxError, EOFError,
    RuntimeError,
)  # fmt: skip
_DIGITS = "0123456789"
_ERROR, _FORMULA_EMPTY, _ROUNDED = map(
    FaultyCell, (CellFault.ERROR, CellFault.FORMULA_EMPTY, CellFault.ROUNDED)
)
# A spreadsheet keeps fifteen digits of a number; what stands behind them is lost.
_EXACT_TO = 10**15


@dataclass(frozen=True)
class Sheet:
    """A sheet of rows and columns; `is_hidden` where people do not see it."""

    name: str
    is_hidden: bool
    part: str
    package: Package = field(repr=False)

    def reading(self, most_columns: int, most_rows: int | None = None) -> SheetReading:
        """The sheet's rows up to that column and, when given, that row."""
        return SheetReading(self, most_columns, most_rows)


@contextmanager
def opened_workbook(path: Path) -> Iterator[list[Sheet]]:
    """The sheets of a workbook, in order; the caller has already measured the archive (`sniff`).

    Raises `FILE_BROKEN`, also while rows are read, and `FORMAT_UNKNOWN` for a workbook that is kept in binary.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGES as error:
        raise _broken() from error
    with archive:
        try:
            package = Package(archive)
            sheets = [Sheet(each.name, each.is_hidden, each.part, package) for each in package.sheets()]
        except InputRefused:
            raise
        except _DAMAGES as error:
            raise _broken() from error
        yield sheets


class SheetReading:
    """The rows of a sheet as the file writes them; its merges are known after the last row.

    Missing rows are left out, each bears its own number. Blank cells are None, `FaultyCell` stands for those without a
    value. Raises `FILE_BROKEN`.
    """

    def __init__(self, sheet: Sheet, most_columns: int, most_rows: int | None) -> None:
        self._sheet, self._most_columns, self._most_rows = sheet, most_columns, most_rows
        self._places: dict[str, int] = {}
        self.merges: list[VerticalMerge] = []

    def __iter__(self) -> Iterator[tuple[int, list[object]]]:
        self.merges.clear()
        try:
            yield from self._rows()
        except _DAMAGES as error:
            raise _broken() from error

    def _rows(self) -> Iterator[tuple[int, list[object]]]:
        number, values = 0, _Values(self._sheet.package)
        with self._sheet.package.open(self._sheet.part) as source:
            for _, element in ElementTree.iterparse(source):
                if element.tag in _ROW:
                    number = int(float(element.get("r") or number + 1))
                    if self._most_rows is not None and number > self._most_rows:
                        return
                    yield number, self._cells(element, values)
                    element.clear()
                elif element.tag in _MERGE:
                    self._merge(element.get("ref", ""))

    def _cells(self, row: Element, values: _Values) -> list[object]:
        cells: list[object] = []
        position = -1
        for cell in row:
            position = self._place(cell.get("r"), position + 1)
            if position >= self._most_columns:
                continue
            value = values.of(cell)
            if value is not None:
                if position >= len(cells):
                    cells.extend([None] * (position + 1 - len(cells)))
                cells[position] = value
        return cells

    def _place(self, reference: str | None, following: int) -> int:
        """The position of a cell; one that does not say stands beside the one before."""
        if not reference:
            return following
        letters = reference.rstrip(_DIGITS)
        found = self._places.get(letters)
        if found is None:
            found = self._places[letters] = int(column_index_from_string(letters)) - 1
        return found

    def _merge(self, reference: str) -> None:
        column, first, _, last = range_boundaries(reference)
        if last > first:
            self.merges.append(VerticalMerge(column - 1, first, last))


class _Values:
    """What the cells of a workbook hold."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._epoch, self._formats = package.epoch, package.formats

    def of(self, cell: Element) -> object:
        """The value of a cell as people see it; None for a blank one."""
        kind, text, has_formula = cell.get("t", "n"), None, False
        for part in cell:
            if part.tag in _VALUE:
                text = part.text
            elif part.tag in _FORMULA:
                has_formula = True
            elif part.tag in _INLINE and kind == "inlineStr":
                return text_in(part) or None
        if kind == "e":
            return _ERROR
        if not text:
            # A result that is the empty text says so by its type: such a cell is blank.
            return _FORMULA_EMPTY if has_formula and kind != "str" else None
        return self._held(kind, text, cell)

    def _held(self, kind: str, text: str, cell: Element) -> object:
        if kind == "s":
            return self._package.strings[int(text)]
        if kind == "n":
            return self._number(text, cell.get("s", "0"))
        if kind == "b":
            return text.strip() not in ("0", "false")
        if kind == "d":
            return from_ISO8601(text)
        return unescaped(text)

    def _number(self, text: str, style: str) -> object:
        number = float(text) if "." in text or "e" in text or "E" in text else int(text)
        if style in self._formats.days:
            try:
                return from_excel(number, self._epoch, timedelta=style in self._formats.spans)
            except (OverflowError, ValueError):
                return _ERROR  # a spreadsheet shows ##### there
        if abs(number) >= _EXACT_TO:
            return _ROUNDED
        if style in self._formats.digits and isinstance(number, int) and number >= 0:
            return text.strip().zfill(self._formats.digits[style])
        return number


def _broken() -> InputRefused:
    return InputRefused(
        "FILE_BROKEN", zh="文件已损坏，无法读取", en="the file is damaged and cannot be read",
        remedy_zh="请在Excel或WPS中打开并另存后上传", remedy_en="open it in a spreadsheet, save it again and upload",
    )  # fmt: skip
