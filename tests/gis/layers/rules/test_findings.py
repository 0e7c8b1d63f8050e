"""Findings become report rows and refusals without losing row, place or remedy."""

from __future__ import annotations

import json

from gis.compute.intake import Finding
from gis.compute.intake.findings import finding_of
from gis.compute.refusal import InputRefused
from gis.layers.rules.findings import (
    MOST_IN_PROBLEM,
    MOST_REPORTED,
    code_counts,
    file_refused,
    refusal,
    report_rows,
)


def _finding(row: int, code: str = "HOUSEHOLDS_NEGATIVE") -> Finding:
    return Finding(
        code,
        zh=f"第{row}行",
        en=f"row {row}",
        remedy_zh="更正",
        remedy_en="mend",
        row=row,
        field="households",
        place=(113.2, 35.2),
        facts={"value": "-1", "most": float("inf"), "pair": ("甲", "乙"), "object": {1}},
    )


def test_a_report_row_can_be_stored_as_json() -> None:
    (row,) = report_rows([_finding(7)])
    assert json.loads(json.dumps(row)) == row
    assert (row["row"], row["field"], row["place"], row["remedy_zh"]) == (
        7,
        "households",
        [113.2, 35.2],
        "更正",
    )
    assert row["facts"]["most"] is None and row["facts"]["pair"] == ["甲", "乙"]


def test_reports_and_problems_are_bounded_and_the_counts_are_not() -> None:
    many = [_finding(number) for number in range(MOST_REPORTED + 1)]
    assert len(report_rows(many)) == MOST_REPORTED
    refused = file_refused("a.gpkg", many)
    assert len(refused.broken) == MOST_IN_PROBLEM + 1
    assert refused.broken[0].facts["errors"] == MOST_REPORTED + 1
    assert code_counts(many) == {"HOUSEHOLDS_NEGATIVE": MOST_REPORTED + 1}
    assert refused.status == 422


def test_a_refusal_keeps_row_and_place_in_its_facts() -> None:
    broken = refusal(_finding(3))
    assert (broken.facts["row"], broken.facts["place"], broken.field) == (3, [113.2, 35.2], "households")
    assert (broken.how_to_fix_zh, broken.how_to_fix_en) == ("更正", "mend")


def test_the_refusal_of_a_whole_file_is_a_finding_like_any_other() -> None:
    refused = InputRefused("MOJIBAKE", zh="乱码", en="garbled", remedy_zh="重导", row=3, field="name")
    found = finding_of(refused)
    assert (found.code, found.row, found.field, found.remedy_zh) == ("MOJIBAKE", 3, "name", "重导")
    assert "乱码" in file_refused("a.csv", [found]).broken[0].zh
