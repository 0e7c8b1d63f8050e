"""Bringing in a file of grid members: asked for, checked in the background, written whole or not at all. Rule: J08"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.files.base import File
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from gis.compute.intake.findings import Finding
from gis.compute.intake.lists import FileRefused
from gis.layers.rules.import_states import JOB_ENDS
from gis.layers.services.uploads import digest_of
from grids.interest.models import GridMember, MemberImport, MemberPost
from grids.interest.models.member_imports import MemberImportStatus
from grids.interest.queries.member_imports import unit_to_import_for
from grids.interest.queries.standing import interest_grids_locked
from grids.interest.rules.people_states import InterestGridState, state_of_confirmed
from grids.interest.services.member_import_checking import RowPlaced, place_members
from grids.interest.services.member_import_reading import MembersRead, read_members
from grids.interest.services.phones import phone_columns
from instructors.people.rules.import_findings import kept_findings, register_refused
from instructors.people.services.import_files import SealedUploads, check_size
from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.accounts.services import AuditSubject, record_audit, record_audits
from tenants.bureau.queries.days import today
from tenants.bureau.services.jobs import JobProgress, end_told_to, start_job
from tenants.bureau.services.quotas import check_storage
from wangge.kernel.database.locks import hold_lock

JOB_KIND = "interest.import_members"
UPLOADS = SealedUploads("member_import", "member-import")
_LONGEST_FILE_NAME = 255
_BATCH = 1000
# A person entered by hand while the file is written meets it once; then the city's new state is read again.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Written:
    """What a file came to."""

    members_added: int
    posts_added: int
    unchanged: int


@transaction.atomic
def request_member_import(
    *,
    upload: File,  # type: ignore[type-arg]
    dry_run: bool,
    partial: bool,
    acting_user: User,
) -> MemberImport:
    """Keep an uploaded file, sealed, and start the job that checks and applies it.

    For who manages members anywhere; rows may name the interest grids one manages. `partial` takes the good rows of a
    file that has bad ones. Raises 403 POST_REQUIRED, 413 FILE_TOO_LARGE and STORAGE_QUOTA, 409 JOB_QUOTA.
    """
    unit = unit_to_import_for(acting_user, today())
    check_size(upload.size)
    _end_abandoned()
    row = MemberImport.objects.create(
        dry_run=dry_run,
        partial=partial,
        file_name=(upload.name or "upload")[-_LONGEST_FILE_NAME:],
        sha256=digest_of(upload),
        size_bytes=upload.size,
        unit=unit,
        imported_by=acting_user,
    )
    row.stored_file = UPLOADS.store(row, upload, acting_user)
    row.job = start_job(
        kind=JOB_KIND, arguments={"member_import_id": row.pk}, unit_path=unit.path, acting_user=acting_user
    )
    row.save(update_fields=["stored_file", "job"])
    after = {"file_name": row.file_name, "sha256": row.sha256, "dry_run": dry_run, "partial": partial}
    record_audit(acting_user=acting_user, action="member_import.requested", subject=row, after=after)
    return row


def carry_out_member_import(import_id: int, progress: JobProgress) -> Mapping[str, Any]:
    """Check an import and, unless it is a dry run, write it; the body of the job.

    A refused file is recorded with all its errors and raises `RulesBroken`; nothing of it is written. Run again after a
    worker died, it begins anew: what was written stands together with the job's end, or not at all.
    """
    row = MemberImport.objects.select_related("stored_file", "imported_by", "unit").get(pk=import_id)
    if row.status != MemberImportStatus.CHECKING:
        return _result(row)
    with end_told_to(lambda state: _record_end(import_id, MemberImportStatus(state))):
        return _carry_out(row, progress)


def _carry_out(row: MemberImport, progress: JobProgress) -> Mapping[str, Any]:
    progress(0, 1, "读取文件 / reading the file")
    read = MembersRead()
    try:
        with UPLOADS.opened(row) as path:
            read = read_members(
                path, row.file_name, lambda done, of: progress(done, 2 * of, "核对 / checking")
            )
        progress(read.source_rows, 2 * read.source_rows, "入库 / writing")
        _write(row, read, progress)
    except FileRefused as refused:
        broken = register_refused(row.file_name, refused.findings)
        with transaction.atomic():  # the verdict on the file and the end of the job are one
            _record_verdict(row, MemberImportStatus.REFUSED, read, refused.findings, {})
            progress.fail(broken)
        raise broken from refused
    return _result(row)


class _ClosedMeanwhile(Exception):
    """An interest grid was closed between the look at the file and the writing."""


def _write(row: MemberImport, read: MembersRead, progress: JobProgress) -> None:
    for attempt in range(1, _TRIES + 1):
        try:
            _write_once(row, read, progress)
            return
        except (IntegrityError, _ClosedMeanwhile):
            if attempt == _TRIES:
                raise


@transaction.atomic
def _write_once(row: MemberImport, read: MembersRead, progress: JobProgress) -> None:
    hold_lock("member imports")
    on = today()
    placed, errors = place_members(read, row.imported_by, on)
    errors = read.errors + errors
    if errors and (read.lacks or not row.partial):
        raise FileRefused(errors)
    written = _counted(placed)
    if not row.dry_run:
        _write_rows(row, placed, on)
        check_storage()
    status = MemberImportStatus.CHECKED if row.dry_run else MemberImportStatus.APPLIED
    counts = {
        "members_added": written.members_added,
        "posts_added": written.posts_added,
        "unchanged": written.unchanged,
    }
    _record_verdict(row, status, read, errors, counts)
    progress.succeed(_result(row))


def _counted(placed: Sequence[RowPlaced]) -> Written:
    new = {each.digest for each in placed if each.member_id is None}
    kept = sum(each.is_kept for each in placed)
    return Written(len(new), len(placed) - kept, kept)


def _write_rows(row: MemberImport, placed: Sequence[RowPlaced], on: date) -> None:
    """New people and posts in batches; the posts are confirmed by who brought the file."""
    member_ids = _write_members(row, placed)
    _hold_open({each.interest_grid_id for each in placed if not each.is_kept})
    posts = [_post(row, each, member_ids[each.digest], on) for each in placed if not each.is_kept]
    MemberPost.objects.bulk_create(posts, batch_size=_BATCH)
    record_audits(
        acting_user=row.imported_by,
        action="member_post.import",
        subjects=[
            AuditSubject(
                post,
                after={
                    "member": post.member_id, "interest_grid": post.interest_grid_id, "source": post.source,
                    "state": post.state, "starts_on": post.starts_on.isoformat(), "member_import": row.pk,
                },
            )
            for post in posts
        ],
    )  # fmt: skip


def _hold_open(interest_grid_ids: Collection[int]) -> None:
    """Lock the interest grids that get posts; one that was closed since the file was checked lets it be checked anew."""
    if any(found.state == InterestGridState.CLOSED for found in interest_grids_locked(interest_grid_ids)):
        raise _ClosedMeanwhile


def _write_members(row: MemberImport, placed: Sequence[RowPlaced]) -> dict[str, int]:
    """Every person's id by the digest of the phone; those who are new are written with their sealed phones."""
    new: dict[str, RowPlaced] = {}
    ids = {each.digest: each.member_id for each in placed if each.member_id is not None}
    for each in placed:
        known = new.setdefault(each.digest, each) if each.member_id is None else each
        if known.instructor_id is None and each.instructor_id is not None and each.member_id is None:
            new[each.digest] = each
    keys = sealer()
    people = []
    for member_id, (digest, each) in zip(_new_ids(len(new)), new.items(), strict=True):
        sealed = phone_columns(keys, GridMember, member_id, each.read.phone)
        ids[digest] = member_id
        people.append(
            GridMember(
                id=member_id, name=each.read.name, community_id=each.community_id, added_by=row.imported_by,
                instructor_id=each.instructor_id, phone_sealed=sealed.phone_sealed,
                phone_digest=sealed.phone_digest, phone_masked=sealed.phone_masked,
            )
        )  # fmt: skip
    GridMember.objects.bulk_create(people, batch_size=_BATCH)
    _link_instructors(placed)
    return {digest: int(key) for digest, key in ids.items()}


