"""J12: what sites ask for comes in alike from every form of its table, or is refused by row."""

from __future__ import annotations

from typing import Any

import pytest

from instructors.assignment.rules.need_rows import TEMPLATE_HEADER
from tests.handed_in import BROKEN, FORMS, NO_TABLES, WRONG_CELLS, Table

from .test_need_imports import bring, needs, sites

pytestmark = pytest.mark.django_db
__all__ = ["sites"]  # a fixture, found by its name
TABLE = Table(
    TEMPLATE_HEADER,
    [
        ("S1", "太极拳", "周一", "06:30", "07:30", "2", "400"),
        ("S1", "太极拳", "周三", "06:30", "07:30", "2", "400"),
        ("S2", "广场舞", "周五", "19:00", "20:30", "1", "30"),
    ],
    merged=("站点编号", "项目", "权重"), needed="项目", numbers=("需要人数", "权重"),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_j12_needs_come_in_alike_in_every_form(alpha: Any, sites: Any, speaker: Any, form: str) -> None:
    make, told = FORMS[form]
    done = bring(speaker, make(TABLE))
    assert done.status_code == 200, done.content
    assert (done.json()["added"], [each["code"] for each in done.json()["warnings"]]) == (3, told)
    assert needs(alpha) == [
        ("S1", "taiji", 1, 390, 450, 2, 400), ("S1", "taiji", 3, 390, 450, 2, 400),
        ("S2", "square_dance", 5, 1140, 1230, 1, 30),
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_CELLS)
def test_j12_a_cell_without_a_value_is_told_by_its_row(
    alpha: Any, sites: Any, speaker: Any, wrong: str
) -> None:
    make, code = WRONG_CELLS[wrong]
    _, *told = bring(speaker, make(TABLE)).json()["errors"]
    assert [(each["code"], each["facts"]["row"]) for each in told] == [(code, 3)]
    assert needs(alpha) == []


@pytest.mark.parametrize("kind", BROKEN)
def test_j12_a_file_that_cannot_be_read_is_refused_with_its_reason(
    alpha: Any, sites: Any, speaker: Any, kind: str
) -> None:
    make, code = BROKEN[kind]
    refused = bring(speaker, make(TABLE))
    assert refused.status_code == 422
    assert [each["code"] for each in refused.json()["errors"]] == ["NEEDS_REFUSED", code]


@pytest.mark.parametrize("kind", NO_TABLES)
def test_j12_what_is_no_table_is_refused(alpha: Any, sites: Any, speaker: Any, kind: str) -> None:
    upload, status, code = NO_TABLES[kind]
    refused = bring(speaker, upload())
    assert (refused.status_code, refused.json()["code"]) == (status, code)
