"""Thousands of concurrent requests over two cities through one small pool: none is answered by the wrong city.

A real server as the web login, eight threads, three database connections, so that every connection changes its city all
the time. Reads, lists, refused writes that roll back and requests of strangers are mixed.

Rule: X01
"""

from __future__ import annotations

import json
import random
import threading
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

CLIENTS = 8
# What a client sends: method, path, body, expected status; the marks tell whose answer it is.
KINDS: list[tuple[str, str, Any, int]] = [
    *[("GET", "/api/v1/me", None, 200)] * 6,
    ("GET", "/api/v1/users?limit=20", None, 200),
    ("POST", "/api/v1/org-units", {}, 400),  # bears a key: rolled back with its claim
    ("GET", "/api/v1/users/987654321", None, 404),
]


class Client(threading.Thread):
    """Sends its share to both cities in a random order over one kept connection, and keeps what was wrong."""

    def __init__(
        self, address: str, cities: dict[str, tuple[str, str, str]], requests: int, seed: int
    ) -> None:
        super().__init__()
        self.address, self.cities, self.requests = address, cities, requests
        self.random = random.Random(seed)
        self.wrong: list[str] = []
        self.answered = 0

    def run(self) -> None:
        """Ask and compare."""
        connection = HTTPConnection(str(urlsplit(self.address).netloc), timeout=60)
        for number in range(self.requests):
            city = self.random.choice(list(self.cities))
            method, path, body, status = self.random.choice(KINDS)
            secret, own, other = self.cities[city]
            headers = {"Host": f"{city}.test", "Authorization": f"Bearer {secret}"}
            if body is not None:
                headers |= {"Content-Type": "application/json", "Idempotency-Key": f"{self.ident}-{number}"}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            self.answered += 1
            if answer.status != status or other in text or (status == 200 and own not in text):
                self.wrong.append(f"{city} {method} {path}: {answer.status} {text[:200]}")
        connection.close()


def _ask_all(address: str, cities: dict[str, tuple[str, str, str]], requests: int) -> list[Client]:
    clients = [Client(address, cities, requests // CLIENTS, seed) for seed in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return clients


@pytest.mark.parametrize("requests", [2_048, pytest.param(10_240, marks=pytest.mark.slow)])
def test_none_is_answered_by_the_wrong_city(start_server, furnish, alpha, beta, requests):
    users = {
        city.slug: furnish(city, first)["user"] for city, first in ((alpha, 7_340_001), (beta, 8_340_001))
    }
    marks = {slug: f"Merkmal-{slug}-7f3a" for slug in users}
    cities = {
        "alpha": (users["alpha"].secret, marks["alpha"], marks["beta"]),
        "beta": (users["beta"].secret, marks["beta"], marks["alpha"]),
    }
    with start_server(threads=8, WANGGE_POOL_SIZE="3", WANGGE_CITIES_PER_CONNECTION="1") as address:
        clients = _ask_all(
            address, cities, requests // 4
        )  # every connection is replaced after its second city
    with start_server(threads=8, WANGGE_POOL_SIZE="3") as address:
        clients += _ask_all(address, cities, requests)
    assert [wrong for client in clients for wrong in client.wrong] == []
    assert sum(client.answered for client in clients) == requests // 4 + requests
