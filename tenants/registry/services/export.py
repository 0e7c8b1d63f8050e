"""A city becomes one file that describes itself: its rows as of one moment, its files, and its data key for a receiver."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import stat
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import schema_context
from psycopg import sql

from tenants.accounts.models import User
from tenants.accounts.services import record_audit
from tenants.registry.models import City
from tenants.registry.rules.export_checks import MAC, MANIFEST, README
from tenants.registry.rules.export_manifest import (
    LEFT_OUT,
    CityFacts,
    Column,
    KeptFile,
    Manifest,
    Sequence,
    Table,
)
from tenants.registry.services.files import file_keys, files_folder
from tenants.registry.services.receiving import check_receiving_key, own_receiving_key, seal_for
from tenants.registry.services.snapshot import Rows, snapshot
from wangge import __version__
from wangge.kernel.sealing import Sealer, unwrap_key

Progress = Callable[[int, int, str], None]
_CHUNK = 1024 * 1024
_PACKING = 3  # of 9: geometry in hexadecimal shrinks to a third already here, and no further at 6
SUFFIX = ".wangge"


def quiet(done: int, total: int, stage: str) -> None:
    """Tell nobody."""


@dataclass
class _Packing:
    """The archive being written, and how far it is, in KiB."""

    archive: zipfile.ZipFile
    progress: Progress
    total: int
    done_bytes: int = 0

    def put(self, name: str, chunks: Iterator[bytes], stage: str) -> tuple[int, str]:
        """Write one entry from its pieces; returns its size and SHA-256."""
        digest, size, told = hashlib.sha256(), 0, 0
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.compress_type, info._compresslevel = zipfile.ZIP_DEFLATED, _PACKING  # type: ignore[attr-defined]
        info.external_attr = (stat.S_IFREG | 0o600) << 16
        with self.archive.open(info, "w", force_zip64=True) as entry:
            for chunk in chunks:
                entry.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                if size - told >= 8 * _CHUNK:
                    self._tell(size, stage)
                    told = size
        self.done_bytes += size
        self._tell(0, stage)
        return size, digest.hexdigest()

    def _tell(self, more: int, stage: str) -> None:
        done = (self.done_bytes + more) // 1024
        self.progress(min(done, self.total), self.total, stage)


def export_city(
    *,
    city: City,
    target: Path,
    receiver: str | None = None,
    acting_user: User | None,
    progress: Progress = quiet,
    action: str = "city.export",
) -> Manifest:
    """Write the city into the file; `receiver` None means this installation itself, as a backup does.

    The file holds everything the city knows of people, so the act is recorded in public and in the city before it
    begins. A file that was begun and not finished is removed. Raises 422 RECEIVING_KEY. Not inside a transaction:
    the rows are read over a connection of their own.
    """
    receiver = check_receiving_key(receiver) if receiver else own_receiving_key()
    _record(city, receiver, acting_user, action)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A name of its own: a worker that was only thought dead may still be writing the same export.
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as output:
            manifest = _write(city, output, receiver, progress)
            output.flush()
            os.fsync(output.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return manifest


@transaction.atomic
def _record(city: City, receiver: str, acting_user: User | None, action: str) -> None:
    facts = {"slug": city.slug, "receiver": receiver, "own": receiver == own_receiving_key()}
    with schema_context("public"):
        record_audit(acting_user=acting_user, action=action, subject=city, after=facts)
    with schema_context(city.schema_name):
        record_audit(
            acting_user=acting_user, action=action, subject=("registry.city", city.slug), after=facts
        )


def _write(city: City, output: Any, receiver: str, progress: Progress) -> Manifest:
    moment = timezone.now()
    with (
        snapshot(city.schema_name) as rows,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
    ):
        tables = {name: columns for name, columns in rows.tables().items() if name not in LEFT_OUT}
        keys = file_keys(city.schema_name)
        packing = _Packing(archive, progress, _expected_kib(rows, tables, city.schema_name, keys))
        written = _write_tables(rows, tables, packing)
        sequences = rows.sequences()
        left_out = tuple(sorted(LEFT_OUT & set(rows.tables())))
        files = _write_files(city.schema_name, keys, packing)
        key = _data_key(rows)
        manifest = Manifest(
            product_version=__version__,
            exported_at=moment.isoformat(),
            installation=settings.WANGGE_INSTALLATION,
            city=_facts(city),
            migrations=rows.migrations(),
            tables=written,
            left_out=left_out,
            sequences=sequences,
            files=files,
            receiver=receiver,
            data_key=seal_for(receiver, key, context=key_context(city.slug, moment.isoformat())),
            audit_head=_audit_head(rows),
        )
        _write_description(archive, manifest, key)
    return manifest


def key_context(slug: str, exported_at: str) -> str:
    """What a sealed data key is bound to: a key cut out of one export does not open in another."""
    return f"wangge-city:1:{slug}:{exported_at}"


def manifest_mac(data_key: bytes, text: bytes) -> str:
    """Who can compute this holds the city's data key: a manifest changed on its way is found."""
    return hmac.new(Sealer(data_key).derive("export-manifest:1"), text, hashlib.sha256).hexdigest()


def _facts(city: City) -> CityFacts:
    domains = city.domains.order_by("-is_primary", "id").values_list("domain", flat=True)
    return CityFacts(
        slug=city.slug,
        name=city.name,
        division_code=city.division_code,
        gauss_kruger_epsg=city.gauss_kruger_epsg,
        data_label=city.data_label,
        hosts=tuple(domains),
    )


