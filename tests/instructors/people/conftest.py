"""Invented numbers, entries and files of the register."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tenants.utils import schema_context

from instructors.people.rules.identity_number import IdKind, check_character

HEADER = (
    "姓名", "身份证号码", "手机号", "等级", "证书编号", "发证单位", "发证日期", "有效期至", "项目", "授课类型", "注册年度",
    "注册日期", "所属社区", "经度", "纬度",
)  # fmt: skip


def invented_id(number: int) -> str:
    """A number with a right check character of a region that does not exist."""
    first = (
        f"99000019800101{number:03d}"
        if number < 1000
        else f"990{number // 1000:03d}19800101{number % 1000:03d}"
    )
    return first + check_character(first)


def invented_phone(number: int) -> str:
    """A number nobody has."""
    return f"199{number:08d}"


def line(number: int, **changes: Any) -> list[Any]:
    """A good row of a file; `changes` by column name."""
    values = (
        f"测试{number}", invented_id(number), invented_phone(number), "三级", f"T3-{number:06d}", "测试县体育局",
        "2024-05-01", "长期", "太极拳、广场舞", "教练", "2024、2025", "", "xinhua", 114.214, 35.2115,
    )  # fmt: skip
    given = dict(zip(HEADER, values, strict=True)) | changes
    return [given[name] for name in HEADER]


def as_csv(
    rows: Sequence[Sequence[Any]], *, encoding: str = "utf-8-sig", header: Sequence[str] = HEADER
) -> Any:
    sink = io.StringIO()
    csv.writer(sink).writerows([header, *rows])
    return SimpleUploadedFile("名册.csv", sink.getvalue().encode(encoding))


def as_workbook(rows: Sequence[Sequence[Any]], *, above: int = 0, header: Sequence[str] = HEADER) -> Any:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for _ in range(above):
        sheet.append(["2025年度社会体育指导员名册"])
    for row in [header, *rows]:
        sheet.append(list(row))
    sink = io.BytesIO()
    book.save(sink)
    return SimpleUploadedFile("名册.xlsx", sink.getvalue())


@pytest.fixture
def enter(alpha: Any, small_city: Any, staff: Any) -> Callable[..., Any]:
    """`enter(1, unit="shengli", by=staff.dispatcher, phone=…)` enters a person by the service."""
    from instructors.people.services.identity import Numbers
    from instructors.people.services.instructors import Entry, enter_instructor

    def do(number: int = 1, *, unit: str = "shengli", by: Any = None, name: str = "", **numbers: str) -> Any:
        given = {"id_number": invented_id(number), "id_kind": IdKind.RESIDENT, **numbers}
        entry = Entry(
            unit_id=small_city.units[unit].pk,
            facts={"name": name or f"测试{number}"},
            numbers=Numbers(**given),
        )
        with schema_context(alpha.schema_name):
            return enter_instructor(entry=entry, acting_user=by or staff.dispatcher)

    return do


@pytest.fixture
def bring(
    alpha: Any, small_city: Any, staff: Any, run_jobs: Any, settings: Any, tmp_path: Any
) -> Callable[..., Any]:
    """`bring(upload, unit="city", dry_run=False)` imports a file as the dispatcher; returns the import."""
    from instructors.people.models import RegisterImport
    from instructors.people.services.imports import request_register_import

    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django_tenants.files.storage.TenantFileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
    }

    def do(
        upload: Any, *, unit: str = "city", dry_run: bool = False, crs: str = "cgcs2000", partial: bool = False,
        by: Any = None, run: bool = True,
    ) -> Any:  # fmt: skip
        with schema_context(alpha.schema_name):
            started = request_register_import(
                upload=upload, unit_id=small_city.units[unit].pk, dry_run=dry_run, crs=crs, partial=partial,
                acting_user=by or staff.dispatcher,
            )  # fmt: skip
            if run:
                run_jobs(alpha)
            return RegisterImport.objects.select_related("job", "unit").get(pk=started.pk)

    return do


def codes(found: Sequence[dict[str, Any]]) -> list[str]:
    return [finding["code"] for finding in found]
