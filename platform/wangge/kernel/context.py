"""What the present request or job is called, for audit rows, problems and log lines."""

from __future__ import annotations

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
