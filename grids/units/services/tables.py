"""A small table somebody uploads: CSV in UTF-8 or GB18030, or a workbook, as texts by field with their row numbers.

Whole or not at all: whoever reads one collects every row's refusal and raises them together (`refuse_rows`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from gis.compute.intake.cells import day_of, text_of
from gis.compute.intake.findings import Finding
from gis.compute.intake.layouts import Layout
from gis.compute.intake.lists import FileRefused, Wanted, read_table
from gis.compute.intake.sheet_rows import SheetRow, row_order
from gis.compute.intake.sheets import fault_finding, fault_of
from gis.layers.rules.findings import refusal
from tenants.bureau.rules.upload_size import check_upload_size
from wangge.errors import RuleBroken, refuse_all
from wangge.kernel.uploads import Content, Purpose

MOST_ROWS = 50_000
# 50,000 rows of four short columns are about 3 MB.
MOST_BYTES = 10_000_000
MOST_TOLD = 100
_FIRST, _LAST = date(1900, 1, 1), date(2100, 12, 31)
_TEXTS = frozenset({Content.TEXT, Content.ZIP})


@dataclass(frozen=True, slots=True)
class Column:
    """A column by the field it fills and the names people give it; a required one makes the header."""

    field: str
    names: tuple[str, ...]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file, its header included, and its cells by field, blank ones as ''."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Listed:
    """The filled rows of a table, and what reading it warns of."""

    rows: list[Row]
    warnings: list[Finding]


def table_files(zh: str, en: str) -> Purpose:
    """What an upload of such a table may be."""
    return Purpose(
        zh=zh,
        en=en,
        endings={".xlsx": frozenset({Content.ZIP}), ".csv": _TEXTS, ".txt": _TEXTS},
    )


def read_rows(upload: Any, columns: Sequence[Column]) -> Listed:
    """The filled rows of an uploaded table.

    Raises 413 FILE_TOO_LARGE and 422 FORMAT_UNKNOWN, ARCHIVE_BROKEN, FILE_BROKEN, FILE_EMPTY, MOJIBAKE, HEADER_MISSING, NO_ROWS,
    TOO_MANY_ROWS, and together CELL_ERROR, FORMULA_EMPTY and NUMBER_ROUNDED for cells that hold no value.
    """
    _check_size(upload.size)
    layout = _layout(columns)
    with tempfile.NamedTemporaryFile(prefix="table-") as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        try:
            table = read_table(Path(copy.name), str(upload.name or ""), Wanted(layout, MOST_ROWS))
        except FileRefused as refused:
            raise refusal(refused.findings[0]) from refused
    refusals: list[RuleBroken] = []
    rows = [_row(number, cells, layout, refusals) for number, cells in table.rows]
    refuse_rows(refusals)
    return Listed(rows, table.warnings)


def _layout(columns: Sequence[Column]) -> Layout:
    required = {column.field: column.names[0] for column in columns if column.required}
    return Layout(
        {column.field: column.names for column in columns},
        required,
        f"表头须有{'、'.join(f'“{name}”' for name in required.values())}列，列的顺序不限",
        f"let a header row name {', '.join(required.values())}, in any order",
    )


def _row(number: int, cells: Mapping[str, object], layout: Layout, refusals: list[RuleBroken]) -> Row:
    """The row's cells as texts; what cannot be had of one is added to the refusals, and it is left empty."""
    texts = dict.fromkeys(cells, "")
    for field, cell in cells.items():
        shown, fault = layout.synonyms[field][0], fault_of(cell)
        if fault is not None:
            refusals.append(_cell_refused(fault_finding(fault, number, shown), field))
        else:
            texts[field] = text_of(cell)
    return Row(number, texts)


def refuse_rows(refusals: Sequence[RuleBroken]) -> None:
    """Raise the refusals of a file's rows together, at most a hundred of them, and say how many more there are."""
    told = list(refusals[:MOST_TOLD])
    if len(refusals) > MOST_TOLD:
        more = len(refusals) - MOST_TOLD
        told.append(
            RuleBroken(
                "MORE_ERRORS", zh=f"另有{more}处错误未列出", en=f"{more} more errors are not listed",
                facts={"more": more}, how_to_fix_zh="请更正已列出的各行后重新导入",
                how_to_fix_en="mend the rows that are listed and import again",
            )
        )  # fmt: skip
    refuse_all(told)


def by_row(refusals: Sequence[RuleBroken]) -> list[RuleBroken]:
    """Refusals of rows in the order of the rows, sheet by sheet."""
    return sorted(refusals, key=lambda refused: row_order(Finding("", "", "", row=_row_of(refused))))


def _row_of(refused: RuleBroken) -> int | None:
    row = refused.facts.get("row")
    return row if isinstance(row, int) else None


def row_refused(
    code: str,
    row: int,
    *,
    zh: str,
    en: str,
    field: str,
    rule: str,
    fix_zh: str,
    fix_en: str,
    status: int = 422,
) -> RuleBroken:
    """One row of a file refused, its number (and of several sheets its own) in the message and in the facts."""
    sheet = {"sheet": row.sheet} if isinstance(row, SheetRow) else {}
    return RuleBroken(
        code, zh=f"第{row}行：{zh}", en=f"row {row}: {en}", field=field, rule=rule, status=status,
        facts={"row": row, **sheet}, how_to_fix_zh=fix_zh, how_to_fix_en=fix_en,
    )  # fmt: skip


def day_in(row: Row, field: str, rule: str) -> date | None:
    """The day in a cell, written 2024-05-01, 2024/5/1, 2024年5月1日 or 20240501; None for a blank; 422 DAY_FORMAT."""
    text = row.cells.get(field, "")
    try:
        return day_of(text, _FIRST, _LAST)
    except (ValueError, OverflowError):
        pass
    raise row_refused(
        "DAY_FORMAT", row.number, zh=f"“{text[:20]}”不是日期", en=f"“{text[:20]}” is no day", field=field, rule=rule,
        fix_zh="请填写日期，如2024-05-01", fix_en="write a day, as in 2024-05-01",
    )  # fmt: skip


def _check_size(size_bytes: int) -> None:
    check_upload_size(
        size_bytes,
        min(MOST_BYTES, settings.WANGGE_UPLOAD_LIMIT_BYTES),
        how_to_fix_zh="请按区县拆分，并删除图片和多余工作表",
        how_to_fix_en="split it by county, leave out pictures",
    )


def _cell_refused(found: Finding, field: str) -> RuleBroken:
    return row_refused(
        found.code, found.row or 0, zh=found.zh, en=found.en, field=field, rule="X08", fix_zh=found.remedy_zh,
        fix_en=found.remedy_en,
    )  # fmt: skip
