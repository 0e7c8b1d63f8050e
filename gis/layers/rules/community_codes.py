"""Every imported community has a 12-digit code, its own or its namesake's in the org tree, and an org unit
above it.

Rule: J19
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gis.compute.intake import Finding

CODE_LENGTH = 12
# Town (9 digits) and county (6 digits) are prefixes of a community's statistical code.
_PREFIXES = (12, 9, 6)
_ENDINGS = re.compile(r"(社区居民委员会|村民委员会|居民委员会|社区居委会|居委会|村委会|社区|村)$")


@dataclass(frozen=True)
class UnitOfTree:
    """A unit of the org tree with its current statistical code."""

    id: int
    code: str
    name: str


@dataclass(frozen=True)
class PlacedCommunity:
    """The code a row gets and the org unit on which rights over it are decided."""

    row: int
    code: str
    unit_id: int


def bare_name(name: str) -> str:
    """A community's name without its office: 枫华园社区居民委员会 and 枫华园社区 are the same place."""
    return _ENDINGS.sub("", name.strip())


def place_communities(
    rows: Sequence[tuple[int, str, str]], units: Iterable[UnitOfTree], root_id: int
) -> tuple[list[PlacedCommunity], list[Finding], list[Finding]]:
    """Code and org unit of each (row, code, name), with errors and warnings.

    A row without a code takes that of the one unit of its name; none or several is an error. A code the tree
    does not know hangs on its town, its county or the city, with a warning.
    """
    by_code: dict[str, UnitOfTree] = {}
    by_name: dict[str, list[UnitOfTree]] = {}
    for unit in units:
        by_code[unit.code] = unit
        if len(unit.code) == CODE_LENGTH:
            by_name.setdefault(bare_name(unit.name), []).append(unit)
    placed: list[PlacedCommunity] = []
    errors: list[Finding] = []
    strays: list[tuple[int, str, str]] = []
    for row, given, name in rows:
        namesakes = by_name.get(bare_name(name), [])
        code = given or (namesakes[0].code if len(namesakes) == 1 else "")
        if not code:
            errors.append(_without_code(row, name, len(namesakes)))
            continue
        unit_id, is_own = _unit_above(code, by_code, root_id)
        if not is_own:
            strays.append((row, code, name))
        placed.append(PlacedCommunity(row, code, unit_id))
    errors += _repeated(placed, rows)
    return placed, errors, _stray_warnings(strays)


def _unit_above(code: str, by_code: Mapping[str, UnitOfTree], root_id: int) -> tuple[int, bool]:
    for length in _PREFIXES:
        unit = by_code.get(code[:length])
        if unit is not None:
            return unit.id, length == CODE_LENGTH
    return root_id, False


def _without_code(row: int, name: str, namesakes: int) -> Finding:
    why_zh = f"机构树中有{namesakes}个同名社区" if namesakes else "机构树中没有同名社区"
    why_en = (
        f"the org tree has {namesakes} of that name" if namesakes else "the org tree has none of that name"
    )
    return Finding(
        "COMMUNITY_CODE_MISSING",
        zh=f"第{row}行：社区“{name}”没有12位区划代码，{why_zh}",
        en=f"row {row}: community “{name}” has no 12-digit code and {why_en}",
        remedy_zh="请填写统计用区划代码（12位）",
        remedy_en="give its 12-digit statistical code",
        row=row,
        field="code",
        facts={"name": name, "namesakes": namesakes},
    )


def _repeated(placed: Sequence[PlacedCommunity], rows: Sequence[tuple[int, str, str]]) -> list[Finding]:
    """Rows that come to the same code by name; repeated codes in the file were found by the intake."""
    names = {row: name for row, _, name in rows}
    first: dict[str, int] = {}
    findings = []
    for community in placed:
        earlier = first.setdefault(community.code, community.row)
        if earlier != community.row:
            findings.append(
                Finding(
                    "KEY_REPEATED",
                    zh=f"第{community.row}行“{names[community.row]}”与第{earlier}行是同一社区（{community.code}）",
                    en=f"row {community.row} is the same community as row {earlier} ({community.code})",
                    remedy_zh="请删除或更正重复的行",
                    remedy_en="delete or correct the repeated row",
                    row=community.row,
                    field="code",
                    facts={"key": community.code, "first_row": earlier},
                )
            )
    return findings


def _stray_warnings(strays: Sequence[tuple[int, str, str]]) -> list[Finding]:
    if not strays:
        return []
    shown = "、".join(f"{name}（{code}）" for _, code, name in strays[:5])
    return [
        Finding(
            "UNIT_NOT_FOUND",
            zh=f"{len(strays)}个社区的代码不在机构树中，已挂到上级单位：{shown}",
            en=f"the codes of {len(strays)} communities are not in the org tree; they hang on the unit above: {shown}",
            remedy_zh="请核对区划代码，或先更新机构树",
            remedy_en="check the codes, or update the org tree first",
            field="code",
            facts={"count": len(strays), "rows": [row for row, _, _ in strays[:200]]},
        )
    ]
