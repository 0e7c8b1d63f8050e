"""Acting as the owner of the cities' tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from wangge.kernel.database.current import city_connection


@contextmanager
def as_owner() -> Iterator[None]:
    """Let this connection act as the owner of the cities' tables: for migrations only."""
    here = city_connection()
    before = here.as_owner
    here.as_owner, here.search_path_set_schemas = True, None
    try:
        yield
    finally:
        here.as_owner, here.search_path_set_schemas = before, None
