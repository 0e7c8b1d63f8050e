"""Prometheus is told of requests and of every city's work; nobody else is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django_tenants.utils import schema_context
from prometheus_client.parser import text_string_to_metric_families
from psycopg import sql

from wangge.shell import metrics, metrics_page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_page, "_REMEMBERED_S", 0)
    for series in (metrics.REQUESTS, metrics.SECONDS, metrics.CITY_REQUESTS):
        series.clear()  # thousands of routes of the tests before would be written and read each time


def read(client: Client, **more: Any) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics", **({"HTTP_HOST": "operator.test"} | more))
    assert answer.status_code == 200, answer.content
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


# --- who may read ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_citys_host_has_no_such_page(client: Client, alpha: Any, settings: Any) -> None:
    assert client.get("/metrics", HTTP_HOST="alpha.test").status_code == 404
    settings.WANGGE_METRICS_TOKEN = "m" * 32
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {'m' * 32}"}
    assert client.get("/metrics", HTTP_HOST="alpha.test", **bearer).status_code == 404
    assert client.get("/metrics", HTTP_HOST="nobody.test", **bearer).status_code == 404


@pytest.mark.django_db
def test_with_a_token_it_is_the_token_that_counts(client: Client, settings: Any) -> None:
    settings.WANGGE_METRICS_TOKEN = "m" * 32
    for wrong in (
        {},
        {"HTTP_AUTHORIZATION": "Bearer x"},
        {"HTTP_AUTHORIZATION": "Bearer "},
        {"HTTP_AUTHORIZATION": "é"},
    ):
        assert client.get("/metrics", HTTP_HOST="operator.test", **wrong).status_code == 401
    assert read(client, HTTP_AUTHORIZATION=f"Bearer {'m' * 32}", REMOTE_ADDR="192.0.2.7")


@pytest.mark.django_db
def test_without_a_token_only_the_machine_itself_reads(client: Client, settings: Any) -> None:
    settings.WANGGE_METRICS_TOKEN = ""
    assert read(client, REMOTE_ADDR="127.0.0.1")
    for address in ("192.0.2.7", "10.0.0.1", ""):
        claims = {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": "127.0.0.1"}
        assert client.get("/metrics", HTTP_HOST="operator.test", **claims).status_code == 401


@pytest.mark.django_db
def test_in_production_without_a_token_nobody_reads(client: Client, settings: Any) -> None:
    settings.WANGGE_METRICS_TOKEN, settings.WANGGE_METRICS_FOR_MACHINE = "", False
    for claims in ({}, {"HTTP_AUTHORIZATION": "Bearer "}):
        answer = client.get("/metrics", HTTP_HOST="operator.test", REMOTE_ADDR="127.0.0.1", **claims)
        assert answer.status_code == 401
    settings.WANGGE_METRICS_TOKEN = "m" * 32
    assert read(client, HTTP_AUTHORIZATION=f"Bearer {'m' * 32}")


@pytest.mark.django_db
def test_a_city_server_tells_its_own_numbers_under_a_name_given_for_it(client: Client, settings: Any) -> None:
    settings.WANGGE_LOGIN = "web"
    settings.WANGGE_METRICS_HOSTS = ["city"]
    numbers = read(client, HTTP_HOST="city:8000")
    assert not [name for name, *_ in numbers if name == "wangge_jobs"]


# --- what it says --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_by_city(
    client: Client, api: Any, alpha: Any, make_user: Callable[..., Any]
) -> None:
    call = api(alpha, make_user(alpha, "reader"))
    before = read(client)
    for number in range(3):
        call.get(f"jobs/{900 + number}")
    client.get("/by-a-stranger/1", HTTP_HOST="alpha.test")
    client.get("/by-a-stranger/2", HTTP_HOST="alpha.test")
    after = read(client)

    def more(*key: str) -> float:
        return after.get(key, 0) - before.get(key, 0)

    assert more("wangge_requests_total", "GET", "api/v1/jobs/<int:id>", "4xx") == 3
    assert more("wangge_requests_total", "GET", "unrouted", "4xx") == 2, (
        "strangers make no series of their own"
    )
    assert more("wangge_city_requests_total", alpha.schema_name, "4xx") == 5
    assert more("wangge_request_seconds_count", "GET", "api/v1/jobs/<int:id>") == 3
    assert more("wangge_request_statements_count") >= 5
    assert not [
        key for key in after if key[0].startswith("wangge_request_seconds") and alpha.schema_name in key
    ]


@pytest.mark.django_db
def test_an_invented_method_makes_no_series(client: Client, alpha: Any) -> None:
    client.generic("XYZZY", "/sign-in", HTTP_HOST="alpha.test")
    assert not [key for key in read(client) if "XYZZY" in key]


@pytest.mark.django_db
def test_work_of_every_city_is_told(client: Client, alpha: Any, beta: Any) -> None:
    from tenants.bureau.models import OutboxMessage

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES"
            " ('default', 'x', jsonb_build_object('city', %s::text), 'todo'),"
            " ('default', 'x', jsonb_build_object('city', %s::text), 'failed')",
            [alpha.schema_name, beta.schema_name],
        )
    with schema_context(beta.schema_name):
        for number in range(2):
            OutboxMessage.objects.create(
                channel="in_app", recipient="x", template="x", dedup_key=f"metrics-{number}"
            )
    numbers = read(client)
    assert numbers["wangge_jobs", alpha.schema_name, "waiting"] == 1
    assert numbers["wangge_jobs", beta.schema_name, "failed"] == 1
    assert numbers["wangge_oldest_waiting_job_seconds", alpha.schema_name] >= 0
    assert numbers["wangge_outbox_waiting", alpha.schema_name] == 0
    assert numbers["wangge_outbox_waiting", beta.schema_name] == 2
    assert numbers["wangge_audit_unsealed_seconds", alpha.schema_name] >= 0
    assert numbers["wangge_cities", "active"] == 2
    assert numbers["wangge_installation_readable",] == 1


def test_the_operators_own_login_may_read_all_of_it(committed_database: str, alpha: Any) -> None:
    """As `wangge_operator`, which owns the cities' tables; web and worker may not count a city's messages."""
    operator = f"{settings.WANGGE_INSTALLATION}_operator"
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(operator)))
        try:
            numbers = metrics_page.Installation().text().decode()
        finally:
            cursor.execute("RESET SESSION AUTHORIZATION")
    assert "wangge_installation_readable 1.0" in numbers
    assert f'wangge_outbox_waiting{{city="{alpha.schema_name}"}} 0.0' in numbers


def test_processes_of_one_server_share_their_numbers(tmp_path: Path) -> None:
    environment = os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "shared"),
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "DJANGO_SETTINGS_MODULE": "wangge.shell.settings",
    }
    count = (
        "import django; django.setup(); from wangge.shell.metrics import observe_request, process_metrics;"
        "observe_request(method='GET', route='r', status=200, seconds=0.1, statements=1, city='c');"
        "print(process_metrics().decode())"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", count],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for _ in range(2)
    ]
    assert 'wangge_requests_total{method="GET",route="r",status="2xx"} 2.0' in said[1]
