"""J08: members come in from files, row by row, whole or not at all, and go out masked."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest

pytestmark = pytest.mark.django_db

HEADER = ["姓名", "手机号", "兴趣网格", "来源", "证明", "协会名称", "任期开始", "任期截止"]


def line(number: int, found: str = "晨光广场舞队", **changes: str) -> list[str]:
    cells = {"姓名": f"周演示{number:04d}", "手机号": f"1391{number:07d}", "兴趣网格": found, "来源": "体育骨干",
             "证明": "带队三年（演示）"} | changes  # fmt: skip
    return [cells.get(name, "") for name in HEADER]


def as_csv(rows: list[list[str]], header: list[str] | None = None, encoding: str = "utf-8-sig") -> io.BytesIO:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header or HEADER, *rows])
    return _named(text.getvalue().encode(encoding), "members.csv")


def as_workbook(rows: list[list[str]], header: list[str] | None = None) -> io.BytesIO:
    book = openpyxl.Workbook()
    for row in [["胜利社区网格员名单"], header or HEADER, *rows]:
        book.active.append(row)
    sink = io.BytesIO()
    book.save(sink)
    return _named(sink.getvalue(), "members.xlsx")


def _named(content: bytes, name: str) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


@pytest.fixture
def bring(alpha: Any, speak: Any, run_jobs: Any) -> Any:
    """`bring(file, dry_run=…)` uploads as the leader, runs the job and returns the import as the API shows it."""

    def upload(file: io.BytesIO, by: str = "leader", **options: Any) -> dict[str, Any]:
        person = speak(by)
        answer = person.post("grid-member-imports", {"file": file, **options})
        assert answer.status_code == 202, answer.content
        run_jobs(alpha)
        found: dict[str, Any] = person.get(
            f"grid-member-imports/{answer.json()['member_import']['id']}"
        ).json()
        return found

    return upload


@pytest.fixture
def stored(neighbourhood: Any, in_city: Any) -> Any:
    """`stored(0, 50)` brings in fifty new people as the county; how many statements writing and checking them took."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from grids.interest.services.member_imports import carry_out_member_import, request_member_import

    class Progress:
        """What a job hears; it costs the import nothing here."""

        def __call__(self, done: int, total: int, stage: str = "") -> None: ...
        def succeed(self, result: Any) -> None: ...

    def bring(first: int, count: int) -> int:
        from django.core.files.uploadedfile import SimpleUploadedFile

        rows = as_csv([line(number) for number in range(first, first + count)])
        with in_city():
            asked = request_member_import(
                upload=SimpleUploadedFile("members.csv", rows.getvalue()), dry_run=False, partial=False,
                acting_user=neighbourhood.people["county"],
            )  # fmt: skip
            with CaptureQueriesContext(connection) as caught:
                done = carry_out_member_import(asked.pk, Progress())  # type: ignore[arg-type]
        assert done["counts"]["posts_added"] == count
        return len(caught)

    return bring


@pytest.mark.parametrize("kind", [as_csv, as_workbook])
def test_j08_a_file_is_brought_in_once(neighbourhood: Any, bring: Any, speak: Any, kind: Any) -> None:
    rows = [line(1), line(2, 来源="协会", 协会名称="演示区舞蹈协会"), line(3, 任期开始="2026-01-05")]
    done = bring(kind(rows))
    assert (done["status"], done["errors"]) == ("applied", [])
    assert done["counts"] == {"rows": 3, "errors": 0, "members_added": 3, "posts_added": 3, "unchanged": 0}
    members = speak("leader").get("grid-members?name=周演示").json()["results"]
    assert [each["name"] for each in members] == ["周演示0001", "周演示0002", "周演示0003"]
    assert members[0]["phone"] == "139****0001"
    assert members[1]["posts"][0]["association"] == "演示区舞蹈协会"
    assert members[2]["posts"][0]["starts_on"] == "2026-01-05"
    assert {post["state"] for each in members for post in each["posts"]} == {"active"}
    again = bring(kind(rows))
    assert (again["counts"]["members_added"], again["counts"]["posts_added"]) == (0, 0)
    assert again["counts"]["unchanged"] == 3
    assert len(speak("leader").get("grid-members?name=周演示").json()["results"]) == 3


def test_j08_one_bad_row_refuses_the_whole_file_with_its_number(bring: Any, speak: Any) -> None:
    rows = [
        line(1),
        line(2, 来源=""),
        line(3, 手机号="123"),
        line(4, 证明=""),
        line(5, "没有这个队"),
        line(1, 姓名="吴演示9"),
    ]
    done = bring(as_csv(rows))
    assert done["status"] == "refused"
    found = {(each["row"], each["code"], each["zh"]) for each in done["errors"]}
    assert {(row, code) for row, code, _ in found} == {
        (3, "MEMBER_SOURCE"), (4, "PHONE_FORMAT"), (5, "MEMBER_SOURCE"), (6, "INTEREST_GRID_UNKNOWN"),
        (7, "MEMBER_NAME_DIFFERS"), (7, "ROW_TWICE"),
    }  # fmt: skip
    assert (3, "MEMBER_SOURCE", "请选择网格员来源") in found
    assert speak("leader").get("grid-members?name=周演示").json()["results"] == []


