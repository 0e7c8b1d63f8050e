"""One prepared database per set of migrations, copied for each run; two cities; a client that speaks to a host.

Every database test runs in a transaction that is rolled back; tests that need several connections or processes take
`committed_database`, which is copied anew after them.
"""

from __future__ import annotations

import gc
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from psycopg import sql
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parents[1]
APPS = (
    "tenants/accounts",
    "tenants/registry",
    "tenants/bureau",
    "gis/layers",
    "instructors/people",
    "instructors/assignment",
    "grids/units",
    "grids/interest",
    "grids/wellness",
)

# When two processes share the suite: what makes and drops cities stays in one of them, because database roles are the
# whole server's; what only works in cities goes app by app to whoever is free, arithmetic and the browser file by file.
INSTALLATION = ("tenants/registry", "isolation", "jobs", "shell", "citus", "test_")
BY_FILE = ("gis/compute", "instructors/people/rules", "instructors/assignment/rules", "web")
# What a test of a place takes beside the others, roughly: the longest are dealt out first, the shortest fill the end.
SECONDS = {"_browser": 2.0, "rules": 0.01, "gis/compute": 0.3, "kernel": 0.1}
SECONDS_ELSEWHERE = 0.25


def pytest_configure() -> None:
    """Tests sign in as admin and hash passwords cheaply; roles of cities are switched to as in production."""
    settings.WANGGE_INSTALLATION = "wanggetest"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WANGGE_OPERATOR_HOSTS = ["operator.test"]
    for kind in settings.WANGGE_RATES:  # here and in the processes that tests start
        settings.WANGGE_RATES[kind] = None
        os.environ[f"WANGGE_RATE_{kind.upper()}"] = "off"
    settings.WANGGE_FILES_DIR = ROOT / ".local" / "test-files"
    settings.MEDIA_ROOT = str(settings.WANGGE_FILES_DIR)
    settings.WANGGE_BACKUP_DIR = ROOT / ".local" / "test-backups"
    settings.WANGGE_EXPORT_DIR = ROOT / ".local" / "test-exports"
    _list_static_files_once()


