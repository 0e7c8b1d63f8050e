"""A city moves between two installations that share nothing: other keys, other database, other names of roles.

Rule: X01
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from psycopg import sql

from tenants.registry.services.receiving import check_receiving_key

ROOT = Path(__file__).resolve().parents[4]
OTHER = "life2nd"
LOOK = """
import base64, json, sys
from django.test import Client
from django.test.utils import override_settings
from django_tenants.utils import schema_context
from tenants.accounts.models import AuditEvent
from tenants.accounts.queries import sealer
from tenants.accounts.services.verify import verify_audit
from django.core.files.storage import default_storage
told = json.loads(sys.stdin.read())
client = Client(HTTP_HOST="moved.test")
bearer = {"HTTP_AUTHORIZATION": "Bearer " + told["token"]}
answers = {path: client.get("/api/v1/" + path, **bearer).content.decode() for path in told["paths"]}
# The tests' cities hash passwords cheaply; real ones bring Argon2's text, which says itself how it was made.
with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
    body = {"username": "reader", "password": told["password"]}
    signed = client.post("/api/v1/sessions", body, content_type="application/json")
with schema_context("city_moved"):
    opened = sealer().open(base64.b64decode(told["sealed"]), purpose=told["purpose"])
    with default_storage.open(told["file_key"]) as kept:
        content = kept.read()
    chain = verify_audit()
print("TOLD" + json.dumps({
    "answers": answers, "signed_in": signed.status_code, "opened": opened.decode(), "file": content.decode(),
    "findings": chain.total, "eras": chain.eras}))
"""


@pytest.fixture
def other_installation(places):
    """Environment of a second installation on the same server: nothing of the first one's keys or names."""
    database, name = settings.DATABASES["default"], f"test_{OTHER}_{os.getpid()}"
    place = {"host": database["HOST"], "port": database["PORT"] or None}
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{database['USER']}:{database['PASSWORD']}@/{name}"
        f"?host={database['HOST']}&port={database['PORT']}",
        "WANGGE_INSTALLATION": OTHER,
        "WANGGE_LOGIN": "admin",
        "WANGGE_DATA_KEY": bytes(range(32)).hex(),
        "WANGGE_SECRET_KEY": "invented-secret-of-the-second-installation-2026",
        "WANGGE_FILES_DIR": str(places / "other-files"),
        "WANGGE_BACKUP_DIR": str(places / "other-backups"),
        "WANGGE_EXPORT_DIR": str(places / "other-exports"),
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "DJANGO_SETTINGS_MODULE": "wangge.shell.settings",
    }

    def server():
        return psycopg.connect(
            **place, user=database["USER"], password=database["PASSWORD"], dbname="postgres", autocommit=True
        )

    def tidy():
        with server() as connection:
            identifier = sql.Identifier(name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
            found = connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", [f"{OTHER}%"])
            for (role,) in found.fetchall():
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))

    tidy()
    with server() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield environment
    tidy()


def _manage(environment, *arguments, given=""):
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment,
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow  # test_imports.py carries a city along the same road within one installation
def test_a_city_moves_to_another_installation(full_city, places, other_installation, api, capsys):
    there, path = other_installation, str(places / "moving.wangge")
    _manage(there, "prepare_database")
    key = check_receiving_key(_manage(there, "receiving_key"))
    call_command("export_city", "alpha", path, receiver=key)
    told = capsys.readouterr().out
    assert "已导出" in told and key in told
    named = ("--slug", "moved", "--name", "迁来市", "--host", "moved.test")
    assert "已导入" in _manage(there, "import_city", path, *named)

    paths = ["layers", "layers/fitness_sites/features?limit=200", "grid-plans"]
    old = api("alpha.test")
    old.secret = full_city.token
    given = {
        "paths": paths,
        "token": full_city.token,
        "password": full_city.password,
        "sealed": base64.b64encode(full_city.sealed).decode(),
        "purpose": full_city.purpose,
        "file_key": full_city.file_key,
    }
    answer = _manage(there, "shell", "-c", LOOK, given=json.dumps(given))
    seen = json.loads(answer.partition("TOLD")[2])
    assert seen["signed_in"] == 201
    assert seen["opened"] == full_city.secret.decode()
    assert seen["file"] == full_city.file_content.decode()
    assert (seen["findings"], seen["eras"]) == (0, 2)
    for path in paths:
        assert seen["answers"][path].replace("moved.test", "alpha.test") == old.get(path).content.decode()
