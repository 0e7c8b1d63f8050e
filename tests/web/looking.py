"""What the browser tests look with: words of a page, what the API says beside it, what keeps it from being read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

LOOKS = (Path(__file__).parent / "looks_of_a_page.js").read_text(encoding="utf-8")


def text_of(page: Any, selector: str) -> str:
    return re.sub(r"\s+", " ", page.inner_text(selector))


def read(page: Any, path: str) -> Any:
    """What the API says to who is signed in at that page."""
    return page.evaluate("path => fetch('/api/v1/' + path).then(answer => answer.json())", path)
