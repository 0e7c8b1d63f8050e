"""A full disk: a limit on the size of files stands for it, so that the very write fails that would fail there."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile

from tenants.bureau.models import BackgroundJob, StoredFile
from tenants.bureau.services.jobs import JobProgress, run_job, start_job

LIMIT_BYTES = 64 * 1024
TOO_MUCH = b"x" * (LIMIT_BYTES + 1)


@contextmanager
def full_after(size_bytes: int) -> Iterator[None]:
    """No file of this process grows past so many bytes (EFBIG, as a full disk is ENOSPC)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def kept_files(settings: Any) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def _forget_root() -> None:
    """The storage of django-tenants keeps the folder it saw first, whatever the settings say later."""
    vars(storages["default"]).pop("relative_media_root", None)


@pytest.fixture
def storage(settings: Any, tmp_path: Path) -> Iterator[Any]:
    """The cities' files in a folder of the test."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    _forget_root()
    yield settings
    _forget_root()


def ask_for_import(user: Any) -> Any:
    from gis.layers.rules.import_options import ImportOptions
    from gis.layers.services.imports import request_import

    upload = ContentFile(TOO_MUCH, name="communities.geojson")
    return request_import(
        upload=upload, kind="communities", options=ImportOptions(), dry_run=False,
        source_note="", data_label="", acting_user=user,
    )  # fmt: skip


def test_no_half_file_and_no_row_is_left(in_alpha: Any, make_user: Any, storage: Any) -> None:
    from gis.layers.models import LayerImport

    user = make_user(in_alpha, "gis", ["layer.import"])
    with full_after(LIMIT_BYTES), pytest.raises(OSError, match="File too large"):
        ask_for_import(user)
    assert kept_files(storage) == []
    assert (StoredFile.objects.count(), LayerImport.objects.count(), BackgroundJob.objects.count()) == (
        0,
        0,
        0,
    )
    ask_for_import(user)  # the limit is what failed
    (kept,) = kept_files(storage)
    assert kept.read_bytes() == TOO_MUCH == default_storage.open(StoredFile.objects.get().storage_key).read()


def test_an_upload_is_told_that_the_storage_is_full(
    alpha: Any, api: Callable[..., Any], make_user: Any, storage: Any
) -> None:
    call = api(alpha, make_user(alpha, "gis", ["layer.import", "layer.view"]))

    def send() -> Any:
        file = SimpleUploadedFile("社区.geojson", b'{"type": "FeatureCollection"' + TOO_MUCH)
        return call.post("layer-imports", {"file": file, "kind": "communities"})

    with full_after(LIMIT_BYTES):
        answer = send()
    assert answer.status_code == 507, answer.content
    document = answer.json()
    assert document["code"] == "STORAGE_FULL" and document["request_id"]
    assert document["message"]["zh"] and document["message"]["en"] and document["how_to_fix"]["zh"]
    assert kept_files(storage) == []
    assert call.get("layer-imports").json()["results"] == []
    assert send().status_code != 507


def test_a_job_that_cannot_write_says_so(in_alpha: Any, make_user: Any, toys: Any, tmp_path: Path) -> None:
    def write(job: BackgroundJob, progress: JobProgress) -> Mapping[str, Any]:
        (tmp_path / "report").write_bytes(TOO_MUCH)
        return {}

    user = make_user(in_alpha, "zhang")
    job = start_job(kind="toys.write", arguments={}, unit_path="/", acting_user=user)
    with full_after(LIMIT_BYTES):
        ended = run_job(job_id=job.pk, body=write)
    assert (ended.state, ended.problem["code"], ended.problem["status"]) == ("failed", "STORAGE_FULL", 507)


def test_a_full_disk_of_the_database_is_told_alike() -> None:
    import psycopg
    from django.db import OperationalError

    from wangge.kernel.faults import fault_of_the_machine

    error = OperationalError("could not extend file")
    error.__cause__ = psycopg.errors.DiskFull()
    told = fault_of_the_machine(error)
    assert told is not None and (told.code, told.status) == ("STORAGE_FULL", 507)
