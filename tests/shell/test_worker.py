"""The main road with real processes: a file sent to a real server is imported by a real worker under the city's role."""

from __future__ import annotations

import json
import time
import uuid
from datetime import date
from urllib.request import Request, urlopen

import geopandas as gpd
import pytest
from django.db import connection
from django_tenants.utils import schema_context
from shapely.geometry import box

RIGHTS = ["layer.import", "layer.view", "job.view"]
PATIENCE_S = 60


@pytest.fixture
def gis(alpha, make_user):
    """A GIS person of alpha, whose tree knows the community of the file."""
    from tenants.bureau.models import OrgCode, OrgUnit

    user = make_user(alpha, "gis", RIGHTS)
    with schema_context(alpha.schema_name):
        parent = OrgUnit.objects.get(parent=None)
        code = {"county": "410802", "town": "410802001", "village": "410802001001"}
        for level, digits in code.items():
            unit = OrgUnit.objects.create(
                level=level, name=f"测试{level}", parent=parent, valid_from=date(2023, 1, 1)
            )
            unit.path = f"{parent.path}{unit.pk}/"
            unit.save()
            OrgCode.objects.create(unit=unit, scheme="stat", code=digits, valid_from=date(2023, 1, 1))
            parent = unit
    return user


def _community_file(path, ring) -> bytes:
    frame = gpd.GeoDataFrame(
        {"code": ["410802001001"], "name": ["测试社区"], "households": [800]},
        geometry=[ring],
        crs="EPSG:4490",
    )
    frame.to_file(path, driver="GPKG")
    return path.read_bytes()


def _ask(address: str, path: str, secret: str, body: bytes | None = None, kind: str = "application/json"):
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": kind}
    with urlopen(Request(f"{address}/api/v1/{path}", data=body, headers=headers), timeout=30) as answer:
        return json.load(answer)


def _upload(address: str, secret: str, content: bytes):
    edge = uuid.uuid4().hex
    fields = {"kind": "communities", "crs": "EPSG:4490"}
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
        for k, v in fields.items()
    ]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="社区.gpkg"\r\n\r\n'.encode()
    body = b"".join([*parts, head, content, f"\r\n--{edge}--\r\n".encode()])
    return _ask(address, "layer-imports", secret, body, f"multipart/form-data; boundary={edge}")


def _finished(address: str, secret: str, job_id: int):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        job = _ask(address, f"jobs/{job_id}", secret)
        if job["state"] not in ("waiting", "running"):
            return job
        time.sleep(0.3)
    raise AssertionError(f"the job did not end within {PATIENCE_S} s: {job}")


def test_a_worker_imports_what_the_server_was_sent(live_alpha, alpha, gis, start_worker, tmp_path):
    good = _community_file(tmp_path / "good.gpkg", box(113.20, 35.20, 113.21, 35.21))
    bad = _community_file(tmp_path / "bad.gpkg", box(13.20, 35.20, 13.21, 35.21))
    with start_worker():
        started = _upload(live_alpha, gis.secret, good)
        job = _finished(live_alpha, gis.secret, started["job"]["id"])
        assert job["state"] == "succeeded", job
        refused = _finished(live_alpha, gis.secret, _upload(live_alpha, gis.secret, bad)["job"]["id"])
    assert refused["state"] == "failed" and refused["problem"]["errors"][0]["message"]["zh"]
    layers = {row["kind"]: row for row in _ask(live_alpha, "layers", gis.secret)}
    assert layers["communities"]["feature_count"] == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT status FROM procrastinate_jobs WHERE task_name = 'layers.import'")
        assert cursor.fetchall() == [("succeeded",)]
