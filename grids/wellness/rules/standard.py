"""A test standard is a dated document: indicators with their plausible ranges, groups of sex and age, score tables.

The product ships no official numbers: a city loads the standard it works by, and its source is told with every result.
A document without `is_example = true` must name its source.

Rule: J17
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Any

from grids.wellness.rules.loaded_document import (
    CODE,
    VERSION,
    Spoilt,
    day_in,
    document_of,
    document_refused,
    example_in,
    matching_in,
    number_in,
    rows_in,
    text_in,
    whole_in,
)

MOST_INDICATORS, MOST_GROUPS, MOST_BANDS = 60, 200, 200
OLDEST_YEARS = 120


class Grade(StrEnum):
    """The total grade of a complete test."""

    EXCELLENT = "excellent"  # 优秀
    GOOD = "good"  # 良好
    PASS = "pass"  # 合格
    FAIL = "fail"  # 不合格


GRADE_NAMES_ZH: Mapping[Grade, str] = {
    Grade.EXCELLENT: "优秀",
    Grade.GOOD: "良好",
    Grade.PASS: "合格",
    Grade.FAIL: "不合格",
}


class Sex(StrEnum):
    """The sexes that score tables know."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True)
class Indicator:
    """Something that is measured: its unit, the places written, and the range outside which a value is a slip."""

    code: str
    zh: str
    en: str
    unit: str
    places: int
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True, slots=True)
class ScoreBand:
    """Points from this value up to the next band's."""

    since: Decimal
    points: Decimal


@dataclass(frozen=True, slots=True)
class Group:
    """Who is scored alike: a sex, ages from the first to the last completed year, a table for each item needed."""

    sex: Sex
    age_from: int
    age_to: int
    tables: Mapping[str, tuple[ScoreBand, ...]]
    weights: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Standard:
    """One version of a standard. `grades`: least total of each grade, highest first; below the last is `fail`."""

    code: str
    version: str
    name: str
    source: str
    is_example: bool
    valid_from: date
    indicators: Mapping[str, Indicator]
    groups: tuple[Group, ...]
    grades: tuple[tuple[Grade, Decimal], ...]


@lru_cache(maxsize=32)
def standard_of(form: str, text: str) -> Standard:
    """The standard a document holds; 422 STANDARD_INVALID with the place of the first fault.

    Rule: J17
    """
    try:
        return _standard(document_of(form, text))
    except Spoilt as spoilt:
        raise document_refused("STANDARD", "J17", spoilt) from spoilt


def _standard(document: Mapping[str, Any]) -> Standard:
    indicators = {
        row.code: row
        for row in (_indicator(*placed) for placed in rows_in(document, "indicators", MOST_INDICATORS))
    }
    groups = tuple(_group(*placed, indicators) for placed in rows_in(document, "groups", MOST_GROUPS))
    _check_apart(groups)
    return Standard(
        code=matching_in(document, "code", CODE),
        version=matching_in(document, "version", VERSION),
        name=text_in(document, "name", 80),
        source=text_in(document, "source", 300),
        is_example=example_in(document),
        valid_from=day_in(document, "valid_from"),
        indicators=indicators,
        groups=groups,
        grades=_grades(document),
    )


def _indicator(row: Mapping[str, Any], where: str) -> Indicator:
    lowest, highest = (number_in(row, key, where) for key in ("lowest", "highest"))
    if lowest >= highest:
        raise Spoilt(where, "合理范围上下限颠倒", "its range ends before it begins")
    return Indicator(
        code=matching_in(row, "code", CODE, where),
        zh=text_in(row, "zh", 40, where),
        en=text_in(row, "en", 80, where),
        unit=text_in(row, "unit", 16, where),
        places=whole_in({"places": 0, **row}, "places", 3, where),
        lowest=lowest,
        highest=highest,
    )


def _group(row: Mapping[str, Any], where: str, indicators: Mapping[str, Indicator]) -> Group:
    sex = row.get("sex")
    if sex not in set(Sex):
        raise Spoilt(f"{where}.sex", "须为 male 或 female", "must be male or female")
    first, last = (whole_in(row, key, OLDEST_YEARS, where) for key in ("age_from", "age_to"))
    if last < first:
        raise Spoilt(where, "年龄上下限颠倒", "its ages end before they begin")
    scores = row.get("scores")
    if not isinstance(scores, dict) or not scores:
        raise Spoilt(f"{where}.scores", "缺少评分表", "it has no score tables")
    tables = {code: _table(code, bands, f"{where}.scores", indicators) for code, bands in scores.items()}
    weights = row.get("weights", {})
    if not isinstance(weights, dict) or not set(weights) <= set(tables):
        raise Spoilt(f"{where}.weights", "权重项不在评分表中", "it weighs what is not scored")
    return Group(
        sex=Sex(sex),
        age_from=first,
        age_to=last,
        tables=tables,
        weights={
            code: number_in(weights, code, f"{where}.weights") if code in weights else Decimal(1)
            for code in tables
        },
    )


def _table(code: str, bands: Any, where: str, indicators: Mapping[str, Indicator]) -> tuple[ScoreBand, ...]:
    where = f"{where}.{code}"
    if code not in indicators:
        raise Spoilt(where, "没有这项指标", "no such indicator")
    if not isinstance(bands, list) or not 1 <= len(bands) <= MOST_BANDS:
        raise Spoilt(where, f"须为 1–{MOST_BANDS} 段", f"must have 1–{MOST_BANDS} bands")
    found = []
    for band in bands:
        if not isinstance(band, dict):
            raise Spoilt(where, "每段须为对象", "a band must be an object")
        found.append(ScoreBand(number_in(band, "from", where), number_in(band, "points", where)))
    if found[0].since != indicators[code].lowest:
        raise Spoilt(where, "第一段须从合理范围下限起", "the first band begins at the lowest plausible value")
    if any(one.since >= other.since for one, other in pairwise(found)):
        raise Spoilt(where, "各段须由低到高", "bands must rise")
    if found[-1].since > indicators[code].highest:
        raise Spoilt(where, "最高段超出合理范围", "the last band lies beyond the plausible range")
    return tuple(found)


def _check_apart(groups: Iterable[Group]) -> None:
    for sex in Sex:
        rows = sorted((group for group in groups if group.sex is sex), key=lambda group: group.age_from)
        for one, other in pairwise(rows):
            if other.age_from <= one.age_to:
                raise Spoilt("groups", f"{sex.value} 年龄组重叠", f"age groups of {sex.value} overlap")


def _grades(document: Mapping[str, Any]) -> tuple[tuple[Grade, Decimal], ...]:
    table = document.get("grades")
    wanted = [Grade.EXCELLENT, Grade.GOOD, Grade.PASS]
    if not isinstance(table, dict) or set(table) != {grade.value for grade in wanted}:
        raise Spoilt("grades", "须有 excellent、good、pass 的最低总分", "must have excellent, good and pass")
    found = tuple((grade, number_in(table, grade.value, "grades")) for grade in wanted)
    if not found[0][1] > found[1][1] > found[2][1]:
        raise Spoilt("grades", "总分须由高到低", "totals must fall from excellent to pass")
    return found
