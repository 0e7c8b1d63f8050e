"""Alive and ready are two questions; neither tells a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from wangge.shell import health
from wangge.shell.health import HealthMiddleware, reasons_not_ready


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(health, "_REMEMBERED_S", 0)
    yield


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["alpha.test", "operator.test", "10.0.0.7:8000", "nobody.test"])
def test_both_answer_on_any_host(client: Client, host: str) -> None:
    assert client.get("/healthz", HTTP_HOST=host).content == b"ok"
    ready = client.get("/readyz", HTTP_HOST=host)
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reasons": []})


@pytest.mark.django_db
def test_being_alive_asks_no_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz", HTTP_HOST="alpha.test").status_code == 200


@pytest.fixture
def server_is_gone() -> Iterator[None]:
    settled = connection.settings_dict
    kept = settled["HOST"], settled["PORT"], settled["PASSWORD"]
    settled["HOST"], settled["PORT"], settled["PASSWORD"] = "127.0.0.1", "1", "never-told"
    yield
    settled["HOST"], settled["PORT"], settled["PASSWORD"] = kept


@pytest.mark.django_db
def test_without_its_database_it_lives_and_is_not_ready(client: Client, server_is_gone: None) -> None:
    assert client.get("/healthz", HTTP_HOST="alpha.test").status_code == 200
    answer = client.get("/readyz", HTTP_HOST="alpha.test")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "reasons": ["database"]})
    assert "never-told" not in str(answer.headers) + answer.content.decode()


@pytest.mark.django_db
def test_a_public_that_lags_behind_the_code_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    newest = health._newest_migrations() | {("registry", "9999_of_tomorrow")}
    monkeypatch.setattr(health, "_newest_migrations", lambda: newest)
    assert reasons_not_ready() == ["migrations"]


def test_without_a_stamp_no_city_could_be_made(committed_database: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.registry_citystamp")
    assert reasons_not_ready() == ["stamp"]


def test_what_was_found_is_remembered_for_a_moment(monkeypatch: pytest.MonkeyPatch, rf: Any) -> None:
    asked: list[int] = []
    monkeypatch.setattr(health, "_REMEMBERED_S", 60)
    monkeypatch.setattr(health, "reasons_not_ready", lambda: asked.append(1) or [])
    middleware = HealthMiddleware(lambda request: None)  # type: ignore[arg-type, return-value]
    for _ in range(20):
        middleware(rf.get("/readyz"))
    assert asked == [1]
