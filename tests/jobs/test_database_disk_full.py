"""The drill of a full database disk: a PostgreSQL on a small file system, filled up under a worker and freed again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, connection, connections
from django_tenants.utils import schema_context

from wangge.errors import RuleBroken
from wangge.kernel.faults import fault_of_the_machine

pytestmark = pytest.mark.slow


def _may_mount(folder: Path) -> bool:
    if os.getuid() != 0:
        return False
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True
    )
    return mounted.returncode == 0 and subprocess.run(["umount", str(folder)]).returncode == 0


@pytest.fixture
def small_cluster(django_db_setup: None, django_db_blocker: Any, tmp_path: Path) -> Iterator[Any]:
    """A PostgreSQL whose whole disk has 400 MB."""
    if not _may_mount(tmp_path):
        pytest.skip("needs the right to mount a small file system")
    from .private_cluster import PrivateCluster

    with django_db_blocker.unblock():
        cluster = PrivateCluster(size_mb=400)
        try:
            yield cluster
        finally:
            cluster.remove()


def _fill(folder: Path) -> Path:
    """A ballast that takes what is left of the disk."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            pass
    return ballast


def _write_until_refused(city: Any) -> str:
    """Rows into the city until the disk is full; returns what it was told."""
    from tenants.accounts.models import AuditEvent

    for _ in range(2000):
        try:
            with schema_context(city.schema_name):
                AuditEvent.objects.bulk_create(
                    [AuditEvent(actor_label="t", action="filling", subject_type="t", subject_id="1",
                                reason="x" * 250) for _ in range(200)]
                )  # fmt: skip
        except Error as error:
            told = fault_of_the_machine(error)
            assert told is not None, error
            return told.code
    raise AssertionError("the disk did not fill up")


def test_a_full_disk_is_told_and_nothing_committed_is_lost(
    small_cluster: Any, queue: Any, workers: Any, record_property: Any
) -> None:
    from tenants.registry.models import City

    (alpha, beta) = City.objects.order_by("slug")
    workers.settings |= {"WANGGE_JOB_DEATHS": "1000", "WANGGE_JOB_APART_AFTER": "1000"}
    before = [queue.give(alpha, "write") for _ in range(3)]
    workers.beget()
    for job in before:
        assert queue.ended(alpha, job).state == "succeeded"
    ballast = _fill(small_cluster.folder)
    told = _write_until_refused(beta)
    record_property("told", told)
    amid: list[Any] = []
    connections.close_all()
    try:
        amid.append(queue.give(alpha, "write"))
    except (Error, RuleBroken) as error:
        record_property("enqueueing", str(error)[:200])
    connections.close_all()
    ballast.unlink()
    try:
        connection.ensure_connection()
        record_property("server", "went on")
    except Error:
        small_cluster.start()
        record_property("server", "had ended and was started")
    after = [queue.give(alpha, "write") for _ in range(3)]
    for job in [*amid, *after]:
        assert queue.ended(alpha, job, 120).state in ("succeeded", "failed")
    done = [job for job in [*before, *amid, *after] if queue.job(alpha, job).state == "succeeded"]
    assert queue.effects(alpha)["audit"] == sorted(job.pk for job in done)
    assert {queue.job(alpha, job).state for job in after} == {"succeeded"}
