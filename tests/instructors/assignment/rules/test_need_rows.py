"""J12, J13: a row of what sites ask for is read as people write it, and everything wrong in it is told at once."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest

from instructors.assignment.rules.need_rows import (
    LAYOUT,
    TEMPLATE_EXAMPLE,
    TEMPLATE_HEADER,
    NeedKey,
    NeedRow,
    read_need_row,
)

GOOD = {
    "site": "S-1",
    "item": "太极拳",
    "weekday": "周一",
    "from": "06:30",
    "to": "07:30",
    "wanted": 2,
    "weight": "",
}


def read(**changes: Any) -> tuple[list[NeedRow], list[str]]:
    rows, findings = read_need_row(7, GOOD | changes)
    assert all(finding.row == 7 for finding in findings)
    return rows, [finding.code for finding in findings]


def test_j12_a_good_row_is_a_need() -> None:
    assert read() == ([NeedRow(7, NeedKey("S-1", "太极拳", 1, 390), 450, 2, None)], [])


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("周一、星期三", [1, 3]),
        ("周日", [7]),
        ("星期天", [7]),
        ("5", [5]),
        (2, [2]),
        ("礼拜六/日", [6, 7]),
        ("周一、周一", [1]),
    ],
)
def test_j12_weekdays_are_read_as_people_write_them(said: object, days: list[int]) -> None:
    rows, codes = read(weekday=said)
    assert ([row.key.weekday for row in rows], codes) == (days, [])


@pytest.mark.parametrize("said", ["", None, "周八", "0", "8", "每天", "周一、x"])
def test_j12_a_weekday_that_is_none_is_told(said: object) -> None:
    assert read(weekday=said) == ([], ["WEEKDAY_UNREADABLE"])


@pytest.mark.parametrize(
    ("said", "minute"),
    [
        ("06:30", 390), ("6：30", 390), ("06:30:00", 390), (time(6, 30), 390), (datetime(1899, 12, 30, 6, 30), 390),  # noqa: DTZ001
        (0.270833333333333, 390), ("00:00", 0), (0.0, 0),
    ],
)  # fmt: skip
def test_j13_times_are_read_as_spreadsheets_keep_them(said: object, minute: int) -> None:
    rows, codes = read(**{"from": said})
    assert ([row.key.from_minute for row in rows], codes) == ([minute], [])


def test_j13_the_end_of_the_day_is_a_time_and_a_minute_later_is_none() -> None:
    assert read(to="24:00")[0][0].to_minute == 1440
    assert read(to="24:01") == ([], ["TIME_UNREADABLE"])


@pytest.mark.parametrize("said", ["", None, "早上", "6.30", "06:60", 390])
def test_j13_a_time_that_is_none_is_told(said: object) -> None:
    assert read(**{"from": said}) == ([], ["TIME_UNREADABLE"])


@pytest.mark.parametrize(("said", "read_as"), [("", None), (None, None), (1, 1), ("20", 20), (3.0, 3)])
def test_j12_a_blank_number_is_not_said(said: object, read_as: int | None) -> None:
    assert read(wanted=said)[0][0].wanted == read_as


@pytest.mark.parametrize("said", [0, 21, -1, 1.5, "两人"])
def test_j12_a_number_out_of_bounds_is_told(said: object) -> None:
    assert read(wanted=said) == ([], ["NUMBER_UNREADABLE"])


def test_j12_everything_wrong_in_a_row_is_told_at_once_by_its_column() -> None:
    rows, findings = read_need_row(
        9, {"site": " ", "item": None, "weekday": "x", "from": "y", "to": "z", "wanted": 99}
    )
    assert rows == []
    assert [(each.field, each.code) for each in findings] == [
        ("站点编号", "CELL_REQUIRED"), ("项目", "CELL_REQUIRED"), ("星期", "WEEKDAY_UNREADABLE"),
        ("开始时间", "TIME_UNREADABLE"), ("结束时间", "TIME_UNREADABLE"), ("需要人数", "NUMBER_UNREADABLE"),
    ]  # fmt: skip
    assert "“x”看不懂" in findings[2].zh


def test_j12_the_template_is_read_by_its_own_layout() -> None:
    columns = LAYOUT.columns_of(TEMPLATE_HEADER)
    assert columns is not None and columns.ignored == ()
    cells = {field: TEMPLATE_EXAMPLE[at] for field, at in columns.at.items()}
    rows, findings = read_need_row(2, cells)
    assert ([row.key.weekday for row in rows], findings) == ([1, 3], [])


def test_j12_columns_stand_in_any_order_and_a_missing_one_is_no_header() -> None:
    columns = LAYOUT.columns_of(["结束", "备注", "开始", "周几", "项目", "站点编号"])
    assert columns is not None
    assert (columns.at["site"], columns.at["to"], columns.ignored) == (5, 0, ("备注",))
    assert LAYOUT.columns_of(["站点编号", "项目", "星期", "开始时间"]) is None