def _list_static_files_once() -> None:
    """Every test's client builds the middleware anew; what is dearest of it, the list of the page's files, stays."""
    from wangge.shell.static_files import StaticFilesMiddleware

    listed: dict[str, Any] = {}
    look = StaticFilesMiddleware.add_files_from_finders

    def known(middleware: StaticFilesMiddleware) -> None:
        if not listed:
            own, middleware.files = middleware.files, {}
            look(middleware)
            listed.update(middleware.files)
            middleware.files = own
        middleware.files.update(listed)

    StaticFilesMiddleware.add_files_from_finders = known  # type: ignore[method-assign]


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is there by now stays to the end: the collector of cycles need not go through it again and again.

    What is measured runs as it runs in the product.
    """
    if any(item.get_closest_marker("bench") for item in session.items):
        return
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class _TwoProcesses(LoadScopeScheduling):
    """Deals out the suite: tests that must run in one process with one another are one scope."""

    def _split_scope(self, nodeid: str) -> str:
        place = nodeid.split("::", 1)[0].removeprefix("tests/")
        if place.startswith(INSTALLATION):
            return "installation"
        return place if place.startswith(BY_FILE) else "/".join(place.split("/")[:2])

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=self._turn), last=False)
        super()._assign_work_unit(node)

    def _turn(self, scope: str) -> tuple[bool, bool, float]:
        """When a scope is dealt out: arithmetic while the installation's tests build the prepared database, then the rest."""
        seconds = next((took for place, took in SECONDS.items() if place in scope), SECONDS_ELSEWHERE)
        is_arithmetic = scope.startswith("gis/compute")
        return scope != "installation", not is_arithmetic, -seconds * len(self.workqueue[scope])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How `./dev test` shares the whole suite between two processes."""
    return _TwoProcesses(config, log)


def _fingerprint() -> str:
    digest = hashlib.sha256()
    sources = [p for app in APPS for p in sorted((ROOT / app / "migrations").glob("*.py"))]
    sources += [*sorted((ROOT / "tenants/registry/services").glob("*.py")), Path(__file__)]
    opening = ("services/cities.py", "services/policy.py", "rules/policy_defaults.toml", "rules/rights.py")
    sources += [ROOT / "tenants/bureau" / file for file in opening]
    for source in sources:
        digest.update(source.read_bytes())
    # Cities' keys lie under the environment's key, and its logins have its passwords: a database of another opens nothing.
    digest.update(settings.WANGGE_DATA_KEY)
    digest.update(repr(sorted(settings.WANGGE_LOGIN_PASSWORDS.items())).encode())
    return digest.hexdigest()[:12]


def _server(name: str = "postgres") -> psycopg.Connection[Any]:
    database = settings.DATABASES["default"]
    return psycopg.connect(
        host=database["HOST"],
        port=database["PORT"] or None,
        user=database["USER"],
        password=database["PASSWORD"],
        dbname=name,
        autocommit=True,
    )


def _point_at(name: str) -> None:
    connections.close_all()
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


def _build_prepared(server: psycopg.Connection[Any], name: str) -> None:
    from tenants.bureau.services.cities import open_city
    from tenants.registry.services import prepare_installation

    building = f"{name}_building"
    for statement in ("DROP DATABASE IF EXISTS {} WITH (FORCE)", "CREATE DATABASE {} TEMPLATE template0"):
        server.execute(sql.SQL(statement).format(sql.Identifier(building)))
    _point_at(building)
    prepare_installation()
    for slug, code in (("alpha", "410800"), ("beta", "310000")):
        open_city(
            slug=slug,
            name=f"{slug}市",
            division_code=code,
            gauss_kruger_epsg=4547,
            hosts=[f"{slug}.test"],
            centre=None,
            admin_username="root",
            admin_display_name="测试管理员",
            admin_password="invented-Pass-2026",
            acting_user=None,
        )
    connections.close_all()
    _pack(building)
    server.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name))
    )


def _pack(name: str) -> None:
    """Take the dead rows of its migrations out of a database: it is copied a hundred times, twice as fast when packed."""
    own = "relkind = 'r' AND NOT relisshared AND relnamespace <> 'information_schema'::regnamespace"
    with _server(name) as server:
        for (table,) in server.execute(f"SELECT oid::regclass::text FROM pg_class WHERE {own}").fetchall():
            server.execute(f"VACUUM (FULL) {table}")


def _copy(server: psycopg.Connection[Any], prepared: str, name: str) -> None:
    """Copy the prepared database; what is granted on a database itself is not copied with it."""
    server.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(prepared))
    )
    from tenants.registry.services.fences import database_grants

    for statement in database_grants(name):
        server.execute(statement)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Copy the prepared database (built once per set of migrations) and drop the copy at the end."""
    base = settings.DATABASES["default"]["NAME"]
    prepared = f"test_{base}_{_fingerprint()}"
    run = f"{prepared}_{os.getpid()}"
    with django_db_blocker.unblock(), _server() as server:
        server.execute("SELECT pg_advisory_lock(7340021)")
        try:
            found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [prepared]).fetchone()
            if found is None:
                _build_prepared(server, prepared)
            _copy(server, prepared, run)
        finally:
            server.execute("SELECT pg_advisory_unlock(7340021)")
        _point_at(run)
        yield
        connections.close_all()
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(run)))
        settings.DATABASES["default"]["NAME"] = base


