"""Opening an archive that a stranger packed: measured before it is unpacked, and while it is."""

from __future__ import annotations

import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gis.compute.refusal import InputRefused

MEGABYTE = 1_000_000
_CHUNK_BYTES = 1 << 20
_UTF8_NAME_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_FOREIGN_SEPARATOR = "\\"


@dataclass(frozen=True)
class ArchiveLimits:
    """How much an archive may hold.

    Real layers and workbooks pack about 3–30 : 1; a bomb 1,000 : 1 or, by overlapping entries, far more.
    Small archives are let off the ratio, because a few kilobytes of blanks harm nobody.
    """

    most_total_bytes: int = 1_000 * MEGABYTE
    most_entries: int = 2_000
    most_ratio: float = 150.0
    ratio_from_bytes: int = 20 * MEGABYTE


DEFAULT_LIMITS = ArchiveLimits()


@dataclass(frozen=True)
class Unpacked:
    """One file of an archive: the name it bears inside and where it lies now (under a plain name of ours)."""

    name: str
    path: Path


def _refuse(code: str, zh: str, en: str, **facts: object) -> InputRefused:
    return InputRefused(
        code,
        zh=zh,
        en=en,
        remedy_zh="请只打包需要导入的数据文件后重新上传",
        remedy_en="pack only the data files and upload again",
        facts=facts,
    )


def _shown_name(entry: zipfile.ZipInfo) -> str:
    """An entry's name; Chinese Windows writes GBK bytes without saying so, which zipfile reads as CP437."""
    if entry.flag_bits & _UTF8_NAME_FLAG:
        return entry.filename
    raw = entry.orig_filename.encode("cp437", errors="replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def check_archive(path: Path, limits: ArchiveLimits = DEFAULT_LIMITS) -> list[zipfile.ZipInfo]:
    """The archive's file entries, after the contents list alone was checked: size, ratio, names, encryption.

    Raises `ARCHIVE_BROKEN`, `ARCHIVE_BOMB`, `ARCHIVE_UNSAFE_PATH` or `ARCHIVE_ENCRYPTED`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, UnicodeDecodeError, NotImplementedError) as error:
        raise _refuse(
            "ARCHIVE_BROKEN", "压缩包已损坏，无法打开", "the archive is damaged and cannot be opened"
        ) from error
    _check_sizes(entries, path.stat().st_size, limits)
    for entry in entries:
        _check_entry(entry)
    return [entry for entry in entries if not entry.is_dir()]


def _check_sizes(entries: list[zipfile.ZipInfo], packed_bytes: int, limits: ArchiveLimits) -> None:
    total = sum(entry.file_size for entry in entries)
    ratio = total / max(packed_bytes, 1)
    too_dense = total > limits.ratio_from_bytes and ratio > limits.most_ratio
    if len(entries) > limits.most_entries or total > limits.most_total_bytes or too_dense:
        raise _refuse(
            "ARCHIVE_BOMB",
            f"压缩包解压后有{len(entries)}个文件、约{total / MEGABYTE:.0f}MB（{ratio:.0f}:1），超出安全限制",
            f"the archive holds {len(entries)} files of {total / MEGABYTE:.0f} MB ({ratio:.0f}:1): refused",
            entries=len(entries),
            total_bytes=total,
            ratio=round(ratio, 1),
        )


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = _shown_name(entry)
    parts = PurePosixPath(name.replace(_FOREIGN_SEPARATOR, "/")).parts
    is_absolute = name.startswith(("/", _FOREIGN_SEPARATOR)) or (bool(parts) and parts[0].endswith(":"))
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    if ".." in parts or is_absolute or "\x00" in name or is_link:
        raise _refuse(
            "ARCHIVE_UNSAFE_PATH",
            f"压缩包内的路径“{name[:80]}”不安全",
            f"the archive holds the unsafe path “{name[:80]}”",
            name=name[:80],
        )
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise _refuse(
            "ARCHIVE_ENCRYPTED",
            f"压缩包内的“{name[:80]}”已加密",
            f"“{name[:80]}” in the archive is encrypted",
            name=name[:80],
        )


def unpack(
    path: Path, into: Path, suffixes: frozenset[str], limits: ArchiveLimits = DEFAULT_LIMITS
) -> list[Unpacked]:
    """Unpack the files with these suffixes (lower case, with dot) under plain names; return them in archive
    order.

    Files of one stem keep one stem, so a shapefile's parts stay together. What is written is counted, because
    an archive's contents list may lie; past the limit the rest is not written and `ARCHIVE_BOMB` is raised.
    """
    stems: dict[str, str] = {}
    written = 0
    unpacked: list[Unpacked] = []
    entries = check_archive(path, limits)
    with zipfile.ZipFile(path) as archive:
        for entry in entries:
            name = _shown_name(entry).replace(_FOREIGN_SEPARATOR, "/")
            inner = PurePosixPath(name)
            suffix = inner.suffix.lower()
            if suffix not in suffixes or "__MACOSX" in inner.parts or inner.name.startswith("."):
                continue
            stem = stems.setdefault(str(inner.with_suffix("")).lower(), f"part{len(stems)}")
            target = into / f"{stem}{suffix}"
            written += _copy(archive, entry, target, limits.most_total_bytes - written)
            unpacked.append(Unpacked(name, target))
    return unpacked


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, room_bytes: int) -> int:
    written = 0
    try:
        with archive.open(entry) as source, target.open("wb") as sink:
            while chunk := source.read(_CHUNK_BYTES):
                written += len(chunk)
                if written > room_bytes or written > entry.file_size:
                    raise _refuse(
                        "ARCHIVE_BOMB",
                        "压缩包解压后的大小超出其目录所写，已停止解压",
                        "the archive unpacks to more than its contents list says; unpacking was stopped",
                    )
                sink.write(chunk)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _refuse(
            "ARCHIVE_BROKEN", "压缩包已损坏，无法解压", "the archive is damaged and cannot be unpacked"
        ) from error
    return written
