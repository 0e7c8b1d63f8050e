"""Staffing and studies as workbooks. Rules: J12, J20"""

from __future__ import annotations

from datetime import date
from typing import Any

from openpyxl import Workbook

from instructors.assignment.models import GapStudy
from instructors.assignment.queries.data_notes import staffing_lines, study_notes
from instructors.assignment.queries.sheets import book_bytes, fill_lines, fill_sheet
from instructors.assignment.queries.staffing import Staffing
from instructors.assignment.rules.figure_words import label, percent, study_lines
from instructors.assignment.rules.staffing import StaffingCounts, shares_of

STAFFING_HEADER = (
    label("单位编号", "unit id"), label("单位", "unit"), label("常住人口", "residents", "人"),
    label("持证", "certified", "人"), label("本年注册", "registered", "人"), label("在岗", "active", "人"),
    label("健身站点", "sites", "个"), label("每千人持证", "certified per 1,000", "人"),
    label("每千人注册", "registered per 1,000", "人"), label("每千人在岗", "active per 1,000", "人"),
    label("每万人站点", "sites per 10,000", "个"), label("距目标缺少", "short of target", "人"),
)  # fmt: skip
TOWN_HEADER = (
    label("街镇", "town"), label("户数", "households", "户"),
    label("步行可达户数", "households within reach", "户"), label("步行可达率", "share within reach", "%"),
)  # fmt: skip
STEP_HEADER = (
    label("开设顺序", "rank"), label("经度", "longitude", "度"), label("纬度", "latitude", "度"),
    label("所在社区", "community"), label("新增覆盖户数", "households gained", "户"),
    label("累计覆盖户数", "households within reach then", "户"), label("覆盖率", "share within reach then", "%"),
)  # fmt: skip
NO_TOWN = "不在任何社区内 / outside every community"


def staffing_rows(staffing: Staffing) -> list[dict[str, Any]]:
    """A row per unit: counts, residents, shares as decimal strings, None where residents are unknown."""
    return [staffing_row(counts, staffing) for counts in staffing.rows]


def staffing_row(counts: StaffingCounts, staffing: Staffing) -> dict[str, Any]:
    """The row of one unit."""
    shares = shares_of(counts, staffing.target_per_1000)
    return {
        "unit_id": counts.unit_id,
        "name": counts.name,
        "residents": counts.residents,
        "certified": counts.certified,
        "registered": counts.registered,
        "active": counts.active,
        "sites": counts.sites,
        "certified_per_1000": shares.certified,
        "registered_per_1000": shares.registered,
        "active_per_1000": shares.active,
        "sites_per_10000": shares.sites,
        "short_of_target": shares.short_of_target,
    }


def staffing_workbook(staffing: Staffing, on: date) -> bytes:
    """A sheet of units and one of notes: the day, whose data, and the count of residents it rests on."""
    book = Workbook(write_only=True)
    rows = [list(row.values()) for row in staffing_rows(staffing)]
    fill_sheet(book, "指导员与站点", [STAFFING_HEADER, *rows])
    fill_lines(book, "说明", staffing_lines(staffing, on))
    return book_bytes(book)


def study_workbook(study: GapStudy) -> bytes:
    """Figures, towns and new places of a study, and what they rest on, as four sheets."""
    book = Workbook(write_only=True)
    fill_lines(book, "概况", study_lines(study.figures))
    towns = [
        [
            row["town"] or NO_TOWN,
            row["households"],
            row["covered"],
            percent(row["covered"], row["households"]),
        ]
        for row in study.towns
    ]
    fill_sheet(book, "街镇", [TOWN_HEADER, *towns])
    steps = [
        [
            *(step[key] for key in ("step", "lon", "lat", "near", "gained", "covered")),
            percent(step["share"], 1),
        ]
        for step in study.steps
    ]
    fill_sheet(book, "新站点", [STEP_HEADER, *steps])
    fill_lines(book, "说明", study_notes(study).lines())
    return book_bytes(book)