def test_j08_a_dry_run_writes_nothing_and_partial_takes_the_good_rows(bring: Any, speak: Any) -> None:
    rows = [line(1), line(2, 来源="")]
    dry = bring(as_csv([line(1)]), dry_run=True)
    assert (dry["status"], dry["counts"]["members_added"]) == ("checked", 1)
    assert speak("leader").get("grid-members?name=周演示").json()["results"] == []
    done = bring(as_csv(rows, encoding="gb18030"), partial=True)
    assert (done["status"], done["counts"]["members_added"], done["counts"]["errors"]) == ("applied", 1, 1)
    assert done["errors"][0]["row"] == 3
    assert len(speak("leader").get("grid-members?name=周演示").json()["results"]) == 1
    table = speak("leader").get(f"grid-member-imports/{done['id']}/errors?format=csv")
    assert "MEMBER_SOURCE" in b"".join(table.streaming_content).decode("utf-8-sig")


def test_j08_a_person_of_the_file_may_hold_several_posts(neighbourhood: Any, bring: Any, speak: Any) -> None:
    leader = speak("leader")
    second = leader.post(
        "interest-grids",
        {"name": "晨光太极队", "item": "taiji", "community_id": neighbourhood.dance.community_id,
         "base_grid_ids": [neighbourhood.grids["shengli1"].pk]},
    ).json()  # fmt: skip
    done = bring(as_csv([line(1), line(1, second["code"])]))
    assert (done["counts"]["members_added"], done["counts"]["posts_added"]) == (1, 2)


def test_j08_a_leader_brings_people_only_into_the_own_interest_grids(bring: Any, speak: Any) -> None:
    foreign = bring(as_csv([line(1, "新华乒乓球队")]))
    assert [each["code"] for each in foreign["errors"]] == ["INTEREST_GRID_UNKNOWN"]
    assert bring(as_csv([line(1, "新华乒乓球队")]), by="county")["status"] == "applied"
    refused = speak("member").post("grid-member-imports", {"file": as_csv([line(2)])})
    assert (refused.status_code, refused.json()["code"]) == (403, "POST_REQUIRED")


def test_j08_a_known_phone_with_another_name_is_refused(neighbourhood: Any, bring: Any) -> None:
    done = bring(as_csv([line(1, 手机号="13900000001")]))
    assert [each["code"] for each in done["errors"]] == ["MEMBER_NAME_DIFFERS"]
    assert "赵演示001" not in str(done)


def test_j08_a_file_without_its_columns_is_refused(bring: Any) -> None:
    done = bring(as_csv([["周演示1", "x"]], header=["姓名", "年龄"]))
    assert [each["code"] for each in done["errors"]] == ["HEADER_MISSING"]
    assert "手机号、兴趣网格" in done["errors"][0]["zh"]


def test_j08_the_template_is_what_an_import_reads(neighbourhood: Any, speak: Any) -> None:
    from grids.interest.rules.member_rows import MEMBER_LAYOUT, SYNONYMS

    answer = speak("leader").get("grid-member-imports/template?format=csv")
    header, example = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    columns = MEMBER_LAYOUT.columns_of(header)
    assert columns is not None and set(columns.at) == set(SYNONYMS) and not columns.ignored
    assert example[0] == "示例（导入时跳过此行）"


def test_j08_the_templates_example_is_passed_over_and_told(
    neighbourhood: Any, bring: Any, speak: Any
) -> None:
    from grids.interest.rules.member_rows import EXAMPLE_LINE, TEMPLATE_HEADER

    given = dict(zip(HEADER, line(1), strict=True))
    person = [given.get(name, "") for name in TEMPLATE_HEADER]
    done = bring(as_csv([list(EXAMPLE_LINE), person], header=list(TEMPLATE_HEADER)))
    assert (done["status"], done["counts"]["rows"], done["counts"]["members_added"]) == ("applied", 1, 1)
    assert [(each["row"], each["code"]) for each in done["warnings"]] == [(2, "EXAMPLE_SKIPPED")]
    only = bring(as_csv([list(EXAMPLE_LINE)], header=list(TEMPLATE_HEADER)))
    assert (only["status"], [each["code"] for each in only["errors"]]) == ("refused", ["NO_ROWS"])


