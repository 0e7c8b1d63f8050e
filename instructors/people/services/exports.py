"""The register, and what was found in a file, as CSV and XLSX: written row by row, numbers masked."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from instructors.people.models import GradeAward, Instructor, TeachingItem, WorkRegistration
from instructors.people.queries.instructors import may_see_in_full
from instructors.people.rules.grades import NAMES, InstructorGrade, TeachingRole
from instructors.people.rules.spreadsheet import harmless
from instructors.people.rules.standing import GradeHeld, grade_on
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.rules.masking import mask_name

EXPORT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
REGISTER_HEADER = (
    "编号", "全国编号", "姓名", "证件号码（脱敏）", "手机号（脱敏）", "所属单位", "现等级", "证书编号", "发证单位", "发证日期",
    "有效期至", "项目", "注册年度", "每周场次上限", "离开日期",
)  # fmt: skip
_CHUNK = 2000
_PERSONAL_FILTERS = ("name", "certificate")
_PAPER = ("certificate_number", "issuing_body", "valid_from", "valid_to")
_ROLES = {TeachingRole.SKILL_COACH: "教练", TeachingRole.LECTURER: "讲师"}


@transaction.atomic
def export_register(
    *, rows: QuerySet[Instructor], form: str, filters: dict[str, Any], today: date, acting_user: User
) -> IO[bytes]:
    """The people as a file left at its start, to be sent piece by piece; the log tells who took out how many."""
    counted = [0]

    def lines() -> Iterator[Sequence[Any]]:
        for chunk in _chunks(rows.order_by("id")):
            counted[0] += len(chunk)
            yield from _lines(chunk, acting_user, today)

    sink = write_table(REGISTER_HEADER, lines(), form, "指导员")
    record_audit(
        acting_user=acting_user,
        action="instructor.export",
        subject=("people.instructor", ""),
        after={
            "rows": counted[0],
            "format": form,
            "filters": _told_filters(filters),
        },
    )
    return sink


def _told_filters(filters: dict[str, Any]) -> dict[str, object]:
    """The filters as the audit log keeps them: whose name or certificate was looked for stays out."""
    told: dict[str, object] = {
        key: str(value) for key, value in filters.items() if key not in _PERSONAL_FILTERS
    }
    return told | {f"has_{key}": True for key in _PERSONAL_FILTERS if filters.get(key)}


def write_table(header: Sequence[str], lines: Iterable[Sequence[Any]], form: str, sheet: str) -> IO[bytes]:
    """A table as a temporary file in CSV (UTF-8 with its mark) or XLSX; texts stay texts, whatever they begin with."""
    sink: IO[bytes] = tempfile.TemporaryFile(prefix="export-")  # noqa: SIM115  closed by who sends it
    if form == "csv":
        _write_csv(sink, header, lines)
    else:
        _write_workbook(sink, header, lines, sheet)
    sink.seek(0)
    return sink


def _write_csv(sink: IO[bytes], header: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    text = io.TextIOWrapper(sink, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([harmless(value) for value in line] for line in lines)
    text.detach()  # flushes, and leaves the file open


def _write_workbook(
    sink: IO[bytes], header: Sequence[str], lines: Iterable[Sequence[Any]], name: str
) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name)
    sheet.append(list(header))
    for line in lines:
        sheet.append([_text_cell(sheet, value) if _is_formula(value) else value for value in line])
    book.save(sink)


def _is_formula(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _text_cell(sheet: Any, value: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    return cell


def _chunks(rows: QuerySet[Instructor]) -> Iterator[list[Instructor]]:
    """The people in pieces, so that a large register is never in memory whole."""
    people = rows.iterator(chunk_size=_CHUNK)
    while chunk := list(islice(people, _CHUNK)):
        yield chunk


def _lines(people: list[Instructor], reader: User, today: date) -> Iterator[list[Any]]:
    """One line a person, with standing read as plain values: three statements for all of these people."""
    ids = [row.pk for row in people]
    awards = _by_person(
        GradeAward.objects.filter(instructor__in=ids).values_list("instructor_id", "grade", *_PAPER)
    )
    names = "item__name", "teaching_role"
    items = _by_person(
        TeachingItem.objects.filter(instructor__in=ids).order_by("id").values_list("instructor_id", *names)
    )
    years = _by_person(
        WorkRegistration.objects.filter(instructor__in=ids)
        .order_by("year")
        .values_list("instructor_id", "year")
    )
    for row in people:
        yield [
            *_person_cells(row, reader),
            *_grade_cells(awards.get(row.pk, []), today),
            "、".join(f"{name}（{_ROLES[TeachingRole(role)]}）" for name, role in items.get(row.pk, [])),
            "、".join(str(year) for (year,) in years.get(row.pk, [])),
            row.weekly_limit,
            row.left_on.isoformat() if row.left_on else "",
        ]


def _by_person(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for person_id, *values in rows:
        found.setdefault(person_id, []).append(tuple(values))
    return found


def _person_cells(row: Instructor, reader: User) -> list[Any]:
    identity = getattr(row, "identity", None)
    return [
        row.pk,
        row.ref,
        row.name if may_see_in_full(reader, row) else mask_name(row.name),
        identity.id_masked if identity else "",
        identity.phone_masked if identity else "",
        row.unit.name,
    ]


def _grade_cells(awards: list[tuple[Any, ...]], today: date) -> list[str]:
    """The highest grade in force today with its certificate; blanks without one."""
    held = {InstructorGrade(grade): paper for grade, *paper in awards}
    grade = grade_on([GradeHeld(grade, paper[2], paper[3]) for grade, paper in held.items()], today)
    if grade is None:
        return [""] * 5
    number, body, valid_from, valid_to = held[grade]
    return [NAMES[grade], number, body, valid_from.isoformat(), valid_to.isoformat() if valid_to else ""]
