"""What the browser tests look with: words of a page, what the API says beside it, what keeps it from being read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOOKS = (Path(__file__).parent / "looks_of_a_page.js").read_text(encoding="utf-8")


def text_of(page: Any, selector: str) -> str:
    return re.sub(r"\s+", " ", page.inner_text(selector))


def read(page: Any, path: str) -> Any:
    """What the API says to who is signed in at that page."""
    return page.evaluate("path => fetch('/api/v1/' + path).then(answer => answer.json())", path)


def soon(holds: Callable[[], bool], within: float = 30.0) -> None:
    """Wait until something holds that the page does not show, such as what has reached the database.

    Meanwhile no route of the test's own is answered: Playwright serves them in this thread.
    """
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until, f"it did not come about within {within:g} s"
        time.sleep(0.05)