def test_j08_all_that_is_wrong_with_a_file_is_told_in_one_round(bring: Any) -> None:
    rows = [
        line(1, "没有这个队", 来源=""),
        line(2, "也没有", 手机号="123"),
        line(3, 证明="", 任期开始="2026-05-01", 任期截止="2026-04-01"),
        line(4, 姓名="赵演示4", 手机号="13900000001", 来源=""),
    ]
    done = bring(as_csv(rows))
    assert {(each["row"], each["code"]) for each in done["errors"]} == {
        (2, "INTEREST_GRID_UNKNOWN"), (2, "MEMBER_SOURCE"), (3, "INTEREST_GRID_UNKNOWN"), (3, "PHONE_FORMAT"),
        (4, "MEMBER_SOURCE"), (4, "POST_DAYS"), (5, "MEMBER_NAME_DIFFERS"),
    }  # fmt: skip


@pytest.mark.parametrize("partial", [False, True])
def test_j08_a_missing_column_and_bad_rows_are_told_together(bring: Any, speak: Any, partial: bool) -> None:
    header = [name for name in HEADER if name != "手机号"]
    rows = [
        [cell for name, cell in zip(HEADER, cells, strict=True) if name != "手机号"]
        for cells in (line(1), line(2, "没有这个队"), line(3, 姓名=""), line(4, 任期截止="明天"))
    ]
    done = bring(as_csv(rows, header=header), partial=partial)
    assert done["status"] == "refused"
    assert [(each["row"], each["code"]) for each in done["errors"]] == [
        (None, "HEADER_MISSING"), (3, "INTEREST_GRID_UNKNOWN"), (4, "FIELD_MISSING"), (5, "CELL_FORMAT"),
    ]  # fmt: skip
    assert done["errors"][0]["zh"].endswith("缺少列：手机号")
    assert speak("leader").get("grid-members?name=周演示").json()["results"] == []


def test_j08_an_import_costs_a_fixed_number_of_statements_a_thousand_rows(stored: Any) -> None:
    """As many for 50 rows as for 500; and each further thousand rows cost a fixed number, a batch's."""
    few, many, more = (stored(first, count) for first, count in ((0, 50), (1000, 500), (5000, 1500)))
    assert few == many
    # Members, posts and the audit rows of the posts are written by the thousand.
    assert more - many <= 6
    assert few <= 60


def test_x08_an_export_is_masked_harmless_and_logged(neighbourhood: Any, speak: Any, in_city: Any) -> None:
    from tenants.accounts.models import AuditEvent

    leader = speak("leader")
    post = {"interest_grid_id": neighbourhood.dance.pk, "source": "backbone", "proof": "=1+1"}
    assert (
        leader.post("grid-members", {"name": "@周演示7", "phone": "13900000070", "post": post}).status_code
        == 201
    )
    answer = leader.get("grid-members/export?format=csv&name=周演示")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert (
        len(rows) == 2 and rows[1][1] == "'@周演示7" and rows[1][2] == "139****0070" and rows[1][8] == "'=1+1"
    )
    with in_city():
        logged = AuditEvent.objects.get(action="grid_member.export")
    assert logged.after["rows"] == 1 and logged.after["filters"]["has_name"] is True
    assert "周演示" not in str(logged.after)
    colleague = b"".join(speak("member").get("grid-members/export?format=csv").streaming_content).decode()
    assert "13900000070" not in colleague and "139****0070" not in colleague and "赵演示001" in colleague
    workbook = b"".join(leader.get("grid-members/export").streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(workbook)).active
    assert sheet.max_row == 3 and sheet["I3"].data_type == "s"


def test_j08_the_statements_of_an_import_do_not_grow_with_its_rows(
    alpha: Any, neighbourhood: Any, speak: Any, run_jobs: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for first, many in ((1, 5), (100, 60)):
        rows = [line(first + at) for at in range(many)]
        assert speak("leader").post("grid-member-imports", {"file": as_csv(rows)}).status_code == 202
        with CaptureQueriesContext(
            connection,
        ) as caught:
            run_jobs(alpha)
        counts.append(len(caught))
    assert counts[0] == counts[1]


@pytest.mark.slow
def test_j08_five_thousand_rows_come_in_by_one_job(
    alpha: Any, neighbourhood: Any, speak: Any, run_jobs: Any
) -> None:
    """All of them or none, in memory that is bounded, while the job tells how far it is."""
    import tracemalloc

    rows = [line(number) for number in range(5000)]
    assert speak("leader").post("grid-member-imports", {"file": as_workbook(rows)}).status_code == 202
    (job,) = run_jobs(alpha)
    assert job.result["counts"] == {
        "rows": 5000, "errors": 0, "members_added": 5000, "posts_added": 5000, "unchanged": 0,
    }  # fmt: skip
    assert speak("leader").post("grid-member-imports", {"file": as_workbook(rows)}).status_code == 202
    tracemalloc.start()
    (again,) = run_jobs(alpha)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert again.result["counts"]["unchanged"] == 5000 and peak < 150_000_000
