"""Faults of the machine beneath: a database that went away, a storage that is full."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import psycopg
from django.db import Error as DjangoDatabaseError
from django.db import InterfaceError, OperationalError, connection

from wangge.errors import RuleBroken

# 57P01–57P05: the server ends or is not up yet; class 08: the connection itself; 53300: no connection is left.
_LOST = ("57P", "08", "53300")
_UNSAID = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
_DISK_FULL = "53100"
_FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def is_lost_connection(error: BaseException) -> bool:
    """Whether the database went away under this statement, or could not be reached: its transaction is undone."""
    if not isinstance(error, DjangoDatabaseError | psycopg.Error):
        return False
    state = getattr(error if isinstance(error, psycopg.Error) else error.__cause__, "sqlstate", None)
    if state is None:  # the driver's own words, such as “server closed the connection unexpectedly”
        return isinstance(error, _UNSAID)
    return bool(state.startswith(_LOST))


def storage_full(error: BaseException) -> RuleBroken | None:
    """The refusal that stands for a full disk, of files or of the database; None for any other error."""
    if not any(_is_full(cause) for cause in _causes(error)):
        return None
    return RuleBroken(
        "STORAGE_FULL",
        zh="服务器存储空间不足，内容未保存",
        en="the server's storage is full; nothing was kept",
        status=507,
        how_to_fix_zh="请稍后重试，并告知平台运维清理或扩充磁盘",
        how_to_fix_en="retry later, and tell the operator to free or add disk space",
    )


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL_ERRNOS
    return getattr(error, "sqlstate", None) == _DISK_FULL


def fault_of_the_machine(error: BaseException | None) -> RuleBroken | None:
    """The refusal that stands for a full disk (507) or a database that is away (503); None for any other error."""
    if error is None:
        return None
    if is_lost_connection(error):
        _drop_dead_connections()
        return database_away()
    return storage_full(error)


def database_away() -> RuleBroken:
    """What a request is answered while the database restarts."""
    return RuleBroken(
        "DATABASE_AWAY",
        zh="数据库暂时不可用，本次操作未完成",
        en="the database is away for the moment; the request was not completed",
        status=503,
        how_to_fix_zh="请稍后重试；带 Idempotency-Key 的请求可放心重发",
        how_to_fix_en="retry shortly; a request with an Idempotency-Key may be sent again safely",
    )


def _drop_dead_connections() -> None:
    """Let the pool look at what it holds: after a restart every one is dead, and each would fail one request more."""
    pool = getattr(connection, "pool", None)
    if pool is not None:
        pool.check()
