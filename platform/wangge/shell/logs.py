"""Log lines: JSON in production, readable in development; each with its city and request, none with personal data."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from wangge.kernel.context import request_id
from wangge.shell.scrub import scrub

ACCESS_LOGGER = "wangge.access"
# Who acts, as a number; set by the middleware that watches requests, read by every line written meanwhile.
acting_user: ContextVar[Any] = ContextVar("acting_user", default=None)
# What a line may say beyond its message; anything else that a library hands over stays out.
_EXTRAS = ("method", "route", "status", "duration_ms", "statements")
_JOB = "job-"


def _city() -> str | None:
    from django.db import connection  # the settings that configure the log are read before it may be imported

    schema = getattr(connection, "schema_name", None)
    return None if schema in (None, "public") else str(schema)


class Surroundings(logging.Filter):
    """Adds to a line the city, the request or job, and the acting user's number."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every line pass."""
        name = request_id.get()
        record.city = getattr(record, "city", None) or _city()
        record.request_id = "" if name.startswith(_JOB) else name
        record.job = name.removeprefix(_JOB) if name.startswith(_JOB) else ""
        whose = acting_user.get()
        record.user = getattr(record, "user", None) or (whose() if callable(whose) else whose)
        return True


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    known = {name: getattr(record, name, None) for name in ("city", "request_id", "job", "user", *_EXTRAS)}
    return {name: value for name, value in known.items() if value not in (None, "")}


class JsonLines(JsonFormatter):
    """One JSON object a line: time, level, logger, message, then what is known of city, request and user."""

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Only fields named here; message and traceback without personal data. Local variables are never written."""
        log_data.update(
            time=datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds"),
            level=record.levelname,
            logger=record.name,
            message=scrub(record.getMessage()),
            **_facts(record),
        )
        if record.exc_info:
            log_data["exception"] = scrub(str(self.formatException(record.exc_info)))


class ReadableLines(logging.Formatter):
    """Lines for a terminal: the same facts after the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, scrubbed as in production."""
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        return scrub(super().format(record)) + (f" [{facts}]" if facts else "")


def logging_settings(*, is_production: bool, level: str, logs_access: bool) -> dict[str, Any]:
    """Django's LOGGING: one handler on standard error; no mail, no debug page, no library that chats below warnings."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"surroundings": {"()": Surroundings}},
        "formatters": {
            "json": {"()": JsonLines, "json_ensure_ascii": False},
            "readable": {"()": ReadableLines, "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json" if is_production else "readable",
                "filters": ["surroundings"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would mail errors and print to the console beside ours.
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            "django.server": {"handlers": [], "level": "NOTSET", "propagate": True},
            "django.request": {
                "level": "ERROR"
            },  # refusals are answers, not faults; the access line counts them
            "procrastinate.blueprints": {"level": "WARNING"},
            "pyogrio": {"level": "WARNING"},
            "matplotlib": {"level": "WARNING"},
            "asyncio": {"level": "WARNING"},
            ACCESS_LOGGER: {"level": "INFO" if logs_access else "CRITICAL"},
        },
    }
