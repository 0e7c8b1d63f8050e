"""A real server in production settings, behind a proxy that ends TLS: its answers, its cookies, its log."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django_tenants.utils import schema_context

PASSWORD, PHONE = "shan-shui-2026", "13900000000"  # invented
BY_PROXY = {"Host": "alpha.test", "X-Forwarded-Proto": "https", "X-Forwarded-For": "6.6.6.6, 198.51.100.7"}


class Proxy:
    """Speaks to the server as a reverse proxy would."""

    def __init__(self, address: str) -> None:
        place = urlsplit(address)
        self.line = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
        self.cookies: dict[str, str] = {}

    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> http.client.HTTPResponse:
        """One request with the cookies kept so far; the answer's body stands in `.text`."""
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        form = {"Content-Type": "application/x-www-form-urlencoded", "Referer": "https://alpha.test/sign-in"}
        self.line.request(method, path, body, BY_PROXY | cookies | (form if body else {}) | headers)
        answer = self.line.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.partition(";")[0].split("=", 1)
            self.cookies[name] = value
            assert "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie
            assert "SameSite=Lax" in cookie
        return answer


@pytest.fixture
def production(
    alpha: Any, make_user: Callable[..., Any], start_server: Any, tmp_path: Path
) -> Iterator[Proxy]:
    """The server, with a leader `zhang` who signs in by password."""
    user = make_user(alpha, "zhang", ["grid.view"])
    hasher = Argon2PasswordHasher()
    with schema_context(alpha.schema_name):
        user.password = hasher.encode(PASSWORD, hasher.salt())
        user.save(update_fields=["password"])
    settings = {
        "WANGGE_ENV": "production",
        "WANGGE_TRUSTED_PROXIES": "127.0.0.1",
        "WANGGE_OPERATOR_HOSTS": "operator.sports.example",
        "WANGGE_RATE_ADDRESS": "60/minute",
    }
    with start_server(**settings) as address:
        yield Proxy(address)


def log_lines(folder: Path) -> list[dict[str, Any]]:
    """What the server logged, without what the HTTP server itself says of its start."""
    (log,) = folder.glob("server-*.log")
    said = [line for line in log.read_text().splitlines() if not re.match(r"\[(INFO|WARNING)\] ", line)]
    return [json.loads(line) for line in said]


def test_signing_in_works_and_says_nothing_it_should_not(
    production: Proxy, alpha: Any, tmp_path: Path
) -> None:
    form = production.ask("GET", "/sign-in")
    assert form.status == 200
    assert form.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)  # type: ignore[attr-defined]
    assert token
    sent = urlencode({"csrfmiddlewaretoken": token[1], "username": "zhang", "password": PASSWORD})
    signed_in = production.ask("POST", f"/sign-in?phone={PHONE}", sent, Origin="https://alpha.test")
    assert signed_in.status == 302, signed_in.text  # type: ignore[attr-defined]
    assert set(production.cookies) == {"__Host-wangge_session", "__Host-wangge_session_csrf"}
    assert production.ask("GET", "/api/v1/me").status == 200
    assert production.ask("GET", f"/api/v1/me?phone={PHONE}").status in (200, 400)

    plain = production.ask("GET", "/sign-in", **{"X-Forwarded-Proto": "http"})
    assert (plain.status, plain.headers["Location"]) == (301, "https://alpha.test/sign-in")
    foreign = production.ask("POST", "/sign-in", sent, Origin="https://evil.example")
    assert foreign.status == 403

    refused = [production.ask("GET", "/nowhere", Cookie="").status for _ in range(70)]
    assert set(refused) == {404, 429}
    other = production.ask("GET", "/nowhere", Cookie="", **{"X-Forwarded-For": "6.6.6.6, 198.51.100.8"})
    assert other.status == 404, "limits are the client's, not the proxy's"

    lines = log_lines(tmp_path)
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    mine = [line for line in lines if line.get("route") == "api/v1/me"]
    assert mine and all(
        line["city"] == alpha.schema_name and line["user"] and line["request_id"] for line in mine
    )
    text = json.dumps(lines, ensure_ascii=False)
    for secret in (PHONE, PASSWORD, "zhang", production.cookies["__Host-wangge_session"], token[1]):
        assert secret not in text
    assert "Traceback" not in text
