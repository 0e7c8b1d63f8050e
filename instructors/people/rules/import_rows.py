"""One row of a register's file as a person with standing, and everything that is wrong with it.

Rule: J12
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from gis.compute.intake.cells import day_of, text_of
from gis.compute.intake.findings import Finding
from gis.compute.intake.sheets import fault_finding, fault_of
from instructors.people.rules.grades import InstructorGrade, TeachingRole
from instructors.people.rules.identity_number import IdKind, normal_bank_account, normal_id_number
from instructors.people.rules.import_cells import (
    end_of,
    first_day_of,
    grade_of,
    number_of,
    parts_of,
    roles_of,
    years_of,
)
from instructors.people.rules.import_columns import SYNONYMS
from instructors.people.rules.spreadsheet import begins_as_formula
from tenants.bureau.rules.phone import normal_phone
from wangge.errors import RuleBroken

_T = TypeVar("_T")
_LONGEST = {"name": 60, "ref": 40, "certificate_number": 40, "issuing_body": 80, "home_note": 60}
_RESIDENT_WORDS = ("", "居民身份证", "身份证", "二代身份证", "resident")
_MOST_SESSIONS = 42
# Where a Chinese city may lie; the city's own surroundings are asked by who knows them.
_CHINA = (73.0, 136.0, 3.0, 54.0)


@dataclass(frozen=True, slots=True)
class Award:
    """The grade of a row; None: the cell is blank and says nothing."""

    grade: InstructorGrade
    certificate_number: str | None
    valid_from: date | None
    valid_to: date | None
    is_end_given: bool
    issuing_body: str | None


@dataclass(frozen=True, slots=True)
class RowRead:
    """What a row says of a person; None and empty: nothing, and what the register holds of it stays."""

    row: int
    name: str
    id_number: str
    id_kind: IdKind
    phone: str | None
    bank_account: str | None
    ref: str | None
    award: Award | None
    items: tuple[str, ...]
    roles: tuple[TeachingRole, ...]
    years: Mapping[int, date | None]
    places: tuple[str, ...]
    unit_code: str
    home: tuple[float, float] | None
    home_note: str | None
    weekly_limit: int | None


class _Cells:
    """The cells of one row by field, and the findings made while they are read."""

    def __init__(self, row: int, cells: Mapping[str, object]) -> None:
        self.row = row
        self.cells = cells
        self.errors: list[Finding] = []

    def read(self, field: str, read: Callable[[Any], _T], how_zh: str, how_en: str) -> _T | None:
        """The cell through a reader; None, with an error, when it cannot be read."""
        fault = fault_of(self.cells.get(field))
        if fault is not None:
            self.errors.append(fault_finding(fault, self.row, said(field)))
            return None
        try:
            return read(self.cells.get(field))
        except RuleBroken as broken:
            self.add(
                broken.code,
                field,
                broken.zh,
                broken.en,
                broken.how_to_fix_zh,
                broken.how_to_fix_en,
                **broken.facts,
            )
        except (ValueError, OverflowError):
            self.add(
                "CELL_FORMAT",
                field,
                f"“{said(field)}”无法识别",
                f"“{said(field)}” cannot be read",
                how_zh,
                how_en,
            )
        return None

    def text(self, field: str) -> str | None:
        """A text no longer than is kept; None when blank."""
        text = self.read(field, text_of, "请填写文字", "write a text") or None
        longest = _LONGEST.get(field, 200)
        if text is not None and len(text) > longest:
            zh, en = f"“{said(field)}”超过{longest}字", f"“{said(field)}” has more than {longest} characters"
            self.add("TEXT_TOO_LONG", field, zh, en, "请缩短", "shorten it", longest=longest)
        return text

    def add(self, code: str, field: str, zh: str, en: str, how_zh: str, how_en: str, **facts: object) -> None:
        """One error of this row; the cell's text is not repeated, for it may be personal."""
        self.errors.append(
            Finding(
                code,
                zh=zh,
                en=en,
                remedy_zh=how_zh,
                remedy_en=how_en,
                row=self.row,
                field=said(field),
                facts=facts,
            )
        )


def said(field: str) -> str:
    """What a field is usually called in files."""
    return SYNONYMS[field][0]


def read_row(row: int, values: Mapping[str, object], today: date) -> tuple[RowRead | None, list[Finding]]:
    """The person of a row, or None with everything that is wrong with it."""
    cells = _Cells(row, values)
    name = cells.text("name")
    if name is None and not any(error.field == said("name") for error in cells.errors):
        cells.add("FIELD_MISSING", "name", "缺少姓名", "the name is missing", "请填写姓名", "write the name")
    if name is not None and begins_as_formula(name):
        cells.add("NAME_FORMULA", "name", "姓名以公式符号（=、+、-、@）开头", "the name begins as a formula does (=, +, -, @)",
                  "请填写姓名本身", "write the name itself")  # fmt: skip
    id_kind, id_number = _identity(cells)
    read = RowRead(
        row=row,
        name=name or "",
        id_number=id_number or "",
        id_kind=id_kind,
        phone=_phone(cells),
        bank_account=cells.read("bank_account", _account, "请填写8–30位数字", "write its 8–30 digits"),
        ref=cells.text("ref"),
        award=_award(cells, today),
        items=tuple(cells.read("items", parts_of, "项目之间用顿号分隔", "separate items by commas") or ()),
        roles=_roles(cells),
        years=_years(cells, today),
        places=tuple(part for field in ("county", "town", "unit") for part in _place(cells, field)),
        unit_code=cells.text("unit_code") or "",
        home=_home(cells),
        home_note=cells.text("home_note"),
        weekly_limit=_weekly_limit(cells),
    )
    return (None if cells.errors else read), cells.errors


