"""X08: a table of sites comes in alike from every form of it, or is refused by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gis.compute.intake import Intake, IntakeOptions, read_layer
from gis.compute.refusal import InputRefused
from tests.handed_in import BROKEN, FORMS, WRONG_CELLS, Table

IN_CITY = IntakeOptions(declared_crs="cgcs2000", extent=(112.9, 34.9, 113.6, 35.5))
TABLE = Table(
    ("站点编号", "名称", "地址", "经度", "纬度"),
    [
        ("1001", "甲园", "民生路", "113.24", "35.21"),
        ("1002", "乙园", "民生路", "113.25", "35.22"),
        ("1003", "丙园", "太行路", "113.26", "35.23"),
    ],
    merged=("地址",), needed="名称", numbers=("站点编号",),
)  # fmt: skip
# A layer is one sheet, named by whoever brings it in; what its columns are taken for is told with the import.
OTHERWISE = {"two sheets": ["SHEETS_LEFT"], "a column twice": []}


def read(tmp_path: Path, upload: Any) -> Intake:
    path = tmp_path / upload.name
    path.write_bytes(upload.read())
    return read_layer(path, "fitness_sites", IN_CITY)


@pytest.mark.parametrize("form", FORMS)
def test_x08_sites_come_in_alike_in_every_form(tmp_path: Path, form: str) -> None:
    make, told = FORMS[form]
    intake = read(tmp_path, make(TABLE))
    assert intake.errors == ()
    assert [each.code for each in intake.warnings] == OTHERWISE.get(form, told)
    rows = TABLE.rows[:2] if form == "two sheets" else TABLE.rows
    assert [tuple(row) for row in intake.frame[["ref", "name", "address"]].itertuples(index=False)] == [
        tuple(row[:3]) for row in rows
    ]
    assert [(round(point.x, 7), round(point.y, 7)) for point in intake.frame.geometry] == [
        (float(row[3]), float(row[4])) for row in rows
    ]


@pytest.mark.parametrize("wrong", WRONG_CELLS)
def test_x08_a_cell_without_a_value_is_told_by_its_row(tmp_path: Path, wrong: str) -> None:
    make, code = WRONG_CELLS[wrong]
    assert (3, code) in {(each.row, each.code) for each in read(tmp_path, make(TABLE)).errors}


@pytest.mark.parametrize("kind", [kind for kind in BROKEN if kind != "another archive"])
def test_x08_a_table_that_cannot_be_read_is_refused_with_its_reason(tmp_path: Path, kind: str) -> None:
    make, code = BROKEN[kind]
    with pytest.raises(InputRefused, match=code):
        read(tmp_path, make(TABLE))
