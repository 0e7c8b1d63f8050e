"""J12, J13: a file of what sites ask for is brought in whole or not at all, and twice it changes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tenants.utils import schema_context

from instructors.assignment.models import Site, SiteNeed
from instructors.assignment.rules.need_rows import TEMPLATE_HEADER
from tenants.accounts.models import AuditEvent

pytestmark = pytest.mark.django_db
ROWS = (
    ("S1", "太极拳", "周一、周三", "06:30", "07:30", 2, ""),
    ("S2", "square_dance", "周五", "19:00", "20:30", "", 400),
)


def as_csv(
    rows: Sequence[Sequence[Any]], encoding: str = "utf-8-sig", header: Sequence[str] = TEMPLATE_HEADER
) -> Any:
    sink = io.StringIO()
    csv.writer(sink).writerows([header, *rows])
    return SimpleUploadedFile("需求.csv", sink.getvalue().encode(encoding))


def as_workbook(rows: Sequence[Sequence[Any]]) -> Any:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [["2026年站点需求"], TEMPLATE_HEADER, *rows]:
        sheet.append(list(row))
    sink = io.BytesIO()
    book.save(sink)
    return SimpleUploadedFile("需求.xlsx", sink.getvalue())


@pytest.fixture
def sites(make_site: Any) -> list[Any]:
    """S1 in `town`, S2 in `other_town`."""
    return [make_site("S1"), make_site("S2", unit="xinhua")]


def bring(speaker: Any, upload: Any, **more: Any) -> Any:
    return speaker.post("site-need-imports", {"file": upload, **more})


def counts(answer: Any) -> tuple[int, int, int, int]:
    assert answer.status_code == 200, answer.content
    told = answer.json()
    return told["rows"], told["added"], told["updated"], told["unchanged"]


def needs(alpha: Any) -> list[tuple[Any, ...]]:
    columns = ("site__ref", "item__code", "weekday", "from_minute", "to_minute", "wanted", "weight")
    with schema_context(alpha.schema_name):
        return list(SiteNeed.objects.order_by("site__ref", "weekday").values_list(*columns))


@pytest.mark.parametrize("form", [as_csv, as_workbook])
def test_j12_a_file_is_brought_in_and_twice_changes_nothing(alpha, sites, speaker, form):
    assert counts(bring(speaker, form(ROWS))) == (2, 3, 0, 0)
    assert needs(alpha) == [
        ("S1", "taiji", 1, 390, 450, 2, None), ("S1", "taiji", 3, 390, 450, 2, None),
        ("S2", "square_dance", 5, 1140, 1230, 1, 400),
    ]  # fmt: skip
    with schema_context(alpha.schema_name):
        versions = list(Site.objects.order_by("ref").values_list("version", flat=True))
        rows = AuditEvent.objects.count()
    assert versions == [2, 2]
    assert counts(bring(speaker, form(ROWS))) == (2, 0, 0, 3)
    with schema_context(alpha.schema_name):
        assert list(Site.objects.order_by("ref").values_list("version", flat=True)) == versions
        assert AuditEvent.objects.filter(action="site_need.add").count() == 3
        assert AuditEvent.objects.count() == rows + 1, "only that a file came, and changed nothing"


def test_j12_gbk_is_read_and_what_a_row_does_not_say_stays(alpha, sites, speaker):
    bring(speaker, as_csv(ROWS, "gb18030"))
    changed = [
        ("S1", "taiji", "周一", "06:30", "07:30", 3, ""),
        ("S2", "广场舞", "周五", "19:00", "20:30", "", ""),
    ]
    assert counts(bring(speaker, as_csv(changed))) == (2, 0, 1, 1)
    assert [row[5:] for row in needs(alpha)] == [(3, None), (2, None), (1, 400)], (
        "S2 keeps its 400 households"
    )


def test_j12_a_dry_run_says_what_would_change_and_writes_nothing(alpha, sites, speaker):
    assert counts(bring(speaker, as_csv(ROWS), dry_run=True)) == (2, 3, 0, 0)
    assert needs(alpha) == []
    with schema_context(alpha.schema_name):
        assert not AuditEvent.objects.filter(action__startswith="site_need").exists()


def test_j12_one_wrong_row_refuses_the_whole_and_every_wrong_row_is_told(alpha, sites, speaker):
    wrong = [
        ROWS[0],
        ("S9", "太极拳", "周一", "06:30", "07:30", 1, ""),
        ("S1", "冰壶", "周二", "06:30", "07:30", 1, ""),
        ("S1", "太极拳", "周二", "07:30", "06:30", 1, ""),
        ("S1", "太极拳", "周八", "06:30", "07:30", 30, ""),
        ("S1", "太极拳", "周三", "06:30", "07:45", 1, ""),
    ]
    refused = bring(speaker, as_csv(wrong))
    assert refused.status_code == 422, refused.content
    told = refused.json()
    assert [(each["code"], each["facts"].get("row")) for each in told["errors"]] == [
        ("NEEDS_REFUSED", None), ("SITE_UNKNOWN", 3), ("ITEM_UNKNOWN", 4), ("TIME_SPAN", 5),
        ("WEEKDAY_UNREADABLE", 6), ("NUMBER_UNREADABLE", 6), ("NEED_TWICE", 7),
    ]  # fmt: skip
    assert told["errors"][0]["message"]["zh"].startswith(
        "文件“需求.csv”有6处错误，未导入任何数据。第3行：没有找到站点编号“S9”"
    )
    assert told["errors"][0]["rule"]["id"] == "J12"
    assert told["errors"][-1]["facts"]["first_row"] == 2
    assert needs(alpha) == []


def test_j13_a_time_the_site_is_shut_is_refused_by_row(alpha, make_site, speaker):
    make_site("S1", hours=[(1, 540, 720)])
    refused = bring(speaker, as_csv([ROWS[0]]))
    codes = [each["code"] for each in refused.json()["errors"]]
    assert codes[:2] == ["NEEDS_REFUSED", "OUTSIDE_OPENING_HOURS"]


def test_j12_a_need_that_somebody_serves_keeps_its_end(
    alpha, sites, speaker, make_need, make_instructor, staff
):
    from instructors.assignment.models import AssignmentPin

    need = make_need(sites[0], "taiji", (1, 390, 450))
    with schema_context(alpha.schema_name):
        AssignmentPin.objects.create(need=need, instructor=make_instructor(), pinned_by=staff.dispatcher)
    longer = bring(speaker, as_csv([("S1", "太极拳", "周一", "06:30", "08:00", 1, "")]))
    assert longer.json()["errors"][1]["code"] == "NEED_IS_SERVED"
    more = bring(speaker, as_csv([("S1", "太极拳", "周一", "06:30", "07:30", 4, "")]))
    assert counts(more) == (1, 0, 1, 0)


def test_j12_a_town_brings_in_needs_of_its_own_sites_only(alpha, sites, staff, api):
    refused = bring(api(alpha, staff.clerk), as_csv(ROWS))  # S2 stands in another town
    assert [each["code"] for each in refused.json()["errors"]] == ["NEEDS_REFUSED", "SITE_UNKNOWN"]
    assert counts(bring(api(alpha, staff.clerk), as_csv(ROWS[:1]))) == (1, 2, 0, 0)
    assert bring(api(alpha, staff.nobody), as_csv(ROWS)).status_code == 403


@pytest.mark.parametrize(
    ("upload", "status", "code"),
    [
        (lambda: as_csv([], header=("甲", "乙")), 422, "HEADER_MISSING"),
        (lambda: as_csv([]), 422, "NO_ROWS"),
        (lambda: SimpleUploadedFile("需求.pdf", b"%PDF-1.7 x"), 415, "UPLOAD_TYPE"),
    ],
)
def test_j12_what_is_no_table_of_needs_is_refused(alpha, sites, speaker, upload, status, code):
    refused = bring(speaker, upload())
    assert refused.status_code == status
    assert code in {each["code"] for each in refused.json().get("errors", [refused.json()])}


def test_j12_more_rows_than_a_file_may_hold_are_refused(alpha, sites, speaker, monkeypatch):
    from instructors.assignment.services import need_imports

    monkeypatch.setattr(need_imports, "MOST_ROWS", 1)
    refused = bring(speaker, as_csv(ROWS))
    assert "TOO_MANY_ROWS" in {each["code"] for each in refused.json()["errors"]}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_j12_the_template_is_handed_out_and_read_back(alpha, make_site, speaker, form):
    make_site("S-0001")
    answer = speaker.get(f"site-need-imports/template?format={form}")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)
    assert counts(bring(speaker, SimpleUploadedFile(f"t.{form}", content))) == (1, 2, 0, 0)


def test_j12_statements_do_not_grow_with_the_rows(alpha, sites, speaker, django_assert_max_num_queries):
    many = [
        ("S1", "太极拳", "周一", f"{at // 60 + 6:02d}:{at % 60:02d}", "23:00", 1, "")
        for at in range(0, 600, 5)
    ]
    with django_assert_max_num_queries(25):
        assert counts(bring(speaker, as_csv(many)))[1] == 120
