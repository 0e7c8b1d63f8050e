"""A name that nobody reads is refused by every route: a body's field with 422, a parameter with 400.

A misspelt field would else be carried out as if it had not been sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from tests.isolation.test_foreign_ids import CITY, CITY_ROUTES, OPERATOR, _names_an_object, _paths, _plain
from tests.isolation.test_foreign_ids import made as made
from wangge.shell.documents import openapi

pytestmark = pytest.mark.django_db

NAME = "no_such_name"
WRITES = ("post", "put", "patch", "delete")
# Its address is known to calendar programs, which add parameters of their own.
TAKES_ANY = {"calendars/<secret>.ics"}
# Answered before any name is looked at: 403 for a token where a session is needed, 404 for who is nobody's record.
SESSIONS_ONLY = {
    "me/password", "me/second-factor", "me/second-factor/confirmation", "me/second-factor/recovery-codes",
    "me/second-factor/removal", "tokens",
}  # fmt: skip
OWN_RECORDS = {
    "instructors/me", "instructors/me/agenda", "instructors/me/promotion", "instructors/me/service-totals",
    "wellness/me",
}  # fmt: skip


def _document(urlconf: str) -> dict[str, Any]:
    return openapi(urlconf)


def _bodies(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], bool]]:
    """Every operation with a body: method, plain path, schema, whether it is an upload."""
    for path, operations in document["paths"].items():
        for method in WRITES:
            content = operations.get(method, {}).get("requestBody", {}).get("content", {})
            for kind, body in content.items():
                plain = re.sub(r"\{(\w+)\}", r"<\1>", path.removeprefix("/api/v1/"))
                yield method, plain, body["schema"], kind.startswith("multipart/")


def _open(document: dict[str, Any], schema: dict[str, Any], at: str) -> Iterator[str]:
    """Where a body's schema, or one within it, takes fields that it does not name."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "properties" in schema:
        if schema.get("additionalProperties", True) is not False:
            yield at
        for name, each in schema["properties"].items():
            yield from _open(document, each, f"{at}.{name}")
    for part in (*schema.get("allOf", []), *schema.get("oneOf", []), *schema.get("anyOf", [])):
        yield from _open(document, part, at)
    if isinstance(schema.get("items"), dict):
        yield from _open(document, schema["items"], f"{at}[]")


@pytest.mark.parametrize("urlconf", [CITY, OPERATOR])
def test_every_body_of_the_document_is_closed_to_other_fields_nested_ones_too(urlconf):
    document = _document(urlconf)
    bodies = list(_bodies(document))
    assert len(bodies) >= 10
    assert [
        at for method, plain, schema, _ in bodies for at in _open(document, schema, f"{method} {plain}")
    ] == []


def _addresses(plain: str, made: dict[str, Any]) -> list[str]:
    route = next(each for each in CITY_ROUTES if _plain(each) == plain)
    paths = _paths(route, made) if _names_an_object(route) else [plain.replace("<kind>", "buildings")]
    values = {"year": "2026", "key": "grid.target_households"}
    return [re.sub(r"<(\w+)>", lambda match: values.get(match[1], "1"), each) for each in paths]


def _refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "") if answer.content else ""


def test_an_unknown_field_is_422_and_never_carried_out(alpha, made, api):
    speaker = api(alpha, made["user"])
    wrong, asked = {}, 0
    for method, plain, _, is_upload in _bodies(_document(CITY)):
        for path in _addresses(plain, made):
            asked += 1
            body = {NAME: "x", **({"file": BytesIO(b"x")} if is_upload else {})}
            answer = getattr(speaker, method)(path, body, headers={"If-Match": '"1"'})
            expected = (403, "SESSION_NEEDED") if plain in SESSIONS_ONLY else (422, "UNKNOWN_FIELD")
            if _refused(answer) != expected:
                wrong[f"{method} {path}"] = (answer.status_code, answer.content[:150])
    assert asked >= 100
    assert wrong == {}


def test_an_unknown_parameter_is_400_of_reads_and_writes(alpha, made, api):
    speaker = api(alpha, made["user"])
    wrong, asked = {}, 0
    for path, operations in _document(CITY)["paths"].items():
        plain = re.sub(r"\{(\w+)\}", r"<\1>", path.removeprefix("/api/v1/"))
        for address in _addresses(plain, made):
            bare = address.split("?")[0]
            for method in ("get", *WRITES):
                if method not in operations or (plain in TAKES_ANY and method == "get"):
                    continue
                asked += 1
                answer = getattr(speaker, method)(f"{bare}?{NAME}=x", **_empty(operations[method]))
                is_own = method == "get" and plain in OWN_RECORDS
                expected = (404, "NOT_FOUND") if is_own else (400, "UNKNOWN_PARAMETER")
                if _refused(answer) != expected:
                    wrong[f"{method} {address}"] = (answer.status_code, answer.content[:150])
    assert asked >= 200
    assert wrong == {}


def _empty(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    return {"data": {"file": BytesIO(b"x")}} if "multipart/form-data" in content else {}
