"""Governance codes (J02) and sports bodies (J19) come in alike from every form of their tables, or are refused by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django_tenants.utils import schema_context

from grids.units.models import Grid, SportsBody
from tests.handed_in import BROKEN, FORMS, NO_TABLES, WRONG_CELLS, Table, text, workbook

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Import:
    """An import over HTTP: its table, how it is brought in, and what the city then holds of it."""

    table: Table
    bring: Callable[[Any], Any]
    held: Callable[[], Any]
    wanted: Any


@pytest.fixture
def external(alpha: Any, api: Any, staff: Any, base_grids: dict[str, list[Any]], make_user: Any) -> Import:
    make_user(alpha, "zhao")
    codes = [grid.code for grid in base_grids["shengli"]]
    rows = [
        (codes[0], "0012", "0001", "zhao"),
        (codes[1], "ZZ-2", "0001", "zhao"),
        (codes[2], "ZZ-3", "", ""),
    ]
    header = ("网格编码", "综治网格编码", "综治网格员编码", "账号")
    people = ("综治网格员编码", "账号")
    speaker = api(alpha, staff.gis)

    def held() -> Any:
        with schema_context(alpha.schema_name):
            return dict(Grid.objects.filter(code__in=codes).values_list("code", "external_grid_code"))

    return Import(
        Table(header, rows, merged=people, needed="综治网格编码", numbers=("网格编码",)),
        lambda upload: speaker.post("external-grids/import", {"file": upload}),
        held,
        dict(zip(codes, ("0012", "ZZ-2", "ZZ-3"), strict=True)),
    )


@pytest.fixture
def bodies(alpha: Any, api: Any, make_user: Any, small_city: Any) -> Import:
    speaker = api(alpha, make_user(alpha, "keeper", ["org.view", "sports_body.edit"]))
    rows = [
        ("410802001001", "全民健身组织", "胜利健身组织", "2021-03-04", ""),
        ("410802001", "全民健身组织", "街道健身组织", "2020-03-01", ""),
        ("410802", "体育总会", "解放区体育总会", "1995-05-01", "2020-12-31"),
    ]
    header = ("区划代码", "组织类型", "组织名称", "成立日期", "撤销日期")
    days = ("成立日期", "撤销日期")

    def held() -> Any:
        with schema_context(alpha.schema_name):
            return sorted(
                (row.name, row.kind, str(row.founded_on), str(row.dissolved_on))
                for row in SportsBody.objects.all()
            )

    return Import(
        Table(header, rows, merged=("组织类型",), needed="组织名称", days=days, numbers=("区划代码",)),
        lambda upload: speaker.post("sports-bodies/import", {"file": upload}),
        held,
        sorted([
            ("胜利健身组织", "fitness_organisation", "2021-03-04", "None"),
            ("街道健身组织", "fitness_organisation", "2020-03-01", "None"),
            ("解放区体育总会", "sports_federation", "1995-05-01", "2020-12-31"),
        ]),
    )  # fmt: skip


@pytest.fixture(params=["external", "bodies"])
def brought(request: pytest.FixtureRequest) -> Import:
    found: Import = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("form", FORMS)
def test_a_table_comes_in_alike_in_every_form(brought: Import, form: str) -> None:
    make, told = FORMS[form]
    done = brought.bring(make(brought.table))
    assert done.status_code == 200, done.content
    assert (done.json()["rows"], [each["code"] for each in done.json()["warnings"]]) == (3, told)
    assert brought.held() == brought.wanted


@pytest.mark.parametrize("wrong", WRONG_CELLS)
def test_a_cell_without_a_value_is_told_by_its_row_and_nothing_is_written(
    brought: Import, wrong: str
) -> None:
    make, code = WRONG_CELLS[wrong]
    before = brought.held()
    refused = brought.bring(make(brought.table))
    assert refused.status_code == 422
    errors = refused.json().get("errors") or [refused.json()]
    assert [(each["code"], each["facts"]["row"]) for each in errors] == [(code, 3)]
    assert errors[0]["message"]["zh"].startswith(f"第3行：“{brought.table.needed}”")
    assert brought.held() == before


@pytest.mark.parametrize("kind", [*NO_TABLES, *BROKEN])
def test_what_is_no_table_is_refused_with_its_reason(brought: Import, kind: str) -> None:
    if kind in NO_TABLES:
        upload, status, code = NO_TABLES[kind]
        refused = brought.bring(upload())
    else:
        make, code = BROKEN[kind]
        status, refused = 422, brought.bring(make(brought.table))
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.json()["message"]["zh"]


def test_what_has_a_password_is_told_to_lose_it(external: Import) -> None:
    upload, _, _ = NO_TABLES["an old XLS, or one with a password"]
    assert "取消密码" in external.bring(upload()).json()["how_to_fix"]["zh"]


def test_leading_zeros_that_a_format_shows_belong_to_the_code(external: Import) -> None:
    def zeros(book: Any) -> None:
        book.active["B2"].number_format = "0000"

    rows = [[external.table.rows[0][0], 12]]
    assert external.bring(workbook([external.table.header[:2], *rows], change=zeros)).status_code == 200
    assert external.held()[external.table.rows[0][0]] == "0012"


def test_rows_of_several_sheets_are_told_with_their_sheet_and_in_order(external: Import) -> None:
    header, rows = external.table.header, external.table.rows
    refused = external.bring(
        workbook([header, ("1", "A1")], [header, rows[0], ("2", "A2"), (rows[0][0], "ZZ-9")])
    )
    errors = refused.json()["errors"]
    assert [(each["code"], each["facts"]["row"], each["facts"].get("sheet")) for each in errors] == [
        ("GRID_UNKNOWN", 2, "一区"), ("GRID_UNKNOWN", 3, "二区"), ("GRID_ROW_TWICE", 4, None),
    ]  # fmt: skip
    assert errors[1]["message"]["zh"].startswith("第二区!3行：")
    assert "第二区!2行" in errors[2]["message"]["zh"]


def test_of_two_columns_for_a_name_the_exact_one_is_read(bodies: Import) -> None:
    header = ("名称", *bodies.table.header)
    rows = [("街道办事处", *row) for row in bodies.table.rows]
    done = bodies.bring(text([header, *rows]))
    assert [each["code"] for each in done.json()["warnings"]] == ["COLUMNS_IGNORED"]
    assert bodies.held() == bodies.wanted
