"""What the installation does for itself; each body is one service call."""

from __future__ import annotations

from django.utils import timezone
from procrastinate.contrib.django import app

from tenants.registry.services.audit_heads import keep_audit_heads, seal_public_audit
from tenants.registry.services.backups import backup_cities, remove_old_exports
from tenants.registry.services.files import remove_left_over
from tenants.registry.services.lifecycle import drop_due_cities
from tenants.registry.services.operations import (
    backup_body,
    drop_body,
    export_body,
    restore_body,
    run_operation,
)


@app.task(name="registry.keep_audit_heads")
def keep_audit_heads_job() -> None:
    """Keep the ends of the cities' audit chains in public."""
    keep_audit_heads()


# Public's audit rows are the operators': only their login writes there.
@app.task(name="registry.seal_public_audit")
def seal_public_audit_job() -> None:
    """Seal the operators' audit rows and keep the end of their chain."""
    seal_public_audit()


@app.task(name="registry.backup", queue="operator")
def backup_job(operation_id: int) -> None:
    """Back a city up."""
    run_operation(operation_id=operation_id, body=backup_body)


@app.task(name="registry.export", queue="operator")
def export_job(operation_id: int) -> None:
    """Export a city into one file."""
    run_operation(operation_id=operation_id, body=export_body)


@app.task(name="registry.restore", queue="operator")
def restore_job(operation_id: int) -> None:
    """Put a city back to one of its backups."""
    run_operation(operation_id=operation_id, body=restore_body)


@app.task(name="registry.drop", queue="operator")
def drop_job(operation_id: int) -> None:
    """Drop a city whose grace period is over, after a last backup."""
    run_operation(operation_id=operation_id, body=drop_body)


@app.task(name="registry.drop_due", queue="operator", queueing_lock="drop_due")
def drop_due_job() -> None:
    """Drop every city whose grace period is over."""
    drop_due_cities(now=timezone.now())


@app.task(name="registry.backup_all", queue="operator", queueing_lock="backup_all")
def backup_all_job() -> None:
    """Back up every city once a night, and remove exports that were fetched long ago."""
    backup_cities()
    remove_old_exports(now=timezone.now())
    remove_left_over(now=timezone.now())
