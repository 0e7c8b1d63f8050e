"""A small generated city, drawn and partly published, behind a real server process, and a real Chromium before it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from psycopg import sql

from tests.browsers import chromium_path

ROOT = Path(__file__).resolve().parents[2]
CODES = ROOT / "data" / "codes"
MANIFEST = ROOT / "platform" / "wangge" / "static" / "build" / "manifest.json"
PASSWORD = "shan-shui-2026"
LABEL = "演示几何为生成数据"
# Of several lists of features Chromium takes the last: what Playwright switches off stands here again.
OFF_BY_PLAYWRIGHT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch"
)
# An address bar drawn as a page, and a page held ready for the next: unseen, and dearer for each window than our pages.
OFF_UNSEEN = "WebUIOmniboxPopup,WebUIOmniboxFullPopup,WebUIOmniboxAimPopup,SpareRendererForSitePerProcess"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",  # pages are put together in plain memory: half of what a drawn graphics card costs two cores
    "--enable-unsafe-swiftshader",  # the map's WebGL
    f"--disable-features={OFF_BY_PLAYWRIGHT},{OFF_UNSEEN}",
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violation ${event.violatedDirective} ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`));
"""
LONGEST_MODULE = timedelta(minutes=4)  # on two busy cores
POOL_SIZE = 8  # of a server's connections, unless the environment says another
COMMUNITIES = 5
PUBLISHED = 3


@dataclass
class WebCity:
    """The served city: its address, the grids in force with a point inside each, and who has signed in there."""

    address: str
    schema: str
    grids: list[dict[str, Any]] = field(default_factory=list)
    sessions: dict[str, Any] = field(default_factory=dict)

    def run_jobs(self) -> None:
        """Run the waiting jobs as the worker would."""
        from django_tenants.utils import schema_context
        from procrastinate.contrib.django import app

        from tenants.bureau.models import BackgroundJob

        with schema_context(self.schema):
            for job in BackgroundJob.objects.filter(state="waiting").order_by("id"):
                app.tasks[job.kind].func(city=self.schema, job_id=job.pk)


def _point_at(database: str) -> None:
    connections.close_all()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = database


@contextmanager
def _own_database(template: str | None = None, kind: str = "web") -> Iterator[str]:
    """A copy of the prepared database, or of another, to commit to; the run's own stays as it is."""
    if not MANIFEST.exists():
        pytest.skip("the page is not built: npm ci && npm run build in platform/web")
    # Playwright's loop runs in this thread, beside our own reads.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    settled = settings.DATABASES["default"]
    before = settled["NAME"]
    name = f"{before}_{kind}"
    template = template or before.rpartition("_")[0]
    server = psycopg.connect(
        host=settled["HOST"], port=settled["PORT"] or None, user=settled["USER"], password=settled["PASSWORD"],
        dbname="postgres", autocommit=True,
    )  # fmt: skip

    with server:
        # A connection that Playwright's loop has in a context of its own would keep the database from being copied.
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [template]
        )
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        _point_at(name)
        try:
            yield name
        finally:
            connection.set_schema_to_public()
            _point_at(before)
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


def _user(username: str, display_name: str) -> Any:
    """Somebody whose password the server process can check; in public, an operator."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    from tenants.accounts.models import User

    hasher = Argon2PasswordHasher()
    password = hasher.encode(PASSWORD, hasher.salt())
    return User.objects.create(username=username, display_name=display_name, password=password)


def _person(city: Any, username: str, role: str) -> Any:
    """Somebody with a role's rights over the whole city, whose password the server process can check."""
    from tenants.bureau.models import Grant, OrgUnit
    from tenants.bureau.rules.role_templates import ROLE_TEMPLATES

    user = _user(username, f"演示{username}")
    root = OrgUnit.objects.get(parent=None)
    Grant.objects.bulk_create(
        [Grant(user=user, permission=right, unit=root) for right in ROLE_TEMPLATES[role].permissions]
    )
    return user


