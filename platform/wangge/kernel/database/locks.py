"""Locks by name, held until the end of the transaction; every city has its own names.

PostgreSQL's advisory locks have one number space for all cities: one of them could hold another's. Cities may not call
them; `wangge_lock` puts the role before the name.
"""

from __future__ import annotations

from django.db import connection

LOCK_FUNCTION = """
CREATE OR REPLACE FUNCTION public.wangge_lock(name text) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(pg_catalog.current_setting('role')
        || ':' || name, 7340023))
$$"""


def hold_lock(name: str) -> None:
    """Wait for the lock of that name in this city and hold it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.wangge_lock(%s)", [name])
