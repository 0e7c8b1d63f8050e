"""Bringing a file into a layer: asked for, checked in the background, written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from gis.compute.crs import parse_system
from gis.compute.intake import Finding
from gis.compute.intake.findings import finding_of
from gis.compute.refusal import InputRefused
from gis.layers.models import ImportStatus, LayerImport
from gis.layers.queries.features import check_kind
from gis.layers.rules.findings import code_counts, file_refused, refusal, report_rows
from gis.layers.rules.import_options import ImportOptions, check_reason, options_from_json
from gis.layers.rules.import_states import JOB_ENDS, check_transition, same_file
from gis.layers.services.applying import apply_checked
from gis.layers.services.checking import Checked, check_file
from gis.layers.services.refitting import FileRefused
from gis.layers.services.uploads import check_size, digest_of, local_path, store_upload
from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.bureau.queries.city import city_profile
from tenants.bureau.queries.org_units import root_unit
from tenants.bureau.rules.local_time import local_date
from tenants.bureau.services.jobs import JobProgress, end_told_to, start_job
from tenants.bureau.services.quotas import check_storage
from wangge.errors import RuleBroken
from wangge.kernel.database.locks import hold_lock
from wangge.kernel.permissions import require

JOB_KIND = "layers.import"
_STEPS = 4
_LONGEST_FILE_NAME = 255


@transaction.atomic
def request_import(
    *,
    upload: File,  # type: ignore[type-arg]
    kind: str,
    options: ImportOptions,
    dry_run: bool,
    source_note: str,
    data_label: str,
    acting_user: User,
) -> LayerImport:
    """Keep an uploaded file and start the job that checks and applies it.

    A layer is the whole city's, so the right is asked for at the city itself. Raises 413 FILE_TOO_LARGE, 409
    SAME_FILE naming the earlier import, 422 CRS_* for a system that is not understood, 422 REASON_REQUIRED.
    """
    check_kind(kind)
    root = root_unit()
    require(acting_user, "layer.import", root.path)
    _check_declared(options)
    check_reason(options, source_note)
    check_size(upload.size)
    hold_lock("layer requests")  # not the writers' lock: an upload must not wait for an import that runs
    sha256 = digest_of(upload)
    file_name = (upload.name or "upload")[-_LONGEST_FILE_NAME:]
    if not dry_run:
        _check_new(kind, sha256)
    stored = store_upload(
        upload=upload, name=file_name, sha256=sha256, unit_path=root.path, acting_user=acting_user
    )
    layer_import = LayerImport.objects.create(
        kind=kind,
        dry_run=dry_run,
        file_name=file_name,
        sha256=sha256,
        size_bytes=stored.size_bytes,
        stored_file=stored,
        options=options.as_json(),
        source_note=source_note,
        data_label=data_label,
        unit_path=root.path,
        imported_by=acting_user,
    )
    layer_import.job = start_job(
        kind=JOB_KIND,
        arguments={"layer_import_id": layer_import.pk},
        unit_path=root.path,
        acting_user=acting_user,
    )
    layer_import.save(update_fields=["job"])
    record_audit(
        acting_user=acting_user,
        action="layer_import.requested",
        subject=layer_import,
        after={"kind": kind, "file_name": file_name, "sha256": sha256, "dry_run": dry_run},
        reason=source_note,
    )
    return layer_import


def _check_declared(options: ImportOptions) -> None:
    if not options.crs or options.crs.lower() == "auto":
        return
    try:
        parse_system(options.crs)
    except InputRefused as refused:
        raise refusal(finding_of(refused)) from refused


def _check_new(kind: str, sha256: str) -> None:
    rows = LayerImport.objects.filter(kind=kind, sha256=sha256, dry_run=False)
    for state in JOB_ENDS:  # a job that is cancelled while it waits never comes to tell its import
        rows.filter(status=ImportStatus.CHECKING, job__state=state).update(status=state)
    earlier = rows.filter(status__in=[ImportStatus.APPLIED, ImportStatus.CHECKING]).order_by("-id").first()
    if earlier is None:
        return
    when = timezone.localtime(earlier.applied_at or earlier.created_at).strftime("%Y-%m-%d %H:%M")
    raise same_file(earlier.pk, earlier.file_name, when, is_running=earlier.status == ImportStatus.CHECKING)


def lock_layers() -> None:
    """Let one writer at a time change this city's layers, to the end of the transaction."""
    hold_lock("layers")


def carry_out_import(layer_import_id: int, progress: JobProgress) -> Mapping[str, Any]:
    """Check an import and, unless it is a dry run, write it; the body of the job.

    A refused file is recorded with all its errors and raises `RulesBroken`; nothing of it is written. Run
    again after a worker died, it goes on from what was recorded.
    """
    layer_import = LayerImport.objects.select_related("stored_file", "imported_by").get(pk=layer_import_id)
    if layer_import.status != ImportStatus.CHECKING:
        return _result(layer_import)
    with end_told_to(lambda state: _record_end(layer_import_id, ImportStatus(state))):
        return _carry_out(layer_import, progress)


def _record_end(layer_import_id: int, status: ImportStatus) -> None:
    """The job ends; an import that was refused has its verdict already and keeps it."""
    undecided = LayerImport.objects.filter(pk=layer_import_id, status=ImportStatus.CHECKING)
    undecided.update(status=status)


