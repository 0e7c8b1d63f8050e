"""django-tenants' backend with a database role per city and, under it, the extended protocol only.

The switch is one simple-protocol message built from a validated schema name (`SET ROLE` + search path). Every other
statement of a city goes out by the extended protocol, which takes one statement at a time, so that a stacked
`RESET ROLE` cannot ride along in an injected text; and it must begin as the product's own statements do
(`wangge.kernel.database.statements`), so that nobody says `SET ROLE` as a whole statement.

A connection borrowed from the pool first forgets what its last user left in the session, unless that was the same city.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings
from django.db.utils import DatabaseError
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantWrapper
from psycopg import sql
from psycopg.pq import TransactionStatus

from wangge.kernel.database.names import check_schema, city_role, login_role
from wangge.kernel.database.statements import is_permitted

__all__ = ["DatabaseWrapper", "city_role"]

# What the last user of a borrowed connection may have left: settings, cursors, listening, temporary tables, sequences.
_FORGET = (
    "RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP; DISCARD SEQUENCES; SELECT pg_advisory_unlock_all();"
    " SET TimeZone = {zone}; "
)


class _CityCursorMixin:
    """While the connection is fenced: the extended protocol, and only statements that a city may send."""

    _conn: Any

    def _fenced(self, query: Any) -> bool:
        if not getattr(self._conn, "wangge_fenced", False):
            return False
        if not is_permitted(query.query):
            raise psycopg.errors.InsufficientPrivilege(
                "a city may not send a statement that begins like this"
            )
        return True

    def _execute_send(self, query: Any, *, force_extended: bool = False, binary: bool | None = None) -> None:
        extended = self._fenced(query) or force_extended
        super()._execute_send(query, force_extended=extended, binary=binary)  # type: ignore[misc]

    def _send_prepare(self, name: bytes, query: Any) -> None:
        self._fenced(query)
        super()._send_prepare(name, query)  # type: ignore[misc]


class DatabaseWrapper(TenantWrapper):
    """Switches search path and role together; `as_owner` takes the owner's role for migrations and stamping.

    What is known of a connection is written on the psycopg connection itself, because the pool lends it to many
    wrappers: `wangge_fenced`; `wangge_stands`, where it stands between two borrowers, None when unsure; `wangge_used`,
    whether somebody's session state may be left; `wangge_cities`, the schemas that its backend has in memory.
    """

    as_owner = False
    _setting_search_path: bool  # while the switch itself runs

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        factory = connection.cursor_factory
        if not issubclass(factory, _CityCursorMixin):
            connection.cursor_factory = type("CityCursor", (_CityCursorMixin, factory), {})
            connection.wangge_cities = set()
            connection.wangge_stands = None
        connection.wangge_used = True
        # The same city again: neither a switch nor forgetting is needed.
        self.search_path_set_schemas = connection.wangge_stands
        return connection

    def _close(self) -> None:
        connection = self.connection
        if connection is not None and self.pool:
            if connection.info.transaction_status != TransactionStatus.IDLE:
                connection.wangge_stands = None  # the pool rolls it back, and the switch may be part of that
            if len(connection.wangge_cities) > settings.WANGGE_CITIES_PER_CONNECTION:
                connection._expire_at = (
                    0.0  # the pool replaces it: a backend never gives catalogue memory back
                )
        super()._close()

    def _forget_where(self) -> None:
        if self.connection is not None:
            self.connection.wangge_stands = None

    def rollback(self) -> None:
        self._forget_where()
        if self.connection is not None:
            self.connection.wangge_used = True
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        self._forget_where()
        super().savepoint_rollback(sid)

    def _in_city(self) -> bool:
        return self.schema_name not in {settings.PUBLIC_SCHEMA_NAME, settings.WANGGE_TEMPLATE_SCHEMA}

    def _role(self) -> sql.Composable:
        if not self._in_city():
            return sql.SQL("NONE")
        # Migrations and stamps run as the operator, who owns every city's tables whoever has signed in.
        return sql.Identifier(login_role("operator") if self.as_owner else city_role(self.schema_name))

    def _switch(self) -> sql.Composed:
        schema = check_schema(self.schema_name)
        path = [schema] if schema == settings.PUBLIC_SCHEMA_NAME else [schema, settings.PUBLIC_SCHEMA_NAME]
        forget = (
            sql.SQL(_FORGET).format(zone=sql.Literal(self.timezone_name))
            if self._must_forget()
            else sql.SQL("")
        )
        # RESET first: a city role is no member of its neighbour's, so the switch starts from the login.
        return sql.SQL("SET ROLE NONE; {}SET search_path = {}; SET ROLE {}").format(
            forget, sql.SQL(",").join(map(sql.Identifier, path)), self._role()
        )

    def _must_forget(self) -> bool:
        return bool(self.pool) and self.connection.wangge_used

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path or self.search_path_set_schemas == (self.schema_name, self.as_owner):
            return
        self._setting_search_path = True
        # Until the switch has succeeded nothing is known, and the fence stays up.
        self.search_path_set_schemas = self.connection.wangge_stands = None
        self.connection.wangge_fenced = True
        try:
            with psycopg.Cursor(self.connection) as switch:
                switch.execute(self._switch())
        except (DatabaseError, psycopg.errors.InFailedSqlTransaction):
            pass  # The transaction has failed already; whatever comes next must be its rollback.
        else:
            self._remember_place()
        finally:
            self._setting_search_path = False

    def _remember_place(self) -> None:
        connection = self.connection
        place = (self.schema_name, self.as_owner)
        self.search_path_set_schemas = connection.wangge_stands = place
        connection.wangge_fenced = not self.as_owner and (
            self._in_city() or settings.WANGGE_LOGIN in {"web", "worker"}
        )
        connection.wangge_used = False
        if self._in_city():
            connection.wangge_cities.add(self.schema_name)
