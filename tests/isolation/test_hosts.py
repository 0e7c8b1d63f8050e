"""The host that the request names decides its city, and nothing else that a request can say.

Rule: X01
"""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

HOSTS = [
    "alpha.test", "ALPHA.TEST", "Alpha.Test", "alpha.test.", "alpha.test:80", "alpha.test:8000", "alpha.test:",
    "alpha.test:99999", "alpha.test:abc", "alpha.test:80@beta.test", "beta.test@alpha.test", "alpha.test, beta.test",
    "alpha.test#beta.test", "alpha.test/beta.test", "alpha.test?beta.test", "alpha.test\\beta.test", "alpha.test%00",
    "alpha.test%2ebeta.test", "\uff41lpha.test", "alpha\u3002test", "xn--alpha.test", "city_alpha", "alpha", ".alpha.test",
    "beta.alpha.test", "alpha.test.beta.test", "beta.test", "127.0.0.1", "[::1]", "localhost", "", " ", "*",
    "operator.test", "OPERATOR.TEST", "operator.test:8002", "alpha.test operator.test", "'; SET ROLE none; --",
]  # fmt: skip
HEADERS = {
    "X-Forwarded-Host": "beta.test",
    "X-Forwarded-Server": "beta.test",
    "X-Host": "beta.test",
    "X-Original-Host": "beta.test",
    "X-Original-URL": "http://beta.test/api/v1/me",
    "X-Rewrite-URL": "/api/v1/me",
    "X-City": "beta",
    "X-Tenant": "beta",
    "X-Schema": "city_beta",
    "X-Http-Host-Override": "beta.test",
    "Forwarded": "host=beta.test",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
    "Origin": "http://beta.test",
    "Referer": "http://beta.test/",
    "Cookie": "city=beta; tenant=beta; schema=city_beta",
}


@pytest.fixture
def people(alpha, beta, furnish) -> dict[str, Any]:
    """A person in each city, with a marked name."""
    return {
        city.slug: furnish(city, first)["user"] for city, first in ((alpha, 7_340_001), (beta, 8_340_001))
    }


@pytest.mark.django_db
@pytest.mark.parametrize("name", HEADERS)
def test_no_header_moves_a_request_to_another_city(people, api, name):
    header = {name.replace("-", "_"): HEADERS[name]}
    at_home = api("alpha.test", people["alpha"]).get("me", **header)
    assert at_home.status_code == 200
    assert "Merkmal-alpha" in at_home.content.decode()
    assert api("alpha.test", people["beta"]).get("me", **header).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("host", HOSTS)
def test_a_host_is_one_city_or_none(people, api, host):
    """Whichever way it is written: at most one city's person is known there, and that city answers."""
    answers = {city: api(host, user).get("me") for city, user in people.items()}
    welcome = [city for city, answer in answers.items() if answer.status_code == 200]
    assert len(welcome) <= 1
    for city, answer in answers.items():
        assert answer.status_code in (200, 400, 401, 404), host
        if answer.status_code == 200:
            assert f"Merkmal-{city}" in answer.content.decode()
    named = host.lower().partition(":")[0]
    if named not in ("alpha.test", "beta.test"):
        assert welcome == [], host


def _raw(address: str, lines: list[str]) -> str:
    """The whole answer to a request written by hand."""
    place = urlsplit(address)
    with socket.create_connection((str(place.hostname), int(place.port or 80)), timeout=20) as sent:
        sent.sendall(("\r\n".join([*lines, "Connection: close", "", ""])).encode("latin-1"))
        sent.settimeout(20)
        answer = b""
        while part := sent.recv(65536):
            answer += part
    return answer.decode("utf-8", "replace")


SPOOFED = {
    "two hosts": ["GET /api/v1/me HTTP/1.1", "Host: alpha.test", "Host: beta.test"],
    "two hosts, the other way": ["GET /api/v1/me HTTP/1.1", "Host: beta.test", "Host: alpha.test"],
    "absolute address": ["GET http://beta.test/api/v1/me HTTP/1.1", "Host: alpha.test"],
    "absolute address, the other way": ["GET http://alpha.test/api/v1/me HTTP/1.1", "Host: beta.test"],
    "folded header": ["GET /api/v1/me HTTP/1.1", "Host: alpha.test", " beta.test"],
    "space before the colon": ["GET /api/v1/me HTTP/1.1", "Host: alpha.test", "Host : beta.test"],
    "underscore": ["GET /api/v1/me HTTP/1.1", "Host: alpha.test", "HTTP_HOST: beta.test"],
    "tab": ["GET /api/v1/me HTTP/1.1", "Host:\talpha.test", "X-Forwarded-Host: beta.test"],
    "no host": ["GET /api/v1/me HTTP/1.0"],
    "no host in 1.1": ["GET /api/v1/me HTTP/1.1"],
    "path with a host": ["GET //beta.test/api/v1/me HTTP/1.1", "Host: alpha.test"],
    "climbing path": ["GET /static/../../city_beta/../api/v1/me HTTP/1.1", "Host: alpha.test"],
    "operator": ["GET /api/v1/cities HTTP/1.1", "Host: operator.test"],
    "operator's absolute address": ["GET http://operator.test/api/v1/cities HTTP/1.1", "Host: alpha.test"],
}


def test_requests_written_by_hand_to_a_real_server(start_server, people):
    with start_server() as address:
        for name, lines in SPOOFED.items():
            heard = {}
            for city, user in people.items():
                answer = _raw(address, [*lines, f"Authorization: Bearer {user.secret}"])
                heard[city] = "HTTP/1.1 200" in answer or "HTTP/1.0 200" in answer
                other = "beta" if city == "alpha" else "alpha"
                assert f"Merkmal-{other}" not in answer, name
                assert " 500 " not in answer.partition("\r\n")[0], name
                assert "gauss_kruger" not in answer, name
            assert not all(heard.values()), name
        plain = [
            "GET /api/v1/me HTTP/1.1",
            "Host: alpha.test",
            f"Authorization: Bearer {people['alpha'].secret}",
        ]
        assert "Merkmal-alpha" in _raw(address, plain)


@pytest.mark.django_db
def test_an_operators_process_answers_no_city(people, api, settings):
    settings.WANGGE_LOGIN = "operator"
    for city, user in people.items():
        assert api(f"{city}.test", user).get("me").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("login", ["web", "worker"])
def test_a_citys_process_answers_no_operator(people, api, settings, login):
    settings.WANGGE_LOGIN = login
    for path in ("cities", "me", "installation"):
        assert api("operator.test", people["alpha"]).get(path).status_code == 404
