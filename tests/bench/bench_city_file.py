"""One city to a file and back, against pg_dump of its schema in the same run.

Prints seconds and ratios; run with `./dev bench city_file`.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django_tenants.utils import schema_context

from gis.layers.models import LayerImport
from tenants.registry.models import City
from tenants.registry.services import drop_city
from tenants.registry.services.export import export_city
from tenants.registry.services.imports import import_city
from tenants.registry.services.owner import as_owner

ROWS = 100_000
_BUILDINGS = """
INSERT INTO citylayers_building (ref, name, geometry, layer_import_id, source_row, households, floors,
    household_source, use, compound_name, villager_group, address)
SELECT n::text, '', ST_MakeEnvelope(113 + n * 1e-6, 35.2, 113.0002 + n * 1e-6, 35.2001, 4490), %s, n, n %% 60, 6,
    'given', 'residential', '', '', '虚构路' || n || '号'
FROM generate_series(1, %s) n
"""


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _fill(user: Any) -> None:
    with as_owner(), schema_context("city_alpha"):
        brought = LayerImport.objects.create(
            kind="buildings", status="applied", file_name="x", sha256="1" * 64, imported_by=user
        )
        with connection.cursor() as cursor:
            cursor.execute(_BUILDINGS, [brought.pk, ROWS])


def _dump(target: Path) -> None:
    database = settings.DATABASES["default"]
    place = ["-h", database["HOST"], "-p", database["PORT"], "-U", database["USER"]]
    command = ["pg_dump", *place, "-Fc", "-n", "city_alpha", "-f", str(target), database["NAME"]]
    subprocess.run(command, env=os.environ | {"PGPASSWORD": database["PASSWORD"]}, check=True)


@pytest.mark.bench
def test_a_city_to_a_file_and_back(
    committed_database: str, alpha: Any, make_user: Callable[..., Any], tmp_path: Path
) -> None:
    _fill(make_user(alpha, "mapper"))
    path, dumped = tmp_path / "alpha.wangge", tmp_path / "alpha.dump"
    export_s, manifest = _timed(lambda: export_city(city=alpha, target=path, acting_user=None))
    dump_s, _ = _timed(lambda: _dump(dumped))
    named = {"slug": "lifebench", "name": "新市", "hosts": ["lifebench.test"]}
    import_s, _ = _timed(lambda: import_city(path=path, acting_user=None, **named))
    drop_city(city=City.objects.get(slug="lifebench"), acting_user=None)
    raw = sum(table.bytes for table in manifest.tables) / 1e6
    print(
        f"\n{ROWS} buildings, {raw:.0f} MB of rows: export {export_s:.1f} s ({raw / export_s:.0f} MB/s,"
        f" {path.stat().st_size / 1e6:.1f} MB), {export_s / dump_s:.1f} times pg_dump -Fc ({dump_s:.1f} s,"
        f" {dumped.stat().st_size / 1e6:.1f} MB); verified import {import_s:.1f} s ({raw / import_s:.0f} MB/s)"
    )
