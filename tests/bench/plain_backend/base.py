"""The product's database backend without tenancy: one schema, the login's own role, the plain protocol. For benches only."""

from __future__ import annotations

from typing import Any

from wangge.kernel.database.base import DatabaseWrapper as CityWrapper


class DatabaseWrapper(CityWrapper):
    """Stands in the schema that the connection's options name, and never moves."""

    def _handle_search_path(self, cursor: Any = None) -> None:
        return
