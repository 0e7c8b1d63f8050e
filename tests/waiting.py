"""Waiting for what another process brings about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 120.0


def wait_for(seen: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> Any:
    """What `seen` returns as soon as it is true; fails when it does not become so.

    Meanwhile no route of a browser test's own is answered: Playwright serves them in this thread.
    """
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if found := seen():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {within_s} s: {what}")
