"""Bringing a file of people into the register: asked for, checked in the background, written whole or not at all.

Rule: J12
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from gis.compute.intake.findings import Finding
from gis.compute.intake.lists import FileRefused
from gis.layers.rules.import_states import JOB_ENDS
from gis.layers.services.uploads import digest_of
from instructors.people.models import RegisterImport
from instructors.people.models.imports import ImportStatus
from instructors.people.queries.instructors import IMPORT, unit_in_reach
from instructors.people.rules.import_findings import kept_findings, register_refused
from instructors.people.rules.import_merge import Merged
from instructors.people.rules.import_traces import change_traced
from instructors.people.rules.import_units import moved_warning
from instructors.people.services.import_checking import Checked, check_file, merge_with_register
from instructors.people.services.import_files import check_size, destroy_file, opened_file, store_sealed
from instructors.people.services.import_writing import write_merged
from tenants.accounts.models import User
from tenants.accounts.services import AuditSubject, record_audit, record_audits
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import JobProgress, end_told_to, start_job
from tenants.bureau.services.quotas import check_storage
from wangge.kernel.database.locks import hold_lock

JOB_KIND = "people.import_register"
SYSTEMS = ("cgcs2000", "gcj02", "bd09")
_LONGEST_FILE_NAME = 255
# A person entered by hand while the file is written meets it once; then the register's new state is read again.
_TRIES = 3


@transaction.atomic
def request_register_import(
    *,
    upload: File,  # type: ignore[type-arg]
    unit_id: int,
    dry_run: bool,
    crs: str,
    partial: bool,
    acting_user: User,
) -> RegisterImport:
    """Keep an uploaded file, sealed, and start the job that checks and applies it.

    `crs` says what its lon and lat were measured in; `partial` takes the good rows of a file that has bad ones.
    Raises 404 and 403 for the unit, 413 FILE_TOO_LARGE and STORAGE_QUOTA, 409 JOB_QUOTA.
    """
    unit = unit_in_reach(acting_user, unit_id, IMPORT, local_date(timezone.now()))
    check_size(upload.size)
    _end_abandoned()
    register_import = RegisterImport.objects.create(
        dry_run=dry_run,
        options={"crs": crs, "partial": partial},
        file_name=(upload.name or "upload")[-_LONGEST_FILE_NAME:],
        sha256=digest_of(upload),
        size_bytes=upload.size,
        unit=unit,
        imported_by=acting_user,
    )
    register_import.stored_file = store_sealed(register_import, upload, acting_user)
    register_import.job = start_job(
        kind=JOB_KIND,
        arguments={"register_import_id": register_import.pk},
        unit_path=unit.path,
        acting_user=acting_user,
    )
    register_import.save(update_fields=["stored_file", "job"])
    after = {"file_name": register_import.file_name, "sha256": register_import.sha256, "dry_run": dry_run}
    record_audit(
        acting_user=acting_user, action="register_import.requested", subject=register_import, after=after
    )
    return register_import


def _end_abandoned() -> None:
    """Imports whose job ended before it began give their file up."""
    waiting = RegisterImport.objects.filter(status=ImportStatus.CHECKING, job__state__in=JOB_ENDS)
    for row in waiting.select_related("stored_file", "job"):
        assert row.job is not None
        _end(row, ImportStatus(row.job.state))


def carry_out_register_import(import_id: int, progress: JobProgress) -> Mapping[str, Any]:
    """Check an import and, unless it is a dry run, write it; the body of the job.

    A refused file is recorded with all its errors and raises `RulesBroken`; nothing of it is written. Run again after a
    worker died, it begins anew: what was written stands together with the job's end, or not at all.
    """
    row = RegisterImport.objects.select_related("stored_file", "imported_by", "unit").get(pk=import_id)
    if row.status != ImportStatus.CHECKING:
        return _result(row)
    with end_told_to(lambda state: _record_end(import_id, ImportStatus(state))):
        return _carry_out(row, progress)


@transaction.atomic
def _record_end(import_id: int, status: ImportStatus) -> None:
    """The job ends; an import that was refused has its verdict already and keeps it."""
    undecided = RegisterImport.objects.select_related("stored_file")
    row = undecided.filter(pk=import_id, status=ImportStatus.CHECKING).first()
    if row is not None:
        _end(row, status)


def _end(row: RegisterImport, status: ImportStatus) -> None:
    row.status = status
    destroy_file(row)
    row.save()


def _carry_out(row: RegisterImport, progress: JobProgress) -> Mapping[str, Any]:
    progress(0, 1, "读取文件 / reading the file")
    today = local_date(timezone.now())
    checked = Checked([], 0, [], [])
    try:
        with opened_file(row) as path:
            checked = check_file(path, row, today, lambda done, of: progress(done, 2 * of, "核对 / checking"))
        if checked.errors and not row.options.get("partial"):
            raise FileRefused(checked.errors + _merged_only(row, checked).errors)
        progress(checked.source_rows, 2 * checked.source_rows, "入库 / writing")
        _write(row, checked, progress)
    except FileRefused as refused:
        broken = register_refused(row.file_name, refused.findings)
        with transaction.atomic():  # the verdict on the file and the end of the job are one
            _record_refused(row, checked, refused.findings)
            progress.fail(broken)
        raise broken from refused
    return _result(row)


def _write(row: RegisterImport, checked: Checked, progress: JobProgress) -> None:
    for attempt in range(1, _TRIES + 1):
        try:
            _write_once(row, checked, progress)
            return
        except IntegrityError:
            if attempt == _TRIES:
                raise


@transaction.atomic
def _merged_only(row: RegisterImport, checked: Checked) -> Merged:
    """What the register says of the good rows of a file that is refused: all its errors are told at once."""
    return merge_with_register(checked, row)


@transaction.atomic
def _write_once(row: RegisterImport, checked: Checked, progress: JobProgress) -> None:
    hold_lock("register imports")
    merged = merge_with_register(checked, row)
    errors = checked.errors + merged.errors
    if errors and not row.options.get("partial"):
        raise FileRefused(errors)
    if not row.dry_run:
        write_merged(row, merged, local_date(timezone.now()))
        _record_changes(row, merged)
        check_storage()
    _record_done(row, checked, merged, errors)
    progress.succeed(_result(row))


def _record_changes(row: RegisterImport, merged: Merged) -> None:
    """One row of the log for every person whose record changes; who is new is told by the record itself."""
    subjects = []
    for change in merged.changed:
        assert change.held is not None
        before, after = change_traced(change, change.held)
        after |= {"register_import": row.pk, "row": int(change.row.read.row)}
        subjects.append(AuditSubject(("people.instructor", change.held.id), before, after))
    record_audits(acting_user=row.imported_by, action="instructor.import", subjects=subjects)


def _record_done(row: RegisterImport, checked: Checked, merged: Merged, errors: list[Finding]) -> None:
    row.status = ImportStatus.CHECKED if row.dry_run else ImportStatus.APPLIED
    row.errors = kept_findings(errors)
    moved = [change.row.read.row for change in merged.changed if change.unit]
    row.warnings = kept_findings([*checked.warnings, *moved_warning(moved)])
    row.counts = {
        "rows": checked.source_rows,
        "added": len(merged.new),
        "updated": len(merged.changed),
        "unchanged": merged.unchanged,
        "errors": len(errors),
    }
    if not row.dry_run:
        row.applied_at = timezone.now()
    destroy_file(row)
    row.save()
    if not row.dry_run:
        record_audit(
            acting_user=row.imported_by,
            action="register_import.applied",
            subject=row,
            after={"file_name": row.file_name, "unit": row.unit_id, **row.counts},
        )


def _record_refused(row: RegisterImport, checked: Checked, errors: list[Finding]) -> None:
    row.status = ImportStatus.REFUSED
    row.errors, row.warnings = kept_findings(errors), kept_findings(checked.warnings)
    row.counts = {"rows": checked.source_rows, "errors": len(errors)}
    row.applied_at = None
    destroy_file(row)
    row.save()


def _result(row: RegisterImport) -> Mapping[str, Any]:
    return {"register_import_id": row.pk, "status": str(row.status), "counts": row.counts}
