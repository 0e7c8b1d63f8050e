"""The job of an import: its file is sealed and destroyed, it ends once, its statements do not grow. Rules: J12, X07"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from instructors.people.models import Instructor, RegisterImport
from tenants.bureau.models import StoredFile

from .conftest import as_csv, invented_id, invented_phone, line

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_alpha")]


def test_X07_the_upload_waits_sealed_and_is_destroyed_when_the_job_ends(
    bring, tmp_path, run_jobs, alpha, django_capture_on_commit_callbacks
):
    waiting = bring(as_csv([line(1)]), run=False)
    (kept,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert invented_id(1).encode() not in kept.read_bytes() and waiting.stored_file is not None
    with django_capture_on_commit_callbacks(execute=True):
        run_jobs(alpha)
    assert not kept.exists() and StoredFile.objects.count() == 0
    waiting.refresh_from_db()
    assert waiting.status == "applied" and waiting.stored_file is None


def test_J12_a_cancelled_import_writes_nothing_and_keeps_no_file(bring, staff, alpha):
    from instructors.people.services import imports
    from tenants.bureau.models import BackgroundJob
    from tenants.bureau.services.jobs import JobProgress, run_job

    waiting = bring(as_csv([line(1)]), run=False)

    def cancelled(job: Any, progress: JobProgress) -> Any:
        BackgroundJob.objects.filter(pk=job.pk).update(cancel_requested=True)
        return imports.carry_out_register_import(waiting.pk, progress)

    assert run_job(job_id=waiting.job_id, body=cancelled).state == "cancelled"
    waiting.refresh_from_db()
    assert (waiting.status, waiting.stored_file, Instructor.objects.count()) == ("cancelled", None, 0)


def test_J12_an_import_cancelled_while_it_waits_gives_its_file_up_at_the_next_request(bring, staff):
    from tenants.bureau.services.jobs import cancel_job

    waiting = bring(as_csv([line(1)]), run=False)
    cancel_job(job_id=waiting.job_id, acting_user=staff.dispatcher)
    bring(as_csv([line(2)]))
    waiting.refresh_from_db()
    assert (waiting.status, waiting.stored_file) == ("cancelled", None)


def test_J12_an_import_whose_file_is_gone_fails_with_FILE_GONE(bring, run_jobs, alpha):
    waiting = bring(as_csv([line(1)]), run=False)
    RegisterImport.objects.filter(pk=waiting.pk).update(stored_file=None)
    run_jobs(alpha)
    ended = RegisterImport.objects.select_related("job").get(pk=waiting.pk)
    assert (ended.status, ended.job.state, ended.job.problem["code"]) == ("failed", "failed", "FILE_GONE")
    assert ended.job.problem["how_to_fix"] and not Instructor.objects.exists()


@pytest.mark.parametrize("fate", ["died", "replaced"])
@pytest.mark.parametrize("outcome", ["applied", "refused"])
def test_J12_an_import_ends_once_when_its_worker_died_or_was_replaced(bring, monkeypatch, fate, outcome):
    """Struck just after its effects: they stand together with the job's end, or not at all."""
    from instructors.people.services import imports
    from tenants.bureau.services.jobs import JobProgress, run_job

    rows = [line(1), line(2)] if outcome == "applied" else [line(1, 姓名="")]
    asked = bring(as_csv(rows), run=False)

    class WorkerDied(BaseException):
        pass

    def struck(job: Any, progress: JobProgress) -> Any:
        if fate == "replaced":
            type(job).objects.filter(pk=job.pk).update(attempts=2)
        try:
            return imports.carry_out_register_import(asked.pk, progress)
        finally:
            if fate == "died":
                raise WorkerDied

    if fate == "replaced":
        monkeypatch.setattr(JobProgress, "__call__", lambda *args: None)
    with suppress(WorkerDied):
        run_job(job_id=asked.job.pk, body=struck)
    monkeypatch.undo()
    people = 2 if outcome == "applied" else 0
    assert Instructor.objects.count() == (people if fate == "died" else 0)
    ended = run_job(
        job_id=asked.job.pk, body=lambda job, progress: imports.carry_out_register_import(asked.pk, progress)
    )
    asked.refresh_from_db()
    assert (asked.status, Instructor.objects.count()) == (outcome, people)
    assert ended.state == {"applied": "succeeded", "refused": "failed"}[outcome]


def test_J20_the_statements_do_not_grow_with_the_rows(bring, run_jobs, alpha):
    """New people, the same file again, and a file that changes everybody: 20 rows and 200 take as many statements."""

    def statements(upload: Any) -> int:
        bring(upload, run=False)
        with CaptureQueriesContext(connection) as captured:
            run_jobs(alpha)
        return len(captured)

    def rounds(numbers: range) -> list[int]:
        new = [line(number) for number in numbers]
        changed = [
            line(n, 手机号=invented_phone(n + 5000), 有效期至="2031-01-01", 注册年度=2026) for n in numbers
        ]
        return [statements(as_csv(rows)) for rows in (new, new, changed)]

    with schema_context(alpha.schema_name):
        small, large = rounds(range(1, 21)), rounds(range(100, 300))
    assert Instructor.objects.count() == 220
    assert small == large and max(large) < 80
