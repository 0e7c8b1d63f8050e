"""Uploaded files go to the city's storage, hashed on the way, and come back as a local path for the
reader.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from tenants.accounts.models import User
from tenants.bureau.models import StoredFile
from tenants.bureau.rules.upload_size import check_upload_size
from tenants.bureau.services.quotas import check_storage
from wangge.kernel.uploads import Content, Purpose

PURPOSE = "layer_import"
# The reader tells formats by content, so a table that is really a workbook under another name is let in here as well.
_TABLES = frozenset({Content.TEXT, Content.ZIP})
LAYER_FILES = Purpose(
    zh="图层导入",
    en="layer imports",
    endings={
        ".gpkg": frozenset({Content.SQLITE}),
        ".fgb": frozenset({Content.FLATGEOBUF}),
        ".geojson": frozenset({Content.JSON}),
        ".json": frozenset({Content.JSON}),
        ".zip": frozenset({Content.ZIP}),
        ".kml": frozenset({Content.XML}),
        ".xlsx": frozenset({Content.ZIP}),
        ".csv": _TABLES,
        ".txt": _TABLES,
        ".tsv": _TABLES,
    },
)
_LONGEST_NAME = 255


def check_size(size_bytes: int) -> None:
    """Refuse an upload that reaches the limit with 413 FILE_TOO_LARGE, before it is stored."""
    check_upload_size(
        size_bytes,
        settings.WANGGE_UPLOAD_LIMIT_BYTES,
        how_to_fix_zh="请按区县拆分后分别导入，或压缩为ZIP",
        how_to_fix_en="split it by county and import the parts, or pack it as ZIP",
    )


def digest_of(upload: File) -> str:  # type: ignore[type-arg]
    """SHA-256 of an upload's bytes; it is left at its start."""
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


@transaction.atomic
def store_upload(*, upload: File, name: str, sha256: str, unit_path: str, acting_user: User) -> StoredFile:  # type: ignore[type-arg]
    """Keep an upload; the same bytes are kept once. Raises 413 STORAGE_QUOTA past the city's quota."""
    kept = StoredFile.objects.filter(sha256=sha256, purpose=PURPOSE).first()
    if kept is not None and default_storage.exists(kept.storage_key):
        return kept
    check_storage(added_bytes=upload.size)
    key = _saved_whole(f"{PURPOSE}/{sha256}", upload)
    return StoredFile.objects.create(
        name=name[-_LONGEST_NAME:],
        storage_key=key,
        sha256=sha256,
        size_bytes=upload.size,
        purpose=PURPOSE,
        unit_path=unit_path,
        stored_by=acting_user,
    )


def _saved_whole(wanted: str, upload: File) -> str:  # type: ignore[type-arg]
    """Save the file and return its key; where the disk is full, what was begun is removed again."""
    key = default_storage.get_available_name(wanted)
    try:
        return default_storage.save(key, upload)
    except OSError:
        with suppress(OSError):
            default_storage.delete(key)
        raise


@contextmanager
def local_path(stored: StoredFile) -> Iterator[Path]:
    """The kept file as a path on this machine, copied here when the storage is elsewhere."""
    try:
        yield Path(default_storage.path(stored.storage_key))
        return
    except NotImplementedError:
        pass
    with tempfile.NamedTemporaryFile(prefix="layer-") as copy:
        with default_storage.open(stored.storage_key) as source:
            for chunk in source.chunks():
                copy.write(chunk)
        copy.flush()
        yield Path(copy.name)
