"""An exported city describes itself: its manifest names every table, column, sequence and file with its checksum.

Rule: X01
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from wangge.errors import RuleBroken

FORMAT, FORMAT_VERSION = "wangge-city", 1
# Rows that end with the installation they were made in: sessions, wrong passwords, answers kept for retries.
LEFT_OUT = frozenset(
    {
        "django_session",
        "accounts_idempotencyrecord",
        "accounts_signedinsession",
        "accounts_signinfailure",
    }
)
# What these hold travels in the manifest: the schema's state, and the data key sealed for the receiver.
IN_MANIFEST = frozenset({"django_migrations", "accounts_datakey"})
_IDENTIFIER = re.compile(r"^[a-z_][a-z0-9_]{0,62}\Z")
_SHA256 = re.compile(r"^[0-9a-f]{64}\Z")


@dataclass(frozen=True)
class Column:
    """A column that carries data, with PostgreSQL's words for its type."""

    name: str
    type: str


@dataclass(frozen=True)
class Table:
    """A table's data: its columns in the order of its file, and what that file must amount to."""

    name: str
    columns: tuple[Column, ...]
    rows: int
    bytes: int
    sha256: str

    @property
    def entry(self) -> str:
        """The name of its file in the export."""
        return f"data/{self.name}.csv"


@dataclass(frozen=True)
class Sequence:
    """Where a sequence stands."""

    name: str
    last_value: int
    is_called: bool


@dataclass(frozen=True)
class KeptFile:
    """One of the city's files: its key in the storage, and what it must amount to."""

    key: str
    bytes: int
    sha256: str

    @property
    def entry(self) -> str:
        """Its name in the export."""
        return f"files/{self.key}"


@dataclass(frozen=True)
class CityFacts:
    """What the registry of the exporting installation knew of the city."""

    slug: str
    name: str
    division_code: str
    gauss_kruger_epsg: int
    data_label: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """The whole description; `migrations` is the state of the schema, `data_key` is sealed for `receiver` alone."""

    product_version: str
    exported_at: str
    installation: str
    city: CityFacts
    migrations: frozenset[tuple[str, str]]
    tables: tuple[Table, ...]
    left_out: tuple[str, ...]
    sequences: tuple[Sequence, ...]
    files: tuple[KeptFile, ...]
    receiver: str
    data_key: str
    audit_head: Mapping[str, Any] | None = field(default=None)

    def document(self) -> dict[str, Any]:
        """The manifest as it is written into the file."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            **asdict(self),
            "migrations": sorted(list(pair) for pair in self.migrations),
            "tables": [{**asdict(table), "entry": table.entry} for table in self.tables],
            "files": [{**asdict(kept), "entry": kept.entry} for kept in self.files],
        }


def unreadable(why_zh: str, why_en: str) -> RuleBroken:
    """The refusal of a file that is no export of this product."""
    return RuleBroken(
        "EXPORT_UNREADABLE",
        zh=f"不是可用的城市导出文件：{why_zh}",
        en=f"not a usable export of a city: {why_en}",
        how_to_fix_zh="请使用本产品导出的、传输完整的 .wangge 文件",
        how_to_fix_en="use a .wangge file exported by this product and carried over whole",
    )


def newer(what_zh: str, what_en: str, **facts: object) -> RuleBroken:
    """The refusal of a file that a newer version of the product has written."""
    return RuleBroken(
        "EXPORT_NEWER",
        zh=f"导出文件来自更新的版本：{what_zh}",
        en=f"the export comes from a newer version: {what_en}",
        status=409,
        facts=facts,
        how_to_fix_zh="请先升级本系统，再导入",
        how_to_fix_en="upgrade this installation first",
    )


def parse_manifest(document: Any) -> Manifest:
    """The manifest of a document read from a file; raises 422 EXPORT_UNREADABLE, 409 EXPORT_NEWER."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise unreadable("清单缺失或不是本产品的格式", "its manifest is not of this product")
    version = document.get("format_version")
    if not isinstance(version, int) or version < 1:
        raise unreadable("格式版本无效", "its format version is not valid")
    if version > FORMAT_VERSION:
        raise newer(f"格式版本 {version}", f"format version {version}", format_version=version)
    try:
        return _parsed(document)
    except (KeyError, TypeError, ValueError) as exc:
        raise unreadable(f"清单内容有误（{exc}）", f"its manifest is wrong ({exc})") from exc


def _parsed(document: Mapping[str, Any]) -> Manifest:
    city = document["city"]
    return Manifest(
        product_version=_text(document["product_version"]),
        exported_at=_text(document["exported_at"]),
        installation=_text(document["installation"]),
        city=CityFacts(
            slug=_text(city["slug"]),
            name=_text(city["name"]),
            division_code=_text(city["division_code"]),
            gauss_kruger_epsg=_count(city["gauss_kruger_epsg"]),
            data_label=_text(city["data_label"]),
            hosts=tuple(_text(host) for host in city["hosts"]),
        ),
        migrations=frozenset((_identifier(app), _text(name)) for app, name in document["migrations"]),
        tables=tuple(_table(row) for row in document["tables"]),
        left_out=tuple(_identifier(name) for name in document["left_out"]),
        sequences=tuple(
            Sequence(_identifier(row["name"]), _count(row["last_value"]), row["is_called"] is True)
            for row in document["sequences"]
        ),
        files=tuple(
            KeptFile(_text(row["key"]), _count(row["bytes"]), _sha256(row["sha256"]))
            for row in document["files"]
        ),
        receiver=_text(document["receiver"]),
        data_key=_text(document["data_key"]),
        audit_head=document["audit_head"],
    )


def _table(row: Mapping[str, Any]) -> Table:
    columns = tuple(Column(_identifier(column["name"]), _text(column["type"])) for column in row["columns"])
    return Table(
        _identifier(row["name"]), columns, _count(row["rows"]), _count(row["bytes"]), _sha256(row["sha256"])
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("text expected")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("count expected")
    return value


def _identifier(value: Any) -> str:
    if not _IDENTIFIER.match(_text(value)):
        raise ValueError(f"{value!r:.80} is no name")
    return str(value)


def _sha256(value: Any) -> str:
    if not _SHA256.match(_text(value)):
        raise ValueError("checksum expected")
    return str(value)
