"""What isolation costs: a request with and without it, and three hundred cities on one server.

One run, one machine, the same client: real granian servers over one database. Prints medians and ratios.
"""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_context
from psycopg import sql

pytestmark = pytest.mark.bench

CITIES = 300
ROUNDS, BLOCK = 6, 100
CLIENTS = 4
PATHS = [
    "/api/v1/me",
    "/api/v1/org-units",
    "/api/v1/users",
    "/api/v1/layers/buildings/features",
    "/api/v1/grid-plans",
]


@pytest.fixture
def swept_roles(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Roles outlast the database they were made for: removed after it."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'wanggetest_city_req%'")
        for (role,) in cursor.fetchall():
            cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def _person(schema: str) -> Any:
    """Somebody with every right, and the secret of a token."""
    from tenants.accounts.models import User
    from tenants.accounts.services import issue_token
    from tenants.bureau.models import Grant, OrgUnit
    from tenants.bureau.rules.permission_catalogue import PERMISSIONS

    with schema_context(schema):
        root = OrgUnit.objects.filter(parent=None).first()
        if root is None:
            root = OrgUnit.objects.create(level="city", name=schema, path="/1/", valid_from="2020-01-01")
        user = User.objects.create(username="bench", display_name=schema)
        Grant.objects.bulk_create(
            [Grant(user=user, permission=each, unit=root) for each in sorted(PERMISSIONS)]
        )
        _, user.secret = issue_token(acting_user=user, name="bench", now=timezone.now())
    return user


class Asker:
    """One kept connection; every answer must be 200 and, where it says one, name the right city."""

    def __init__(self, address: str) -> None:
        self.connection = HTTPConnection(str(urlsplit(address).netloc), timeout=60)

    def ask(self, host: str, secret: str, path: str) -> float:
        """Seconds until the answer was read."""
        began = time.perf_counter()
        self.connection.request("GET", path, headers={"Host": host, "Authorization": f"Bearer {secret}"})
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body[:300])
        return time.perf_counter() - began


def test_a_request_with_isolation_beside_the_same_without(committed_database, alpha, start_server):
    """The switch into the city, its role, the token and its person, against the view alone."""
    person = _person("city_alpha")
    where = str(Path(__file__).parent)
    plain = {
        "DJANGO_SETTINGS_MODULE": "plain_settings", "BENCH_SCHEMA": "city_alpha", "BENCH_PERSON": "bench",
        "PYTHONPATH": f"{where}:{Path(where).parents[1] / 'platform'}:{Path(where).parents[1]}",
    }  # fmt: skip
    times: dict[tuple[str, str], list[float]] = {}
    with start_server() as product, start_server(login="admin", **plain) as bare:
        askers = {"with": Asker(product), "without": Asker(bare)}
        for round_, path in itertools.product(range(ROUNDS), PATHS[:3]):
            for name, asker in askers.items():
                seen = [asker.ask("alpha.test", person.secret, path) for _ in range(BLOCK)]
                if round_:  # the first round warms both
                    times.setdefault((path, name), []).extend(seen)
    print()
    for path in PATHS[:3]:
        own, other = (statistics.median(times[path, name]) * 1000 for name in ("with", "without"))
        print(
            f"{path}: {own:.2f} ms with tenancy, role and sign-in, {other:.2f} ms without (median of {(ROUNDS - 1) * BLOCK});"
            f" +{own - other:.2f} ms, {own / other:.2f} times; 1 statement more, 0 switches (same city again)"
        )


def _stamp_many() -> list[tuple[str, str]]:
    from tenants.registry.services import create_city

    began = time.perf_counter()
    found = []
    for number in range(CITIES):
        slug = f"req{number}"
        city = create_city(
            slug=slug, name=f"基准{number}", division_code="999900", gauss_kruger_epsg=4547, hosts=[f"{slug}.test"],
            acting_user=None,
        )  # fmt: skip
        found.append((f"{slug}.test", _person(city.schema_name).secret))
    print(f"\n{CITIES} cities with a person each stamped in {time.perf_counter() - began:.0f} s")
    return found


def _backends() -> list[float]:
    """Private memory of the city server's backends, MB, as the system counts it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = %s",
            [f"{settings.WANGGE_INSTALLATION}_web"],
        )
        pids = [row[0] for row in cursor.fetchall()]
    found = []
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        found += [int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon")]
    return sorted(found, reverse=True)


def _rate(address: str, turns: list[tuple[str, str, str]]) -> float:
    """Requests per second of several clients that take turns from one list."""
    waiting = iter(turns)
    lock = threading.Lock()
    failed: list[BaseException] = []

    def work() -> None:
        asker = Asker(address)
        try:
            while True:
                with lock:
                    turn = next(waiting, None)
                if turn is None:
                    return
                asker.ask(*turn)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[0]
    return len(turns) / (time.perf_counter() - began)


def test_three_hundred_cities_on_one_server(swept_roles, committed_database, start_server):
    """Memory of a backend and requests per second, over all cities in turn and over one, with and without the cap."""
    cities = _stamp_many()
    everywhere = [(*city, path) for path in PATHS for city in cities]
    one = [(*cities[0], path) for path in PATHS for _ in range(len(cities))]
    for cap in (1_000, 60):
        with start_server(WANGGE_CITIES_PER_CONNECTION=str(cap), WANGGE_POOL_SIZE="4") as address:
            _rate(address, one[::10])
            single, fresh = _rate(address, one), _backends()
            first = _rate(address, everywhere)
            again, fat = _rate(address, everywhere), _backends()
            print(
                f"at most {cap} cities a connection: {single:.0f} requests/s over one city, {first:.0f} over {CITIES} in"
                f" turn the first time, {again:.0f} again ({again / single:.2f} of one city's); largest backend"
                f" {fresh[0]:.0f} MB after one city, {fat[0]:.0f} MB after {CITIES}, all {len(fat)}: {sum(fat):.0f} MB"
            )