@pytest.fixture(autouse=True)
def _hosts_stay_known(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test on a slow machine looks a host up no more often than on a quick one: statements are counted."""
    if "django_db_setup" in request.fixturenames or request.node.get_closest_marker("django_db"):
        monkeypatch.setattr("wangge.shell.middleware.LEARNT_WITHIN_S", 3600.0)


@pytest.fixture(autouse=True)
def _back_to_public(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave every test with the connection in public and no host remembered."""
    yield
    if "django_db_setup" in request.fixturenames or request.node.get_closest_marker("django_db"):
        from wangge.shell.middleware import forget_cities

        connection.set_schema_to_public()
        forget_cities()


def _open_database(request: pytest.FixtureRequest) -> None:
    """A rolled-back transaction, unless the test commits to a database of its own."""
    if "committed_database" not in request.fixturenames:
        request.getfixturevalue("db")


@pytest.fixture
def alpha(request: pytest.FixtureRequest) -> Any:
    """The city that most tests stand in."""
    _open_database(request)
    from tenants.registry.models import City

    return City.objects.get(slug="alpha")


@pytest.fixture
def beta(request: pytest.FixtureRequest) -> Any:
    """The hostile neighbour."""
    _open_database(request)
    from tenants.registry.models import City

    return City.objects.get(slug="beta")


@pytest.fixture
def in_alpha(alpha: Any) -> Iterator[Any]:
    """Stand in city alpha, under its database role."""
    connection.set_tenant(alpha)
    yield alpha
    connection.set_schema_to_public()


class CityApi:
    """Speaks JSON to one city's host, as one user by access token, or as a stranger."""

    def __init__(self, host: str, secret: str | None = None) -> None:
        from rest_framework.test import APIClient

        self.client = APIClient()
        self.host = host
        self.secret = secret

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(path: str, data: Any = None, **headers: str) -> Any:
            extra = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
            if self.secret:
                extra["HTTP_AUTHORIZATION"] = f"Bearer {self.secret}"
            multipart = isinstance(data, dict) and any(hasattr(value, "read") for value in data.values())
            kind = {} if data is None or method == "get" else {"format": "multipart" if multipart else "json"}
            path = path if path.startswith("/") else f"/api/v1/{path}"
            return getattr(self.client, method)(path, data, HTTP_HOST=self.host, **kind, **extra)

        return call


@pytest.fixture
def make_user(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Make a user of a city with rights: `make_user(alpha, "zhang", ["layer.view"], unit=None)`.

    `unit` None grants at the root, which is made when the city has none. Returns the user; `user.secret` is a token.
    """

    _open_database(request)

    def make(city: Any, username: str, rights: list[str] | tuple[str, ...] = (), unit: Any = None) -> Any:
        from datetime import date

        from django.utils import timezone
        from django_tenants.utils import schema_context

        from tenants.accounts.models import User
        from tenants.accounts.services import issue_token
        from tenants.bureau.models import Grant, OrgUnit

        with schema_context(city.schema_name):
            user = User.objects.create(username=username, display_name=f"测试{username}")
            if rights and unit is None:
                unit = OrgUnit.objects.filter(parent=None).first()
                if unit is None:
                    unit = OrgUnit.objects.create(level="city", name=city.name, valid_from=date(2020, 1, 1))
                    OrgUnit.objects.filter(pk=unit.pk).update(path=f"/{unit.pk}/")
                    unit.refresh_from_db()
            Grant.objects.bulk_create([Grant(user=user, permission=right, unit=unit) for right in rights])
            _, user.secret = issue_token(acting_user=user, name="test", now=timezone.now())
        return user

    return make


@pytest.fixture
def api() -> Callable[..., CityApi]:
    """`api(alpha, user)` speaks to that city's host as that user; `api(alpha)` as a stranger."""

    def make(city: Any, user: Any = None) -> CityApi:
        host = city if isinstance(city, str) else f"{city.slug}.test"
        return CityApi(host, user.secret if user else None)

    return make


@pytest.fixture
def run_jobs() -> Callable[[Any], list[Any]]:
    """`run_jobs(alpha)` runs the city's waiting jobs as the worker would: the task of that name, in schema and role."""

    def run(city: Any) -> list[Any]:
        from django_tenants.utils import schema_context
        from procrastinate.contrib.django import app

        from tenants.bureau.models import BackgroundJob

        with schema_context(city.schema_name):
            waiting = list(BackgroundJob.objects.filter(state="waiting").order_by("id"))
            for job in waiting:
                app.tasks[job.kind].func(city=city.schema_name, job_id=job.pk)
                job.refresh_from_db()
        return waiting

    return run


class _SpareCopies:
    """The next copy of the prepared database is made while tests go on: it takes the server a second of its own.

    `wanted`: how many tests of the run will spoil their copy.
    """

    def __init__(self, run: str, wanted: int) -> None:
        self._run, self._wanted = run, wanted
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spare-copy")
        self._coming: Future[None] | None = None

    def begin(self) -> None:
        """Make a spare copy, unless one is coming or no test wants it."""
        if self._coming is None and self._wanted > 0:
            self._wanted -= 1
            self._coming = self._thread.submit(self._make)

    def _make(self) -> None:
        with _server() as server:
            _copy(server, self._run.rpartition("_")[0], f"{self._run}_spare")

    def put_in_place(self) -> None:
        """Put the spare copy in the place of the spoilt one, and begin the next."""
        self.begin()
        self._settle()
        run, spare = sql.Identifier(self._run), sql.Identifier(f"{self._run}_spare")
        with _server() as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(run))
            server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(spare, run))
        self.begin()

    def _settle(self) -> None:
        assert self._coming is not None, "more tests spoilt their copy than were counted"
        coming, self._coming = self._coming, None
        coming.result()

    def close(self) -> None:
        """Leave no copy behind."""
        self._thread.shutdown()
        with _server() as server:
            spare = sql.Identifier(f"{self._run}_spare")
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(spare))


