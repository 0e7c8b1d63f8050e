"""An export is taken only when its entries are what its manifest says, are safe to unpack, and fit the schema here.

Rule: X01
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from tenants.registry.rules.export_manifest import LEFT_OUT, Column, Manifest, newer
from wangge.errors import RuleBroken

MANIFEST, MAC, README = "manifest.json", "manifest.mac", "README.txt"
LARGEST_MANIFEST = 256 * 1024**2
# Repetitive tables shrink well; nothing honest shrinks a thousandfold once it is large.
_LARGEST_RATIO = 1000
_RATIO_MATTERS_FROM = 64 * 1024**2


@dataclass(frozen=True)
class Entry:
    """One entry of the archive, as its directory tells it."""

    name: str
    bytes: int
    packed_bytes: int
    is_plain_file: bool


def _unsafe(zh: str, en: str) -> RuleBroken:
    return RuleBroken(
        "EXPORT_UNSAFE",
        zh=f"导出文件不安全，已拒绝：{zh}",
        en=f"the export is not safe to unpack: {en}",
        how_to_fix_zh="请向导出方索取未改动的原始文件",
        how_to_fix_en="ask the exporting side for the file as it was written",
    )


def damaged(zh: str, en: str) -> RuleBroken:
    """The refusal of a file whose content is not what its manifest says."""
    return RuleBroken(
        "EXPORT_DAMAGED",
        zh=f"导出文件已损坏或被改动：{zh}",
        en=f"the export is damaged or was changed: {en}",
        how_to_fix_zh="请重新传输或重新导出后再试",
        how_to_fix_en="carry it over again, or export again",
    )


def check_key(key: str) -> None:
    """Raise 422 EXPORT_UNSAFE unless the key is a plain relative path that stays in the city's folder."""
    parts = PurePosixPath(key).parts
    wrong = (
        not key
        or len(key) > 1024
        or key != "/".join(parts)
        or key.startswith("/")
        or any(part in ("..", ".") for part in parts)
        or any(len(part.encode()) > 255 for part in parts)
        or any(letter in key for letter in "\\:\x00\n\r")
    )
    if wrong:
        raise _unsafe(f"文件路径“{key[:80]}”", f"the path {key[:80]!r}")


def check_entries(manifest: Manifest, entries: Iterable[Entry], *, file_bytes: int, most_bytes: int) -> None:
    """Raise unless the entries are exactly those of the manifest, each of the size it says, and no bomb.

    422 EXPORT_UNSAFE, 422 EXPORT_DAMAGED, 413 EXPORT_TOO_LARGE.
    """
    found = list(entries)
    for kept in manifest.files:
        check_key(kept.key)
    folders = {str(parent) for kept in manifest.files for parent in PurePosixPath(kept.key).parents}
    if clash := folders & {kept.key for kept in manifest.files}:
        raise _unsafe(f"“{min(clash)[:80]}”既是文件又是目录", f"{min(clash)[:80]!r} is a file and a folder")
    expected = {table.entry: table.bytes for table in manifest.tables}
    expected |= {kept.entry: kept.bytes for kept in manifest.files}
    if len(expected) != len(manifest.tables) + len(manifest.files):
        raise _unsafe("清单中有重复条目", "the manifest names an entry twice")
    names = [entry.name for entry in found]
    if len(set(names)) != len(names):
        raise _unsafe("压缩包中有重复条目", "the archive holds an entry twice")
    if strange := set(names) - set(expected) - {MANIFEST, MAC, README}:
        raise _unsafe(f"多余条目“{min(strange)[:80]}”", f"an entry nobody described, {min(strange)[:80]!r}")
    if missing := set(expected) - set(names):
        raise damaged(f"缺少“{min(missing)[:80]}”", f"{min(missing)[:80]!r} is missing")
    _check_sizes(found, expected, file_bytes=file_bytes, most_bytes=most_bytes)


def _check_sizes(
    found: list[Entry], expected: Mapping[str, int], *, file_bytes: int, most_bytes: int
) -> None:
    if any(not entry.is_plain_file for entry in found):
        raise _unsafe("含有链接或目录", "it holds a link or a folder")
    for entry in found:
        if entry.name in expected and entry.bytes != expected[entry.name]:
            raise damaged(f"“{entry.name}”大小不符", f"{entry.name!r} is not of its size")
        large = entry.bytes > _RATIO_MATTERS_FROM
        if large and entry.bytes > _LARGEST_RATIO * max(entry.packed_bytes, 1):
            raise _unsafe(f"“{entry.name}”压缩比异常", f"{entry.name!r} grows without measure")
    if sum(entry.packed_bytes for entry in found) > file_bytes:
        raise _unsafe("条目互相重叠", "entries overlap")
    total = sum(entry.bytes for entry in found)
    if total > most_bytes:
        raise RuleBroken(
            "EXPORT_TOO_LARGE",
            zh=f"导出文件解压后 {total / 1e9:.1f} GB，超过上限 {most_bytes / 1e9:.1f} GB",
            en=f"unpacked it has {total / 1e9:.1f} GB; the limit is {most_bytes / 1e9:.1f} GB",
            status=413,
            facts={"bytes": total, "most_bytes": most_bytes},
            how_to_fix_zh="请调高 WANGGE_IMPORT_LIMIT_GB 后再试",
            how_to_fix_en="raise WANGGE_IMPORT_LIMIT_GB",
        )


def is_older(theirs: frozenset[tuple[str, str]], ours: frozenset[tuple[str, str]]) -> bool:
    """Whether the export's schema lacks migrations of ours; raises 409 EXPORT_NEWER when it has what we lack."""
    unknown = sorted(theirs - ours)
    if unknown:
        names = ", ".join(f"{app}.{name}" for app, name in unknown[:5])
        raise newer(
            f"数据库结构 {names}", f"schema {names}", migrations=[list(pair) for pair in unknown[:20]]
        )
    return theirs != ours


def check_tables(manifest: Manifest, built: Mapping[str, tuple[Column, ...]]) -> None:
    """Raise 422 EXPORT_TABLES unless the export's tables and columns are those of the schema built for it.

    `built` is the schema's tables that carry data. Names of an export are used in statements only after this.
    """
    theirs = {table.name: table.columns for table in manifest.tables}
    left_out = set(manifest.left_out) & LEFT_OUT
    strange = (set(theirs) | left_out) - set(built)
    missing = set(built) - set(theirs) - left_out
    different = [
        name for name, columns in theirs.items() if name in built and set(columns) != set(built[name])
    ]
    wrong = sorted([*strange, *missing, *different])
    if not wrong:
        return
    raise RuleBroken(
        "EXPORT_TABLES",
        zh=f"导出文件的表或字段与数据库结构不符：{', '.join(wrong[:5])}",
        en=f"tables or columns of the export do not fit the schema: {', '.join(wrong[:5])}",
        facts={
            "unknown": sorted(strange)[:20],
            "missing": sorted(missing)[:20],
            "different": different[:20],
        },
        how_to_fix_zh="请用同一产品版本重新导出",
        how_to_fix_en="export again with a version of this product",
    )


def check_sequences(manifest: Manifest, built: Iterable[str]) -> None:
    """Raise 422 EXPORT_TABLES for a sequence the schema does not have."""
    strange = sorted({sequence.name for sequence in manifest.sequences} - set(built))
    if strange:
        raise RuleBroken(
            "EXPORT_TABLES",
            zh=f"导出文件的序列与数据库结构不符：{strange[0]}",
            en=f"a sequence of the export does not fit the schema: {strange[0]}",
            facts={"unknown": strange[:20]},
        )
