"""The page that Prometheus reads: this server's numbers, and on the operator's server the installation's."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from psycopg import sql

from tenants.registry.queries import cities
from wangge.errors import RuleBroken, not_found
from wangge.kernel.client_address import address_of, client_address
from wangge.kernel.database.current import city_connection
from wangge.kernel.problems import problem_response
from wangge.shell.metrics import process_metrics

Next = Callable[[HttpRequest], HttpResponse]
PATH = "/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_REMEMBERED_S = 15.0
_STATES = {"todo": "waiting", "doing": "running", "failed": "failed"}

_JOBS = """
    SELECT coalesce(job.args->>'city', ''), job.status::text, count(*)
    FROM public.procrastinate_jobs job WHERE job.status IN ('todo', 'doing', 'failed') GROUP BY 1, 2
"""
_OLDEST = """
    SELECT coalesce(job.args->>'city', ''), extract(epoch FROM now() - min(coalesce(job.scheduled_at, event.at)))
    FROM public.procrastinate_jobs job
    JOIN public.procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred'
    WHERE job.status = 'todo' AND coalesce(job.scheduled_at, now()) <= now() GROUP BY 1
"""
# By two indexes: messages that wait, and the oldest audit row written since the chain was last sealed.
_OF_A_CITY = """
    SELECT {name},
        (SELECT count(*) FROM {schema}.bureau_outboxmessage WHERE delivered_at IS NULL AND given_up_at IS NULL),
        (SELECT extract(epoch FROM now() - min(at)) FROM {schema}.accounts_auditevent WHERE at > coalesce(
            (SELECT sealed_at FROM {schema}.accounts_auditlink ORDER BY sequence DESC LIMIT 1), '-infinity'))
"""


def _rows(statement: str | sql.Composable) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def _jobs() -> Iterator[Metric]:
    jobs = GaugeMetricFamily("wangge_jobs", "Jobs by city and state", labels=["city", "state"])
    for city, state, number in _rows(_JOBS):
        jobs.add_metric([city, _STATES[state]], float(number))
    yield jobs
    oldest = GaugeMetricFamily(
        "wangge_oldest_waiting_job_seconds", "Age of the oldest due job", labels=["city"]
    )
    for city, seconds in _rows(_OLDEST):
        oldest.add_metric([city], max(0.0, float(seconds)))
    yield oldest


def _work_in_cities(names: list[str]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("wangge_outbox_waiting", "Messages that have not left", labels=["city"])
    unsealed = GaugeMetricFamily(
        "wangge_audit_unsealed_seconds", "Age of the oldest audit row outside the chain", labels=["city"]
    )
    asked = [
        sql.SQL(_OF_A_CITY).format(name=sql.Literal(name), schema=sql.Identifier(name)) for name in names
    ]
    for city, messages, seconds in _rows(sql.SQL(" UNION ALL ").join(asked)) if asked else []:
        waiting.add_metric([city], float(messages))
        unsealed.add_metric([city], max(0.0, float(seconds or 0)))
    yield from (waiting, unsealed)


def _cities() -> tuple[list[str], Iterator[Metric]]:
    known = list(cities().values_list("schema_name", "suspended_at"))
    family = GaugeMetricFamily("wangge_cities", "Cities by state", labels=["state"])
    suspended = sum(since is not None for _, since in known)
    family.add_metric(["active"], len(known) - suspended)
    family.add_metric(["suspended"], suspended)
    return [name for name, _ in known], iter([family])


class Installation:
    """The installation's numbers, read by the operator's login; remembered for some seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._text, self._read_at = b"", 0.0

    def text(self) -> bytes:
        """In Prometheus' text format; `wangge_installation_readable 0` when the database does not answer."""
        with self._lock:
            if not self._text or time.monotonic() - self._read_at > _REMEMBERED_S:
                registry = CollectorRegistry()
                registry.register(self)
                self._text, self._read_at = generate_latest(registry), time.monotonic()
            return self._text

    def collect(self) -> Iterable[Metric]:
        """Every family; a database that fails ends the list."""
        readable = GaugeMetricFamily(
            "wangge_installation_readable", "1 when the numbers by city could be read"
        )
        found: list[Metric] = []
        try:
            city_connection().set_schema_to_public()
            names, families = _cities()
            found += [*families, *_jobs(), *_work_in_cities(names)]
            readable.add_metric([], 1)
        except DatabaseError:
            readable.add_metric([], 0)
        return [*found, readable]


def _is_loopback(address: str) -> bool:
    found = address_of(address)
    return found is not None and ip_address(found).is_loopback


def may_read(request: HttpRequest) -> bool:
    """By the token where one is set; else, in development only, from the machine itself."""
    token = settings.WANGGE_METRICS_TOKEN
    if not token:
        return settings.WANGGE_METRICS_FOR_MACHINE and _is_loopback(client_address(request))
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), token.encode())


class MetricsMiddleware:
    """Answers `/metrics` at the operators' hosts and those named for it; on a city's host there is no such page."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.installation = Installation()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """401 without the right; the numbers by city are on the operator's server only."""
        if request.path != PATH:
            return self.get_response(request)
        request.watched_as = "metrics"  # type: ignore[attr-defined]
        host = request.META.get("HTTP_HOST", "").lower()
        allowed = {*settings.WANGGE_OPERATOR_HOSTS, *settings.WANGGE_METRICS_HOSTS}
        if host not in allowed and host.partition(":")[0] not in allowed:
            return problem_response(not_found("页面", "page"), request)
        if not may_read(request):
            return problem_response(_not_signed_in(), request)
        body = process_metrics()
        if settings.WANGGE_LOGIN in ("operator", "admin"):
            body += self.installation.text()
        return HttpResponse(body, content_type=CONTENT_TYPE)


def _not_signed_in() -> RuleBroken:
    return RuleBroken(
        "NOT_SIGNED_IN",
        zh="须带指标令牌；生产环境未设置令牌时不对任何人开放",
        en="send the metrics token; in production nobody is answered while none is set",
        status=401,
        how_to_fix_zh="请求头 Authorization: Bearer <WANGGE_METRICS_TOKEN>",
        how_to_fix_en="header Authorization: Bearer <WANGGE_METRICS_TOKEN>",
    )
