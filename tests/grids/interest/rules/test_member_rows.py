"""J08: a row of a file as a person and a post, and everything wrong with it at once."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from gis.compute.intake.sheets import CellFault, FaultyCell
from grids.interest.rules.member_rows import (
    EXAMPLE_LINE,
    MEMBER_LAYOUT,
    TEMPLATE_HEADER,
    clashes_within,
    example_warning,
    is_example,
    layout_without,
    read_member_row,
)

GOOD = {
    "name": " 周演示 1 ",
    "phone": "139 0000 0001",
    "interest_grid": "晨光队",
    "source": "体育骨干",
    "proof": "三年",
}


def codes(**changes: object) -> list[tuple[str, str | None]]:
    row, findings = read_member_row(5, GOOD | changes)
    assert row.row == 5 and row.source == "backbone", "what can be read is kept"
    assert all(finding.row == 5 for finding in findings)
    return [(finding.code, finding.field) for finding in findings]


def test_j08_a_good_row_is_read() -> None:
    row, findings = read_member_row(2, GOOD | {"starts_on": datetime(2026, 5, 1), "ends_on": "长期"})  # noqa: DTZ001
    assert findings == []
    assert (row.name, row.phone, row.source, row.representative) == (
        "周演示 1",
        "13900000001",
        "backbone",
        "周演示 1",
    )
    assert (row.starts_on, row.ends_on) == (date(2026, 5, 1), None)


@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("协会", "association"),
        ("站长", "site_head"),
        ("社会体育指导员", "instructor"),
        ("Backbone", "backbone"),
        ("老王", ""),
    ],
)
def test_j08_sources_are_known_by_their_usual_words(word: str, source: str) -> None:
    row, _ = read_member_row(2, GOOD | {"source": word})
    assert row.source == source


def test_j08_all_that_is_wrong_is_found_at_once() -> None:
    assert codes(name="", phone="123", interest_grid=None, ends_on="明天") == [
        ("FIELD_MISSING", "姓名"), ("PHONE_FORMAT", "手机号"), ("FIELD_MISSING", "兴趣网格"), ("CELL_FORMAT", "任期截止"),
    ]  # fmt: skip
    assert codes(phone=FaultyCell(CellFault.ROUNDED)) == [("NUMBER_ROUNDED", "手机号")]
    assert codes(proof="长" * 201) == [("TEXT_TOO_LONG", "证明")] and codes(proof="长" * 200) == []
    assert codes(phone=13900000001) == []


def test_j08_rows_that_contradict_one_another_are_found() -> None:
    first, other_name, again = (
        read_member_row(row, GOOD | changes)[0]
        for row, changes in ((2, {}), (3, {"name": "吴演示2", "interest_grid": "太极队"}), (4, {}))
    )
    found = [
        (each.row, each.code, each.facts["other_row"]) for each in clashes_within([first, other_name, again])
    ]
    assert found == [(3, "MEMBER_NAME_DIFFERS", 2), (4, "ROW_TWICE", 2)]


def test_j08_the_template_names_every_column() -> None:
    columns = MEMBER_LAYOUT.columns_of(TEMPLATE_HEADER)
    assert columns is not None and list(columns.at.values()) == list(range(len(TEMPLATE_HEADER)))


def test_j08_the_templates_example_is_known_and_would_be_a_good_row() -> None:
    columns = MEMBER_LAYOUT.columns_of(TEMPLATE_HEADER)
    assert columns is not None
    cells: dict[str, object] = {field: EXAMPLE_LINE[at] for field, at in columns.at.items()}
    assert is_example(cells) and not is_example(cells | {"name": "示例"}) and not is_example({"name": None})
    assert is_example(cells | {"phone": "13900000077"})
    assert read_member_row(2, cells)[1] == []
    assert (example_warning(2).code, example_warning(2).row) == ("EXAMPLE_SKIPPED", 2)


def test_j08_a_column_the_file_lacks_is_not_told_again_with_every_row() -> None:
    lacking = {"phone"}
    row, findings = read_member_row(3, {"name": "", "interest_grid": "晨光队"}, lacking)
    assert [(each.code, each.field) for each in findings] == [("FIELD_MISSING", "姓名")]
    assert (row.phone, row.interest_grid) == ("", "晨光队")
    layout = layout_without(lacking)
    assert layout is not None and set(layout.required) == {"name", "interest_grid"}
    assert layout_without({"name", "phone", "interest_grid"}) is None
