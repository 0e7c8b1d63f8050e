"""Totals as a workbook: the published rows and what their figures mean. Rule: J17"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from grids.wellness.models import FitnessTotals
from grids.wellness.rules.measuring import INCOMPLETE
from grids.wellness.rules.standard import GRADE_NAMES_ZH
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.rules.org_levels import LEVEL_NAMES_ZH, OrgLevel

HIDDEN = "不公布"
CLASS_NAMES = {**{grade.value: name for grade, name in GRADE_NAMES_ZH.items()}, INCOMPLETE: "项目不全"}
HEADER = ("层级", "单位", *CLASS_NAMES.values(), "合计")


def totals_workbook(totals: FitnessTotals, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A sheet of rows and one of notes; a hidden figure is a word and no number."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(totals.period)
    sheet.freeze_panes = "C2"
    sheet.append(list(HEADER))
    for row in rows:
        cells = [_figure(row["cells"].get(name)) for name in CLASS_NAMES]
        level = LEVEL_NAMES_ZH[OrgLevel(row["level"])]
        sheet.append([level, _text(sheet, row["name"]), *cells, _figure(row["total"])])
    notes = book.create_sheet("说明")
    for name, text in _notes(totals):
        notes.append([name, _text(notes, text)])
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _figure(number: int | None) -> int | str:
    return HIDDEN if number is None else number


def _text(sheet: Any, value: str) -> WriteOnlyCell:
    """A text that stays one, whatever it begins with."""
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    return cell


def _notes(totals: FitnessTotals) -> list[tuple[str, str]]:
    standard = totals.standard
    example = "（示例标准，数值为虚构，不得用于实际评定）" if standard.is_example else ""
    return [
        ("季度", totals.period),
        ("标准", f"{standard.name} {standard.document_version}{example}"),
        ("标准来源", standard.source),
        ("公布日期", local_date(totals.published_at).isoformat()),
        (HIDDEN, f"少于{totals.minimum_cell}人，或可由其推算出少于{totals.minimum_cell}人的数字"),
        ("人数", "每人每季度计一次，取最后一次测试；撤回同意和作废的测试不计入"),
        ("政策版本", totals.policy_version),
    ]
