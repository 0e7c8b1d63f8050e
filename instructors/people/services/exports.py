"""The register, and what was found in a file, as CSV and XLSX: written row by row, numbers masked."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from instructors.people.models import Instructor
from instructors.people.queries.instructors import may_see_in_full, with_standing
from instructors.people.queries.standing import grades_held
from instructors.people.rules.grades import NAMES, InstructorGrade, TeachingRole
from instructors.people.rules.spreadsheet import harmless
from instructors.people.rules.standing import grade_on
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
_ROLES = {TeachingRole.SKILL_COACH: "教练", TeachingRole.LECTURER: "讲师"}


@transaction.atomic
def export_register(
    *, rows: QuerySet[Instructor], form: str, filters: dict[str, Any], today: date, acting_user: User
) -> IO[bytes]:
    """The people as a file left at its start, to be sent piece by piece; the log tells who took out how many."""
    counted = [0]

    def lines() -> Iterator[Sequence[Any]]:
        for row in with_standing(rows).iterator(chunk_size=_CHUNK):
            counted[0] += 1
            yield _line(row, acting_user, today)

    sink = write_table(REGISTER_HEADER, lines(), form, "指导员")
    record_audit(
        acting_user=acting_user,
        action="instructor.export",
        subject=("people.instructor", ""),
        after={
            "rows": counted[0],
            "format": form,
            "filters": {key: str(value) for key, value in filters.items()},
        },
    )
    return sink


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
        cells = []
        for value in line:
            cell = WriteOnlyCell(sheet, value=value)
            if isinstance(value, str):
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    book.save(sink)


def _line(row: Instructor, reader: User, today: date) -> list[Any]:
    identity = getattr(row, "identity", None)
    grade = grade_on(grades_held(row), today)
    award = next((each for each in row.grades.all() if grade is not None and each.grade == grade.value), None)
    return [
        row.pk,
        row.ref,
        row.name if may_see_in_full(reader, row) else mask_name(row.name),
        identity.id_masked if identity else "",
        identity.phone_masked if identity else "",
        row.unit.name,
        "" if grade is None else NAMES[InstructorGrade(grade)],
        award.certificate_number if award else "",
        award.issuing_body if award else "",
        award.valid_from.isoformat() if award else "",
        award.valid_to.isoformat() if award and award.valid_to else "",
        "、".join(
            f"{each.item.name}（{_ROLES[TeachingRole(each.teaching_role)]}）" for each in row.items.all()
        ),
        "、".join(str(each.year) for each in row.registrations.all()),
        row.weekly_limit,
        row.left_on.isoformat() if row.left_on else "",
    ]
