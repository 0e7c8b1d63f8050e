"""What every answer says to a browser, and whose word about the client is believed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from wangge.kernel.client_address import client_address, networks_of, resolved_address
from wangge.shell.surface import CONTENT_POLICY, ProxyMiddleware, SurfaceMiddleware

TEMPLATES = Path(__file__).resolve().parents[2] / "platform" / "wangge" / "shell" / "templates"
TRUSTED = networks_of(["10.0.0.0/8", "127.0.0.1", "2001:db8::1"])


# --- the policy ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("alpha.test", "/sign-in"),
        ("alpha.test", "/api/v1/me"),
        ("alpha.test", "/nowhere"),
        ("nobody.test", "/"),
        ("bad host", "/"),
        ("alpha.test", "/healthz"),
        ("operator.test", "/api/v1/cities"),
        ("alpha.test", "/static/build/mark.svg"),
    ],
)
def test_every_answer_bears_the_rules_for_browsers(client: Client, host: str, path: str) -> None:
    answer = client.get(path, HTTP_HOST=host)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    for rule in (
        "object-src 'none'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "style-src 'self'",
    ):
        assert rule in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "microphone=()" in answer["Permissions-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert len(answer["X-Request-Id"]) == 32


def test_nothing_of_the_policy_is_loosened() -> None:
    assert not re.search(r"unsafe|\*|https?:|nonce-", CONTENT_POLICY)
    assert CONTENT_POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_templates_hold_no_inline_style_or_script(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:", text, re.IGNORECASE)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text, re.IGNORECASE)


@pytest.mark.django_db
def test_answers_with_data_are_not_kept_and_files_are_kept_for_long(
    client: Client, api: Any, alpha: Any, make_user: Callable[..., Any]
) -> None:
    user = make_user(alpha, "reader", ["layer.view"])
    assert api(alpha, user).get("me")["Cache-Control"] == "private, no-store"
    assert "no-store" in client.get("/sign-in", HTTP_HOST="alpha.test")["Cache-Control"]
    assert "private" in api(alpha, user).get("tiles/buildings/14/1/1.mvt")["Cache-Control"]


@pytest.mark.django_db
def test_downloads_are_files_and_not_pages(api: Any, alpha: Any, make_user: Callable[..., Any]) -> None:
    user = make_user(alpha, "exporter", ["layer.view", "layer.export"])
    answer = api(alpha, user).get("layers/buildings/export?format=csv")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "options", "post"])
def test_no_other_origin_is_let_in(client: Client, alpha: Any, method: str) -> None:
    asked = {
        "HTTP_ORIGIN": "https://evil.example",
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST",
        "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "authorization",
    }
    answer = getattr(client, method)("/api/v1/me", HTTP_HOST="alpha.test", **asked)
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_every_cookie_needs_tls_in_production(settings: Any, rf: RequestFactory) -> None:
    settings.SESSION_COOKIE_SECURE = True

    def view(request: Any) -> HttpResponse:
        answer = HttpResponse("x")
        answer.set_cookie("django_language", "en")
        return answer

    assert SurfaceMiddleware(view)(rf.get("/")).cookies["django_language"]["secure"]


# --- whose word ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),  # a stranger's claim
        ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
        (
            "10.0.0.2",
            "1.1.1.1, 198.51.100.1",
            "198.51.100.1",
        ),  # left of the first proxy's word: the client's own
        ("10.0.0.2", "1.1.1.1,198.51.100.1,10.0.0.9", "198.51.100.1"),
        ("10.0.0.2", "10.0.0.7", "10.0.0.7"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1, nonsense", "10.0.0.2"),
        ("10.0.0.2", "unknown", "10.0.0.2"),
        ("10.0.0.2", "198.51.100.1:4711", "198.51.100.1"),
        ("2001:db8::1", "[2001:db8::99]:4711", "2001:db8::99"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::ffff:192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_right_most_hop_that_is_no_proxy_of_ours_is_the_client(
    peer: str, forwarded: str, client: str
) -> None:
    assert resolved_address(peer, forwarded, TRUSTED) == client


def test_without_trusted_proxies_no_forwarded_header_reaches_a_view(
    settings: Any, rf: RequestFactory
) -> None:
    settings.WANGGE_TRUSTED_PROXIES = ()
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    seen: dict[str, Any] = {}

    def view(request: Any) -> HttpResponse:
        seen.update(address=client_address(request), secure=request.is_secure(), meta=dict(request.META))
        return HttpResponse("x")

    claims = {
        "HTTP_X_FORWARDED_FOR": "10.9.9.9",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_HOST": "beta.test",
    }
    ProxyMiddleware(view)(rf.get("/", REMOTE_ADDR="192.0.2.7", **claims))
    assert seen["address"] == "192.0.2.7"
    assert seen["secure"] is False
    assert not set(claims) & set(seen["meta"])


def test_a_trusted_proxy_may_say_who_asks_and_that_it_was_tls(settings: Any, rf: RequestFactory) -> None:
    settings.WANGGE_TRUSTED_PROXIES = TRUSTED
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    seen: dict[str, Any] = {}

    def view(request: Any) -> HttpResponse:
        seen.update(address=client_address(request), secure=request.is_secure())
        return HttpResponse("x")

    ProxyMiddleware(view)(
        rf.get(
            "/",
            REMOTE_ADDR="10.0.0.2",
            HTTP_X_FORWARDED_FOR="6.6.6.6, 198.51.100.1",
            HTTP_X_FORWARDED_PROTO="https",
        )
    )
    assert seen == {"address": "198.51.100.1", "secure": True}


@pytest.mark.django_db
def test_plain_http_is_sent_to_tls_behind_a_proxy_but_health_is_not(
    settings: Any, client: Client, alpha: Any
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    assert client.get("/sign-in", HTTP_HOST="alpha.test")["Location"] == "https://alpha.test/sign-in"
    assert client.get("/healthz", HTTP_HOST="10.1.1.1").status_code == 200
    secure = client.get("/sign-in", HTTP_HOST="alpha.test", secure=True)
    assert secure["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.django_db
def test_a_form_without_its_pages_token_is_told_in_words(alpha: Any) -> None:
    strict = Client(enforce_csrf_checks=True, HTTP_HOST="alpha.test")
    page = strict.post("/sign-in", {"username": "x", "password": "y"}, HTTP_ACCEPT="text/html")
    assert page.status_code == 403
    assert "页面已过期" in page.content.decode() and "<style" not in page.content.decode()
    program = strict.post("/sign-in", {"username": "x"}, HTTP_ACCEPT="application/json")
    assert (program.status_code, program.json()["code"]) == (403, "CSRF_FAILED")
