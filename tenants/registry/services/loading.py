"""Building a schema from an export: the schema comes from this product's own migrations, only values from the file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import DataError, IntegrityError
from django_tenants.utils import schema_context
from psycopg import Connection, errors, sql

from tenants.accounts.models import DataKey
from tenants.accounts.services import keep_data_key
from tenants.registry.rules.export_checks import check_sequences, check_tables, damaged, is_older
from tenants.registry.rules.export_manifest import Sequence, Table
from tenants.registry.services.export import Progress
from tenants.registry.services.export_file import ExportFile
from tenants.registry.services.owner import as_owner
from tenants.registry.services.snapshot import Rows
from tenants.registry.services.stamp import create_city_role, grant_city, stamp_schema
from wangge.errors import RuleBroken
from wangge.kernel.database.current import city_connection

State = frozenset[tuple[str, str]]


def city_state(migrations: State) -> State:
    """Of a state, what concerns tables that stand in cities; other apps only leave their names there."""
    labels = {config.label for config in apps.get_app_configs() if config.name in settings.TENANT_APPS}
    return frozenset(pair for pair in migrations if pair[0] in labels)


def product_state() -> State:
    """The state that this version of the product brings cities to."""
    return city_state(frozenset(MigrationLoader(None).disk_migrations))


def load_schema(export: ExportFile, schema_name: str, data_key: bytes, progress: Progress) -> None:
    """Create the schema with its role, fill it from the export and bring it to this version's state.

    The caller holds the transaction. Raises 409 EXPORT_NEWER, 422 EXPORT_TABLES, 422 EXPORT_DAMAGED.
    """
    manifest = export.manifest
    theirs = city_state(manifest.migrations)
    older = is_older(theirs, product_state())
    if older:
        _build_at(theirs, schema_name)
    else:
        _stamp(theirs, schema_name)
    with owner_rows(schema_name) as rows:
        built = rows.tables()
        check_tables(manifest, built)
        check_sequences(manifest, [sequence.name for sequence in rows.sequences()])
        _empty(rows, list(built))
        # Tables refer to each other in circles; adding a column with a reference leaves its check on at once.
        rows.raw.execute("SET CONSTRAINTS ALL DEFERRED")
        with _as_refusals():
            _copy_tables(export, rows, progress)
            rows.raw.execute("SET CONSTRAINTS ALL IMMEDIATE")
        raise_sequences(rows, manifest.sequences)
        DataKey.objects.all().delete()
        keep_data_key(data_key)
        rows.raw.execute("SET CONSTRAINTS ALL DEFERRED")
    if older:
        with as_owner():
            call_command("migrate_schemas", schema_name=schema_name, verbosity=0, interactive=False)
    grant_city(schema_name)
    city_connection().set_schema_to_public()


@contextmanager
def owner_rows(schema_name: str) -> Iterator[Rows]:
    """The schema over the present connection, as its owner."""
    with as_owner(), schema_context(schema_name):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")  # makes the switch: what follows goes past Django's cursors
        yield Rows(cast("Connection[Any]", connection.connection), schema_name)


def _stamp(theirs: State, schema_name: str) -> None:
    stamp_schema(schema_name)
    with owner_rows(schema_name) as rows:
        stamped = city_state(rows.migrations())
    if stamped != theirs:
        raise RuleBroken(
            "STAMP_OUTDATED",
            zh="城市模板与产品版本不一致，请先运行 prepare_database",
            en="the stamp of new cities is not of this version; run prepare_database first",
            status=409,
        )


def _build_at(state: State, schema_name: str) -> None:
    """Create the schema by this product's migrations up to an older state."""
    with as_owner(), schema_context(schema_name):
        # By the owner, as when stamping: only who made a role may grant and drop it later.
        create_city_role(schema_name)
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema_name)))
        MigrationRecorder(connection).ensure_schema()
        executor = MigrationExecutor(connection)
        executor.migrate(_ends(state, executor))
        reached = city_state(frozenset(MigrationRecorder(connection).applied_migrations()))
    if reached != state:
        raise damaged("数据库结构版本不完整", "the state of its schema is not one this product was ever in")


def _ends(state: State, executor: MigrationExecutor) -> list[tuple[str, str]]:
    """The migrations of a state that none of its others stands on."""
    nodes = executor.loader.graph.node_map
    return sorted(pair for pair in state if not state & {child.key for child in nodes[pair].children})


def _empty(rows: Rows, tables: list[str]) -> None:
    """Take away what stamping or migrating put there: the export brings its own."""
    rows.raw.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(rows.name, tables))))


def _copy_tables(export: ExportFile, rows: Rows, progress: Progress) -> None:
    tables = export.manifest.tables
    total, done = sum(table.bytes for table in tables) // 1024 + 1, 0
    for table in tables:
        progress(min(done // 1024, total), total, f"表 {table.name}")
        _copy_table(export, rows, table)
        done += table.bytes


def _copy_table(export: ExportFile, rows: Rows, table: Table) -> None:
    text = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, HEADER MATCH)").format(
        rows.name(table.name),
        sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns),
    )
    with rows.raw.cursor() as cursor:
        with cursor.copy(text) as copy:
            for chunk in export.chunks(table.entry, table.sha256):
                copy.write(chunk)
        count = cursor.rowcount
    if count != table.rows:
        raise damaged(
            f"表 {table.name} 有 {count} 行，清单为 {table.rows} 行",
            f"{table.name} has {count} rows, not {table.rows}",
        )


@contextmanager
def _as_refusals() -> Iterator[None]:
    """Values that the tables do not take are a fault of the file, not of ours."""
    try:
        yield
    except (errors.DataError, errors.IntegrityError, DataError, IntegrityError) as exc:
        where = str(exc).splitlines()[0][:200]
        raise damaged(f"数据不能写入（{where}）", f"its values do not fit ({where})") from exc


def raise_sequences(rows: Rows, sequences: tuple[Sequence, ...] | Mapping[str, Sequence]) -> None:
    """Let sequences go on where these stood; one that is further already stays: no id is given twice."""
    here = {sequence.name: sequence for sequence in rows.sequences()}
    for sequence in sequences.values() if isinstance(sequences, Mapping) else sequences:
        now = here.get(sequence.name)
        if now is None or (now.last_value, now.is_called) >= (sequence.last_value, sequence.is_called):
            continue
        rows.raw.execute(
            "SELECT setval(format('%%I.%%I', %s::text, %s::text)::regclass, %s, %s)",
            [rows.schema_name, sequence.name, sequence.last_value, sequence.is_called],
        )


def unpack_files(export: ExportFile, folder: Path, progress: Progress) -> None:
    """Write the export's files below the folder, each verified."""
    files = export.manifest.files
    total, done = sum(kept.bytes for kept in files) // 1024 + 1, 0
    _check_room(sum(kept.bytes for kept in files), folder)
    for kept in files:
        place = folder / kept.key
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as output:
            for chunk in export.chunks(kept.entry, kept.sha256):
                output.write(chunk)
                done += len(chunk)
                progress(min(done // 1024, total), total, f"文件 {kept.key}")


def _check_room(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if needed < free:
        return
    raise RuleBroken(
        "DISK_FULL",
        zh=f"磁盘空间不足：需要 {needed / 1e9:.1f} GB，剩余 {free / 1e9:.1f} GB",
        en=f"the disk is too full: {needed / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free",
        status=507,
        facts={"needed_bytes": needed, "free_bytes": free},
    )
