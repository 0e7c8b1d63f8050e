"""How much the city stores against its quota."""

from __future__ import annotations

from django.db import connection
from django.db.models import Sum

from tenants.bureau.models import StoredFile
from tenants.bureau.queries.city import city_profile
from tenants.bureau.rules.storage_quota import StorageUse

_TABLES = (
    "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_catalog.pg_class"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'm')"
)


def storage_use() -> StorageUse:
    """Exact use of the city this connection stands in: tables with indexes, files, and the quota."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        table_bytes = int(cursor.fetchone()[0])
    file_bytes = StoredFile.objects.aggregate(total=Sum("size_bytes"))["total"] or 0
    return StorageUse(city_profile().storage_quota_bytes, table_bytes, int(file_bytes))
