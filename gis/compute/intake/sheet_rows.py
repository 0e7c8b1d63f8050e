"""Several sheets of a workbook: where a row stands, and which sheets were left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gis.compute.intake.cells import quoted
from gis.compute.intake.findings import Finding


class SheetRow(int):
    """The number of a row of one of several sheets; it is told as spreadsheets do (二区!3).

    Rows of two sheets are never the same row, whatever their numbers; as a number it is the row's own.
    """

    sheet: str
    position: int

    def __new__(cls, number: int, sheet: str, position: int) -> SheetRow:
        row = super().__new__(cls, number)
        row.sheet, row.position = quoted(sheet, 40), position
        return row

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SheetRow) and self.position == other.position and int.__eq__(self, int(other))
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((self.position, int(self)))

    def __str__(self) -> str:
        return f"{self.sheet}!{int(self)}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


def row_order(finding: Finding) -> tuple[int, int]:
    """The order of findings in a report: the whole file's first, then by sheet and row."""
    row = finding.row or 0
    return (row.position if isinstance(row, SheetRow) else 0, int(row))


@dataclass(frozen=True, slots=True)
class SheetLeft:
    """A sheet that was not read, and why."""

    sheet: str
    why_zh: str
    why_en: str


def left_warning(left: Sequence[SheetLeft]) -> list[Finding]:
    """One warning for the sheets that were not read beside those that were."""
    if not left:
        return []
    named = [(quoted(each.sheet, 40), each) for each in left[:30]]
    return [
        Finding(
            "SHEETS_LEFT",
            zh="以下工作表未导入：" + "；".join(f"“{name}”（{each.why_zh}）" for name, each in named),
            en="these sheets were not imported: "
            + "; ".join(f"{name} ({each.why_en})" for name, each in named),
            remedy_zh="如其中有需要导入的数据，请补上表头、取消隐藏后重新导入",
            remedy_en="if one of them is wanted, give it a header, unhide it, and import again",
            facts={"sheets": [name for name, _ in named]},
        )
    ]
