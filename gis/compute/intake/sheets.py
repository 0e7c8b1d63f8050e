"""What a sheet holds beside values in named columns: merged ranges, cells without a value, columns without a name."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from openpyxl.utils import get_column_letter

from gis.compute.intake.encodings import plain
from gis.compute.intake.findings import Finding

_MOST_ROWS_TOLD = 1000
_ERROR_WORDS = frozenset(
    {
        "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
        "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#GETTING_DATA",
    }
)  # fmt: skip


class CellFault(StrEnum):
    """Why a cell that is not blank holds no value."""

    ERROR = "CELL_ERROR"  # it shows #N/A, #REF! …
    FORMULA_EMPTY = "FORMULA_EMPTY"  # a formula whose result the file does not hold
    ROUNDED = "NUMBER_ROUNDED"  # a long number that was kept as a number: its last digits are gone


@dataclass(frozen=True, slots=True)
class FaultyCell:
    """Stands where a sheet's cell holds no value."""

    fault: CellFault


@dataclass(frozen=True, slots=True)
class VerticalMerge:
    """A merged range of several rows: the position of its first column, its first and its last row."""

    column: int
    first_row: int
    last_row: int


def fault_of(value: object) -> CellFault | None:
    """Why a cell holds no value, also where a table was saved as texts such as #N/A; None for one that does."""
    if isinstance(value, FaultyCell):
        return value.fault
    if isinstance(value, str) and ("#" in value or "＃" in value) and plain(value).upper() in _ERROR_WORDS:
        return CellFault.ERROR
    return None


def fault_finding(fault: CellFault, row: int | None, called: str) -> Finding:
    """The error of a row whose cell holds no value; `called`: the name of its column."""
    if fault is CellFault.ERROR:
        return Finding(
            fault.value, zh=f"“{called}”是表格的错误值（如#N/A、#REF!），不是内容", row=row, field=called,
            en=f"{called} shows a spreadsheet's error (such as #N/A, #REF!) and no content",
            remedy_zh="请更正公式或直接填写内容后重新导入", remedy_en="mend the formula, or type the content, and import again",
        )  # fmt: skip
    if fault is CellFault.ROUNDED:
        return Finding(
            fault.value, zh=f"“{called}”的长号码被表格存成了数值，末尾数字已丢失", row=row, field=called,
            en=f"the long number in {called} was kept as a number: its end is lost",
            remedy_zh="请将该列设为“文本”格式后重新填写", remedy_en="format the column as text and write the number anew",
        )  # fmt: skip
    return Finding(
        fault.value, zh=f"“{called}”是公式，文件中没有它的计算结果", row=row, field=called,
        en=f"{called} is a formula, and the file does not hold its result",
        remedy_zh="请用Excel或WPS打开文件并保存（使公式算出结果），或将公式粘贴为值",
        remedy_en="open and save the file in a spreadsheet so that formulas get results, or paste them as values",
    )  # fmt: skip


@dataclass(slots=True)
class FilledDown:
    """How many blank cells of merged ranges took their range's value, in which rows and columns."""

    count: int = 0
    rows: dict[int, None] = field(default_factory=dict)
    columns: dict[str, None] = field(default_factory=dict)


def fill_down(
    rows: Sequence[tuple[int, Any]], columns: Iterable[tuple[Any, int, str]], merges: Iterable[VerticalMerge]
) -> FilledDown:
    """Write the first cell of every merged range of data cells into the blank cells of its rows below.

    `rows` are in order, each a list or a dict of cells, and are changed in place. `columns`: the key of a cell in them,
    its position in the sheet, and what people call it. Ranges that begin above the data (a header's) fill nothing.
    """
    filled, numbers = FilledDown(), [number for number, _ in rows]
    by_column: dict[int, list[VerticalMerge]] = {}
    for merge in merges:
        by_column.setdefault(merge.column, []).append(merge)
    for key, position, called in columns:
        last = 0
        for merge in sorted(by_column.get(position, ()), key=lambda each: each.first_row):
            if merge.first_row <= last:
                continue  # ranges do not overlap in honest files; in others each row is filled once
            last = merge.last_row
            start = bisect_left(numbers, merge.first_row)
            if start < len(numbers) and numbers[start] == merge.first_row:
                within = rows[start : bisect_right(numbers, merge.last_row)]
                _fill(within, key, called, filled)
    return filled


def _fill(rows: Sequence[tuple[int, Any]], key: Any, called: str, filled: FilledDown) -> None:
    value = rows[0][1][key]
    if value is None or value == "":
        return
    for number, cells in rows[1:]:
        if cells[key] is None or cells[key] == "":
            cells[key] = value
            filled.count += 1
            filled.rows[number] = None
            filled.columns[called] = None


def merged_warning(filled: FilledDown, sheet: str = "") -> list[Finding]:
    """One warning for a sheet's cells that were filled down; `sheet` is named when the workbook has several."""
    if not filled.count:
        return []
    columns, rows = list(filled.columns), sorted(filled.rows)
    first = "、".join(map(str, rows[:20])) + ("等" if len(rows) > 20 else "")
    where, where_en = (f"工作表“{sheet}”：", f"sheet {sheet}: ") if sheet else ("", "")
    return [
        Finding(
            "MERGED_CELLS",
            zh=f"{where}{filled.count}个空白单元格属于合并单元格，已填入其首格内容（{'、'.join(columns)}，第{first}行）",
            en=f"{where_en}{filled.count} blank cells belong to merged ones and took their value ({', '.join(columns)})",
            remedy_zh="请核对这些行；如不适用，请取消合并后逐行填写",
            remedy_en="check these rows; where it does not fit, unmerge the cells and fill in each row",
            field="、".join(columns),
            facts={
                "count": filled.count, "columns": columns, "rows": rows[:_MOST_ROWS_TOLD],
                **({"sheet": sheet} if sheet else {}),
            },
        )
    ]  # fmt: skip


def nameless_warning(positions: Collection[int], sheet: str = "") -> list[Finding]:
    """One warning for the columns that hold something below no name; `sheet` is named when the workbook has several."""
    if not positions:
        return []
    letters = [get_column_letter(position + 1) for position in sorted(positions)[:30]]
    where, where_en = (f"工作表“{sheet}”：", f"sheet {sheet}: ") if sheet else ("", "")
    return [
        Finding(
            "COLUMNS_NAMELESS",
            zh=f"{where}第{'、'.join(letters)}列没有列名，其中的内容未导入",
            en=f"{where_en}the columns {', '.join(letters)} have no name: what they hold was not imported",
            remedy_zh="如其中有需要的内容，请在表头补上列名",
            remedy_en="if one of them is wanted, name it in the header",
            facts={"columns": letters},
        )
    ]
