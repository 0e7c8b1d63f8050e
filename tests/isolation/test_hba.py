"""Nobody signs in as a city: `ops/pg_hba.conf` in a real PostgreSQL, and the file of the server that runs.

Rule: X01
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "invented-Pass-2026"
LOGINS = ("wangge_operator", "wangge_web", "wangge_worker")
CITY = "wangge_city_alpha"


def _programs() -> Path | None:
    """Where initdb and postgres are; the newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).parent if named else None


PROGRAMS = _programs()
pytestmark = pytest.mark.skipif(PROGRAMS is None, reason="no PostgreSQL server is installed on this machine")


def _owner() -> dict[str, Any]:
    """PostgreSQL does not run as root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


class Server:
    """A throw-away PostgreSQL with the shipped pg_hba.conf."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def enter(
        self, user: str, *, host: str | None = None, password: str = PASSWORD
    ) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=host or str(self.home), port=self.port, user=user, password=password, dbname="postgres",
            autocommit=True, connect_timeout=5,
        )  # fmt: skip


def _run(*command: str, home: Path) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd=home, **_owner())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    home = Path(tempfile.mkdtemp(prefix="wangge-hba-"))
    if os.geteuid() == 0:
        shutil.chown(home, "nobody", "nogroup")
    assert PROGRAMS is not None
    data, secret = home / "data", home / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    hba = home / "pg_hba.conf"
    shutil.copy(ROOT / "ops" / "pg_hba.conf", hba)
    hba.chmod(0o644)
    _run(
        str(PROGRAMS / "initdb"), "-D", str(data), "-U", "wangge_admin", f"--pwfile={secret}", "--no-sync",
        "--auth=scram-sha-256", home=home,
    )  # fmt: skip
    running = Server(home)
    process = subprocess.Popen(
        [
            str(PROGRAMS / "postgres"), "-D", str(data), "-p", str(running.port), "-k", str(home), "-F",
            "-c", f"hba_file={hba}", "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=10",
            "-c", "shared_buffers=16MB",
        ],
        cwd=home, stdout=subprocess.DEVNULL, stderr=(home / "log").open("wb"), **_owner(),
    )  # fmt: skip
    try:
        for _ in range(100):
            with suppress(psycopg.OperationalError), running.enter("wangge_admin") as admin:
                for login in (*LOGINS, CITY, "somebody"):
                    admin.execute(f"CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}'")
                for login in LOGINS:
                    admin.execute(f"GRANT {CITY} TO {login}")
                break
            assert process.poll() is None, (home / "log").read_text()
            time.sleep(0.1)
        yield running
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(home)


def _refusal(server: Server, user: str, **place: str) -> str:
    with pytest.raises(psycopg.OperationalError) as refused:
        server.enter(user, **place).close()
    return str(refused.value)


def test_the_shipped_file_is_read_without_error_and_trusts_nobody(server):
    with server.enter("wangge_admin") as admin:
        rows = admin.execute(
            "SELECT type, user_name, auth_method, error FROM pg_hba_file_rules ORDER BY line_number"
        ).fetchall()
    assert [row[3] for row in rows] == [None] * len(rows)
    methods = [row[2] for row in rows]
    assert set(methods) == {"scram-sha-256", "reject"}
    first_reject = methods.index("reject")
    assert set(methods[first_reject:]) == {"reject"}
    named = {name for row in rows[:first_reject] for name in row[1]}
    assert named == {"wangge_admin", *LOGINS}
    # Everything that no login's line took is turned away: over the socket, over IPv4 and IPv6.
    assert [(row[0], row[1]) for row in rows[first_reject:]] == [
        ("local", ["all"]),
        ("host", ["all"]),
        ("host", ["all"]),
    ]


@pytest.mark.parametrize("login", LOGINS)
def test_the_products_logins_enter_over_the_network_with_their_password(server, login):
    with server.enter(login, host="127.0.0.1") as entered:
        assert entered.execute("SELECT session_user").fetchone() == (login,)
    assert "password authentication failed" in _refusal(
        server, login, host="127.0.0.1", password="wrong-Pass-2026"
    )


@pytest.mark.parametrize("place", [{}, {"host": "127.0.0.1"}], ids=["socket", "127.0.0.1"])
@pytest.mark.parametrize("user", [CITY, "somebody", "wangge_web_x"])
def test_a_city_is_turned_away_even_with_a_password(server, place, user):
    assert "pg_hba.conf rejects connection" in _refusal(server, user, **place)


@pytest.mark.parametrize("place", [None, "127.0.0.1"], ids=["socket", "127.0.0.1"])
def test_the_refusal_is_sqlstate_28000(server, place):
    """28P01 would mean that a password could open it. libpq tells no SQLSTATE of a failed connection: psql does."""
    told = subprocess.run(
        [
            "psql", "-X", "-w", "-h", place or str(server.home), "-p", str(server.port), "-U", CITY,
            "-d", "postgres", "-c", "select 1",
        ],
        env=os.environ | {"PGPASSWORD": PASSWORD}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 2
    assert "rejects connection" in told.stderr
    with server.enter("wangge_admin") as admin:
        admin.execute("ALTER SYSTEM SET log_line_prefix = '%e '")
        admin.execute("SELECT pg_reload_conf()")
    time.sleep(0.3)
    with suppress(psycopg.OperationalError):
        server.enter(CITY, host=place).close()
    time.sleep(0.2)
    assert "28000 FATAL:  pg_hba.conf rejects connection for " in (server.home / "log").read_text()


@pytest.mark.django_db
def test_the_server_that_runs_turns_cities_away_too(alpha):
    """The private cluster of ./dev; a server of somebody's own is their own affair (see docs/operations.md)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT auth_method, user_name, error FROM pg_hba_file_rules ORDER BY line_number")
        rules = cursor.fetchall()
    assert "trust" not in [rule[0] for rule in rules] or os.environ.get("CI"), rules
    if rules[-1][0] != "reject":
        pytest.skip("this server is not ours")
    settled = connection.settings_dict
    with psycopg.connect(
        host=settled["HOST"], port=settled["PORT"], user=settled["USER"], password=settled["PASSWORD"],
        dbname="postgres", autocommit=True,
    ) as admin:  # fmt: skip
        admin.execute(f"ALTER ROLE wanggetest_city_alpha PASSWORD '{PASSWORD}'")
        try:
            for host in (settled["HOST"], "127.0.0.1"):
                with pytest.raises(psycopg.OperationalError, match="rejects connection"):
                    psycopg.connect(
                        host=host, port=settled["PORT"], user="wanggetest_city_alpha", password=PASSWORD,
                        dbname=settled["NAME"], connect_timeout=5,
                    ).close()  # fmt: skip
        finally:
            admin.execute("ALTER ROLE wanggetest_city_alpha PASSWORD NULL")
