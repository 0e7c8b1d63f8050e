"""A register of a large city through its import: new, the same file again, everybody changed, and as a file again.

Prints wall time, this process's CPU time, statements and peak memory; run with `./dev bench register`.
"""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_tenants.utils import schema_context

from instructors.people.models import Instructor, RegisterImport
from instructors.people.queries.instructors import instructors_visible_to
from instructors.people.rules.identity_number import check_character
from instructors.people.services.exports import export_register
from instructors.people.services.imports import request_register_import
from tenants.accounts.models import User
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.rules.local_time import local_date
from tests.bench.measuring import measured

ROWS = 30_000
HEADER = (
    "姓名",
    "身份证号",
    "手机号",
    "等级",
    "证书编号",
    "发证机关",
    "发证日期",
    "有效期至",
    "项目",
    "授课类型",
    "注册年度",
    "经度",
    "纬度",
)
RIGHTS = ("instructor.view", "instructor.edit", "instructor.import")

pytestmark = pytest.mark.bench


def _line(number: int, *, phone: int = 0, valid_to: str = "长期", years: str = "2024、2025") -> list[Any]:
    first = f"990{number // 1000:03d}19800101{number % 1000:03d}"
    return [
        f"测试{number}", first + check_character(first), f"199{number + phone:08d}", "三级", f"B3-{number:06d}", "测试县体育局",
        "2024-05-01", valid_to, "太极拳、广场舞", "教练", years, round(113.2 + number % 97 * 0.001, 4), 35.2,
    ]  # fmt: skip


def _workbook(lines: list[list[Any]]) -> SimpleUploadedFile:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("名册")
    for line in [list(HEADER), *lines]:
        sheet.append(line)
    sink = io.BytesIO()
    book.save(sink)
    return SimpleUploadedFile("名册.xlsx", sink.getvalue())


def _csv(lines: list[list[Any]]) -> SimpleUploadedFile:
    sink = io.StringIO()
    csv.writer(sink).writerows([HEADER, *lines])
    return SimpleUploadedFile("名册.csv", sink.getvalue().encode("gb18030"))


def _import(alpha: Any, run_jobs: Any, user: User, upload: SimpleUploadedFile) -> dict[str, int]:
    """Send a file in and run its job; the counts of what became of it."""
    asked = request_register_import(
        upload=upload, unit_id=root_unit().pk, dry_run=False, crs="cgcs2000", partial=False, acting_user=user
    )
    run_jobs(alpha)
    done = RegisterImport.objects.get(pk=asked.pk)
    assert done.status == "applied", done.errors[:3]
    return dict(done.counts)


def test_a_register_of_thirty_thousand(alpha: Any, make_user: Any, run_jobs: Any) -> None:
    user = make_user(alpha, "bench", RIGHTS)
    new = [_line(number) for number in range(ROWS)]
    changed = [_line(number, phone=50_000, valid_to="2031-01-01", years="2026") for number in range(ROWS)]
    with schema_context(alpha.schema_name):
        for what, upload in (
            ("new, XLSX", _workbook(new)),
            ("the same again, CSV in GB18030", _csv(new)),
            ("all changed, XLSX", _workbook(changed)),
        ):
            counts = measured(
                f"{ROWS} rows, {what}", lambda upload=upload: _import(alpha, run_jobs, user, upload)
            )
            print(counts)
        assert Instructor.objects.count() == ROWS
        for form in ("csv", "xlsx"):
            sink = measured(
                f"{ROWS} people out as {form}",
                lambda form=form: export_register(
                    rows=instructors_visible_to(user), form=form, filters={}, today=local_date(timezone.now()),
                    acting_user=user,
                ),
            )  # fmt: skip
            sink.close()
