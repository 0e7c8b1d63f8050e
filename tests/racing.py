"""Deeds that begin together, each on a connection of its own: what two people who press at once really do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, get_ident
from time import monotonic, sleep
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django_tenants.utils import schema_context

from wangge.errors import RuleBroken

MOST_S = 30.0
_WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND datname = %s"""


def race(city: Any, *deeds: Callable[[], Any]) -> list[str]:
    """Run all deeds in the city; "done" or the refusal's code of each, in the order of the deeds."""
    start = Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> str:
        try:
            with schema_context(city.schema_name):
                connection.ensure_connection()
                start.wait(timeout=30)
                deed()
        except RuleBroken as refused:
            return refused.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, deed) for deed in deeds]]


def ends_of_race(city: Any, *deeds: Callable[[], Any]) -> list[str]:
    """As `race`, in order of the alphabet: for rivals of whom either may win."""
    return sorted(race(city, *deeds))


def meet(
    city: Any,
    monkeypatch: Any,
    place: tuple[Any, str],
    first: Callable[[], Any],
    second: Callable[[], Any],
    *,
    call: int = 1,
) -> list[str]:
    """As `race`, but `first` stops midway until `second` waits for a lock or is through: what may happen does happen.

    It stops where it calls the named function of that module or class (`place`) for the first time, or the `call`-th.
    """
    owner, name = place
    asked, reached, through = owner.__dict__[name], Event(), Event()
    holder: list[int] = []
    calls: list[None] = []

    def stopping(*args: Any, **kwargs: Any) -> Any:
        if holder == [get_ident()]:
            calls.append(None)
            if len(calls) == call:
                reached.set()
                until_waiting(1, unless=through)
        return asked(*args, **kwargs)

    def hold() -> None:
        holder.append(get_ident())
        try:
            first()
        finally:
            reached.set()

    def rival() -> None:
        assert reached.wait(MOST_S)
        try:
            second()
        finally:
            through.set()

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, stopping)
        ends = race(city, hold, rival)
    assert len(calls) >= call, f"the first one never called {name}: {ends}"
    return ends


def until_waiting(number: int, unless: Event | None = None) -> None:
    """Return when so many connections to the test's database wait for a lock, or that event has come."""
    database = settings.DATABASES["default"]
    until = monotonic() + MOST_S
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"] or None, user=database["USER"],
        password=database["PASSWORD"], dbname="postgres", autocommit=True,
    ) as watcher:  # fmt: skip
        while not (unless is not None and unless.is_set()):
            (waiting,) = watcher.execute(_WAITING, [database["NAME"]]).fetchone() or (0,)
            if waiting >= number:
                return
            assert monotonic() < until, "nobody waited, and nobody was through"
            sleep(0.01)
