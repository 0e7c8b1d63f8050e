"""Two advisory locks of the installation's database: one run of migrations at a time, and none past a creation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections

if TYPE_CHECKING:
    from wangge.kernel.database.base import DatabaseWrapper

# Numbers of this product's own; they are counted per database.
_STAMP = 7_340_031
_RUN = 7_340_032


def hold_stamp() -> None:
    """Until this transaction ends the stamp cannot be replaced: who reads it now is seen by whoever replaces it next."""
    _execute("SELECT pg_advisory_xact_lock_shared(%s)", _STAMP)


def replace_stamp() -> None:
    """Wait until every creation from the present stamp has ended, and keep new ones waiting for this transaction."""
    _execute("SELECT pg_advisory_xact_lock(%s)", _STAMP)


def _execute(statement: str, key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [key])


@contextmanager
def only_run(*, wait: bool) -> Iterator[bool]:
    """Yields True in the one run of migrations; False, unless told to wait, while another is on.

    The lock lives on a connection of its own, because the stock executor closes the one it works with.
    """
    own = cast("DatabaseWrapper", connections.create_connection(DEFAULT_DB_ALIAS))
    try:
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_RUN])
            mine = bool(cursor.fetchone()[0])
            if not mine and wait:
                cursor.execute("SELECT pg_advisory_lock(%s)", [_RUN])
                mine = True
            yield mine
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_RUN])
    finally:
        own.close()