def _expected_kib(
    rows: Rows, tables: dict[str, tuple[Column, ...]], schema_name: str, keys: list[str]
) -> int:
    """An estimate for the progress: what the tables take on disk and the files' sizes."""
    statement = "SELECT coalesce(sum(pg_table_size(format('%%I.%%I', %s::text, t)::regclass)), 0) FROM unnest(%s::text[]) t"
    row = rows.raw.execute(statement, [schema_name, list(tables)]).fetchone()
    folder = files_folder(schema_name)
    stored = sum((folder / key).stat().st_size for key in keys)
    return (int(row[0] if row else 0) + stored) // 1024 + 1


def _write_tables(rows: Rows, tables: dict[str, tuple[Column, ...]], packing: _Packing) -> tuple[Table, ...]:
    ordered_by, written = rows.primary_keys(), []
    for name, columns in tables.items():
        text = sql.SQL("COPY (SELECT {} FROM {}{}) TO STDOUT (FORMAT csv, HEADER)").format(
            sql.SQL(", ").join(sql.Identifier(column.name) for column in columns),
            rows.name(name),
            _in_order(ordered_by.get(name, [])),
        )
        with rows.raw.cursor() as cursor:
            with cursor.copy(text) as copy:
                chunks = _gathered(bytes(piece) for piece in copy)
                size, digest = packing.put(f"data/{name}.csv", chunks, f"表 {name}")
            count = max(cursor.rowcount, 0)
        written.append(Table(name, columns, count, size, digest))
    return tuple(written)


def _in_order(key: list[str]) -> sql.Composable:
    """Equal rows make equal files."""
    if not key:
        return sql.SQL("")
    return sql.SQL(" ORDER BY {}").format(sql.SQL(", ").join(map(sql.Identifier, key)))


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The rows in pieces worth packing."""
    waiting, size = [], 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _write_files(schema_name: str, keys: list[str], packing: _Packing) -> tuple[KeptFile, ...]:
    folder, written = files_folder(schema_name), []
    for key in keys:
        try:
            source = (folder / key).open("rb")
        except FileNotFoundError:  # taken away since the folder was listed: its row is gone or goes
            continue
        with source:
            size, digest = packing.put(f"files/{key}", _pieces(source), f"文件 {key}")
        written.append(KeptFile(key, size, digest))
    return tuple(written)


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(_CHUNK):
        yield piece


def _data_key(rows: Rows) -> bytes:
    statement = sql.SQL("SELECT wrapped FROM {} WHERE id = 1").format(rows.name("accounts_datakey"))
    row = rows.raw.execute(statement).fetchone()
    if row is None:
        raise RuntimeError(f"{rows.schema_name} has no data key; run prepare_database")
    return unwrap_key(bytes(row[0]), holder=rows.schema_name)


def _audit_head(rows: Rows) -> dict[str, Any] | None:
    statement = sql.SQL("SELECT sequence, encode(digest, 'hex') FROM {} ORDER BY sequence DESC LIMIT 1")
    row = rows.raw.execute(statement.format(rows.name("accounts_auditlink"))).fetchone()
    return {"sequence": row[0], "digest": row[1]} if row else None


def _write_description(archive: zipfile.ZipFile, manifest: Manifest, data_key: bytes) -> None:
    text = json.dumps(manifest.document(), ensure_ascii=False, indent=1).encode()
    for name, content in (
        (README, readme(manifest).encode()),
        (MANIFEST, text),
        (MAC, manifest_mac(data_key, text).encode()),
    ):
        info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, (stat.S_IFREG | 0o600) << 16
        archive.writestr(info, content)


def readme(manifest: Manifest) -> str:
    """What the file tells whoever opens it without the product."""
    city, at = manifest.city, datetime.fromisoformat(manifest.exported_at).strftime("%Y-%m-%d %H:%M %Z")
    rows = sum(table.rows for table in manifest.tables)
    return f"""{city.name}（{city.slug}）城市数据导出 — Wangge {manifest.product_version}

导出时间 {at}。含 {len(manifest.tables)} 张表、{rows} 行、{len(manifest.files)} 个文件。
本文件含全部个人信息，请按规定保管和传递。
- manifest.json：数据结构版本、各表字段与行数、文件清单，均附 SHA-256。
- data/*.csv：各表数据（UTF-8，首行为字段名；空值为不带引号的空，空字符串为 ""；几何为 EWKB 十六进制）。
- files/：该城市上传的文件。
- 未导出：会话、登录失败记录、重复请求的留存应答（见 manifest.json 的 left_out）。
- 加密字段仍为密文；城市密钥仅封存给接收方（manifest.json 的 receiver）。
检查：./dev manage check_export 文件
导入：./dev manage import_city 文件 --slug 简称 --name 名称 --host 域名

The data of one city, exported at {at}: {len(manifest.tables)} tables, {rows} rows, {len(manifest.files)} files.
It holds all personal data of the city: keep it and carry it as the rules for such data demand.
- manifest.json: state of the schema, columns and row counts of the tables, list of files, all with SHA-256.
- data/*.csv: the tables (UTF-8, first line names the columns; NULL is empty without quotes, an empty text is "";
  geometry is EWKB in hexadecimal). files/: what was uploaded.
- Left out: sessions, failed sign-ins, answers kept for retries (left_out in manifest.json).
- Sealed fields stay sealed; the city's data key is sealed for the receiver alone (receiver in manifest.json).
Check it: ./dev manage check_export FILE
Import it: ./dev manage import_city FILE --slug SHORTNAME --name NAME --host HOST
"""


def sequences_by_name(sequences: tuple[Sequence, ...]) -> dict[str, Sequence]:
    """The sequences of a manifest or a schema, to look up."""
    return {sequence.name: sequence for sequence in sequences}
