"""One gate for what is uploaded: each purpose names its endings and contents; the first bytes must be one of them.

A file's name is only ever looked at here: nothing is stored under it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import IO, Any

from wangge.errors import RuleBroken

_HEAD_BYTES = 4096
_LONGEST_SHOWN = 80


class Content(StrEnum):
    """What a file is by its first bytes."""

    ZIP = "ZIP"  # also XLSX
    SQLITE = "SQLite"  # also GeoPackage
    FLATGEOBUF = "FlatGeobuf"
    JSON = "JSON"
    XML = "XML"  # also KML
    TEXT = "text"  # also CSV
    JPEG = "JPEG"
    PNG = "PNG"


_SIGNATURES: tuple[tuple[bytes, Content | None], ...] = (
    (b"PK\x03\x04", Content.ZIP),
    (b"SQLite format 3\0", Content.SQLITE),
    (b"fgb\x03", Content.FLATGEOBUF),
    (b"\xff\xd8\xff", Content.JPEG),
    (b"\x89PNG\r\n\x1a\n", Content.PNG),
    # Known, and never taken: programs, documents, other pictures, other archives, drawings.
    *((start, None) for start in (
        b"MZ", b"\x7fELF", b"#!", b"%PDF", b"%!PS", b"\x89PNG", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b",
        b"BZh", b"\xfd7zXZ", b"AC10", b"\xd0\xcf\x11\xe0", b"PK\x05\x06", b"\x00\x00\x27\x0a",
    )),
)  # fmt: skip
_PAGE_STARTS = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<?php")
# What people have instead, by the ending that this purpose takes: nobody with a list of people is told of drawings.
_WAYS = {
    ".zip": ("RAR、7z 请改为 ZIP", "pack RAR or 7z as ZIP"),
    ".xlsx": ("XLS 请另存为 XLSX，有打开密码的请先取消密码", "save XLS as XLSX, and without a password"),
    ".gpkg": ("DWG 请另存为 GeoPackage", "save DWG as GeoPackage"),
    ".jpg": ("其他格式的照片请先转成 JPG 或直接拍照", "save other pictures as JPEG, or take a photo"),
}
_BYTE_ORDER_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Purpose:
    """What one kind of upload may be: its name in both languages, and for each ending the contents it may have."""

    zh: str
    en: str
    endings: Mapping[str, frozenset[Content]]


def content_of(head: bytes) -> Content | None:
    """What a file is that begins with these bytes; None for what nobody may upload."""
    for start, content in _SIGNATURES:
        if head.startswith(start):
            return content
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith((b"{", b"[")):
        return Content.JSON
    if text.startswith(b"<"):
        return None if text[:20].lower().startswith(_PAGE_STARTS) else Content.XML
    if b"\0" in head and not head.startswith(_BYTE_ORDER_16):
        return None
    return Content.TEXT


def check_upload(upload: Any, purpose: Purpose) -> None:
    """Refuse with 415 UPLOAD_TYPE what this purpose does not take; the upload is left at its start."""
    ending = PurePosixPath(str(upload.name or "").replace("\\", "/")).suffix.lower()
    content = content_of(_head(upload))
    if content is not None and content in purpose.endings.get(ending, frozenset()):
        return
    known = " ".join(sorted(purpose.endings))
    found = str(content) if content is not None else "?"
    ways = [told for taken, told in _WAYS.items() if taken in purpose.endings]
    raise RuleBroken(
        "UPLOAD_TYPE",
        zh=f"{purpose.zh}不接受这种文件（扩展名“{ending[:_LONGEST_SHOWN]}”，内容“{found}”）",
        en=f"{purpose.en} do not take this file (ending “{ending[:_LONGEST_SHOWN]}”, content “{found}”)",
        status=415,
        facts={"ending": ending[:_LONGEST_SHOWN], "content": found, "accepted": sorted(purpose.endings)},
        how_to_fix_zh="；".join([f"可上传：{known}", *(zh for zh, _ in ways)]),
        how_to_fix_en="; ".join([f"use one of {known}", *(en for _, en in ways)]),
        field="file",
    )


def _head(upload: IO[bytes]) -> bytes:
    upload.seek(0)
    head = upload.read(_HEAD_BYTES)
    upload.seek(0)
    return head
