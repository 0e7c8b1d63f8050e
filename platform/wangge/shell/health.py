"""Whether this process lives (`/healthz`) and whether it can serve (`/readyz`), on any host, before any limit."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse

from wangge.kernel.database.current import libpq_parameters

log = logging.getLogger(__name__)
Next = Callable[[HttpRequest], HttpResponse]
_REMEMBERED_S = 2.0
_PATIENCE_S = 3


@cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of every app that has tables in public."""
    shared = {app.label for app in apps.get_app_configs() if app.name in settings.SHARED_APPS}
    return frozenset(node for node in MigrationLoader(None).graph.leaf_nodes() if node[0] in shared)


def reasons_not_ready() -> list[str]:
    """Why this process cannot serve: `database`, `migrations` or `stamp`; an empty list when it can.

    Asks over a connection of its own, so that a full pool does not look like a dead database, nor a check that waits
    keep a connection from a request.
    """
    own: dict[str, Any] = {
        "connect_timeout": _PATIENCE_S,
        "options": f"-c statement_timeout={_PATIENCE_S * 1000}",
        "application_name": "wangge-ready",
    }
    try:
        with psycopg.connect(autocommit=True, **(libpq_parameters() | own)) as asked:
            applied = frozenset(asked.execute("SELECT app, name FROM public.django_migrations").fetchall())
            stamped = asked.execute("SELECT 1 FROM public.registry_citystamp WHERE id = 1").fetchone()
    except psycopg.errors.UndefinedTable:
        return ["migrations"]
    except psycopg.Error as error:
        log.warning("not ready: the database does not answer (%s)", type(error).__name__)
        return ["database"]
    missing = [] if applied >= _newest_migrations() else ["migrations"]
    return missing + ([] if stamped else ["stamp"])


class HealthMiddleware:
    """Answers both addresses; what was found is remembered for two seconds, so that nobody can flood it."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self._found: tuple[float, list[str]] | None = None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """`ok`, or 503 with the reasons; never a setting or an error's text."""
        if request.path == "/healthz":
            request.watched_as = "healthz"  # type: ignore[attr-defined]
            return HttpResponse("ok", content_type="text/plain")
        if request.path == "/readyz":
            request.watched_as = "readyz"  # type: ignore[attr-defined]
            reasons = self._reasons()
            return JsonResponse({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)
        return self.get_response(request)

    def _reasons(self) -> list[str]:
        now = time.monotonic()
        if self._found is None or now - self._found[0] > _REMEMBERED_S:
            self._found = (now, reasons_not_ready())
        return self._found[1]
