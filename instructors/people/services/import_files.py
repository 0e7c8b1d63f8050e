"""An uploaded register waits for its job sealed, because it names people and their numbers, and is then destroyed."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from tenants.accounts.models import User
from tenants.accounts.queries import sealer
from tenants.bureau.models import StoredFile
from tenants.bureau.rules.upload_size import check_upload_size
from tenants.bureau.services.quotas import check_storage
from wangge.errors import RuleBroken
from wangge.kernel.uploads import Content, Purpose

PURPOSE = "register_import"
# 30,000 people with every column are about 5 MB as XLSX, 8 MB as CSV.
MOST_BYTES = 50_000_000
_TABLES = frozenset({Content.TEXT, Content.ZIP})
REGISTER_FILES = Purpose(
    zh="指导员名册导入",
    en="imports of the register",
    endings={".xlsx": frozenset({Content.ZIP}), ".csv": _TABLES, ".txt": _TABLES},
)


def check_size(size_bytes: int) -> None:
    """Refuse an upload that is too large for a register with 413 FILE_TOO_LARGE, before it is stored."""
    check_upload_size(
        size_bytes,
        min(MOST_BYTES, settings.WANGGE_UPLOAD_LIMIT_BYTES),
        how_to_fix_zh="请按区县拆分后分别导入，并删除图片和多余工作表",
        how_to_fix_en="split it by county, and leave out pictures and other sheets",
    )


class _Import(Protocol):
    """An import's own row: what was uploaded, and where it waits."""

    pk: int
    file_name: str
    stored_file: StoredFile | None

    @property
    def unit_path(self) -> str: ...


@dataclass(frozen=True, slots=True)
class SealedUploads:
    """Uploads of one purpose, each sealed to its import's row; `place` begins what it is sealed to."""

    purpose: str
    place: str

    def store(self, row: _Import, upload: Any, acting_user: User) -> StoredFile:
        """Keep the upload sealed; raises 413 STORAGE_QUOTA past the city's quota."""
        check_storage(added_bytes=upload.size)
        upload.seek(0)
        sealed = sealer().seal(upload.read(), purpose=f"{self.place}:{row.pk}")
        key = default_storage.save(f"{self.purpose}/{row.pk}", ContentFile(sealed))
        return StoredFile.objects.create(
            name=row.file_name,
            storage_key=key,
            sha256=hashlib.sha256(sealed).hexdigest(),
            size_bytes=len(sealed),
            purpose=self.purpose,
            unit_path=row.unit_path,
            stored_by=acting_user,
        )

    @contextmanager
    def opened(self, row: _Import) -> Iterator[Path]:
        """The upload as it came, readable by this process only and gone afterwards."""
        stored = row.stored_file
        if stored is None:
            raise RuleBroken(
                "FILE_GONE", zh="上传的文件已不存在", en="the uploaded file is gone", status=409,
                how_to_fix_zh="请重新上传", how_to_fix_en="upload it again",
            )  # fmt: skip
        with default_storage.open(stored.storage_key) as source:
            plain = sealer().open(source.read(), purpose=f"{self.place}:{row.pk}")
        with tempfile.NamedTemporaryFile(prefix="import-") as copy:
            copy.write(plain)
            copy.flush()
            yield Path(copy.name)

    @staticmethod
    def destroy(row: _Import) -> None:
        """Forget the upload, its bytes when the transaction commits; nothing needs it after its job."""
        stored = row.stored_file
        if stored is None:
            return
        key = stored.storage_key
        stored.delete()
        row.stored_file = None

        def remove() -> None:
            with suppress(OSError):
                default_storage.delete(key)

        transaction.on_commit(remove)


_REGISTER = SealedUploads(PURPOSE, "register-import")
store_sealed, opened_file, destroy_file = _REGISTER.store, _REGISTER.opened, _REGISTER.destroy
