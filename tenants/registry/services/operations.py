"""The operator's long work on a city: written down, enqueued, run by the operator's worker, told while it runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from tenants.accounts.models import User
from tenants.registry.models import City, CityOperation, OperationState
from tenants.registry.queries import backups_of, city_for_update, export_folder
from tenants.registry.services.backups import backup_city, backup_path
from tenants.registry.services.export import SUFFIX, Progress, export_city
from tenants.registry.services.imports import restore_city
from tenants.registry.services.lifecycle import drop_due_city, suspend_city
from tenants.registry.services.queue import OPERATOR_QUEUE, enqueue
from tenants.registry.services.receiving import check_receiving_key
from wangge.errors import RuleBroken, RulesBroken, not_found
from wangge.kernel.problems import problem

log = logging.getLogger(__name__)

KINDS = ("backup", "export", "restore", "drop")
_UNFINISHED = (OperationState.WAITING, OperationState.RUNNING)
_TELL_EVERY = timedelta(seconds=1)

OperationBody = Callable[[CityOperation, City, User | None, Progress], Mapping[str, Any]]


@transaction.atomic
def start_operation(
    *, kind: str, city_slug: str, arguments: Mapping[str, Any], acting_user: User | None
) -> CityOperation:
    """Write the operation down and enqueue it, both in the caller's transaction.

    `export` takes {"receiver": text of a receiving key} or nothing, `restore` {"backup": name}. Raises 404 for an
    unknown city, kind or backup, 409 OPERATION_RUNNING while another is on for this city, 422 RECEIVING_KEY.
    """
    city = city_for_update(city_slug)
    _check_arguments(kind, city, arguments)
    if CityOperation.objects.filter(city_slug=city.slug, state__in=_UNFINISHED).exists():
        raise RuleBroken(
            "OPERATION_RUNNING",
            zh="该城市已有运维任务在进行，请等其结束后再试",
            en="another operation on this city is not finished yet",
            status=409,
        )
    operation = CityOperation.objects.create(
        kind=kind,
        city_slug=city.slug,
        arguments=dict(arguments) | {"acting_user": acting_user.pk if acting_user else None},
        started_by=acting_user.username if acting_user else "system",
    )
    enqueue(task=f"registry.{kind}", arguments={"operation_id": operation.pk}, queue=OPERATOR_QUEUE)
    return operation


def _check_arguments(kind: str, city: City, arguments: Mapping[str, Any]) -> None:
    if kind not in KINDS:
        raise not_found("操作", "kind of operation")
    if kind == "export" and arguments.get("receiver"):
        check_receiving_key(str(arguments["receiver"]))
    if kind == "restore":
        names = {backup.name for backup in backups_of(city.slug)}
        if arguments.get("backup") not in names:
            raise not_found("备份", "backup")


def run_operation(*, operation_id: int, body: OperationBody) -> CityOperation:
    """Run an operation to its end and keep its result or its refusal; a finished one is not run again."""
    operation = _take(operation_id)
    if operation is None:
        return CityOperation.objects.get(pk=operation_id)
    try:
        city = City.objects.filter(slug=operation.city_slug).first()
        if city is None and operation.kind == "drop":  # a worker died after it and before it could say so
            return _finish(operation, OperationState.SUCCEEDED, result={})
        if city is None:
            raise not_found("城市", "city")
        acting_user = User.objects.filter(pk=operation.arguments.get("acting_user")).first()
        result = body(operation, city, acting_user, _teller(operation))
    except (RuleBroken, RulesBroken) as refused:
        return _finish(operation, OperationState.FAILED, problem_document=problem(refused))
    except Exception:
        log.exception("operation %s (%s of %s) failed", operation.pk, operation.kind, operation.city_slug)
        return _finish(operation, OperationState.FAILED, problem_document=problem(_fault()))
    return _finish(operation, OperationState.SUCCEEDED, result=dict(result))


def end_lost_operations(*, operation_ids: Iterable[int]) -> int:
    """Mark operations as failed whose worker died too often; returns how many were unfinished."""
    ended = 0
    for operation in CityOperation.objects.filter(pk__in=list(operation_ids), state__in=_UNFINISHED):
        _finish(operation, OperationState.FAILED, problem_document=problem(_fault()))
        ended += 1
    return ended


def backup_body(
    operation: CityOperation, city: City, acting_user: User | None, progress: Progress
) -> Mapping[str, Any]:
    """Back the city up."""
    backup = backup_city(city=city, acting_user=acting_user, progress=progress)
    return {"file": backup.name, "size_bytes": backup.size_bytes}


def export_body(
    operation: CityOperation, city: City, acting_user: User | None, progress: Progress
) -> Mapping[str, Any]:
    """Export the city for the receiver that was named, or for this installation."""
    target = export_folder(city.slug) / f"{city.slug}-{operation.pk}{SUFFIX}"
    manifest = export_city(
        city=city,
        target=target,
        receiver=operation.arguments.get("receiver"),
        acting_user=acting_user,
        progress=progress,
    )
    return {"file": target.name, "size_bytes": target.stat().st_size, "receiver": manifest.receiver}


def restore_body(
    operation: CityOperation, city: City, acting_user: User | None, progress: Progress
) -> Mapping[str, Any]:
    """Suspend the city unless it is read-only already, and put it back to a backup; it stays suspended."""
    path = backup_path(city.slug, str(operation.arguments["backup"]))
    if city.suspended_at is None:
        suspend_city(city=city, message="正在从备份恢复数据，暂停写入", acting_user=acting_user)
    restore_city(city=city, path=path, acting_user=acting_user, progress=progress)
    return {"backup": path.name}


def drop_body(
    operation: CityOperation, city: City, acting_user: User | None, progress: Progress
) -> Mapping[str, Any]:
    """Take the last backup and drop the city, if its grace period is over."""
    return {"backup": drop_due_city(city=city, acting_user=acting_user, now=timezone.now())}


@transaction.atomic
def _take(operation_id: int) -> CityOperation | None:
    operation = CityOperation.objects.select_for_update().get(pk=operation_id)
    if operation.state not in _UNFINISHED:
        return None
    operation.state, operation.started_at = OperationState.RUNNING, timezone.now()
    operation.save(update_fields=["state", "started_at"])
    return operation


def _teller(operation: CityOperation) -> Progress:
    """Progress that others can read, unless the work stands in a transaction: then it is seen when that ends."""
    last = timezone.now() - _TELL_EVERY

    def tell(done: int, total: int, stage: str) -> None:
        nonlocal last
        now = timezone.now()
        if now - last < _TELL_EVERY or transaction.get_connection().in_atomic_block:
            return
        last = now
        CityOperation.objects.filter(pk=operation.pk).update(done=done, total=total, stage=stage[:120])

    return tell


def _fault() -> RuleBroken:
    return RuleBroken(
        "OPERATION_FAILED",
        zh="运维任务执行出错，已记录",
        en="the operation met an internal error; it has been logged",
        status=500,
        how_to_fix_zh="请查看操作员工作进程的日志后重试",
        how_to_fix_en="look into the log of the operator's worker and retry",
    )


def _finish(
    operation: CityOperation,
    state: OperationState,
    *,
    result: dict[str, Any] | None = None,
    problem_document: dict[str, Any] | None = None,
) -> CityOperation:
    operation.refresh_from_db()
    operation.state, operation.finished_at = state, timezone.now()
    operation.result, operation.problem = result, problem_document
    operation.done = operation.total if state == OperationState.SUCCEEDED else operation.done
    operation.save(update_fields=["state", "finished_at", "result", "problem", "done"])
    return operation
