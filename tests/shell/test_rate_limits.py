"""Who asks too often is turned away with the time to wait; inventing tokens or addresses helps nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from limits import parse

from wangge.shell import rate_middleware
from wangge.shell.rates import KnownCallers, Limiter, WindowMemory, limit_of, make_storage, storage_of

NONE: dict[str, Any] = dict.fromkeys(("address", "user", "city", "address_tiles", "user_tiles", "city_tiles"))


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`rates(address="3/minute")` counts anew with these limits and no other."""

    def begin(**given: str) -> None:
        limiter = Limiter(WindowMemory(), NONE | {kind: parse(text) for kind, text in given.items()})
        monkeypatch.setattr(rate_middleware, "limiter", lambda: limiter)

    yield begin


def statuses(client: Client, number: int, path: str = "/api/v1/me", **more: Any) -> list[int]:
    return [client.get(path, **({"HTTP_HOST": "alpha.test"} | more)).status_code for _ in range(number)]


@pytest.mark.django_db
def test_a_stranger_is_told_how_long_to_wait_in_both_languages(
    rates: Any, client: Client, alpha: Any
) -> None:
    rates(address="3/minute")
    assert statuses(client, 3) == [401] * 3
    refused = client.get("/api/v1/me", HTTP_HOST="alpha.test")
    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    problem = refused.json()
    assert problem["code"] == "RATE_LIMITED"
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "秒后再试" in problem["message"]["zh"] and "try again" in problem["message"]["en"]
    assert statuses(client, 1, REMOTE_ADDR="192.0.2.9") == [401], "another address has its own window"


@pytest.mark.django_db
def test_turning_away_costs_no_statement(
    rates: Any, client: Client, alpha: Any, django_assert_num_queries: Any
) -> None:
    rates(address="1/minute")
    statuses(client, 1)
    with django_assert_num_queries(0):
        assert statuses(client, 1) == [429]
        assert statuses(client, 1, HTTP_HOST="nobody.test") == [429], "before the host is looked up"


@pytest.mark.django_db
def test_invented_tokens_and_forwarded_addresses_free_nobody(rates: Any, client: Client, alpha: Any) -> None:
    rates(address="4/minute", user="1000/minute")
    answers = [
        client.get(
            "/api/v1/me", HTTP_HOST="alpha.test", HTTP_AUTHORIZATION=f"Bearer wg_{number}",
            HTTP_X_FORWARDED_FOR=f"198.51.100.{number}",
        ).status_code
        for number in range(6)
    ]  # fmt: skip
    assert answers == [401] * 4 + [429] * 2


@pytest.mark.django_db
def test_a_person_is_counted_over_all_own_tokens_and_not_by_address(
    rates: Any, api: Any, alpha: Any, make_user: Callable[..., Any]
) -> None:
    from django.utils import timezone
    from django_tenants.utils import schema_context

    from tenants.accounts.services import issue_token

    busy, colleague = make_user(alpha, "busy"), make_user(alpha, "colleague")
    with schema_context(alpha.schema_name):
        _, second = issue_token(acting_user=busy, name="second", now=timezone.now())
    rates(address="5/minute", user="4/minute")
    one, other = api(alpha, busy), api(alpha, colleague)
    first = [one.get("me").status_code for _ in range(3)]  # the first counts for the address
    one.secret = second
    then = [one.get("me").status_code for _ in range(4)]
    assert (first, then) == ([200] * 3, [200, 200, 200, 429])
    assert [other.get("me").status_code for _ in range(3)] == [200] * 3, "the same address, another person"


@pytest.mark.django_db
def test_a_flood_on_one_city_leaves_its_neighbour_alone(
    rates: Any, client: Client, alpha: Any, beta: Any
) -> None:
    rates(city="3/minute")
    assert statuses(client, 5) == [401, 401, 401, 429, 429]
    assert statuses(client, 3, HTTP_HOST="beta.test") == [401] * 3
    assert connection.schema_name == "public"


@pytest.mark.django_db
def test_tiles_are_counted_apart_and_files_not_at_all(rates: Any, client: Client, alpha: Any) -> None:
    rates(address="2/minute", address_tiles="4/minute")
    assert statuses(client, 5, "/api/v1/tiles/grids/14/1/1.mvt") == [401] * 4 + [429]
    assert statuses(client, 3) == [401, 401, 429]
    assert 429 not in statuses(client, 3, "/static/build/mark.svg")
    assert statuses(client, 3, "/healthz") == [200] * 3


# --- counting ------------------------------------------------------------------------------------------------------


def test_a_window_ends_and_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("wangge.shell.rates.time.time", lambda: now[0])
    store = WindowMemory()
    limiter = Limiter(store, {"city": parse("2/minute")})
    assert [limiter.wait_s("city", "a") for _ in range(3)] == [0, 0, 60]
    now[0] += 59.5
    assert limiter.wait_s("city", "a") == 1
    now[0] += 1
    assert limiter.wait_s("city", "a") == 0
    now[0] += 3600
    limiter.wait_s("city", "b")
    assert len(store._counts) == 1, "ended windows are swept away"


def test_hits_of_many_threads_are_all_counted() -> None:
    limiter = Limiter(WindowMemory(), {"city": parse("1000/minute")})
    passed: list[int] = []

    def ask() -> None:
        passed.extend(limiter.wait_s("city", "a") == 0 for _ in range(400))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 1000


def test_known_callers_are_bounded_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KnownCallers, "MOST", 3)
    callers = KnownCallers()
    for number in range(5):
        callers.learn(f"token{number}", f"alpha:{number}")
    assert [callers.user_of(f"token{number}") for number in (0, 1, 2, 4)] == [
        None,
        None,
        "alpha:2",
        "alpha:4",
    ]
    callers.learn("token4", None)
    assert callers.user_of("token4") is None


def test_limits_and_stores_are_read_from_text() -> None:
    assert limit_of("off") is None
    assert str(limit_of("600/minute")) == "600 per 1 minute"
    assert storage_of("memory://") == "memory://"
    for wrong in ("often", "600", "-1/minute"):
        with pytest.raises(ValueError):
            limit_of(wrong)
    for wrong in ("ftp://x", "redis://", "memcached://x"):
        with pytest.raises(ValueError):
            storage_of(wrong)


def test_a_counter_store_that_is_gone_lets_everybody_through(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("redis")
    limiter = Limiter(
        make_storage(storage_of("redis://:not-told@127.0.0.1:1/0")), {"city": parse("1/minute")}
    )
    assert [limiter.wait_s("city", "a") for _ in range(3)] == [0, 0, 0]
    assert "not counted" in caplog.text and "not-told" not in caplog.text
    assert len(caplog.records) == 1, "it is left alone for a while"