def _import_layers(gis: Any, folder: Path, run_jobs: Callable[[], None]) -> None:
    from django.core.files.base import ContentFile

    from gis.compute.generator import draw_households, generate_city, read_community_specs
    from gis.layers.rules.import_options import ImportOptions
    from gis.layers.services.imports import request_import

    specs = read_community_specs(
        CODES / "jiaozuo_communities.csv", CODES / "jiaozuo_street_towns.csv", "410802"
    )
    specs = draw_households(specs, 115_780, seed=410802)[:COMMUNITIES]
    city = generate_city(specs, seed=410802, centre_lonlat=(113.22, 35.24), with_households=True)
    for name, frame in city.layers().items():
        kind = {"sites": "fitness_sites"}.get(name, name)
        if frame.empty:
            continue
        path = folder / f"{kind}.gpkg"
        frame.to_file(path)
        request_import(
            upload=ContentFile(path.read_bytes(), name=path.name), kind=kind, options=ImportOptions(), dry_run=False,
            source_note="", data_label=LABEL, acting_user=gis,
        )  # fmt: skip
        run_jobs()


def _draw_and_publish(gis: Any, bureau: Any, run_jobs: Callable[[], None]) -> None:
    """Plans for all communities: some in force, one approved, one still a draft; then coverage."""
    from datetime import date

    from grids.units.models import GridPlan
    from grids.units.rules.drawing_order import DrawingOrder
    from grids.units.rules.plan_states import PlanAction
    from grids.units.services.coverage import start_coverage
    from grids.units.services.drawing import start_drawing
    from grids.units.services.plans import TransitionOrder, transition_plans

    start_drawing(community_ids=None, order=DrawingOrder(preset="fast"), acting_user=gis)
    run_jobs()
    plans = list(GridPlan.objects.order_by("id").values_list("id", flat=True))
    steps: list[tuple[Any, Any, int, dict[str, Any]]] = [
        (PlanAction.VALIDATE, gis, PUBLISHED + 1, {}),
        (PlanAction.SUBMIT, gis, PUBLISHED + 1, {}),
        (PlanAction.REVIEW, bureau, PUBLISHED + 1, {}),
        (PlanAction.APPROVE, bureau, PUBLISHED + 1, {"accept_size_reasons": True}),
        (PlanAction.PUBLISH, bureau, PUBLISHED, {"effective_on": date.today()}),  # noqa: DTZ011
    ]
    for action, who, how_many, more in steps:
        outcomes = transition_plans(
            plan_ids=plans[:how_many], order=TransitionOrder(action=action, **more), acting_user=who
        )
        assert all(outcome.done for outcome in outcomes), outcomes
    start_coverage(acting_user=bureau)
    run_jobs()


def _grids_in_force() -> list[dict[str, Any]]:
    from grids.units.models import PlanGrid

    rows = PlanGrid.objects.filter(plan__state="published").select_related("plan__community").order_by("id")
    return [
        {
            "id": row.grid_id, "code": row.code, "households": row.households, "community": row.plan.community.name,
            "point": row.geometry.point_on_surface.coords,
        }
        for row in rows
    ]  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _served(database: str, port: int, log: Path, **more: str) -> Iterator[str]:
    """A server process signed in as the web login, unless `more` says another; ends with the test module."""
    settled = settings.DATABASES["default"]
    place = urlencode({"host": settled["HOST"], "port": settled["PORT"]})
    environment = (
        os.environ
        | {
            "DATABASE_URL": f"postgresql://{quote(settled['USER'])}:{quote(settled['PASSWORD'])}@/{database}?{place}",
            "WANGGE_INSTALLATION": settings.WANGGE_INSTALLATION,
            "WANGGE_LOGIN": "web",
            "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
            "WANGGE_FILES_DIR": str(settings.WANGGE_FILES_DIR),
        }
        | more
    )
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--blocking-threads", "4", "--no-ws", "wangge.shell.wsgi:application",
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)
    try:
        _wait_for(address, process, log)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            with urlopen(f"{address}/readyz", timeout=10) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-3000:])


