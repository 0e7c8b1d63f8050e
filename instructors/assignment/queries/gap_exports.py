"""Staffing and studies as files. Rule: J20"""

from __future__ import annotations

import io
import json
from typing import Any

from openpyxl import Workbook

from instructors.assignment.models import GapStudy
from instructors.assignment.queries.staffing import Staffing
from instructors.assignment.rules.staffing import shares_of

STAFFING_HEADER = (
    "单位编号", "单位", "常住人口", "持证人数", "本年注册", "在岗", "健身站点", "每千人持证", "每千人注册", "每千人在岗",
    "每万人站点", "距目标缺少",
)  # fmt: skip


def staffing_rows(staffing: Staffing) -> list[dict[str, Any]]:
    """A row per unit: counts, residents, shares as decimal strings, None where residents are unknown."""
    rows = []
    for counts in staffing.rows:
        shares = shares_of(counts, staffing.target_per_1000)
        rows.append(
            {
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
        )
    return rows


def staffing_workbook(staffing: Staffing) -> bytes:
    """The same as a sheet, with the count of residents it rests on in the last line."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("指导员与站点")
    sheet.append(list(STAFFING_HEADER))
    for row in staffing_rows(staffing):
        sheet.append(list(row.values()))
    census = staffing.census
    told = (
        "未录入人口数据" if census.counted_on is None else f"{census.source}，{census.counted_on.isoformat()}"
    )
    sheet.append([])
    sheet.append(["人口来源", told])
    sheet.append(["每千人目标", staffing.target_per_1000])
    return _bytes(book)


def study_workbook(study: GapStudy) -> bytes:
    """Figures, towns and new places of a study as three sheets."""
    book = Workbook(write_only=True)
    figures = book.create_sheet("概况")
    for name, value in study.figures.items():
        figures.append([name, json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value])
    towns = book.create_sheet("街镇")
    towns.append(["街镇", "户数", "步行可达户数", "占比"])
    for row in study.towns:
        share = row["covered"] / row["households"] if row["households"] else None
        towns.append([row["town"] or "不在任何社区内", row["households"], row["covered"], share])
    steps = book.create_sheet("新站点")
    steps.append(["顺序", "经度", "纬度", "所在社区", "新增覆盖户数", "累计覆盖户数", "覆盖率"])
    for step in study.steps:
        steps.append([step[key] for key in ("step", "lon", "lat", "near", "gained", "covered", "share")])
    return _bytes(book)


def study_geojson(study: GapStudy) -> dict[str, Any]:
    """The new places as points in EPSG:4490 lon-lat, in the order in which to open them."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [step["lon"], step["lat"]]},
                "properties": {name: value for name, value in step.items() if name not in ("lon", "lat")},
            }
            for step in study.steps
        ],
    }


def _bytes(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
