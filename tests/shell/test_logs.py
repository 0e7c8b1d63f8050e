"""A log line says where and whose request it was, and nothing personal."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.db import IntegrityError, connection

from wangge.kernel.context import request_id
from wangge.shell.logs import ACCESS_LOGGER, JsonLines, ReadableLines, Surroundings, logging_settings
from wangge.shell.scrub import scrub

# Invented: the digits fit the forms and belong to nobody.
PHONE, IDENTITY, TOKEN = "13900000000", "410802199001010000", "wg_Zm9vYmFyLWZvb2Jhci1mb29iYXI"


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        (f"call {PHONE} now", "call [phone] now"),
        ("电话139 0000 0000。", "电话[phone]。"),
        ("+86-139-0000-0000", "[phone]"),
        ("tel 0391-1234567", "tel [phone]"),
        (f"id={IDENTITY}", "id=[id]"),
        ("身份证41080219900101000X有误", "身份证[id]有误"),
        ("card 6222020000000000000", "card [number]"),
        (f"GET with {TOKEN}", "GET with wg_[…]"),
        (f"Authorization: Bearer {TOKEN}", "Authorization: […]"),
        ("Bearer abcdef123456", "Bearer […]"),
        ("{'Authorization': 'Basic dTpwdw=='}", "{'Authorization': […]'}"),
        ("Cookie: wangge_session=abc; x=y", "Cookie: […]"),
        ("password=hunter2 next", "password=[…] next"),
        (
            "connect to postgresql://wangge_web:s3cr3t@db/wangge",
            "connect to postgresql://wangge_web:[…]@db/wangge",
        ),
        ("GET /api/v1/users?name=Zhang&phone=1 500", "GET /api/v1/users?[…] 500"),
        ("Key (username)=(zhang) already exists.", "Key […] already exists."),
        ("DETAIL:  Failing row contains (7, Zhang, secret).", "DETAIL: […]"),
        ('invalid input syntax for type integer: "Zhang San"', "invalid input syntax for type integer: […]"),
        ("mail a.b@example.org", "mail [mail]"),
    ],
)
def test_what_is_personal_or_secret_is_taken_out(text: str, instead: str) -> None:
    assert scrub(text) == instead


@pytest.mark.parametrize(
    "text",
    [
        "job 12345678901 done",
        "grid 410802001001001 has 412 households",
        "took 0.13912345678 s",
        "request 5f2c13900000000b8a7f13900000000c failed",
        "2026-11-22T07:30:00+08:00 layers.import 42",
        "what now? nothing",
    ],
)
def test_what_a_reader_of_logs_needs_stays(text: str) -> None:
    assert scrub(text) == text


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What a logger `test.lines` writes in production."""
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines(json_ensure_ascii=False))
    handler.addFilter(Surroundings())
    names = ("test.lines", ACCESS_LOGGER, "django.request", "wangge.kernel.problems")
    for name in names:
        logging.getLogger(name).addHandler(handler)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    for name in names:
        logging.getLogger(name).removeHandler(handler)


def test_a_line_is_one_json_object_with_time_level_logger_and_message(lines: Any) -> None:
    logging.getLogger("test.lines").warning("二行\n%s", PHONE)
    (line,) = lines()
    assert set(line) == {"time", "level", "logger", "message"}
    assert (line["level"], line["logger"], line["message"]) == ("WARNING", "test.lines", "二行\n[phone]")
    assert line["time"][10] == "T" and line["time"][-6] in "+-"


def test_tracebacks_hold_no_values_of_rows_nor_local_variables(lines: Any) -> None:
    def fails() -> None:
        pupil = "a name that only a local variable holds"
        raise IntegrityError(f"duplicate key\nDETAIL:  Key (phone)=({PHONE}) already exists. {pupil[:0]}")

    try:
        fails()
    except IntegrityError:
        logging.getLogger("test.lines").exception("saving failed for %s", IDENTITY)
    (line,) = lines()
    text = json.dumps(line, ensure_ascii=False)
    assert "IntegrityError" in line["exception"] and "in fails" in line["exception"]
    assert PHONE not in text and IDENTITY not in text
    assert "DETAIL: […]" in line["exception"]


def test_what_a_library_hands_over_stays_out(lines: Any) -> None:
    logging.getLogger("test.lines").error("x", extra={"request": object(), "params": [PHONE], "status": 500})
    (line,) = lines()
    assert line["status"] == 500
    assert "request" not in line and "params" not in line


def test_a_job_is_named_with_its_city(lines: Any, in_alpha: Any) -> None:
    token = request_id.set("job-42")
    try:
        logging.getLogger("test.lines").warning("working")
    finally:
        request_id.reset(token)
    (line,) = lines()
    assert (line["job"], line["city"]) == ("42", in_alpha.schema_name)
    assert "request_id" not in line


@pytest.mark.django_db
def test_the_access_line_tells_route_and_person_by_number(
    lines: Any, api: Any, alpha: Any, make_user: Callable[..., Any]
) -> None:
    user = make_user(alpha, "zhang-leader")
    answer = api(alpha, user).get("me?hint=private-words")
    (line,) = [line for line in lines() if line["logger"] == ACCESS_LOGGER]
    assert line["route"] == "api/v1/me" and line["method"] == "GET" and line["status"] in (200, 400)
    assert line["user"] == user.pk and line["city"] == alpha.schema_name
    assert line["request_id"] == answer["X-Request-Id"]
    assert line["duration_ms"] > 0 and line["statements"] >= 1
    text = json.dumps(line)
    assert "zhang" not in text and "private-words" not in text and user.secret not in text


@pytest.mark.django_db
def test_a_fault_of_ours_is_logged_with_its_request_and_without_its_data(
    lines: Any, api: Any, alpha: Any, make_user: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user(alpha, "zhang")

    def fails(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError(f"no luck with {PHONE} and {user.secret}")

    monkeypatch.setattr("wangge.kernel.views.ApiView.initial", fails)
    call = api(alpha, user)
    call.client.raise_request_exception = False
    answer = call.get("me")
    assert answer.status_code == 500
    assert PHONE not in answer.content.decode()
    faults = [line for line in lines() if line["level"] == "ERROR"]
    assert faults and all(line["request_id"] == answer["X-Request-Id"] for line in faults)
    assert all(line["city"] == alpha.schema_name for line in faults)
    text = json.dumps(faults)
    assert "RuntimeError" in text and PHONE not in text and user.secret not in text
    connection.set_schema_to_public()


def test_readable_lines_are_scrubbed_too() -> None:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "call %s", (PHONE,), None)
    Surroundings().filter(record)
    assert ReadableLines("%(message)s").format(record) == "call [phone]"
    try:
        raise ValueError(PHONE)
    except ValueError:
        record.exc_info = sys.exc_info()
    assert PHONE not in ReadableLines("%(message)s").format(record)


def test_errors_are_neither_mailed_nor_shown() -> None:
    told = logging_settings(is_production=True, level="INFO", logs_access=True)
    assert told["loggers"]["django"]["handlers"] == []
    assert set(told["handlers"]) == {"stderr"}
    assert "mail" not in str([handler.__class__ for handler in logging.getLogger("django").handlers]).lower()