class _CityServer:
    """The server process of the drawn city, from the first module that wants it to the end of the run.

    Its database has one name: every module's copy takes the place of the one before, and Django starts but once.
    """

    def __init__(self, log: Path) -> None:
        self.port, self._log, self._until = _free_port(), log, ExitStack()
        self._address = ""

    def over(self, database: str) -> str:
        """The server's address, once it answers out of the database that now bears this name."""
        if self._address:
            self._lose_what_was_dropped()
        else:
            self._address = self._until.enter_context(_served(database, self.port, self._log))
        return self._address

    def _lose_what_was_dropped(self) -> None:
        """Ask until as many in a row are answered as the pool may hold: each lost connection fails one of them."""
        asked = Request(f"{self._address}/api/v1/me", headers={"Cookie": f"wangge_session={'x' * 32}"})
        in_a_row = 0
        for _ in range(100):
            in_a_row = in_a_row + 1 if _is_answered(asked) else 0
            if in_a_row > POOL_SIZE:
                return
        raise AssertionError(self._log.read_text(encoding="utf-8", errors="replace")[-3000:])

    def close(self) -> None:
        """End the process, if it ever began."""
        self._until.close()


def _is_answered(asked: Request) -> bool:
    """Whether the server looked into its database for a session, and found that there is none."""
    try:
        with urlopen(asked, timeout=30):
            return False
    except HTTPError as answer:
        return answer.code in (401, 403)
    except OSError:
        return False


@pytest.fixture(scope="session")
def city_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_CityServer]:
    """One server process for all modules."""
    server = _CityServer(tmp_path_factory.mktemp("web") / "server.log")
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _own_connection(request: pytest.FixtureRequest) -> None:
    """Begin every test of a module with a database of its own on a fresh connection.

    Playwright's loop gives fixtures and tests contexts of their own, and with them connections of their own: one that
    an earlier module left open stands in a database that has been dropped since.
    """
    if {"web_city", "doors", "operator_site"} & set(request.fixturenames):
        connections.close_all()


