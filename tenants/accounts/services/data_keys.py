"""The data key of a schema."""

from __future__ import annotations

from tenants.accounts.models import DataKey
from wangge.kernel.database.current import city_connection
from wangge.kernel.sealing import new_key, wrap_key


def keep_data_key(key: bytes | None = None) -> None:
    """Give the schema this connection stands in its data key, a fresh one unless given; a key that is there stays."""
    wrapped = wrap_key(key or new_key(), holder=city_connection().schema_name)
    DataKey.objects.bulk_create([DataKey(id=1, wrapped=wrapped)], ignore_conflicts=True)
