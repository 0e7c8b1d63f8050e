"""The present thread's connection, typed as what it is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import connection

if TYPE_CHECKING:
    from wangge.kernel.database.base import DatabaseWrapper


def city_connection() -> DatabaseWrapper:
    """The connection with its city: `schema_name`, `set_tenant`, `as_owner`."""
    return cast("DatabaseWrapper", connection)
