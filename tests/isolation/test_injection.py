"""Hostile text in every parameter that takes text: answered as text, never as SQL, never a 500, never a neighbour's row.

The parameters are those of the printed API document, so that a new one is tried without being named here.

Rule: X01
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import connection

from tenants.bureau.rules.permission_catalogue import PERMISSIONS
from wangge.shell.documents import openapi

pytestmark = pytest.mark.django_db

BETA = "city_beta.accounts_user"
PAYLOADS = [
    f"' UNION SELECT password FROM {BETA} --",
    f"x' OR EXISTS(SELECT 1 FROM {BETA}) OR 'x'='x",
    "'; SET ROLE wanggetest_city_beta; --",
    "'; RESET ROLE; SELECT * FROM public.registry_city; --",
    "1; ROLLBACK; SET ROLE NONE",
    f"(SELECT password FROM {BETA} LIMIT 1)",
    "id,(SELECT 1/0)",
    "1 ORDER BY 99",
    "-1 OR 1=1",
    '"',
    "\\",
    "\\'; DROP TABLE accounts_user; --",
    "%",
    "%s %(x)s %%",
    "_",
    "\x00",
    "a\x00b",
    "\u2019 OR \u20191\u2019=\u20191",
    "\uff07 OR 1=1 --",
    "$$; SELECT 1; $$",
    "{0.__class__}",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "\u202e\ufeff",
    "pg_sleep(5)",
    "accounts_user",
    "1e400",
    "9" * 400,
]
DOSES = [pytest.param(3, id="three each"), pytest.param(len(PAYLOADS), id="all", marks=pytest.mark.slow)]


def _dose(place: int, number: int) -> list[str]:
    """So many payloads for the parameter at that place; over all parameters every payload gets its turn."""
    return [PAYLOADS[(place * number + each) % len(PAYLOADS)] for each in range(number)]


def _operations(method: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in openapi("wangge.shell.urls")["paths"].items():
        if method in item:
            yield path.removeprefix("/api/v1/"), item[method]


def _parameters(operation: dict[str, Any], place: str) -> list[dict[str, Any]]:
    return [each for each in operation.get("parameters", []) if each["in"] == place]


def _takes_text(parameter: dict[str, Any]) -> bool:
    """Numbers too: a query string is text before it is read."""
    return parameter["in"] == "query" or parameter["schema"].get("type") == "string"


KNOWN = {"kind": "buildings", "key": "grid.target_households", "code": "410802001001777", "year": "2026"}
TILE = {"z": "14", "x": "13380", "y": "6450"}


def _filled(path: str, operation: dict[str, Any], without: str = "") -> str:
    for each in _parameters(operation, "path"):
        name = each["name"]
        if name != without:
            path = path.replace(f"{{{name}}}", {**KNOWN, **TILE}.get(name, "7340001"))
    return path


@pytest.fixture
def speaker(alpha, beta, furnish, api, make_user):
    """A person of alpha who holds every right; beta's marked rows are what must never be seen."""
    made = furnish(alpha)
    furnish(beta, first_id=8_340_001)
    connection.set_schema_to_public()
    return api(alpha, made["user"])


def _check(answer: Any, asked: str) -> None:
    assert answer.status_code < 500, (asked, answer.status_code)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    for forbidden in (b"Merkmal-beta", b"insider-beta", b"md5$", b"8340001", b"psycopg", b"SQLSTATE"):
        assert forbidden not in body, (asked, forbidden)


def test_the_marks_are_seen_at_home(speaker, beta, api, make_user):
    """Otherwise their absence would prove nothing."""
    at_home = api(beta, make_user(beta, "b", sorted(PERMISSIONS)))
    for path in ("users?limit=100", "org-units?limit=100", "layers/buildings/features"):
        assert b"Merkmal-beta" in at_home.get(path).content, path


@pytest.mark.parametrize("number", DOSES)
def test_every_query_parameter_of_every_read(speaker, number):
    tried = set()
    for path, operation in _operations("get"):
        for parameter in _parameters(operation, "query"):
            tried.add((path, parameter["name"]))
            for payload in _dose(len(tried), number):
                asked = f"{_filled(path, operation)}?{urlencode({parameter['name']: payload})}"
                _check(speaker.get(asked), asked)
    assert len(tried) >= 30
    _still_in_alpha()


def test_order_by_and_unknown_parameters_are_refused_or_ignored(speaker):
    for path, operation in _operations("get"):
        for name in ("ordering", "user__password"):
            asked = f"{_filled(path, operation)}?{urlencode({name: PAYLOADS[0]})}"
            _check(speaker.get(asked), asked)


@pytest.mark.parametrize("number", DOSES)
def test_every_text_in_a_path(speaker, number):
    tried = 0
    for path, operation in _operations("get"):
        for parameter in _parameters(operation, "path"):
            for payload in _dose(tried, number):
                if "/" in payload or "\x00" in payload:
                    continue
                tried += 1
                asked = _filled(path, operation, parameter["name"]).replace(
                    f"{{{parameter['name']}}}", quote(payload, safe="")
                )
                answer = speaker.get(asked)
                _check(answer, asked)
                assert answer.status_code in (400, 404), (asked, answer.status_code)
    assert tried >= 5 * number
    _still_in_alpha()


def _strings_of(schema: dict[str, Any], document: dict[str, Any]) -> list[str]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return list(schema.get("properties", {}))


@pytest.mark.parametrize("number", DOSES)
def test_every_field_of_every_written_document(speaker, number):
    """All fields of a body at once bear the payload; whoever reads numbers refuses it, whoever reads text keeps it."""
    document = openapi("wangge.shell.urls")
    tried = 0
    for method in ("post", "put", "patch"):
        for path, operation in _operations(method):
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is None:
                continue
            for payload in _dose(tried, number):
                body = {name: payload for name in _strings_of(content["schema"], document)}
                asked = f"{method} {path} {payload!r}"
                tried += 1
                _check(getattr(speaker, method)(_filled(path, operation), body), asked)
    assert tried >= 15 * number
    _still_in_alpha()


def test_headers_are_text_too(speaker):
    for name in (
        "accept_language",
        "if_none_match",
        "if_match",
        "x_city",
        "x_request_id",
        "user_agent",
        "range",
    ):
        for payload in PAYLOADS:
            if payload.isprintable() and payload.isascii():
                _check(speaker.get("me", **{name: payload}), f"{name}: {payload}")


def test_credentials_are_text_too(api, alpha):
    for payload in PAYLOADS:
        answer = api(alpha).post("sessions", {"username": payload, "password": payload})
        assert answer.status_code in (400, 401, 429), (payload, answer.status_code)
        if payload.isprintable() and payload.isascii():
            assert api(alpha).get("me", authorization=f"Bearer {payload}").status_code == 401, payload
            assert api(alpha).get("me", x_api_key=payload).status_code == 401, payload


def _still_in_alpha() -> None:
    connection.set_schema("city_alpha")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_schema()")
        assert cursor.fetchone() == ("wanggetest_city_alpha", "city_alpha")
