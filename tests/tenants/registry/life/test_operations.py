"""The operator's long work is done by the operator's worker, under the operator's own login.

Rule: X01
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from django_tenants.utils import schema_context

from gis.layers.models import FitnessSite
from tenants.registry.models import City, CityOperation
from tenants.registry.queries import backups_of, operation_file
from tenants.registry.services.export_file import check_export
from tenants.registry.services.operations import (
    backup_body,
    drop_body,
    end_lost_operations,
    run_operation,
    start_operation,
)
from wangge.errors import RuleBroken

ROOT = Path(__file__).resolve().parents[4]
PATIENCE_S = 60


def _start(kind, **arguments):
    return start_operation(kind=kind, city_slug="alpha", arguments=arguments, acting_user=None)


def _finished(operation):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        operation.refresh_from_db()
        if operation.state in ("succeeded", "failed"):
            return operation
        time.sleep(0.3)
    raise AssertionError(f"{operation.kind} did not end within {PATIENCE_S} s: {operation.state}")


def test_backup_export_restore_by_a_real_worker(full_city, places, process_environment):
    with (places / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "run_worker"],
            env=process_environment("operator"),
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        backup = _finished(_start("backup"))
        assert backup.state == "succeeded", (backup.problem, (places / "worker.log").read_text())
        assert operation_file(backup).name == backup.result["file"] == backups_of("alpha")[0].name
        export = _finished(_start("export"))
        assert check_export(path=operation_file(export))[1] is True
        with schema_context("city_alpha"):
            FitnessSite.objects.all().delete()
            default_storage.delete(full_city.file_key)
        restore = _finished(_start("restore", backup=backup.result["file"]))
        assert restore.state == "succeeded", (restore.problem, (places / "worker.log").read_text())
        with schema_context("city_alpha"):
            assert FitnessSite.objects.count() == 200
            assert default_storage.exists(full_city.file_key)
        assert City.objects.get(slug="alpha").suspended_at is not None
        City.objects.filter(slug="alpha").update(drop_after=timezone.now())
        dropped = _finished(_start("drop"))
        assert dropped.state == "succeeded", (dropped.problem, (places / "worker.log").read_text())
    finally:
        worker.terminate()
        worker.wait(30)
    assert not City.objects.filter(slug="alpha").exists()
    assert dropped.result["backup"] == backups_of("alpha")[0].name
    assert not (places / "files" / "city_alpha").exists()


@pytest.mark.django_db
def test_what_cannot_begin_is_refused(alpha):
    def code(kind, **arguments):
        with pytest.raises(RuleBroken) as refused:
            _start(kind, **arguments)
        return refused.value.code

    assert code("export", receiver="wgr1-abc") == "RECEIVING_KEY"
    assert code("restore", backup="../../x.wangge") == "NOT_FOUND"
    assert code("explode") == "NOT_FOUND"
    operation = _start("backup")
    assert code("export") == "OPERATION_RUNNING"
    assert end_lost_operations(operation_ids=[operation.pk]) == 1
    operation.refresh_from_db()
    assert (operation.state, operation.problem["code"]) == ("failed", "OPERATION_FAILED")
    assert end_lost_operations(operation_ids=[operation.pk]) == 0
    assert _start("drop").state == "waiting"


@pytest.mark.django_db
def test_a_refusal_is_kept_and_a_finished_operation_is_not_run_again(alpha):
    operation = _start("drop")
    assert run_operation(operation_id=operation.pk, body=drop_body).problem["code"] == "INVALID_TRANSITION"
    long_ago = timezone.now() - timedelta(days=30)
    City.objects.filter(pk=alpha.pk).update(suspended_at=long_ago, drop_after=timezone.now())
    again = run_operation(operation_id=operation.pk, body=drop_body)
    assert again.state == "failed" and City.objects.filter(slug="alpha").exists()
    gone = CityOperation.objects.create(kind="backup", city_slug="nowhere")
    assert run_operation(operation_id=gone.pk, body=backup_body).problem["code"] == "NOT_FOUND"
    # A worker that died after the drop and before it said so: the drop was done.
    done = CityOperation.objects.create(kind="drop", city_slug="nowhere")
    assert run_operation(operation_id=done.pk, body=drop_body).state == "succeeded"


@pytest.mark.django_db
def test_a_fault_is_told_without_its_details(alpha, caplog):
    operation = _start("backup")

    def broken(*args):
        raise ZeroDivisionError("secret detail")

    done = run_operation(operation_id=operation.pk, body=broken)
    assert (done.state, done.problem["code"]) == ("failed", "OPERATION_FAILED")
    assert "secret detail" not in str(done.problem) and "secret detail" in caplog.text
