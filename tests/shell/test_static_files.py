"""The page's files while they are built anew under a running server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["alpha.test", "operator.test"])
def test_a_file_that_vanished_is_not_there_like_one_that_never_was(
    settings: Any, tmp_path: Path, host: str
) -> None:
    gone, stays = tmp_path / "gone.js", tmp_path / "stays.js"
    for file in (gone, stays):
        file.write_text("export {};", encoding="utf-8")
    settings.STATIC_ROOT = str(tmp_path)
    browser = Client(raise_request_exception=False, HTTP_HOST=host)
    assert browser.get("/static/gone.js").status_code == 200
    gone.unlink()
    vanished, never = browser.get("/static/gone.js"), browser.get("/static/never.js")
    assert (vanished.status_code, never.status_code) == (404, 404)
    assert vanished["Cache-Control"] == never["Cache-Control"] == "private, no-store"
    answer = browser.get("/static/stays.js")
    assert (answer.status_code, b"".join(answer)) == (200, b"export {};")
