"""On which level of the org tree which sports body stands, and how much of a level they cover.

Rule: J19
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from tenants.bureau.rules.org_levels import LEVEL_CLAUSE, LEVEL_NAMES_ZH, OrgLevel
from wangge.errors import RuleBroken


class SportsBodyKind(StrEnum):
    """The two kinds of body whose coverage the document counts."""

    FEDERATION = "sports_federation"  # 体育总会: city, county, town
    FITNESS_ORGANISATION = "fitness_organisation"  # 全民健身组织: city, county, town, village


KIND_NAMES_ZH: Mapping[SportsBodyKind, str] = {
    SportsBodyKind.FEDERATION: "体育总会",
    SportsBodyKind.FITNESS_ORGANISATION: "全民健身组织",
}

LEVELS_OF: Mapping[SportsBodyKind, tuple[OrgLevel, ...]] = {
    SportsBodyKind.FEDERATION: (OrgLevel.CITY, OrgLevel.COUNTY, OrgLevel.TOWN),
    SportsBodyKind.FITNESS_ORGANISATION: (OrgLevel.CITY, OrgLevel.COUNTY, OrgLevel.TOWN, OrgLevel.VILLAGE),
}


def check_body_level(kind: SportsBodyKind, level: OrgLevel, row: int | None = None) -> None:
    """Refuse a body on a level that has none of its kind with 422 ORG_LEVEL; `row` is the file's row it came from.

    Rule: J19
    """
    if level in LEVELS_OF[kind]:
        return
    levels_zh = "、".join(LEVEL_NAMES_ZH[allowed] for allowed in LEVELS_OF[kind])
    raise RuleBroken(
        "ORG_LEVEL",
        zh=f"{at_row_zh(row)}组织层级不正确：{KIND_NAMES_ZH[kind]}不设在{LEVEL_NAMES_ZH[level]}一级",
        en=f"{at_row_en(row)}a {kind} does not stand in a {level}",
        rule="J19",
        clause=LEVEL_CLAUSE,
        facts={"kind": kind.value, "level": level.value, "row": row},
        how_to_fix_zh=f"{KIND_NAMES_ZH[kind]}设在{levels_zh}",
        how_to_fix_en=f"it stands in a {', '.join(LEVELS_OF[kind])}",
        field="unit_id",
    )


def at_row_zh(row: int | None) -> str:
    """How a message begins that speaks of a row of a file."""
    return "" if row is None else f"第{row}行："


def at_row_en(row: int | None) -> str:
    """The same in English."""
    return "" if row is None else f"row {row}: "


def coverage_percent(covered: int, units: int) -> str | None:
    """The share of units that have a body, in percent with one decimal; None where there is no unit.

    Rounded down, so that 100.0 is said only when none is missing.

    Rule: J19
    """
    if units == 0:
        return None
    tenths = covered * 1000 // units
    return f"{tenths // 10}.{tenths % 10}"


def check_body_days(founded_on: date, dissolved_on: date | None, today: date, row: int | None = None) -> None:
    """Refuse a founding or an end still to come, and an end before the founding, with 422 SPORTS_BODY_PERIOD.

    Rule: J19
    """
    if founded_on <= today and (dissolved_on is None or founded_on <= dissolved_on <= today):
        return
    raise RuleBroken(
        "SPORTS_BODY_PERIOD",
        zh=f"{at_row_zh(row)}成立、撤销日期须先后有序，且不晚于今天{today.isoformat()}",
        en=f"{at_row_en(row)}it was founded, and dissolved after that, not later than today, {today}",
        rule="J19",
        clause=LEVEL_CLAUSE,
        facts={
            "founded_on": founded_on.isoformat(),
            "dissolved_on": None if dissolved_on is None else dissolved_on.isoformat(),
            "row": row,
        },
        how_to_fix_zh="请更正日期",
        how_to_fix_en="correct the dates",
        field="founded_on",
    )


def check_unit_stands(name: str, valid_to: date | None, on: date, row: int | None = None) -> None:
    """Refuse a new body of a unit that stands no more with 409 UNIT_ENDED.

    Rule: J19
    """
    if valid_to is None or on <= valid_to:
        return
    raise RuleBroken(
        "UNIT_ENDED",
        zh=f"{at_row_zh(row)}{name}已于{valid_to.isoformat()}撤销",
        en=f"{at_row_en(row)}{name} ended on {valid_to}",
        status=409,
        rule="J19",
        facts={"valid_to": valid_to.isoformat(), "row": row},
        how_to_fix_zh="请选择现行单位，例如合并后的单位",
        how_to_fix_en="choose a unit that stands, such as the one it was merged into",
        field="unit_id",
    )


def body_exists(kind: SportsBodyKind, unit: str, name: str, row: int | None = None) -> RuleBroken:
    """The refusal of a second federation of a unit, or of a body of the same name: 409 SPORTS_BODY_EXISTS.

    Rule: J19
    """
    return RuleBroken(
        "SPORTS_BODY_EXISTS",
        zh=f"{at_row_zh(row)}{unit}已有{KIND_NAMES_ZH[kind]}“{name}”",
        en=f"{at_row_en(row)}{unit} has the {kind} “{name}” already",
        status=409,
        rule="J19",
        clause=LEVEL_CLAUSE,
        facts={"kind": kind.value, "unit": unit, "name": name, "row": row},
        how_to_fix_zh="请先撤销原组织，或直接修改其名称",
        how_to_fix_en="dissolve the one there is first, or rename it",
        field="name",
    )
