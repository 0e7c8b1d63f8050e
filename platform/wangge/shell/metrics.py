"""What Prometheus is told of this process: requests, statements, the pool, refused callers.

Several processes of one server share their numbers where PROMETHEUS_MULTIPROC_DIR names a directory.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_shared = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
if _shared:  # the library wants it to be there when it is imported
    Path(_shared).mkdir(parents=True, exist_ok=True)

from prometheus_client import (  # noqa: E402
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)  # fmt: skip

from wangge.kernel.database.current import city_connection  # noqa: E402

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_POOL_EVERY_S = 1.0
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter("wangge_requests", "Answered requests", ["method", "route", "status"])
SECONDS = Histogram("wangge_request_seconds", "Time to answer", ["method", "route"], buckets=_SECONDS)
STATEMENTS = Histogram(
    "wangge_request_statements",
    "Database statements of a request",
    buckets=(0, 1, 2, 3, 5, 8, 13, 21, 34, 55),
)
CITY_REQUESTS = Counter("wangge_city_requests", "Answered requests of a city", ["city", "status"])
RATE_LIMITED = Counter("wangge_rate_limited", "Requests turned away by a rate limit", ["whose"])
POOL = Gauge("wangge_database_pool", "Connections by state", ["state"], multiprocess_mode="livesum")
_pool_seen_at = 0.0


def observe_request(
    *, method: str, route: str, status: int, seconds: float, statements: int, city: str | None
) -> None:
    """Count one answer; `method` is one of METHODS or OTHER, `route` the route's pattern, never the path."""
    status_class = f"{status // 100}xx"
    REQUESTS.labels(method, route, status_class).inc()
    SECONDS.labels(method, route).observe(seconds)
    STATEMENTS.observe(statements)
    if city is not None:
        CITY_REQUESTS.labels(city, status_class).inc()
    observe_pool()


def observe_pool() -> None:
    """Read this process's connection pool, at most once a second."""
    global _pool_seen_at
    now = time.monotonic()
    if now - _pool_seen_at < _POOL_EVERY_S:
        return
    _pool_seen_at = now
    pool = city_connection()._connection_pools.get("default")  # the `pool` property would open one
    if pool is None:
        return
    numbers = pool.get_stats()
    size, free = numbers.get("pool_size", 0), numbers.get("pool_available", 0)
    POOL.labels("open").set(size)
    POOL.labels("used").set(size - free)
    POOL.labels("most").set(numbers.get("pool_max", 0))
    POOL.labels("waiting").set(numbers.get("requests_waiting", 0))


def process_metrics() -> bytes:
    """The numbers of this process, or of all that share the directory, in Prometheus' text format."""
    if not _shared:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return generate_latest(registry)
