"""An export becomes a city again: a new one under another name, or the one it was taken from, as it was then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import schema_context
from psycopg import sql

from tenants.accounts.models import User
from tenants.accounts.services import record_audit, seal_imported
from tenants.registry.models import City
from tenants.registry.queries import city_for_update, standing_of
from tenants.registry.rules.city_life import CityState
from tenants.registry.rules.city_name import check_host, check_slug, schema_of
from tenants.registry.rules.export_checks import is_older
from tenants.registry.rules.export_manifest import Manifest, Sequence
from tenants.registry.services.arrivals import settle_city
from tenants.registry.services.cities import add_city
from tenants.registry.services.citus import distribute_city
from tenants.registry.services.export import Progress, quiet, sequences_by_name
from tenants.registry.services.export_file import ExportFile, open_export
from tenants.registry.services.files import exchange_folder, folder_aside
from tenants.registry.services.loading import (
    city_state,
    load_schema,
    owner_rows,
    product_state,
    raise_sequences,
    unpack_files,
)
from tenants.registry.services.owner import as_owner
from tenants.registry.services.queue import drop_jobs
from tenants.registry.services.waiting import PATIENCE_S, wait_until_idle
from wangge.errors import RuleBroken
from wangge.kernel.database.current import city_connection


def import_city(
    *,
    path: Path,
    slug: str,
    name: str,
    hosts: list[str],
    acting_user: User | None,
    progress: Progress = quiet,
) -> City:
    """Make a new city of an export, under a name and hosts of its own; nothing of it remains when any step fails.

    Everything is verified before anything is written. Raises what `create_city` raises, 422 EXPORT_UNREADABLE,
    EXPORT_UNSAFE, EXPORT_DAMAGED, EXPORT_TABLES, 409 EXPORT_NEWER, EXPORT_OTHER_RECEIVER, 413 EXPORT_TOO_LARGE,
    507 DISK_FULL.
    """
    check_slug(slug)
    for host in hosts:
        check_host(host)
    with _verified(path, progress) as (export, data_key), folder_aside() as aside:
        unpack_files(export, aside, progress)
        with _files_with_rows(schema_of(slug), aside):
            facts = export.manifest.city
            city = add_city(
                slug=slug,
                name=name,
                division_code=facts.division_code,
                gauss_kruger_epsg=facts.gauss_kruger_epsg,
                hosts=hosts,
                data_label=facts.data_label,
            )
            load_schema(export, city.schema_name, data_key, progress)
            _settle(city, "city.import", export.manifest, acting_user)
    return city


def restore_city(*, city: City, path: Path, acting_user: User | None, progress: Progress = quiet) -> City:
    """Put the city back to what a backup holds: its tables and files, in one transaction, no other city touched.

    The city must be read-only and stays so until somebody resumes it; a restore that fails leaves the old state.
    Ids given since the backup are not given again. Raises what `import_city` raises, 409 CITY_NOT_SUSPENDED, 409
    CITY_BUSY while a job of the city runs, 409 OTHER_CITY for another city's backup.
    """
    with _verified(path, progress) as (export, data_key), folder_aside() as aside:
        _check_same_slug(export.manifest, city.slug)
        unpack_files(export, aside, progress)
        wait_until_idle(city.schema_name)
        with _files_with_rows(city.schema_name, aside):
            _check_read_only(city_for_update(city.slug))
            drop_jobs(city.schema_name)  # their ids would mean other rows afterwards
            with _old_schema_dropped(city.schema_name) as stood:
                load_schema(export, city.schema_name, data_key, progress)
                with owner_rows(city.schema_name) as rows:
                    raise_sequences(rows, stood)
            _settle(city, "city.restore", export.manifest, acting_user)
    return city


def restore_dropped_city(
    *, slug: str, path: Path, acting_user: User | None, progress: Progress = quiet
) -> City:
    """Bring a dropped city back from its backup, under its old name and hosts, as they were in the backup.

    Raises what `import_city` raises: 409 CITY_EXISTS when another city has taken the name or a host meanwhile.
    """
    with open_export(path) as export:
        facts = export.manifest.city
        _check_same_slug(export.manifest, slug)
    return import_city(
        path=path,
        slug=facts.slug,
        name=facts.name,
        hosts=list(facts.hosts),
        acting_user=acting_user,
        progress=progress,
    )


@contextmanager
def _verified(path: Path, progress: Progress) -> Iterator[tuple[ExportFile, bytes]]:
    """The export, all of it verified, with the city's data key."""
    with open_export(path) as export:
        is_older(city_state(export.manifest.migrations), product_state())
        data_key = export.data_key()
        export.verify(progress)
        yield export, data_key


@contextmanager
def _files_with_rows(schema_name: str, incoming: Path) -> Iterator[None]:
    """One transaction for the rows, with the files exchanged just before it commits and put back if it does not."""
    undo, finish = None, None
    try:
        with transaction.atomic():
            yield
            undo, finish = exchange_folder(schema_name, incoming)
    except BaseException:
        if undo is not None:
            undo()
        raise
    finally:
        city_connection().set_schema_to_public()
    if finish is not None:
        finish()


@contextmanager
def _old_schema_dropped(schema_name: str) -> Iterator[dict[str, Sequence]]:
    """Builds the new schema beside the old one, which readers keep until the end; yields where its sequences stood."""
    old = f"old_{schema_name}"
    with owner_rows(schema_name) as rows:
        stood = sequences_by_name(rows.sequences())
        rows.raw.execute(
            sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(schema_name), sql.Identifier(old))
        )
    city_connection().set_schema_to_public()
    yield stood
    with as_owner(), schema_context(schema_name), connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(f"{PATIENCE_S}s")))
        cursor.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(old)))
        cursor.execute("SET LOCAL lock_timeout = 0")


def _check_read_only(city: City) -> None:
    if standing_of(city).state is not CityState.ACTIVE:
        return
    raise RuleBroken(
        "CITY_NOT_SUSPENDED",
        zh="恢复数据前须先暂停该城市，否则期间的写入会丢失",
        en="suspend the city before it is restored: what is written meanwhile would be lost",
        status=409,
        how_to_fix_zh="先暂停该城市，再恢复",
        how_to_fix_en="suspend it first",
    )


def _check_same_slug(manifest: Manifest, slug: str) -> None:
    if manifest.city.slug == slug:
        return
    raise RuleBroken(
        "OTHER_CITY",
        zh=f"该文件是城市“{manifest.city.slug}”的，不能用来恢复“{slug}”",
        en=f"the file is of the city “{manifest.city.slug}”, not of “{slug}”",
        status=409,
        how_to_fix_zh="请选择该城市自己的备份；另建城市请用 import_city",
        how_to_fix_en="choose a backup of this city; to make another city use import_city",
    )


def _settle(city: City, action: str, manifest: Manifest, acting_user: User | None) -> None:
    """Set right in the city what differs here, and record where it came from, in the city and in public."""
    came = {
        "schema": city.schema_name,
        "slug": city.slug,
        "from_slug": manifest.city.slug,
        "from_installation": manifest.installation,
        "exported_at": manifest.exported_at,
        "audit_head": manifest.audit_head,
    }
    with as_owner(), schema_context(city.schema_name):
        settle_city(city)
        seal_imported(origin=action, acting_user=acting_user)
    with schema_context("public"):
        City.objects.filter(pk=city.pk).update(migrated_at=timezone.now())
        record_audit(acting_user=acting_user, action=action, subject=city, after=came)
    distribute_city(city.schema_name)
