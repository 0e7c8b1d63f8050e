"""How much a request may send; what is refused leaves nothing behind."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

EDGE = "edge"


def part(name: str, body: bytes, file: str | None = None) -> bytes:
    more = f'; filename="{file}"' if file else ""
    return (
        f'--{EDGE}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + body + b"\r\n"
    )


@pytest.fixture
def temporary(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """The folder of half-received files; nothing may be left in it."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def importer(api: Any, alpha: Any, make_user: Callable[..., Any]) -> Any:
    """Somebody of alpha who may import layers."""
    return api(alpha, make_user(alpha, "importer", ["layer.import", "layer.view"]))


def send(client: Client, path: str, body: bytes, kind: str, **more: Any) -> Any:
    return client.generic("POST", path, body, content_type=kind, HTTP_HOST="alpha.test", **more)


@pytest.mark.django_db
def test_a_long_body_is_refused_by_its_length_without_a_statement(
    client: Client, alpha: Any, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.WANGGE_BODY_LIMIT_BYTES = 1000
    with django_assert_num_queries(0):
        answer = send(client, "/api/v1/sessions", b"x" * 1001, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "UPLOAD_TOO_LARGE")
    assert "上限" in answer.json()["message"]["zh"] and "limit" in answer.json()["message"]["en"]
    assert send(client, "/api/v1/sessions", b"x" * 1000, "application/json").status_code == 400


@pytest.mark.django_db
def test_a_form_with_files_has_the_limit_of_files(
    client: Client, alpha: Any, settings: Any, temporary: Path
) -> None:
    settings.WANGGE_UPLOAD_LIMIT_BYTES, settings.WANGGE_BODY_LIMIT_BYTES = 10_000, 1000
    body = part("file", b"x" * 1_100_000, "a.csv") + f"--{EDGE}--\r\n".encode()
    answer = send(client, "/api/v1/layer-imports", body, f"multipart/form-data; boundary={EDGE}")
    assert (answer.status_code, answer.json()["code"]) == (413, "UPLOAD_TOO_LARGE")
    answer = send(client, "/api/v1/layer-imports", body[:9000], f"multipart/form-data; boundary={EDGE}")
    assert answer.status_code == 401, "a stranger's file is not read"


@pytest.mark.django_db
def test_ten_thousand_fields_are_a_bad_request(importer: Any, temporary: Path) -> None:
    body = b"".join(part(f"f{n}", b"1") for n in range(10_000)) + f"--{EDGE}--\r\n".encode()
    answer = send(
        importer.client, "/api/v1/layer-imports", body, f"multipart/form-data; boundary={EDGE}",
        HTTP_AUTHORIZATION=f"Bearer {importer.secret}",
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")


@pytest.mark.django_db
def test_a_hundred_files_are_a_bad_request(importer: Any, temporary: Path) -> None:
    body = b"".join(part(f"f{n}", b"1", f"{n}.csv") for n in range(100)) + f"--{EDGE}--\r\n".encode()
    answer = send(
        importer.client, "/api/v1/layer-imports", body, f"multipart/form-data; boundary={EDGE}",
        HTTP_AUTHORIZATION=f"Bearer {importer.secret}",
    )  # fmt: skip
    assert answer.status_code == 400


@pytest.mark.django_db
def test_a_field_that_is_as_long_as_a_file_is_too_large(
    importer: Any, settings: Any, temporary: Path
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    body = part("source_note", b"x" * 20_000) + f"--{EDGE}--\r\n".encode()
    answer = send(
        importer.client, "/api/v1/layer-imports", body, f"multipart/form-data; boundary={EDGE}",
        HTTP_AUTHORIZATION=f"Bearer {importer.secret}",
    )  # fmt: skip
    assert answer.status_code == 413


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a.exe", "a.gpkg", "../../../../etc/cron.d/x.sh", "a.csv\0.gpkg"])
def test_what_is_no_layer_is_refused_and_leaves_nothing(
    importer: Any, temporary: Path, settings: Any, name: str
) -> None:
    from django.core.files.storage import default_storage

    before = default_storage.listdir("")
    answer = importer.post(
        "layer-imports", {"file": SimpleUploadedFile(name, b"MZ\x90\0"), "kind": "buildings"}
    )
    assert answer.status_code in (400, 415), answer.content
    assert answer.json()["code"] in ("UPLOAD_TYPE", "INVALID_FIELD", "BAD_VALUE")
    assert default_storage.listdir("") == before


@pytest.mark.django_db
def test_a_name_is_never_a_path(importer: Any, alpha: Any, temporary: Path) -> None:
    from django_tenants.utils import schema_context

    from tenants.bureau.models import StoredFile

    sent = importer.post(
        "layer-imports", {"file": SimpleUploadedFile("../../../x.csv", b"a,b\n1,2\n"), "kind": "buildings"}
    )
    assert sent.status_code == 202, sent.content
    with schema_context(alpha.schema_name):
        stored = StoredFile.objects.get()
    assert ".." not in stored.storage_key and "/x" not in stored.storage_key
    assert stored.name == "x.csv"


# --- over the wire -------------------------------------------------------------------------------------------------


def test_a_real_server_refuses_before_it_has_read(
    live_alpha: str, alpha: Any, make_user: Callable[..., Any]
) -> None:
    """A body of 3 GB is announced and one kilobyte sent: the answer comes at once."""
    place = urlsplit(live_alpha)
    head = f"POST /api/v1/layer-imports HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=20) as line:
        line.sendall(f"{head}Content-Length: {3 * 1024**3}\r\n\r\n".encode() + b"x" * 1024)
        said = line.recv(4096).decode()
    assert said.startswith("HTTP/1.1 413"), said
    # The answer may come, and the line be closed, before a second piece is sent: no client that goes on sending reads it.
    head = f"POST /api/v1/sessions HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=20) as line:
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n".encode())
        answer = http.client.HTTPResponse(line)
        answer.begin()
        assert (answer.status, json.load(answer)["code"]) == (411, "LENGTH_REQUIRED")
