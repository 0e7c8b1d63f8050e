"""A year's code table is compared with the tree: what is new, renamed, gone; the same table again changes nothing.

Rule: J19
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tenants.bureau.rules.division_codes import DivisionCode, parse_division_code
from tenants.bureau.rules.org_levels import OrgLevel
from wangge.errors import RuleBroken

# 市辖区, 县 and the like: rows of the table that group counties and are no unit of the tree.
GROUPING_NAMES = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


@dataclass(frozen=True, slots=True)
class DivisionRow:
    """One row of a code table; `line` is its line in the file, for messages."""

    code: str
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class NamedDivision:
    """A code that was read, with its name."""

    code: DivisionCode
    name: str


@dataclass(frozen=True, slots=True)
class DivisionChanges:
    """What a table changes; new units come parents first."""

    new: list[NamedDivision] = field(default_factory=list)
    renamed: list[NamedDivision] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def is_empty(self) -> bool:
        """True when the table says what the tree says."""
        return not (self.new or self.renamed or self.vanished)


def read_divisions(
    rows: Iterable[DivisionRow], city_code: str
) -> tuple[list[NamedDivision], list[RuleBroken]]:
    """The rows as divisions of this city, and a refusal for every row that cannot be used.

    The city's own row and rows that only group counties are left out. Codes: DIVISION_CODE, DIVISION_NAME,
    DIVISION_DUPLICATE, DIVISION_OTHER_CITY (all 422, with the line).
    """
    city = parse_division_code(city_code).text
    read: list[NamedDivision] = []
    refusals: list[RuleBroken] = []
    first_line: dict[str, int] = {}
    for row in rows:
        try:
            division = _read(row, city, first_line)
        except RuleBroken as refusal:
            refusals.append(refusal)
        else:
            if division is not None:
                read.append(division)
    return read, refusals


def _read(row: DivisionRow, city: str, first_line: dict[str, int]) -> NamedDivision | None:
    name = row.name.strip()
    try:
        code = parse_division_code(row.code)
    except RuleBroken as refusal:
        raise _at_line(row, refusal.code, refusal.zh, refusal.en) from refusal
    if name in GROUPING_NAMES or code.text == city:
        return None
    if not name:
        raise _at_line(row, "DIVISION_NAME", "名称为空", "it has no name")
    if city_of(code) != city:
        raise _at_line(
            row,
            "DIVISION_OTHER_CITY",
            f"代码{code.text}不属于本市（{city}）",
            f"the code {code.text} belongs to another city than {city}",
        )
    if code.text in first_line:
        raise _at_line(
            row,
            "DIVISION_DUPLICATE",
            f"代码{code.text}与第{first_line[code.text]}行重复",
            f"the code {code.text} repeats line {first_line[code.text]}",
        )
    first_line[code.text] = row.line
    return NamedDivision(code, name)


def city_of(code: DivisionCode) -> str:
    """The four digits of the city a code belongs to."""
    while code.parent is not None:
        code = parse_division_code(code.parent)
    return code.text


def division_changes(
    current: Mapping[str, str], wanted: Iterable[NamedDivision], *, complete: bool
) -> DivisionChanges:
    """Compare the names by code that stand now with a table.

    A `complete` table is the whole city's of its year: a code that it leaves out, on a level that it names at all,
    has vanished. A table of one district alone is not complete and takes nothing away.
    """
    rows = sorted(wanted, key=lambda row: len(row.code.text))
    codes = {row.code.text for row in rows}
    levels = {len(code) for code in codes}
    changes = DivisionChanges(
        new=[row for row in rows if row.code.text not in current],
        renamed=[row for row in rows if current.get(row.code.text, row.name) != row.name],
        vanished=sorted(code for code in current if complete and len(code) in levels and code not in codes),
        unchanged=sum(1 for row in rows if current.get(row.code.text) == row.name),
    )
    return changes


def orphan_refusals(changes: DivisionChanges, current: Iterable[str], city_code: str) -> list[RuleBroken]:
    """One 422 DIVISION_NO_PARENT for every new unit whose parent neither stands nor comes, or goes with this table.

    Rule: J19
    """
    gone = set(changes.vanished)
    standing = (
        (set(current) - gone) | {row.code.text for row in changes.new} | {parse_division_code(city_code).text}
    )
    return [
        RuleBroken(
            "DIVISION_NO_PARENT",
            zh=f"{row.name}（{row.code.text}）的上级{row.code.parent}不存在",
            en=f"{row.code.text} has no parent: {row.code.parent} does not stand",
            rule="J19",
            facts={"code": row.code.text, "parent": row.code.parent},
            how_to_fix_zh="请在同一批数据中包含上级单位，或先导入上级",
            how_to_fix_en="include the parent in the same table, or load it first",
            field="code",
        )
        for row in changes.new
        if row.code.level is not OrgLevel.CITY and row.code.parent not in standing
    ]


def _at_line(row: DivisionRow, code: str, zh: str, en: str) -> RuleBroken:
    return RuleBroken(
        code,
        zh=f"第{row.line}行：{zh}",
        en=f"line {row.line}: {en}",
        rule="J19",
        facts={"line": row.line, "code": row.code, "name": row.name},
        how_to_fix_zh="请更正该行后重新导入；整批数据均未写入",
        how_to_fix_en="correct this line and load the table again; nothing was written",
        field="code",
    )
