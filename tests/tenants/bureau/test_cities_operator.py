"""The operator's own login, without admin rights, opens a city whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django_tenants.utils import schema_context

from tenants.bureau.models import Grant
from tenants.registry.models import City
from tenants.registry.services import drop_city

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def as_operator(committed_database):
    database = settings.DATABASES["default"]
    place = urlencode({"host": database["HOST"], "port": database["PORT"]})
    login = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"
    return os.environ | {
        "DATABASE_URL": f"postgresql://{login}@/{committed_database}?{place}",
        "WANGGE_INSTALLATION": settings.WANGGE_INSTALLATION,
        "WANGGE_LOGIN": "operator",
        "WANGGE_FIRST_ADMIN_PASSWORD": "invented-Pass-2026",
    }


def test_the_operators_login_opens_a_city(as_operator):
    command = [
        "open_city",
        "zeta",
        "泽塔市",
        "--division-code",
        "410800",
        "--epsg",
        "4547",
        "--host",
        "zeta.test",
    ]
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=as_operator,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    city = City.objects.get(slug="zeta")
    try:
        with schema_context(city.schema_name):
            assert Grant.objects.filter(permission="user.manage").count() == 1
    finally:
        drop_city(city=city, acting_user=None)
