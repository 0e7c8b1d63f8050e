"""A division code tells its level, its kind and its parent by its digits alone.

GB/T 2260 gives six digits to the county (two each for province, city, county), GB/T 10114 three more to the
town, the statistical code three more to the community or village: 001–199 residents' committee, 200–399
villagers'. Codes change every year, so that none is ever a key. A city without counties (东莞, 中山:
441900003…) is not read yet: its towns would hang under a county that does not exist.

Rule: J19
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from tenants.bureau.rules.org_levels import OrgLevel
from wangge.errors import RuleBroken

CITY_DIGITS = 4
COUNTY_DIGITS = 6
TOWN_DIGITS = 9
VILLAGE_DIGITS = 12
# 北京, 天津, 上海, 重庆 are city and province in one: a county hangs under xx00, not under xx01.
MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
# ASCII digits only: \d would let full-width １２３ through.
DIGITS = re.compile(r"[0-9]+")


class CodeKind(StrEnum):
    """What the last three digits of a town or village code say."""

    STREET = "street"  # 001–099 街道
    TOWN = "town"  # 100–199 镇
    TOWNSHIP = "township"  # 200–399 乡
    ENTERPRISE = "enterprise"  # 400–599 政企合一单位
    COMMUNITY = "community"  # 001–199 居民委员会
    ADMIN_VILLAGE = "admin_village"  # 200–399 村民委员会
    OTHER = "other"  # 类似单位, county and city codes


@dataclass(frozen=True, slots=True)
class DivisionCode:
    """A code that was read: `text` as written (4, 6, 9 or 12 digits), its level and kind."""

    text: str
    level: OrgLevel
    kind: CodeKind

    @property
    def parent(self) -> str | None:
        """The code of the next higher level, shortened to its digits; None for a city."""
        return {
            OrgLevel.CITY: None,
            OrgLevel.COUNTY: _city_of(self.text),
            OrgLevel.TOWN: self.text[:COUNTY_DIGITS],
            OrgLevel.VILLAGE: self.text[:TOWN_DIGITS],
        }[self.level]

    @property
    def stat_code(self) -> str:
        """The same code filled with zeros to the twelve digits of the statistical form."""
        return self.text.ljust(VILLAGE_DIGITS, "0")


# (first sequence, last sequence, kind), both included
TOWN_KINDS = (
    (1, 99, CodeKind.STREET),
    (100, 199, CodeKind.TOWN),
    (200, 399, CodeKind.TOWNSHIP),
    (400, 599, CodeKind.ENTERPRISE),
)
VILLAGE_KINDS = ((1, 199, CodeKind.COMMUNITY), (200, 399, CodeKind.ADMIN_VILLAGE))


def parse_division_code(text: str) -> DivisionCode:
    """Read a code of 4, 6, 9 or 12 digits; six digits ending in 00 are the city.

    Raises 422 DIVISION_CODE naming what is wrong: letters, length, a level of zeros.
    """
    code = text.strip()
    if DIGITS.fullmatch(code) is None:
        raise _bad_code(text, "只能包含数字0–9", "it may hold the digits 0–9 only")
    if code[:2] == "00":
        raise _bad_code(text, "省级代码不能为00", "its province may not be 00")
    if len(code) == CITY_DIGITS or (len(code) == COUNTY_DIGITS and code.endswith("00")):
        return _city(text, code[:CITY_DIGITS])
    if len(code) == COUNTY_DIGITS:
        return DivisionCode(code, OrgLevel.COUNTY, CodeKind.OTHER)
    if len(code) == TOWN_DIGITS:
        return DivisionCode(code, OrgLevel.TOWN, _kind(text, code[-3:], TOWN_KINDS))
    if len(code) == VILLAGE_DIGITS:
        if code[COUNTY_DIGITS:TOWN_DIGITS] == "000":
            raise _bad_code(text, "乡级代码不能为000", "its town may not be 000")
        return DivisionCode(code, OrgLevel.VILLAGE, _kind(text, code[-3:], VILLAGE_KINDS))
    raise _bad_code(
        text, f"应为4、6、9或12位，当前{len(code)}位", f"it has {len(code)} digits instead of 4, 6, 9 or 12"
    )


def parse_city_code(text: str) -> DivisionCode:
    """Read a code of four digits, or of six ending in 00; 422 DIVISION_CODE for any other level."""
    code = parse_division_code(text)
    if code.level is not OrgLevel.CITY:
        raise _bad_code(text, "须为市级代码（末两位为00）", "it must be the code of a city, ending in 00")
    return code


def _city_of(code: str) -> str:
    province = code[:2]
    return f"{province}00" if province in MUNICIPALITIES else code[:CITY_DIGITS]


def _city(text: str, digits: str) -> DivisionCode:
    if digits.endswith("00") and digits[:2] not in MUNICIPALITIES:
        raise _bad_code(text, "市级代码不能为00", "its city may not be 00")
    return DivisionCode(digits, OrgLevel.CITY, CodeKind.OTHER)


def _kind(text: str, sequence: str, kinds: tuple[tuple[int, int, CodeKind], ...]) -> CodeKind:
    number = int(sequence)
    if number == 0:
        raise _bad_code(text, "末三位不能为000", "its last three digits may not be 000")
    return next((kind for first, last, kind in kinds if first <= number <= last), CodeKind.OTHER)


def _bad_code(text: str, why_zh: str, why_en: str) -> RuleBroken:
    return RuleBroken(
        "DIVISION_CODE",
        zh=f"区划代码“{text}”无效：{why_zh}",
        en=f"the division code “{text}” is not valid: {why_en}",
        rule="J19",
        facts={"code": text},
        how_to_fix_zh="请使用国家统计局公布的区划代码：县6位、乡9位、村12位",
        how_to_fix_en="use the published codes: 6 digits for a county, 9 for a town, 12 for a village",
        field="code",
    )
