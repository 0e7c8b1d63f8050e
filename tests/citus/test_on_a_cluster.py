"""The same code on a Citus cluster: cities live on workers, and nothing else changes for whoever uses them.

Runs where Citus is installed beside PostgreSQL (`./dev test --slow tests/citus`), and is skipped elsewhere.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
from urllib.request import Request, urlopen

import psycopg
import pytest

pytestmark = pytest.mark.slow

PASSWORD = "invented-Pass-2026"
CITIES = ("eins", "zwei")


def _open(cluster, slug: str) -> None:
    code = (
        "import django; django.setup();"
        "from tenants.bureau.services.cities import open_city;"
        f"open_city(slug={slug!r}, name='测试市', division_code='410800', gauss_kruger_epsg=4547,"
        f" hosts=['{slug}.test'], centre=None, admin_username='root', admin_display_name='测试',"
        f" admin_password={PASSWORD!r}, acting_user=None)"
    )
    environment = cluster.environment("operator") | {"DJANGO_SETTINGS_MODULE": "wangge.shell.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def cities(cluster):
    for slug in CITIES:
        _open(cluster, slug)
    return CITIES


@contextlib.contextmanager
def _process(cluster, login, *command):
    process = subprocess.Popen([sys.executable, *command], env=cluster.environment(login), cwd=cluster.folder)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def address(cluster, cities):
    port = str(cluster.ports[0] + 1)
    command = [
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        port,
        "--blocking-threads",
        "4",
    ]
    with _process(cluster, "web", *command, "wangge.shell.wsgi:application"):
        for _ in range(100):
            with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/api/v1/"


def _ask(address, city, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Host": f"{city}.test", "Content-Type": "application/json"} | headers
    with urlopen(Request(address + path, data=data, headers=headers), timeout=30) as answer:
        return json.load(answer), answer.headers


def test_cities_live_on_workers_and_equal_the_template(cluster, cities):
    with cluster.connect() as coordinator:
        placed = dict(
            coordinator.execute(
                "SELECT table_name::text, nodeport FROM citus_shards WHERE table_name::text LIKE 'city%.accounts_user'"
            ).fetchall()
        )
    assert set(placed) == {f"city_{slug}.accounts_user" for slug in cities}
    assert set(placed.values()) <= set(cluster.ports[1:])

    def dump(schema: str) -> list[str]:
        done = subprocess.run(
            [cluster.programs / "pg_dump", "-d", cluster.url(), "--schema-only", "--no-owner", "--no-privileges", "-n", schema],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return [
            line
            for line in done.stdout.replace(schema, "SCHEMA").splitlines()
            if not line.startswith(("--", "\\"))
        ]

    assert dump("city_eins") == dump("city_zwei")


def test_a_city_signs_in_and_works_under_its_own_role(cluster, address):
    answer, headers = _ask(address, "eins", "sessions", {"username": "root", "password": PASSWORD})
    assert answer["username"] == "root"
    cookie = re.split(";", headers["Set-Cookie"])[0]
    with pytest.raises(OSError, match="401"):
        _ask(address, "zwei", "me", Cookie=cookie)
    with cluster.connect() as coordinator:
        rows = coordinator.execute("SELECT action FROM city_eins.accounts_auditevent ORDER BY id").fetchall()
    assert ("session.open",) in rows


@pytest.mark.parametrize("table", ["city_zwei.accounts_user", "public.registry_city", "public.accounts_user"])
def test_a_citys_role_reaches_nothing_else_through_the_coordinator(cluster, cities, table):
    with cluster.connect() as session:
        session.execute("SET ROLE citest_city_eins")
        assert session.execute("SELECT count(*) FROM city_eins.accounts_user").fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(f"SELECT count(*) FROM {table}")


@pytest.mark.parametrize("node", [0, 1, 2])
@pytest.mark.parametrize(
    "function", ["set_config(text,text,boolean)", "lo_create(oid)", "pg_notify(text,text)"]
)
def test_dangerous_functions_are_kept_from_cities_on_every_node(cluster, cities, node, function):
    with cluster.connect(node) as session:
        held = session.execute(
            "SELECT has_function_privilege('citest_city_eins', %s, 'EXECUTE')", [function]
        ).fetchone()
    assert held == (False,)


def test_a_write_and_its_job_commit_together_or_not_at_all(cluster, cities):
    defer = (
        "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'accounts.seal_audit', 0, NULL, NULL,"
        " jsonb_build_object('city', 'city_eins'), NULL)]::procrastinate_job_to_defer_v1[])"
    )
    with cluster.connect() as session:
        count = "SELECT (SELECT count(*) FROM public.procrastinate_jobs), (SELECT count(*) FROM city_eins.accounts_signinfailure)"
        before = session.execute(count).fetchone()
        for keep in (False, True):
            with contextlib.suppress(ZeroDivisionError), session.transaction():
                session.execute("SET LOCAL ROLE citest_city_eins")
                session.execute(
                    "INSERT INTO city_eins.accounts_signinfailure (username, remote_address, failed_at) VALUES ('x', '', now())"
                )
                session.execute(defer)
                if not keep:
                    raise ZeroDivisionError
        after = session.execute(count).fetchone()
    assert after == (before[0] + 1, before[1] + 1)


def test_a_worker_runs_a_citys_job_on_the_cluster(cluster, cities):
    waiting = "SELECT count(*) FROM public.procrastinate_jobs WHERE args->>'city' = 'city_eins' AND status IN ('todo', 'doing')"
    with cluster.connect() as session:
        session.execute("SET ROLE citest_city_eins")
        session.execute(
            "INSERT INTO city_eins.accounts_signinfailure (username, remote_address, failed_at)"
            " VALUES ('long ago', '', now() - interval '90 days')"
        )
        session.execute(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'accounts.keep_house', 0, NULL, NULL,"
            " jsonb_build_object('city', 'city_eins'), NULL)]::procrastinate_job_to_defer_v1[])"
        )
        session.execute("RESET ROLE")
        from pathlib import Path

        root = Path(__file__).resolve().parents[2]
        with _process(cluster, "worker", str(root / "manage.py"), "run_worker"):
            for _ in range(120):
                if session.execute(waiting).fetchone() == (0,):
                    break
                time.sleep(0.5)
        assert session.execute(waiting).fetchone() == (0,)
        swept = session.execute(
            "SELECT count(*) FROM city_eins.accounts_signinfailure WHERE username = 'long ago'"
        ).fetchone()
    assert swept == (0,)


def test_no_table_of_a_city_has_a_trigger_or_a_key_that_would_keep_it_from_a_worker(cluster, cities):
    with cluster.connect() as session:
        strays = session.execute(
            "SELECT c.conrelid::regclass, c.confrelid::regclass FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid"
            " JOIN pg_class t ON t.oid = c.confrelid JOIN pg_namespace n ON n.oid = r.relnamespace"
            " WHERE n.nspname LIKE 'city_%' AND t.relnamespace <> r.relnamespace"
        ).fetchall()
    assert strays == []


def test_a_city_is_exported_imported_and_dropped_on_the_cluster(cluster, cities, tmp_path):
    file = str(tmp_path / "eins.wangge")
    cluster.manage("export_city", "eins", file, login="operator")
    with cluster.connect() as session:
        session.execute("DELETE FROM city_eins.accounts_signinfailure")
    cluster.manage("suspend_city", "eins", "--message", "测试", login="operator")
    cluster.manage("restore_city", "eins", file, "--typed", "eins", login="operator")
    cluster.manage("resume_city", "eins", login="operator")
    cluster.manage(
        "import_city", file, "--slug", "drei", "--name", "副本市", "--host", "drei.test", login="operator"
    )
    with cluster.connect() as session:
        homes = session.execute("SELECT schema_name::text FROM citus_schemas ORDER BY 1").fetchall()
        people = session.execute("SELECT username FROM city_drei.accounts_user").fetchall()
    assert ("city_drei",) in homes
    assert people == [("root",)]
    cluster.manage("drop_city", "drei", "--typed", "drei", "--without-grace", login="operator")
    for node in range(3):
        with cluster.connect(node) as session:
            found = session.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname = 'city_drei'"
                " UNION SELECT rolname FROM pg_roles WHERE rolname = 'citest_city_drei'"
            ).fetchall()
        assert found == []


def test_cities_on_workers_are_told_to_be_migrated(cluster, cities):
    assert "up to date 2" in cluster.manage("migrate_cities")
    figures = json.loads(cluster.manage("cities", "--json", login="operator"))
    assert "eins" in json.dumps(figures)
