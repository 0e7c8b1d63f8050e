"""The present thread's connection, typed as what it is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import connection
from psycopg.pq import Conninfo

if TYPE_CHECKING:
    from wangge.kernel.database.base import DatabaseWrapper


def city_connection() -> DatabaseWrapper:
    """The connection with its city: `schema_name`, `set_tenant`, `as_owner`."""
    return cast("DatabaseWrapper", connection)


def libpq_parameters() -> dict[str, str]:
    """How this process reaches its database, for who signs in beside Django: `pg_dump`, a connection of its own."""
    known = {each.keyword.decode() for each in Conninfo.get_defaults()}
    given = connection.get_connection_params()
    return {name: str(value) for name, value in given.items() if name in known}