@pytest.fixture(scope="session")
def spare_copies(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[_SpareCopies]:
    """Copies for `committed_database`."""
    with django_db_blocker.unblock():
        items = request.session.items
        wanted = sum("committed_database" in getattr(item, "fixturenames", ()) for item in items)
        spares = _SpareCopies(connection.settings_dict["NAME"], wanted)
        yield spares
        spares.close()


@pytest.fixture
def committed_database(spare_copies: _SpareCopies, django_db_blocker: Any) -> Iterator[str]:
    """The run's database for tests of several connections or processes, which must commit.

    A fresh copy takes its place afterwards. (`django_db(transaction=True)` would empty the registry and the stamp.)
    """
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        spare_copies.begin()
        yield name
        connection.set_schema_to_public()
        _point_at("postgres")
        spare_copies.put_in_place()
        _point_at(name)


def _process_environment(database: str, login: str) -> dict[str, str]:
    """The environment of a server or worker of this test run, signed in as its own login."""
    settled = settings.DATABASES["default"]
    query = urlencode({"host": settled["HOST"], "port": settled["PORT"]})
    url = f"postgresql://{quote(settled['USER'])}:{quote(settled['PASSWORD'])}@/{database}?{query}"
    return os.environ | {
        "DATABASE_URL": url,
        "WANGGE_INSTALLATION": settings.WANGGE_INSTALLATION,
        "WANGGE_LOGIN": login,
        "WANGGE_OPERATOR_HOSTS": "operator.test",
        "WANGGE_FILES_DIR": str(settings.WANGGE_FILES_DIR),
        "WANGGE_BACKUP_DIR": str(settings.WANGGE_BACKUP_DIR),
        "WANGGE_EXPORT_DIR": str(settings.WANGGE_EXPORT_DIR),
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "DJANGO_SETTINGS_MODULE": "wangge.shell.settings",
    }


@pytest.fixture
def process_environment() -> Callable[[str], dict[str, str]]:
    """`process_environment("worker")` is the environment of a process on the database that this test stands in."""
    return lambda login: _process_environment(connection.settings_dict["NAME"], login)


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _serving(port: int, threads: int, environment: dict[str, str], log: Path) -> Iterator[str]:
    address = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", str(threads), "wangge.shell.wsgi:application",
    ]  # fmt: skip
    with _running(command, environment, log) as process:
        for _ in range(600):  # some seconds on a quiet machine
            with suppress(OSError), urlopen(f"{address}/readyz", timeout=10) as answer:
                if answer.status == 200:
                    break
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
        else:
            pytest.fail(f"the server does not answer: {log.read_text()}")
        yield address


@pytest.fixture
def live_alpha(committed_database: str, alpha: Any, tmp_path: Path) -> Iterator[str]:
    """The address of a real server process, signed in as the web login, at which city alpha answers."""
    from tenants.registry.models import Domain

    port = _free_port()
    Domain.objects.create(tenant=alpha, domain=f"127.0.0.1:{port}", is_primary=False)
    environment = _process_environment(committed_database, "web")
    with _serving(port, 4, environment, tmp_path / "server.log") as address:
        yield address


@pytest.fixture
def start_server(committed_database: str, tmp_path: Path) -> Callable[..., Any]:
    """`with start_server(threads=8, WANGGE_POOL_SIZE="3") as address:` runs a real server as the web login.

    It answers by `Host` header alone: no city has the address itself.
    """

    def start(*, login: str = "web", threads: int = 4, **environment: str) -> Any:
        settled = _process_environment(committed_database, login) | environment
        return _serving(_free_port(), threads, settled, tmp_path / f"server-{time.monotonic_ns()}.log")

    return start


@pytest.fixture
def start_worker(committed_database: str, tmp_path: Path) -> Callable[[], Any]:
    """`with start_worker() as process:` runs a real worker process, signed in as the worker's login."""

    def start() -> Any:
        log = tmp_path / f"worker-{time.monotonic_ns()}.log"
        command = [sys.executable, str(ROOT / "manage.py"), "run_worker"]
        return _running(command, _process_environment(committed_database, "worker"), log)

    return start
