"""A list that somebody hands in, as rows of cells by field: CSV in any Chinese encoding, or all sheets of a workbook.

Every list comes in through `read_table`, so that one file reads alike wherever it is brought in, and nothing of it is lost
unsaid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from gis.compute.intake.cells import is_blank
from gis.compute.intake.findings import Finding, finding_of
from gis.compute.intake.formats import CSV, XLSX, sniff
from gis.compute.intake.layouts import Columns, Layout, ignored_warning
from gis.compute.intake.separated import HEADER_WITHIN_ROWS, Numbered, separated_rows
from gis.compute.intake.sheet_rows import SheetLeft, SheetRow, left_warning
from gis.compute.intake.sheets import VerticalMerge, fill_down, merged_warning, nameless_warning
from gis.compute.intake.workbooks import Sheet, opened_workbook
from gis.compute.refusal import InputRefused

_MOST_COLUMNS = 200


class FileRefused(Exception):
    """The file cannot be taken; `findings` says why, row by row."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings[0].code if findings else "")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Table:
    """The data rows of a file with their own row numbers, and what reading it warns of.

    Rows of one of several sheets are numbered by `SheetRow`. Cells hold what the file does, `FaultyCell` where that is no
    value; a column that the file lacks is no cell.
    """

    rows: list[tuple[int, dict[str, object]]]
    warnings: list[Finding]


@dataclass(frozen=True, slots=True)
class _OneTable:
    """The rows below one header, and the positions of columns that hold something without a name."""

    columns: Columns
    rows: list[tuple[int, dict[str, object]]]
    nameless: frozenset[int]
    merges: Sequence[VerticalMerge] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file is read as: the layout of its columns, and the most rows it may hold."""

    layout: Layout
    most_rows: int


def read_table(path: Path, file_name: str, wanted: Wanted) -> Table:
    """The table of a file; raises `FileRefused` for what is no table, holds no header, no row, or too many."""
    try:
        form = sniff(path, file_name)
        if form == XLSX:
            with opened_workbook(path) as sheets:
                return _of_sheets(sheets, wanted)
        if form == CSV:
            rows, _ = separated_rows(
                path, file_name, lambda first: wanted.layout.header_of(first) is not None
            )
            return _as_one([("", _table(rows, wanted))], [], wanted.layout)
    except InputRefused as refused:
        raise FileRefused([finding_of(refused)]) from refused
    raise FileRefused([_no_table(form)])


def _of_sheets(sheets: Iterable[Sheet], wanted: Wanted) -> Table:
    """All sheets with a header as one table, else the refusal of the first sheet that is not blank."""
    tables: list[tuple[str, _OneTable]] = []
    left: list[SheetLeft] = []
    refusals: list[FileRefused] = []
    room = wanted.most_rows
    for sheet in sheets:
        if sheet.is_hidden:
            left.append(SheetLeft(sheet.name, "已隐藏", "hidden"))
            continue
        try:
            table = _of_sheet(sheet, Wanted(wanted.layout, room))
        except _Blank as blank:
            refusals.append(blank)
        except FileRefused as refused:
            first = refused.findings[0]
            if first.code == "TOO_MANY_ROWS":
                raise FileRefused([_too_many(wanted.most_rows)]) from refused
            refusals.insert(sum(not isinstance(each, _Blank) for each in refusals), refused)
            left.append(SheetLeft(sheet.name, first.zh, first.en))
        else:
            tables.append((sheet.name, table))
            room -= len(table.rows)
    if not tables:
        raise refusals[0] if refusals else FileRefused([_no_rows()])
    return _as_one(tables, left, wanted.layout)


def _as_one(tables: list[tuple[str, _OneTable]], left: list[SheetLeft], layout: Layout) -> Table:
    """The rows of all sheets, by sheet and row where there are several, with all that is to be told of them."""
    several = len(tables) > 1
    rows: list[tuple[int, dict[str, object]]] = []
    warnings: list[Finding] = []
    for position, (title, table) in enumerate(tables):
        columns = [(name, at, layout.synonyms[name][0]) for name, at in table.columns.at.items()]
        filled = fill_down(table.rows, columns, table.merges)
        warnings += merged_warning(filled, title if several else "")
        warnings += nameless_warning(table.nameless, title if several else "")
        rows += (
            [(SheetRow(number, title, position), cells) for number, cells in table.rows]
            if several
            else table.rows
        )
    ignored = dict.fromkeys(name for _, table in tables for name in table.columns.ignored)
    return Table(rows, warnings + left_warning(left) + ignored_warning(list(ignored)))


class _Blank(FileRefused):
    """A sheet in which nothing is written: nobody misses it."""


def _of_sheet(sheet: Sheet, wanted: Wanted) -> _OneTable:
    reading = sheet.reading(_MOST_COLUMNS)
    return replace(_table(iter(reading), wanted), merges=reading.merges)


def _table(numbered: Iterator[Numbered], wanted: Wanted) -> _OneTable:
    columns, rest = _header(numbered, wanted.layout)
    rows: list[tuple[int, dict[str, object]]] = []
    nameless: set[int] = set()
    for number, row in rest:
        cells = {field: row[at] if at < len(row) else None for field, at in columns.at.items()}
        if is_blank(cells.values()):
            continue
        rows.append((number, cells))
        nameless.update(at for at in range(len(row)) if at not in columns.named and not is_blank([row[at]]))
        if len(rows) > wanted.most_rows:
            raise FileRefused([_too_many(wanted.most_rows)])
    if not rows:
        raise FileRefused([_no_rows()])
    return _OneTable(columns, rows, frozenset(nameless))


def _header(numbered: Iterator[Numbered], layout: Layout) -> tuple[Columns, Iterator[Numbered]]:
    """The columns, and the rows below the header: titles may stand above it."""
    first = list(islice(numbered, HEADER_WITHIN_ROWS + 1))
    rows = [row for _, row in first]
    header = layout.header_of(rows)
    if header is not None:
        return header.columns, chain(first[header.rows :], numbered)
    refusal = layout.header_missing(rows[:HEADER_WITHIN_ROWS])
    if all(is_blank(row) for row in rows) and all(is_blank(row) for _, row in numbered):
        raise _Blank([refusal])
    raise FileRefused([refusal])


def _no_table(form: str) -> Finding:
    return Finding(
        "FORMAT_UNKNOWN", zh=f"不能导入{form}格式的表格", en=f"a list cannot be read from {form}",
        remedy_zh="请另存为XLSX或CSV", remedy_en="save it as XLSX or CSV", facts={"format": form},
    )  # fmt: skip


def _no_rows() -> Finding:
    return Finding(
        "NO_ROWS", zh="表中没有数据行", en="the table holds no rows", remedy_zh="请检查工作表是否正确",
        remedy_en="check that this is the right sheet",
    )  # fmt: skip


def _too_many(most: int) -> Finding:
    return Finding(
        "TOO_MANY_ROWS", zh=f"超过{most}行", en=f"there are more than {most} rows",
        remedy_zh="请拆分后分别导入", remedy_en="split it and import the parts",
        facts={"most": most},
    )  # fmt: skip