def _link_instructors(placed: Sequence[RowPlaced]) -> None:
    """People who were members already and now prove to stand in the register."""
    linked = {
        each.member_id: each.instructor_id
        for each in placed
        if each.member_id is not None and each.instructor_id is not None
    }
    changed = list(GridMember.objects.filter(pk__in=linked, instructor=None).only("pk", "instructor"))
    for member in changed:
        member.instructor_id = linked[member.pk]
    GridMember.objects.bulk_update(changed, ["instructor"], batch_size=_BATCH)


def _post(row: MemberImport, each: RowPlaced, member_id: int, on: date) -> MemberPost:
    begins = each.read.starts_on or on
    return MemberPost(
        member_id=member_id, interest_grid_id=each.interest_grid_id, source=each.read.source,
        proof=each.read.proof or each.read.certificate, association=each.read.association, site_id=each.site_id,
        state=state_of_confirmed(begins, on).value, starts_on=begins, ends_on=each.read.ends_on,
        nominated_by=row.imported_by, confirmed_by=row.imported_by,
    )  # fmt: skip


def _new_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [GridMember._meta.db_table, count],
        )
        return [int(found[0]) for found in cursor.fetchall()]


def _record_verdict(
    row: MemberImport,
    status: MemberImportStatus,
    read: MembersRead,
    errors: list[Finding],
    counts: Mapping[str, int],
) -> None:
    row.status = status
    row.errors, row.warnings = kept_findings(errors), kept_findings(read.warnings)
    row.counts = {"rows": read.source_rows, "errors": len(errors), **counts}
    row.applied_at = timezone.now() if status == MemberImportStatus.APPLIED else None
    UPLOADS.destroy(row)
    row.save()
    if status == MemberImportStatus.APPLIED:
        after = {"file_name": row.file_name, "unit": row.unit_id, **row.counts}
        record_audit(acting_user=row.imported_by, action="member_import.applied", subject=row, after=after)


def _end_abandoned() -> None:
    """Imports whose job ended before it began give their file up."""
    waiting = MemberImport.objects.filter(status=MemberImportStatus.CHECKING, job__state__in=JOB_ENDS)
    for row in waiting.select_related("stored_file", "job"):
        assert row.job is not None
        _end(row, MemberImportStatus(row.job.state))


@transaction.atomic
def _record_end(import_id: int, status: MemberImportStatus) -> None:
    """The job ends; an import that was refused has its verdict already and keeps it."""
    undecided = MemberImport.objects.select_related("stored_file")
    row = undecided.filter(pk=import_id, status=MemberImportStatus.CHECKING).first()
    if row is not None:
        _end(row, status)


def _end(row: MemberImport, status: MemberImportStatus) -> None:
    row.status = status
    UPLOADS.destroy(row)
    row.save()


def _result(row: MemberImport) -> Mapping[str, Any]:
    return {"member_import_id": row.pk, "status": str(row.status), "counts": row.counts}
