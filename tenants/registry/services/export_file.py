"""Reading an export: everything is verified before anything is believed."""

from __future__ import annotations

import hashlib
import hmac
import json
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from tenants.registry.rules.export_checks import (
    LARGEST_MANIFEST,
    MAC,
    MANIFEST,
    Entry,
    check_entries,
    damaged,
)
from tenants.registry.rules.export_manifest import Manifest, parse_manifest, unreadable
from tenants.registry.services.export import Progress, key_context, manifest_mac, quiet
from tenants.registry.services.receiving import open_received, own_receiving_key

_CHUNK = 1024 * 1024
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class ExportFile:
    """An export whose manifest was read and whose directory fits it; its content is verified as it is read."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, manifest_text: bytes, mac: str) -> None:
        self._archive = archive
        self.manifest = manifest
        self._text = manifest_text
        self._mac = mac

    def chunks(self, entry: str, sha256: str) -> Iterator[bytes]:
        """An entry's bytes in pieces; raises 422 EXPORT_DAMAGED at its end when they are not what was said."""
        digest = hashlib.sha256()
        try:
            with self._archive.open(entry) as source:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    yield chunk
        except _BROKEN as exc:
            raise damaged(f"“{entry}”无法读取", f"{entry!r} cannot be read") from exc
        if digest.hexdigest() != sha256:
            raise damaged(f"“{entry}”校验和不符", f"the checksum of {entry!r} does not fit")

    def verify(self, progress: Progress = quiet) -> None:
        """Read every entry to its end."""
        entries = [(t.entry, t.sha256, t.bytes) for t in self.manifest.tables]
        entries += [(f.entry, f.sha256, f.bytes) for f in self.manifest.files]
        total, done = sum(size for _, _, size in entries) // 1024 + 1, 0
        for name, sha256, _ in entries:
            for chunk in self.chunks(name, sha256):
                done += len(chunk)
                progress(min(done // 1024, total), total, f"校验 {name}")

    def is_for_us(self) -> bool:
        """Whether the city's data key was sealed for this installation."""
        return self.manifest.receiver == own_receiving_key()

    def data_key(self) -> bytes:
        """The city's data key; raises 409 EXPORT_OTHER_RECEIVER, 422 EXPORT_DAMAGED when the manifest was changed."""
        manifest = self.manifest
        context = key_context(manifest.city.slug, manifest.exported_at)
        key = open_received(manifest.data_key, receiver=manifest.receiver, context=context)
        if not hmac.compare_digest(manifest_mac(key, self._text), self._mac):
            raise damaged("清单被改动过", "its manifest was changed")
        return key


@contextmanager
def open_export(path: Path) -> Iterator[ExportFile]:
    """The export at that path; raises 422 EXPORT_UNREADABLE, EXPORT_UNSAFE, EXPORT_DAMAGED, 409 EXPORT_NEWER."""
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, *_BROKEN) as exc:
        raise unreadable(
            "无法打开，或传输不完整", "it cannot be opened, or was not carried over whole"
        ) from exc
    with archive:
        text, mac = _description(archive)
        manifest = parse_manifest(_document(text))
        entries = [_entry(info) for info in archive.infolist()]
        check_entries(
            manifest,
            entries,
            file_bytes=path.stat().st_size,
            most_bytes=settings.WANGGE_IMPORT_LIMIT_BYTES,
        )
        yield ExportFile(archive, manifest, text, mac)


def _description(archive: zipfile.ZipFile) -> tuple[bytes, str]:
    names = {info.filename: info for info in archive.infolist()}
    if MANIFEST not in names or MAC not in names:
        raise unreadable("没有清单", "it has no manifest")
    if max(names[MANIFEST].file_size, names[MAC].file_size) > LARGEST_MANIFEST:
        raise unreadable("清单过大", "its manifest is too large")
    try:
        return archive.read(MANIFEST), archive.read(MAC).decode("ascii")
    except (*_BROKEN, UnicodeDecodeError) as exc:
        raise unreadable("清单无法读取", "its manifest cannot be read") from exc


def _document(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise unreadable("清单不是 JSON", "its manifest is not JSON") from exc


def _entry(info: zipfile.ZipInfo) -> Entry:
    kind = stat.S_IFMT(info.external_attr >> 16)
    plain = not info.is_dir() and kind in (0, stat.S_IFREG) and not info.flag_bits & 0x1
    return Entry(info.filename, info.file_size, info.compress_size, plain)


def check_export(*, path: Path, progress: Progress = quiet) -> tuple[Manifest, bool | None]:
    """Read the whole file and verify it; the manifest, and whether its manifest is proven by the data key.

    The second is None when the key was sealed for another installation and nothing can be proven here.
    """
    with open_export(path) as export:
        proven = True if export.is_for_us() else None
        if proven:
            export.data_key()
        export.verify(progress)
        return export.manifest, proven
