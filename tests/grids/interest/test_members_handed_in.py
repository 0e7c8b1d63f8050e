"""J08: a list of members comes in alike from every form of its table, or is refused by row."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handed_in import BROKEN, FORMS, NO_TABLES, WRONG_CELLS, Table

from .test_member_files import bring

pytestmark = pytest.mark.django_db
__all__ = ["bring"]  # a fixture, found by its name
FOUND = "晨光广场舞队"
TABLE = Table(
    ("姓名", "手机号", "兴趣网格", "来源", "证明", "任期开始"),
    [
        (f"周演示{number:04d}", f"1391{number:07d}", FOUND, "体育骨干", "带队三年（演示）", "2026-01-05")
        for number in (1, 2, 3)
    ],
    merged=("兴趣网格", "任期开始"), needed="姓名", days=("任期开始",), numbers=("手机号",),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_j08_a_list_of_members_comes_in_alike_in_every_form(bring: Any, speak: Any, form: str) -> None:
    make, told = FORMS[form]
    done = bring(make(TABLE))
    assert (done["status"], done["errors"], done["counts"]["posts_added"]) == ("applied", [], 3)
    assert [each["code"] for each in done["warnings"]] == told
    members = speak("leader").get("grid-members?name=周演示").json()["results"]
    assert [(each["name"], each["posts"][0]["starts_on"]) for each in members] == [
        (row[0], "2026-01-05") for row in TABLE.rows
    ]


@pytest.mark.parametrize("wrong", WRONG_CELLS)
def test_j08_a_cell_without_a_value_is_told_by_its_row(bring: Any, wrong: str) -> None:
    make, code = WRONG_CELLS[wrong]
    done = bring(make(TABLE))
    assert (done["status"], [(each["row"], each["code"]) for each in done["errors"]]) == (
        "refused",
        [(3, code)],
    )


@pytest.mark.parametrize("kind", BROKEN)
def test_j08_a_file_that_cannot_be_read_is_refused_with_its_reason(bring: Any, kind: str) -> None:
    make, code = BROKEN[kind]
    done = bring(make(TABLE))
    assert (done["status"], [each["code"] for each in done["errors"]]) == ("refused", [code])


@pytest.mark.parametrize("kind", NO_TABLES)
def test_j08_what_is_no_list_is_not_even_kept(speak: Any, neighbourhood: Any, kind: str) -> None:
    upload, status, code = NO_TABLES[kind]
    refused = speak("leader").post("grid-member-imports", {"file": upload()})
    assert (refused.status_code, refused.json()["code"]) == (status, code)
