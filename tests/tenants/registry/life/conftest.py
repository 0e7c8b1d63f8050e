"""A city with something in every corner, to be carried to another place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import Point, Polygon
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django_tenants.utils import schema_context

SECRET = "身份证号（虚构）".encode()


@dataclass
class FullCity:
    """City alpha with layers, people, a token, a password, a sealed value, a file, a waiting job and audit rows."""

    city: Any
    token: str
    password: str
    sealed: bytes
    file_key: str
    file_content: bytes
    secret: bytes = SECRET
    purpose: str = "test.secret"


@pytest.fixture
def digests() -> Callable[[str], dict[str, str]]:
    """`digests("city_x")`: one checksum per table of the schema, over all its rows."""

    def of(schema: str) -> dict[str, str]:
        connection.set_schema_to_public()
        found = {}
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
            for (name,) in cursor.fetchall():
                cursor.execute(
                    f"SELECT count(*) || coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '-')"
                    f' FROM "{schema}"."{name}" t'
                )
                found[name] = cursor.fetchone()[0]
        return found

    return of


@pytest.fixture
def places(tmp_path: Path, committed_database: str, settings: Any) -> Iterator[Path]:
    """Files, backups and exports of this test alone; extra cities' roles are gone afterwards."""
    settings.WANGGE_FILES_DIR = tmp_path / "files"
    settings.MEDIA_ROOT = str(tmp_path / "files")
    settings.WANGGE_BACKUP_DIR = tmp_path / "backups"
    settings.WANGGE_EXPORT_DIR = tmp_path / "exports"
    settings.STORAGES = {**settings.STORAGES}  # a new storage, which reads the new folder
    yield tmp_path
    _drop_extra_cities()


def _drop_extra_cities() -> None:
    from tenants.registry.models import City
    from tenants.registry.services import drop_city

    connection.set_schema_to_public()
    for city in City.objects.exclude(slug__in=["alpha", "beta"]):
        with suppress(Exception):
            drop_city(city=city, acting_user=None)


@pytest.fixture
def full_city(places: Path, alpha: Any, make_user: Callable[..., Any]) -> FullCity:
    """Alpha, committed, with something in every corner."""
    from tenants.accounts.models import SignInFailure
    from tenants.accounts.queries import sealer
    from tenants.accounts.services import create_user, record_audit, seal_audit
    from tenants.bureau.models import BackgroundJob, OutboxMessage, StoredFile

    user = make_user(alpha, "mapper", ["layer.import", "layer.view", "job.view", "grid_plan.view"])
    content, password = "楼栋,户数\n".encode() * 5000, "invented-Pass-2026"
    with schema_context(alpha.schema_name):
        create_user(username="reader", display_name="测试读者", password=password, acting_user=None)
        sealed = sealer().seal(SECRET, purpose=FullCity.purpose)
        _add_layers(user)
        key = default_storage.save("layer_import/one.csv", ContentFile(content))
        StoredFile.objects.create(
            name="一.csv",
            storage_key=key,
            sha256="0" * 64,
            size_bytes=len(content),
            purpose="layer_import",
            stored_by_id=user.pk,
        )
        BackgroundJob.objects.create(kind="layers.import", state="waiting", started_by_id=user.pk)
        for channel in ("in_app", "sms"):
            OutboxMessage.objects.create(channel=channel, recipient="x", template="t", dedup_key=channel)
        SignInFailure.objects.create(username="x", remote_address="", failed_at="2026-11-01T00:00Z")
        record_audit(acting_user=None, action="test.sealed", subject=("test", 1))
        seal_audit()
        record_audit(
            acting_user=None, action="test.unsealed", subject=("test", 2), reason='引号 " 和\n换行 \\N'
        )
    return FullCity(alpha, user.secret, password, sealed, key, content)


def _add_layers(user: Any) -> None:
    """A community with a plan, and sites with names that a careless text format would spoil."""
    from gis.layers.models import Community, FitnessSite, LayerImport
    from grids.units.models import GridPlan
    from tenants.bureau.models import OrgUnit

    brought = LayerImport.objects.create(
        kind="fitness_sites", status="applied", file_name="站点.gpkg", sha256="1" * 64, imported_by=user
    )
    ring = Polygon.from_bbox((113.2000001, 35.2, 113.2100003, 35.2100007))
    ring.srid = 4490
    community = Community.objects.create(
        unit=OrgUnit.objects.get(parent=None),
        code="410802001001",
        name="测试社区",
        geometry=ring,
        frame=ring,
        households=800,
        layer_import=brought,
    )
    GridPlan.objects.create(community=community, number=1, drafted_by=user, seed=2**40)
    names = ["", 'a"b', "c,d", "e\nf", "\\N", "  g ", "中文", "\\."]
    FitnessSite.objects.bulk_create(
        FitnessSite(
            name=names[number % len(names)],
            geometry=Point(113.2 + number * 1e-7, 35.2, srid=4490),
            layer_import=brought,
            area_m2=None if number % 2 else number / 3,
        )
        for number in range(200)
    )