def _roles(cells: _Cells) -> tuple[TeachingRole, ...]:
    how = ("请填写“教练”或“讲师”", "write 教练 (coach) or 讲师 (lecturer)")
    return tuple(cells.read("roles", roles_of, *how) or ())


def _identity(cells: _Cells) -> tuple[IdKind, str | None]:
    kind_word = cells.text("id_kind") or ""
    kind = IdKind.RESIDENT if kind_word in _RESIDENT_WORDS else IdKind.OTHER
    if cells.cells.get("id_number") in (None, ""):
        cells.add("FIELD_MISSING", "id_number", "缺少证件号码", "the identity number is missing", "请填写18位身份证号",
                  "write the 18 characters of the identity card")  # fmt: skip
        return kind, None
    return kind, cells.read("id_number", lambda cell: normal_id_number(text_of(cell), kind), "", "")


def _phone(cells: _Cells) -> str | None:
    return cells.read("phone", lambda cell: normal_phone(text) if (text := text_of(cell)) else None, "", "")


def _account(cell: object) -> str | None:
    text = text_of(cell)
    return normal_bank_account(text) if text else None


def _award(cells: _Cells, today: date) -> Award | None:
    how = ("请按 2024-05-01 的格式填写日期", "write the day as 2024-05-01")
    grade = cells.read(
        "grade", grade_of, "请填写三级、二级、一级或国家级", "write 三级, 二级, 一级 or 国家级"
    )
    valid_from = cells.read("valid_from", first_day_of, *how)
    valid_to = cells.read("valid_to", end_of, *how)
    number, body = cells.text("certificate_number"), cells.text("issuing_body")
    if valid_from is not None and valid_from > today:
        cells.add(
            "DAY_IN_FUTURE", "valid_from", "发证日期尚未到来", "the certificate's day has not come yet", *how
        )
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        cells.add(
            "STANDING_DAYS", "valid_to", "有效期至早于发证日期", "the last day lies before the first", *how
        )
    if grade is None:
        if number is not None and not cells.errors:
            cells.add("GRADE_MISSING", "grade", "有证书编号但没有等级", "there is a certificate but no grade",
                      "请填写三级、二级、一级或国家级", "write 三级, 二级, 一级 or 国家级")  # fmt: skip
        return None
    end = cells.cells.get("valid_to")
    is_end_given = fault_of(end) is None and bool(text_of(end))
    return Award(grade, number, valid_from, valid_to, is_end_given, body)


def _years(cells: _Cells, today: date) -> dict[int, date | None]:
    """The registered years with their days: a day without a year counts for its own."""
    years = cells.read(
        "years", years_of, "请填写年份，如 2024 或 2023、2024", "write years, such as 2024 or 2023, 2024"
    )
    day = cells.read("registered_on", day_of, "请按 2024-05-01 的格式填写日期", "write the day as 2024-05-01")
    found: dict[int, date | None] = dict.fromkeys(years or ())
    if day is not None and (len(found) == 1 or day.year in found or not found):
        found[day.year if len(found) != 1 else next(iter(found))] = day
    if any(year > today.year for year in found) or (day is not None and day > today):
        cells.add("DAY_IN_FUTURE", "years", "注册年度或日期尚未到来", "the registered year or day has not come yet",
                  "请核对年份", "check the year")  # fmt: skip
    return found


def _place(cells: _Cells, field: str) -> list[str]:
    return cells.read(field, parts_of, "", "") or []


def _home(cells: _Cells) -> tuple[float, float] | None:
    how = ("请填写十进制经纬度，如 113.24 和 35.21", "write decimal degrees, such as 113.24 and 35.21")
    lon, lat = cells.read("lon", number_of, *how), cells.read("lat", number_of, *how)
    if lon is None and lat is None:
        return None
    west, east, south, north = _CHINA
    if (
        lon is not None
        and lat is not None
        and math.isfinite(lon + lat)
        and west <= lon <= east
        and south <= lat <= north
    ):
        return lon, lat
    if not any(error.field in (said("lon"), said("lat")) for error in cells.errors):
        cells.add(
            "LOCATION", "lon", "经纬度不完整或不在国内", "the place is incomplete or outside China", *how
        )
    return None


def _weekly_limit(cells: _Cells) -> int | None:
    how = (f"请填写0–{_MOST_SESSIONS}的整数", f"write a whole number from 0 to {_MOST_SESSIONS}")
    value = cells.read("weekly_limit", number_of, *how)
    if value is None:
        return None
    if value.is_integer() and 0 <= value <= _MOST_SESSIONS:
        return int(value)
    cells.add(
        "CELL_FORMAT",
        "weekly_limit",
        f"“{said('weekly_limit')}”无法识别",
        "the weekly limit cannot be read",
        *how,
    )
    return None
