"""Files of versions that kept all cities' uploads in one folder are brought into the folder of their city."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django_tenants.utils import schema_context

from tenants.bureau.models import StoredFile
from tenants.registry.models import City


def sort_files(city: City) -> int:
    """Move the city's files that still stand in the common folder; returns their number. Safe to run again.

    Only files that a row of the city names are moved, and names were given once over all cities.
    """
    moved = 0
    with schema_context(city.schema_name):
        for key in StoredFile.objects.order_by("id").values_list("storage_key", flat=True):
            source, target = Path(settings.WANGGE_FILES_DIR) / key, Path(default_storage.path(key))
            if target.exists() or not source.is_file():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
            moved += 1
    return moved
