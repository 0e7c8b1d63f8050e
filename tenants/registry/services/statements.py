"""Small pieces that the statements of an installation are put together from."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from psycopg import sql

from wangge.kernel.database.names import login_role


def run_statements(statements: Sequence[str | sql.Composable]) -> None:
    """Execute one after the other."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def login(name: str) -> sql.Identifier:
    """The name of one of the installation's logins, or of its cities' group."""
    return sql.Identifier(login_role(name))
