"""django-tenants' backend with a database role per city and, under it, the extended protocol only.

The switch is one simple-protocol statement built from a validated schema name (`SET ROLE` + search path). Every other
statement of a city goes out by the extended protocol, which takes one statement at a time: a stacked `RESET ROLE`
cannot ride along in an injected text.
"""

from __future__ import annotations

import re
from typing import Any

import psycopg
from django.conf import settings
from django.db.utils import DatabaseError
from django_tenants.postgresql_backend.base import DatabaseWrapper as TenantWrapper
from psycopg import sql

_SCHEMA = re.compile(r"^[a-z][a-z0-9_]{0,47}\Z")


def city_role(schema_name: str) -> str:
    """The cluster-wide name of the database role of one city of this installation."""
    return f"{settings.WANGGE_INSTALLATION}_{schema_name}"


class _CityCursorMixin:
    """Forces the extended protocol while the connection stands in a city."""

    _conn: Any

    def _execute_send(self, query: Any, *, force_extended: bool = False, binary: bool | None = None) -> None:
        in_city = getattr(self._conn, "wangge_in_city", False)
        super()._execute_send(query, force_extended=force_extended or in_city, binary=binary)  # type: ignore[misc]


class DatabaseWrapper(TenantWrapper):
    """Switches search path and role together; `as_owner` takes the owner's role for migrations and stamping."""

    as_owner = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        factory = connection.cursor_factory
        if not issubclass(factory, _CityCursorMixin):
            connection.cursor_factory = type("CityCursor", (_CityCursorMixin, factory), {})
        return connection

    def _in_city(self) -> bool:
        return self.schema_name not in {settings.PUBLIC_SCHEMA_NAME, settings.WANGGE_TEMPLATE_SCHEMA}

    def _role(self) -> sql.Composable:
        if not self._in_city():
            return sql.SQL("NONE")
        # Migrations and stamps run as the operator, who owns every city's tables whoever has signed in.
        owner = f"{settings.WANGGE_INSTALLATION}_operator"
        return sql.Identifier(owner if self.as_owner else city_role(self.schema_name))

    def _switch(self) -> sql.Composed:
        schema = self.schema_name
        if not _SCHEMA.match(schema or ""):
            raise ValueError(f"not a schema name: {schema!r}")
        path = [schema] if schema == settings.PUBLIC_SCHEMA_NAME else [schema, settings.PUBLIC_SCHEMA_NAME]
        # RESET first: a city role is no member of its neighbour's, so the switch starts from the login.
        return sql.SQL("SET ROLE NONE; SET search_path = {}; SET ROLE {}").format(
            sql.SQL(",").join(map(sql.Identifier, path)), self._role()
        )

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path or self.search_path_set_schemas == (self.schema_name, self.as_owner):
            return
        self._setting_search_path = True
        self.connection.wangge_in_city = False
        try:
            with psycopg.Cursor(self.connection) as switch:
                switch.execute(self._switch())
        except (DatabaseError, psycopg.errors.InFailedSqlTransaction):
            # The transaction has failed already; whatever comes next must be its rollback, which forgets the path.
            self.search_path_set_schemas = None
        else:
            self.search_path_set_schemas = (self.schema_name, self.as_owner)
            self.connection.wangge_in_city = self._in_city() and not self.as_owner
        finally:
            self._setting_search_path = False
