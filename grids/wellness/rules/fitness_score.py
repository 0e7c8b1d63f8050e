"""How a fitness test is scored: a table for each item, a total only when no item is missing, a grade for the total.

Rule: J17
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from grids.wellness.rules.standard import Grade, Group, Indicator, ScoreBand, Sex, Standard
from wangge.errors import RuleBroken, refuse_all


@dataclass(frozen=True, slots=True)
class Score:
    """Points of each item measured; `missing`: items the group needs and nobody measured, then no total and no grade."""

    points: Mapping[str, Decimal]
    missing: tuple[str, ...]
    total: Decimal | None
    grade: Grade | None

    @property
    def is_complete(self) -> bool:
        """Whether every item was measured."""
        return not self.missing


def group_for(standard: Standard, sex: Sex, age: int) -> Group:
    """The group of a sex and an age in completed years, both edges included; 422 AGE_NOT_COVERED without one.

    Rule: J17
    """
    for group in standard.groups:
        if group.sex is sex and group.age_from <= age <= group.age_to:
            return group
    ages = [(group.age_from, group.age_to) for group in standard.groups if group.sex is sex]
    spans = "、".join(f"{first}–{last}" for first, last in sorted(ages))
    raise RuleBroken(
        "AGE_NOT_COVERED",
        zh=f"“{standard.name}”不适用于{age}岁（适用：{spans or '无'}岁）",
        en=f"“{standard.name}” does not cover the age of {age} (it covers {spans or 'none'})",
        rule="J17",
        facts={"age": age, "covered": [list(span) for span in sorted(ages)]},
        how_to_fix_zh="请选用适合该年龄的标准",
        how_to_fix_en="choose a standard that covers this age",
        field="standard_id",
    )


def check_values(standard: Standard, values: Mapping[str, Decimal]) -> None:
    """Refuse unknown indicators, values outside the plausible range and too many places, all at once.

    The refusals name the indicator and its range, never the value: 422 INDICATOR_UNKNOWN, VALUE_IMPLAUSIBLE,
    VALUE_PLACES.

    Rule: J17
    """
    refusals = []
    for code, value in values.items():
        indicator = standard.indicators.get(code)
        if indicator is None:
            refusals.append(_unknown(standard, code))
        elif not value.is_finite() or not indicator.lowest <= value <= indicator.highest:
            refusals.append(_implausible(indicator))
        elif value != round(value, indicator.places):
            refusals.append(_places(indicator))
    refuse_all(refusals)


def score(standard: Standard, sex: Sex, age: int, values: Mapping[str, Decimal]) -> Score:
    """The points, what is missing, and total and grade of a complete test; a missing item is never a zero.

    Values must have passed `check_values`; items the group does not score are kept without points.
    Raises 422 AGE_NOT_COVERED.

    Rule: J17
    """
    group = group_for(standard, sex, age)
    points = {code: points_of(table, values[code]) for code, table in group.tables.items() if code in values}
    missing = tuple(code for code in group.tables if code not in values)
    if missing:
        return Score(points, missing, None, None)
    total = sum((points[code] * group.weights[code] for code in points), Decimal(0))
    return Score(points, (), total, grade_of(standard, total))


def points_of(table: tuple[ScoreBand, ...], value: Decimal) -> Decimal:
    """The points of the band the value lies in; a band begins with its first value."""
    return table[bisect_right([band.since for band in table], value) - 1].points


def grade_of(standard: Standard, total: Decimal) -> Grade:
    """The highest grade whose least total is reached; `fail` below all."""
    return next((grade for grade, least in standard.grades if total >= least), Grade.FAIL)


def _unknown(standard: Standard, code: str) -> RuleBroken:
    return RuleBroken(
        "INDICATOR_UNKNOWN",
        zh=f"“{standard.name}”没有指标“{code[:40]}”",
        en=f"“{standard.name}” has no indicator “{code[:40]}”",
        rule="J17",
        facts={"indicator": code[:40], "known": sorted(standard.indicators)},
        how_to_fix_zh="请从标准的指标中选择",
        how_to_fix_en="choose from the standard's indicators",
        field="values",
    )


def _implausible(indicator: Indicator) -> RuleBroken:
    low, high = f"{indicator.lowest:f}", f"{indicator.highest:f}"
    return RuleBroken(
        "VALUE_IMPLAUSIBLE",
        zh=f"“{indicator.zh}”超出合理范围 {low}–{high} {indicator.unit}",
        en=f"{indicator.en} lies outside {low}–{high} {indicator.unit}",
        rule="J17",
        facts={"indicator": indicator.code, "lowest": low, "highest": high, "unit": indicator.unit},
        how_to_fix_zh="请核对读数和单位；确为实测请复测并检查器材",
        how_to_fix_en="check reading and unit; if it was measured so, measure again with another device",
        field="values",
    )


def _places(indicator: Indicator) -> RuleBroken:
    return RuleBroken(
        "VALUE_PLACES",
        zh=f"“{indicator.zh}”最多保留{indicator.places}位小数",
        en=f"{indicator.en} is written with at most {indicator.places} places",
        rule="J17",
        facts={"indicator": indicator.code, "places": indicator.places},
        how_to_fix_zh="请按器材读数填写",
        how_to_fix_en="write what the device shows",
        field="values",
    )
