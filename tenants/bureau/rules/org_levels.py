"""Units form a tree of city, county, town and village, and each hangs under the next higher level.

Rule: J19
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from wangge.errors import RuleBroken

LEVEL_CLAUSE = "市、县、乡三级体育总会…市、县、乡、村四级全民健身组织达到全覆盖"


class OrgLevel(StrEnum):
    """The four levels, high to low."""

    CITY = "city"  # 市
    COUNTY = "county"  # 县（市、区）
    TOWN = "town"  # 乡（镇、街道）
    VILLAGE = "village"  # 村（社区）


LEVEL_NAMES_ZH: Mapping[OrgLevel, str] = {
    OrgLevel.CITY: "市",
    OrgLevel.COUNTY: "县（市、区）",
    OrgLevel.TOWN: "乡（镇、街道）",
    OrgLevel.VILLAGE: "村（社区）",
}

PARENT_LEVEL: Mapping[OrgLevel, OrgLevel | None] = {
    OrgLevel.CITY: None,
    OrgLevel.COUNTY: OrgLevel.CITY,
    OrgLevel.TOWN: OrgLevel.COUNTY,
    OrgLevel.VILLAGE: OrgLevel.TOWN,
}


@dataclass(frozen=True, slots=True)
class DatedNode:
    """One unit under one parent for a span of days; `valid_to` is its last day, None while it stands."""

    unit: int
    level: OrgLevel
    parent: int | None
    valid_from: date
    valid_to: date | None = None

    def is_valid(self, on: date) -> bool:
        """True on the first day, on the last, and between them."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


def check_level(level: OrgLevel, parent_level: OrgLevel | None) -> None:
    """Refuse a unit that hangs under any level but the next higher one with 422 ORG_LEVEL.

    Rule: J19
    """
    expected = PARENT_LEVEL[level]
    if parent_level == expected:
        return
    own = LEVEL_NAMES_ZH[level]
    expected_zh = "无上级" if expected is None else f"上级应为{LEVEL_NAMES_ZH[expected]}"
    raise _org_level(
        zh=f"组织层级不正确：{own}{'' if expected is None else '的'}{expected_zh}",
        en=f"a {level} belongs {'at the top' if expected is None else f'under a {expected}'}, "
        f"not {'at the top' if parent_level is None else f'under a {parent_level}'}",
        facts={"level": level.value, "parent_level": parent_level and parent_level.value},
    )


def check_tree(nodes: Iterable[DatedNode], on: date) -> None:
    """Refuse units that, on the given day, skip a level, hang under nothing valid, or go round in a circle.

    Rule: J19
    """
    standing = {node.unit: node for node in nodes if node.is_valid(on)}
    for node in standing.values():
        if node.parent is None:
            check_level(node.level, None)
            continue
        check_no_cycle(node.unit, node.parent, {key: row.parent for key, row in standing.items()})
        parent = standing.get(node.parent)
        if parent is None:
            raise _org_level(
                zh=f"组织层级不正确：单位{node.unit}的上级{node.parent}在{on.isoformat()}不存在",
                en=f"unit {node.unit}: its parent {node.parent} does not stand on {on.isoformat()}",
                facts={"unit": node.unit, "parent": node.parent, "on": on.isoformat()},
            )
        check_level(node.level, parent.level)


def check_no_cycle(unit: int, new_parent: int | None, parents: Mapping[int, int | None]) -> None:
    """Refuse a parent that is the unit itself or stands below it with 422 ORG_LEVEL.

    `parents` maps every unit to its present parent.

    Rule: J19
    """
    seen: set[int] = set()
    current = new_parent
    while current is not None and current not in seen:
        if current == unit:
            raise _org_level(
                zh=f"组织层级不正确：单位{unit}不能隶属于自身或其下级",
                en=f"unit {unit} cannot hang under itself or under a unit below it",
                facts={"unit": unit, "parent": new_parent},
            )
        seen.add(current)
        current = parents.get(current)


def _org_level(*, zh: str, en: str, facts: Mapping[str, object]) -> RuleBroken:
    return RuleBroken(
        "ORG_LEVEL",
        zh=zh,
        en=en,
        rule="J19",
        clause=LEVEL_CLAUSE,
        facts=facts,
        how_to_fix_zh="请按市→县（市、区）→乡（镇、街道）→村（社区）逐级选择上级单位",
        how_to_fix_en="choose the parent one level higher: city → county → town → village",
        field="parent",
    )
