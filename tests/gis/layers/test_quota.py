"""An import is measured when its rows are written: what would take the city past its quota is not kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gis.layers.models import Building
from tenants.bureau.models import CityProfile
from tenants.bureau.queries.storage import storage_use
from tenants.registry.services import as_owner

from .conftest import as_upload, communities, houses

pytestmark = pytest.mark.django_db


def _leave_room_for(more_bytes: int) -> None:
    used = storage_use().used_bytes
    with as_owner():
        CityProfile.objects.update(storage_quota_bytes=used + more_bytes)


def test_rows_that_pass_the_quota_fail_the_job_and_leave_nothing(
    bring: Callable[..., Any], tmp_path: Path, run_jobs: Callable[[Any], Any], city: Any, gis_user: Any
) -> None:
    from gis.layers.rules.import_options import ImportOptions
    from gis.layers.services.imports import request_import

    bring("communities", communities())
    started = request_import(
        upload=as_upload(houses(), tmp_path), kind="buildings", options=ImportOptions(), dry_run=False,
        source_note="测试", data_label="", acting_user=gis_user,
    )  # fmt: skip
    _leave_room_for(-1)  # others have filled the city since the file was let in
    run_jobs(city)
    started.refresh_from_db()
    assert (started.status, started.job.state) == ("failed", "failed")
    assert started.job.problem["code"] == "STORAGE_QUOTA"
    assert started.job.problem["status"] == 413
    assert not Building.objects.exists()


def test_rows_within_the_quota_are_kept(bring: Callable[..., Any], tmp_path: Path) -> None:
    bring("communities", communities())
    upload = as_upload(houses(), tmp_path)
    _leave_room_for(upload.size + 2 * 1024**2)
    assert bring("buildings", upload).status == "applied"
