"""J02: the governance grid's codes and people are imported, not keyed again; whole or not at all, and once."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tenants.utils import schema_context
from openpyxl import Workbook

from grids.units.models import GovernancePerson, Grid
from tenants.accounts.models import AuditEvent

pytestmark = pytest.mark.django_db
HEADER = ("网格编码", "综治网格编码", "综治网格员编码", "账号")


@pytest.fixture
def gis(api: Any, alpha: Any, staff: Any) -> Any:
    return api(alpha, staff.gis)


def _csv(
    rows: Sequence[Sequence[str]], encoding: str = "utf-8", header: Sequence[str] = HEADER
) -> SimpleUploadedFile:
    lines = [",".join(header), *(",".join(row) for row in rows)]
    return SimpleUploadedFile("网格.csv", "\n".join(lines).encode(encoding))


def _xlsx(rows: Sequence[Sequence[Any]]) -> SimpleUploadedFile:
    book = Workbook()
    sheet = book.active
    sheet.append(["焦作市综治网格对照表"])
    for row in (HEADER, *rows):
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return SimpleUploadedFile("网格.xlsx", file.getvalue())


def _no_workbook() -> SimpleUploadedFile:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types")
        archive.writestr("xl/workbook.xml", "<workbook")
    return SimpleUploadedFile("a.xlsx", file.getvalue())


def _import(speaker: Any, file: Any, **more: Any) -> Any:
    return speaker.post("external-grids/import", {"file": file, **more})


def _codes(alpha: Any) -> dict[str, str | None]:
    with schema_context(alpha.schema_name):
        return dict(Grid.objects.values_list("code", "external_grid_code"))


@pytest.fixture
def codes(base_grids: dict[str, list[Any]]) -> list[str]:
    return [grid.code for grid in base_grids["shengli"]]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_list_links_grids_and_people_and_again_changes_nothing(
    alpha: Any, gis: Any, codes: list[str], make_user: Any, encoding: str
) -> None:
    make_user(alpha, "zhao")
    rows = [(codes[0], "zz-01", "P001", "zhao"), (codes[1], "ZZ 02", "P001", "zhao"), (codes[2], "", "", "")]
    done = _import(gis, _csv(rows, encoding))
    assert done.status_code == 200
    assert done.json() == {
        "dry_run": False, "rows": 3, "linked": 2, "changed": 0, "unchanged": 0, "blank": 1, "people_linked": 1,
        "warnings": [],
    }  # fmt: skip
    assert [_codes(alpha)[code] for code in codes] == ["ZZ-01", "ZZ02", None]
    with schema_context(alpha.schema_name):
        assert GovernancePerson.objects.get().user.username == "zhao"
        traces = AuditEvent.objects.count()
    again = _import(gis, _csv(rows, encoding)).json()
    assert (again["linked"], again["changed"], again["unchanged"], again["people_linked"]) == (0, 0, 2, 0)
    with schema_context(alpha.schema_name):
        assert AuditEvent.objects.count() == traces
        assert Grid.objects.get(code=codes[0]).version == 2


def test_a_dry_run_says_what_would_be_and_writes_nothing(alpha: Any, gis: Any, codes: list[str]) -> None:
    done = _import(gis, _xlsx([(int(codes[0]), "A1", None, None)]), dry_run="true")
    assert (done.json()["dry_run"], done.json()["linked"]) == (True, 1)
    assert set(_codes(alpha).values()) == {None}
    assert _import(gis, _xlsx([(int(codes[0]), "A1", None, None)])).json()["linked"] == 1
    assert _codes(alpha)[codes[0]] == "A1"


def test_j02_every_bad_row_is_told_by_its_number_and_nothing_is_written(
    alpha: Any, gis: Any, codes: list[str], make_user: Any
) -> None:
    with schema_context(alpha.schema_name):
        Grid.objects.filter(code=codes[2]).update(external_grid_code="TAKEN")
    make_user(alpha, "zhao")
    rows = [
        (codes[0], "TAKEN", "", ""),
        (codes[0], "A2", "", ""),
        (codes[1], "网格", "", ""),
        ("410802001001999", "A4", "", ""),
        (codes[1], "A2", "P1", ""),
        (codes[1], "A2", "P1", "nobody"),
    ]
    refused = _import(gis, _csv(rows))
    assert refused.status_code == 409
    told = [(error["facts"]["row"], error["code"]) for error in refused.json()["errors"]]
    assert told == [
        (2, "GRID_ALREADY_LINKED"), (3, "GRID_ROW_TWICE"), (4, "EXTERNAL_CODE_FORMAT"), (5, "GRID_UNKNOWN"),
        (6, "ACCOUNT_MISSING"), (6, "GRID_ALREADY_LINKED"), (7, "ACCOUNT_UNKNOWN"), (7, "GRID_ALREADY_LINKED"),
    ]  # fmt: skip
    first = refused.json()["errors"][0]
    assert first["message"]["zh"] == "第2行：综治网格TAKEN已关联到另一体育网格"
    assert [_codes(alpha)[code] for code in codes] == [None, None, "TAKEN"]


def test_a_person_is_mapped_once(alpha: Any, gis: Any, codes: list[str], make_user: Any) -> None:
    make_user(alpha, "zhao")
    make_user(alpha, "qian")
    assert _import(gis, _csv([(codes[0], "A1", "P1", "zhao")])).status_code == 200
    refused = _import(gis, _csv([(codes[1], "A2", "P1", "qian")]))
    assert (refused.status_code, refused.json()["code"]) == (409, "PERSON_ALREADY_LINKED")
    assert refused.json()["message"]["zh"] == "第2行：综治网格人员P1不能重复对应，该人员已对应另一账号"
    assert _codes(alpha)[codes[1]] is None


def test_two_grids_may_exchange_their_codes(alpha: Any, gis: Any, codes: list[str]) -> None:
    header = HEADER[:2]
    assert _import(gis, _csv([(codes[0], "A1"), (codes[1], "A2")], header=header)).json()["linked"] == 2
    swapped = _import(gis, _csv([(codes[0], "A2"), (codes[1], "A1")], header=header))
    assert (swapped.status_code, swapped.json()["changed"]) == (200, 2)
    assert [_codes(alpha)[code] for code in codes[:2]] == ["A2", "A1"]


def test_grids_of_others_are_unknown(
    alpha: Any, api: Any, codes: list[str], make_user: Any, small_city: Any
) -> None:
    rights = ["grid.view", "grid_plan.draft"]
    other = api(alpha, make_user(alpha, "other", rights, unit=small_city.units["other_town"]))
    refused = _import(other, _csv([(codes[0], "A1", "", "")]))
    assert (refused.status_code, refused.json()["code"]) == (422, "GRID_UNKNOWN")
    reader = api(alpha, make_user(alpha, "reader", ["grid.view"]))
    assert _import(reader, _csv([(codes[0], "A1", "", "")])).status_code == 403


@pytest.mark.parametrize(
    ("file", "code", "status"),
    [
        (SimpleUploadedFile("a.csv", "网格编码,别的\n1,2".encode()), "HEADER_MISSING", 422),
        (SimpleUploadedFile("a.csv", "网格编码,综治网格编码\n".encode()), "NO_ROWS", 422),
        (SimpleUploadedFile("a.csv", b"\xff\xff,\x80\n1,2"), "MOJIBAKE", 422),
        (SimpleUploadedFile("a.xlsx", b"PK\x03\x04broken"), "ARCHIVE_BROKEN", 422),
        (_no_workbook(), "FILE_BROKEN", 422),
        (SimpleUploadedFile("a.pdf", b"%PDF-1.7"), "UPLOAD_TYPE", 415),
    ],
    ids=["columns", "rows", "letters", "broken", "workbook", "type"],
)
def test_what_is_no_such_table_is_refused(
    gis: Any, base_grids: Any, file: Any, code: str, status: int
) -> None:
    file.seek(0)
    refused = _import(gis, file)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_a_hundred_errors_are_told_and_how_many_more(gis: Any, base_grids: Any) -> None:
    refused = _import(gis, _csv([(f"{n:015d}", f"A{n}", "", "") for n in range(130)]))
    errors = refused.json()["errors"]
    assert (len(errors), errors[-1]["code"], errors[-1]["facts"]) == (101, "MORE_ERRORS", {"more": 30})
