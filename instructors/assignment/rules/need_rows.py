"""A file of what sites ask for: its columns as people name them, and one row as plain values.

Rules: J12, J13
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from gis.compute.intake.cells import quoted, text_of
from gis.compute.intake.findings import Finding
from gis.compute.intake.layouts import Layout
from gis.compute.intake.sheets import fault_finding, fault_of
from instructors.people.rules.free_times import MINUTES_A_DAY, WEEKDAYS_ZH
from instructors.people.rules.import_cells import number_of, parts_of

MOST_ROWS = 5000
MOST_WANTED, MOST_WEIGHT = 20, 2**31 - 1
LAYOUT = Layout(
    {
        "site": ("站点编号", "站点代码", "编号", "站点", "site"),
        "item": ("项目", "活动项目", "健身项目", "item"),
        "weekday": ("星期", "周几", "每周", "日期", "weekday"),
        "from": ("开始时间", "开始", "起始时间", "从", "from"),
        "to": ("结束时间", "结束", "截止时间", "到", "to"),
        "wanted": ("需要人数", "人数", "指导员人数", "名额", "wanted"),
        "weight": ("权重", "服务户数", "户数", "weight"),
    },
    {"site": "站点编号", "item": "项目", "weekday": "星期", "from": "开始时间", "to": "结束时间"},
    "表头须有“站点编号”“项目”“星期”“开始时间”“结束时间”列，列的顺序不限；可下载模板",
    "let a header row name 站点编号, 项目, 星期, 开始时间 and 结束时间, in any order; there is a template",
)
TEMPLATE_HEADER = ("站点编号", "项目", "星期", "开始时间", "结束时间", "需要人数", "权重")
TEMPLATE_EXAMPLE = ("S-0001", "太极拳", "周一、周三", "06:30", "07:30", 1, "")
_CLOCK = re.compile(r"(\d{1,2})[:：](\d{2})(?::00)?")
_DAYS = {name: weekday for weekday, name in enumerate("一二三四五六日", 1)} | {"天": 7}


@dataclass(frozen=True, slots=True)
class NeedKey:
    """Which need a row speaks of: a site asks once for an item at one time."""

    site: str
    item: str
    weekday: int
    from_minute: int


@dataclass(frozen=True, slots=True)
class NeedRow:
    """What one row asks for; `item` by code or name; number and weight None: not said."""

    row: int
    key: NeedKey
    to_minute: int
    wanted: int | None
    weight: int | None


def read_need_row(row: int, cells: Mapping[str, object]) -> tuple[list[NeedRow], list[Finding]]:
    """The needs of a row, one for each weekday it names, or everything that is wrong in it.

    Findings: CELL_ERROR and FORMULA_EMPTY for cells without a value, else CELL_REQUIRED,
    WEEKDAY_UNREADABLE, TIME_UNREADABLE, NUMBER_UNREADABLE.
    """
    faults = [(field, fault) for field, cell in cells.items() if (fault := fault_of(cell)) is not None]
    if faults:
        return [], [fault_finding(fault, row, _zh(field)) for field, fault in faults]
    reader = _Row(row, cells)
    site, item = reader.text("site"), reader.text("item")
    days, begin, end = reader.weekdays(), reader.minute("from"), reader.minute("to")
    wanted, weight = reader.number("wanted", 1, MOST_WANTED), reader.number("weight", 0, MOST_WEIGHT)
    if reader.findings:
        return [], reader.findings
    found = [NeedRow(row, NeedKey(site, item, day, begin), end, wanted, weight) for day in days]
    return found, []


class _Row:
    """One row while it is read: what is wrong with it is gathered."""

    def __init__(self, row: int, cells: Mapping[str, object]) -> None:
        self.row, self.cells = row, cells
        self.findings: list[Finding] = []

    def text(self, field: str) -> str:
        """A text that must stand there."""
        text = self._said(field)
        if not text:
            self._wrong(
                field,
                "CELL_REQUIRED",
                f"“{_zh(field)}”为空",
                f"{_zh(field)} is empty",
                "请填写",
                "fill it in",
            )
        return text

    def weekdays(self) -> list[int]:
        """周一、星期三、5 as 1, 3, 5."""
        days = []
        for part in parts_of(self.cells.get("weekday")):
            name = re.sub(r"^(周|星期|礼拜)", "", part)
            day = _DAYS.get(name) or (int(name) if re.fullmatch(r"[1-7]", name) else None)
            if day is None:
                break
            days.append(day)
        else:
            if days:
                return days
        said = quoted(self._said("weekday"), 20)
        self._wrong(
            "weekday", "WEEKDAY_UNREADABLE", f"星期“{said}”看不懂", f"the weekday “{said}” is not understood",
            f"请写{WEEKDAYS_ZH[1]}至{WEEKDAYS_ZH[7]}，多个用顿号隔开", "write 周一 to 周日, several with 、 between",
        )  # fmt: skip
        return []

    def minute(self, field: str) -> int:
        """06:30, 6：30, a spreadsheet's own time or part of a day as minutes from midnight; 24:00 is 1440."""
        value = self.cells.get(field)
        found = _minute(value)
        if found is not None and found <= MINUTES_A_DAY:
            return found
        said = quoted(self._said(field), 20)
        self._wrong(
            field, "TIME_UNREADABLE", f"{_zh(field)}“{said}”看不懂", f"the time “{said}” is not understood",
            "请写成 06:30", "write it as 06:30",
        )  # fmt: skip
        return 0

    def number(self, field: str, least: int, most: int) -> int | None:
        """A whole number within bounds; None for a blank cell."""
        try:
            found = number_of(self.cells.get(field))
        except ValueError:
            found = -1.0
        if found is None:
            return None
        if found.is_integer() and least <= found <= most:
            return int(found)
        said = quoted(self._said(field), 20)
        self._wrong(
            field, "NUMBER_UNREADABLE", f"{_zh(field)}“{said}”须为{least}–{most}的整数",
            f"“{said}” is no whole number from {least} to {most}", "请更正，或留空", "correct it, or leave it empty",
        )  # fmt: skip
        return None

    def _said(self, field: str) -> str:
        try:
            return text_of(self.cells.get(field)).strip()
        except ValueError:
            return "…"

    def _wrong(self, field: str, code: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> None:
        self.findings.append(Finding(code, zh, en, remedy_zh, remedy_en, row=self.row, field=_zh(field)))


def _zh(field: str) -> str:
    return LAYOUT.synonyms[field][0]


def _minute(value: object) -> int | None:
    if isinstance(value, datetime | time):
        return value.hour * 60 + value.minute
    if isinstance(value, float) and 0 <= value <= 1:  # a spreadsheet's part of a day
        return round(value * MINUTES_A_DAY)
    written = _CLOCK.fullmatch(str(value or "").strip())
    if written is None or int(written[2]) > 59:
        return None
    return int(written[1]) * 60 + int(written[2])