@pytest.fixture(scope="session")
def drawn_city(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A database for every module to copy, and its grids in force: five generated communities, three with grids in
    force, one approved, one draft; and who works with them.
    """
    with _own_database(kind="drawn") as database:
        with django_db_blocker.unblock():
            from tenants.registry.models import City

            alpha = City.objects.get(slug="alpha")
            City.objects.filter(pk=alpha.pk).update(data_label=LABEL)
            run_jobs = WebCity("", alpha.schema_name).run_jobs
            connection.set_tenant(alpha)
            gis, bureau = _person(alpha, "gis", "gis_staff"), _person(alpha, "bureau", "bureau_admin")
            _person(alpha, "leader", "grid_leader")
            _person(alpha, "citizen", "citizen")
            _import_layers(gis, tmp_path_factory.mktemp("drawn"), run_jobs)
            connection.set_tenant(alpha)
            _draw_and_publish(gis, bureau, run_jobs)
            connection.set_tenant(alpha)
            grids = _grids_in_force()
            connection.set_schema_to_public()
            _point_at(database.removesuffix("_drawn"))
        yield database, grids


@pytest.fixture(scope="module")
def one_day() -> None:
    """What a module prepares is of today: one that would not be over before midnight in Shanghai waits for it."""
    from tenants.bureau.rules.local_time import SHANGHAI, local_moment

    now = datetime.now(SHANGHAI)
    midnight = local_moment(now.date() + timedelta(days=1), clock_time())
    if midnight - now < LONGEST_MODULE:
        time.sleep((midnight - now).total_seconds() + 1)


@pytest.fixture(scope="module")
def web_city(
    one_day: None,
    drawn_city: tuple[str, list[dict[str, Any]]],
    django_db_blocker: Any,
    city_server: _CityServer,
) -> Iterator[WebCity]:
    """The drawn city in a database of the module's own, behind a server."""
    template, grids = drawn_city
    with django_db_blocker.unblock(), _own_database(template, kind="city") as database:
        from tenants.registry.models import City, Domain

        alpha = City.objects.get(slug="alpha")
        Domain.objects.create(tenant=alpha, domain=f"127.0.0.1:{city_server.port}", is_primary=False)
        connection.set_schema_to_public()
        yield WebCity(city_server.over(database), alpha.schema_name, deepcopy(grids))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A real Chromium."""
    from playwright.sync_api import sync_playwright

    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium here: set WANGGE_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


class Reader:
    """One person at one screen; remembers every request and every fault of the page."""

    def __init__(self, chromium: Any, city: WebCity, viewport: dict[str, int], **more: Any) -> None:
        self.city = city
        self.context = chromium.new_context(viewport=viewport, locale="zh-CN", **more)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)  # software rendering on two busy cores
        self.requested: list[str] = []
        self.answers: deque[str] = deque(maxlen=30)
        self.faults: list[str] = []
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on(
            "response",
            lambda answer: self.answers.append(f"{answer.status} {answer.request.method} {answer.url}"),
        )
        self.page.on(
            "requestfailed", lambda asked: self.answers.append(f"{asked.failure} {asked.method} {asked.url}")
        )
        self.page.on("pageerror", lambda fault: self.faults.append(str(fault)))
        self.page.on("console", self._hear)
        self.context.add_init_script(TELL_VIOLATIONS)

    def _hear(self, message: Any) -> None:
        """What the content policy forbade is a fault of the page, whether the browser or the page's event tells it."""
        if "Content Security Policy" in message.text or message.text.startswith("policy violation"):
            self.faults.append(message.text)

    def sign_in(self, username: str) -> None:
        """Fill in the form as a person would."""
        self.page.goto(f"{self.city.address}/sign-in")
        self.page.fill("#username", username)
        self.page.fill("#password", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def come_in(self, username: str) -> None:
        """Be signed in: by the form the first time, later by what that left with the browser, as long as it holds."""
        known = self.city.sessions.get(username)
        if known:
            self.context.add_cookies(known)
            if self.context.request.get(f"{self.city.address}/api/v1/me").ok:
                return
            self.context.clear_cookies()
        self.sign_in(username)
        self.city.sessions[username] = self.context.cookies()

    def open(self, path: str) -> Any:
        """Go to a page of the city; a map is waited for until it stands still."""
        if "#" in path:
            # On the page in sight only the place would change, and its map stands still until it hears of that.
            self.page.goto("about:blank")
        self.page.goto(self.city.address + path)
        if path.startswith("/map"):
            self.map_stands_still()
        return self.page

    def map_stands_still(self) -> None:
        """Wait until every tile is drawn."""
        self.page.wait_for_selector("#map[data-state=idle]")

    def look_at(self, grid: dict[str, Any]) -> None:
        """Open the map with a point inside that grid in its middle."""
        lon, lat = grid["point"]
        self.open(f"/map#at=17/{lat:.6f}/{lon:.6f}")

    def click_the_middle(self) -> None:
        """Click into the middle of the map."""
        box = self.page.locator("#map").bounding_box()
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def told(self) -> str:
        """What stands on the screen, and what was asked for it: said where a test fails."""
        try:
            shown = self.page.locator("body").inner_text(timeout=5000)
        except Exception as fault:  # a page that has gone: the test's own fault counts
            shown = str(fault)
        return "\n".join([self.page.url, *self.faults, *self.answers, shown[:4000]])


_opened: list[Reader] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails says what each of its readers had before them."""
    report = yield
    if report.when == "call" and report.failed:
        for number, one in enumerate(_opened):
            report.sections.append((f"screen {number + 1}", one.told()))
    return report


@contextmanager
def _readers(chromium: Any, address: str) -> Iterator[Callable[..., Reader]]:
    """Makes readers; at the end none of them may have asked an outside host or seen a fault."""
    opened: list[Reader] = []

    def make(city: WebCity, *, phone: bool = False, **more: Any) -> Reader:
        if phone:
            more = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2} | more
        one = Reader(chromium, city, PHONE if phone else DESKTOP, **more)
        opened.append(one)
        _opened.append(one)
        return one

    yield make
    for one in opened:
        _opened.remove(one)
        one.context.close()
    outside = {
        url for one in opened for url in one.requested if not url.startswith((address, "data:", "blob:"))
    }
    assert not outside, f"the page asked outside hosts: {outside}"
    assert [fault for one in opened for fault in one.faults] == []


@pytest.fixture
def reader(web_city: WebCity, chromium: Any) -> Iterator[Callable[..., Reader]]:
    """`reader("gis")`: somebody signed in at a desktop; `reader("leader", phone=True)`: at a phone; None: a stranger.

    With `by_form` the form is filled in whoever signed in before, and the page that follows stands open.
    """
    with _readers(chromium, web_city.address) as make:

        def signed_in(username: str | None, *, by_form: bool = False, **more: Any) -> Reader:
            one = make(web_city, **more)
            if username:
                (one.sign_in if by_form else one.come_in)(username)
            return one

        yield signed_in


@dataclass
class Doors:
    """Two servers that insist on a second factor: a city's and the operators'."""

    city: WebCity
    operators: WebCity


@pytest.fixture(scope="module")
def doors(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Doors]:
    """An empty city with an administrator and a grid leader, and an operator; every name's password is PASSWORD."""
    folder = tmp_path_factory.mktemp("doors")
    with django_db_blocker.unblock(), _own_database() as database:
        from tenants.registry.models import City, Domain

        alpha, ports = City.objects.get(slug="alpha"), (_free_port(), _free_port())
        Domain.objects.create(tenant=alpha, domain=f"127.0.0.1:{ports[0]}", is_primary=False)
        _user("keeper", "演示运维")
        connection.set_tenant(alpha)
        for username, role in (
            ("bureau", "bureau_admin"),
            ("second", "bureau_admin"),
            ("leader", "grid_leader"),
        ):
            _person(alpha, username, role)
        connection.set_schema_to_public()
        insist = {"WANGGE_REQUIRE_SECOND_FACTOR": "1"}
        operator = {
            "WANGGE_LOGIN": "operator",
            "WANGGE_OPERATOR_HOSTS": f"127.0.0.1:{ports[1]}",
            "WANGGE_SESSION_COOKIE": "wangge_operators",
        }
        with (
            _served(database, ports[0], folder / "city.log", **insist) as city,
            _served(database, ports[1], folder / "operators.log", **insist, **operator) as operators,
        ):
            yield Doors(WebCity(city, alpha.schema_name), WebCity(operators, "public"))


@pytest.fixture
def visitor_of(chromium: Any) -> Iterator[Callable[..., Reader]]:
    """`visitor_of(doors.city, phone=True)`: a stranger before that door."""
    with _readers(chromium, "http://127.0.0.1:") as make:
        yield make


@contextmanager
def _worked(database: str, log: Path, **more: str) -> Iterator[None]:
    """The operator's worker process; ends with the test module."""
    settled = settings.DATABASES["default"]
    place = urlencode({"host": settled["HOST"], "port": settled["PORT"]})
    url = f"postgresql://{quote(settled['USER'])}:{quote(settled['PASSWORD'])}@/{database}?{place}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "WANGGE_INSTALLATION": settings.WANGGE_INSTALLATION,
        "WANGGE_LOGIN": "operator",
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "WANGGE_FILES_DIR": str(settings.WANGGE_FILES_DIR),
        **more,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "run_worker"],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="module")
def operator_site(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebCity]:
    """The operators' server and worker over two cities; `keeper` signs in with PASSWORD."""
    folder = tmp_path_factory.mktemp("operators")
    with django_db_blocker.unblock(), _own_database() as database:
        port = _free_port()
        _user("keeper", "演示运维")
        connection.set_schema_to_public()
        kept = {
            "WANGGE_BACKUP_DIR": str(folder / "backups"),
            "WANGGE_EXPORT_DIR": str(folder / "exports"),
        }
        served = {"WANGGE_LOGIN": "operator", "WANGGE_OPERATOR_HOSTS": f"127.0.0.1:{port}"}
        with (
            _served(database, port, folder / "server.log", **served, **kept) as address,
            _worked(database, folder / "worker.log", **kept),
        ):
            yield WebCity(address, "public")


@pytest.fixture
def operator(operator_site: WebCity, chromium: Any) -> Iterator[Callable[..., Reader]]:
    """`operator()`: an operator at a desktop; `operator(phone=True)`: at a phone."""
    with _readers(chromium, operator_site.address) as make:

        def signed_in(**more: Any) -> Reader:
            one = make(operator_site, **more)
            one.come_in("keeper")
            return one

        yield signed_in