def _carry_out(layer_import: LayerImport, progress: JobProgress) -> Mapping[str, Any]:
    options, profile = options_from_json(layer_import.options), city_profile()
    progress(0, _STEPS, "读取文件 / reading the file")
    assert layer_import.stored_file is not None
    today = local_date(timezone.now())
    with local_path(layer_import.stored_file) as path:
        checked = check_file(path, layer_import.file_name, layer_import.kind, options, profile, today)
    progress(2, _STEPS, "核对 / checking")
    metric_crs = f"EPSG:{profile.gauss_kruger_epsg}"
    try:
        if checked.errors:
            raise FileRefused(checked.errors)
        if layer_import.dry_run:
            counts, warnings = _tried(layer_import, checked, options, metric_crs)
            _record(layer_import, ImportStatus.CHECKED, checked, warnings, counts)
        else:
            progress(3, _STEPS, "入库 / writing")
            _apply(layer_import, checked, options, metric_crs, progress)
    except FileRefused as refused:
        broken = file_refused(layer_import.file_name, refused.findings)
        with transaction.atomic():  # the verdict on the file and the end of the job are one
            _record_refused(layer_import, checked, refused.findings)
            progress.fail(broken)
        raise broken from refused
    return _result(layer_import)


def _tried(
    layer_import: LayerImport, checked: Checked, options: ImportOptions, metric_crs: str
) -> tuple[dict[str, int], list[Finding]]:
    """What applying comes to: it is done and rolled back, so that a dry run counts what the real one does."""
    with transaction.atomic():
        lock_layers()
        counts, warnings = apply_checked(layer_import, checked, options, metric_crs)
        transaction.set_rollback(True)
    layer_import.undo = None
    return counts, warnings


@transaction.atomic
def _apply(
    layer_import: LayerImport,
    checked: Checked,
    options: ImportOptions,
    metric_crs: str,
    progress: JobProgress,
) -> None:
    lock_layers()
    _check_not_raced(layer_import)
    counts, warnings = apply_checked(layer_import, checked, options, metric_crs)
    layer_import.applied_at = timezone.now()
    _record(layer_import, ImportStatus.APPLIED, checked, warnings, counts)
    record_audit(
        acting_user=layer_import.imported_by,
        action="layer_import.applied",
        subject=layer_import,
        after={"kind": layer_import.kind, "file_name": layer_import.file_name, **counts},
        reason=layer_import.source_note,
    )
    check_storage()  # the rows are written: what they take is measured, not guessed
    progress.succeed(_result(layer_import))


def _check_not_raced(layer_import: LayerImport) -> None:
    """Two imports of one file that were both waiting: the second finds the first."""
    rival = LayerImport.objects.filter(
        kind=layer_import.kind, sha256=layer_import.sha256, status=ImportStatus.APPLIED
    ).first()
    if rival is None:
        return
    when = timezone.localtime(rival.applied_at or rival.created_at).strftime("%Y-%m-%d %H:%M")
    broken = same_file(rival.pk, rival.file_name, when, is_running=False)
    raise FileRefused([Finding(broken.code, zh=broken.zh, en=broken.en, remedy_zh=broken.how_to_fix_zh,
                               remedy_en=broken.how_to_fix_en, field="file", facts=broken.facts)])  # fmt: skip


def _record(
    layer_import: LayerImport,
    status: ImportStatus,
    checked: Checked,
    more_warnings: list[Finding],
    counts: Mapping[str, int],
) -> None:
    check_transition(layer_import.status, status)
    layer_import.status = status
    warnings = checked.warnings + more_warnings
    layer_import.warnings = report_rows(warnings)
    layer_import.counts = {**counts, "warnings": len(warnings), "errors": 0}
    layer_import.provenance = _provenance(checked)
    try:
        with transaction.atomic():
            layer_import.save()
    except IntegrityError as error:
        raise RuleBroken(
            "SAME_FILE", zh="内容完全相同的文件已经导入", en="this very file has been imported", status=409
        ) from error


def _record_refused(layer_import: LayerImport, checked: Checked, errors: list[Finding]) -> None:
    check_transition(layer_import.status, ImportStatus.REFUSED)
    layer_import.status = ImportStatus.REFUSED
    layer_import.errors = report_rows(errors)
    layer_import.warnings = report_rows(checked.warnings)
    layer_import.counts = {"errors": len(errors), "warnings": len(checked.warnings), "rows": _rows(checked)}
    layer_import.provenance = {**_provenance(checked), "error_codes": code_counts(errors)}
    layer_import.applied_at = None
    layer_import.undo = None
    layer_import.save()


def _rows(checked: Checked) -> int:
    return checked.intake.provenance.source_rows if checked.intake else 0


def _provenance(checked: Checked) -> dict[str, Any]:
    if checked.intake is None:
        return {}
    facts = asdict(checked.intake.provenance)
    return {**facts, "ignored_columns": list(facts["ignored_columns"])}


def _result(layer_import: LayerImport) -> Mapping[str, Any]:
    return {
        "layer_import_id": layer_import.pk,
        "status": str(layer_import.status),
        "counts": layer_import.counts,
    }
