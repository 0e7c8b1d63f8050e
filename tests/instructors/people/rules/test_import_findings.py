"""What was found in a file is kept whole, told in part and handed out. Rule: J12"""

from __future__ import annotations

from gis.compute.intake.findings import Finding
from gis.compute.intake.sheet_rows import SheetRow
from instructors.people.rules.import_findings import (
    MOST_IN_PROBLEM,
    REPORT_HEADER,
    kept_findings,
    register_refused,
    report_lines,
)

FOUND = [
    Finding(
        "B",
        zh="乙",
        en="b",
        remedy_zh="改乙",
        remedy_en="mend b",
        row=9,
        field="姓名",
        facts={"status": 409, "x": 1},
    ),
    Finding("A", zh="甲", en="a", remedy_zh="改甲", remedy_en="mend a", row=2, field="等级"),
]


def test_findings_are_kept_in_the_order_of_the_rows() -> None:
    kept = kept_findings(FOUND)
    assert [each["row"] for each in kept] == [2, 9] and kept[1]["facts"] == {"status": 409, "x": 1}
    lines = report_lines(kept)
    assert lines[0] == [2, "等级", "A", "甲", "改甲", "a", "mend a"] and len(lines[0]) == len(REPORT_HEADER)


def test_J12_a_refusal_names_the_first_row_and_bears_the_status_of_its_rows() -> None:
    refused = register_refused("名册.csv", FOUND)
    whole, *rows = refused.broken
    assert (whole.code, whole.facts["errors"], whole.facts["codes"]) == (
        "REGISTER_REFUSED",
        2,
        {"A": 1, "B": 1},
    )
    assert "第2行" in whole.zh and refused.status == 409
    assert [(row.code, row.status, row.facts["row"]) for row in rows] == [("B", 409, 9), ("A", 422, 2)]
    assert len(register_refused("x", FOUND * 100).broken) == MOST_IN_PROBLEM + 1


def test_J12_a_finding_of_one_of_several_sheets_names_it() -> None:
    found = Finding("A", zh="甲", en="a", row=SheetRow(3, "二区", 1), field="姓名")
    [kept] = kept_findings([found])
    assert (kept["row"], kept["zh"], kept["en"], kept["facts"]) == (
        3,
        "工作表“二区”：甲",
        "sheet 二区: a",
        {"sheet": "二区"},
    )
    whole, row = register_refused("名册.xlsx", [found]).broken
    assert "第二区!3行：甲" in whole.zh and row.facts == {"row": 3, "sheet": "二区"}
