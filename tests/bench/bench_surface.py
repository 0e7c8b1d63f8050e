"""What the surface costs a request: limits, headers, watching and the log line, each against a view that does nothing."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from limits import parse

from wangge.shell import rate_middleware
from wangge.shell.logs import ACCESS_LOGGER, JsonLines, Surroundings
from wangge.shell.rates import Limiter, WindowMemory
from wangge.shell.scrub import scrub
from wangge.shell.surface import ProxyMiddleware, SurfaceMiddleware
from wangge.shell.watch import WatchMiddleware

REQUESTS = 4000
pytestmark = pytest.mark.bench
Next = Callable[[HttpRequest], HttpResponse]


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"x")


def microseconds(answer: Next, requests: list[HttpRequest]) -> float:
    """The mean of the best of three passes, in µs."""
    passes = []
    for _ in range(3):
        began = time.perf_counter()
        for request in requests:
            answer(request)
        passes.append((time.perf_counter() - began) / len(requests) * 1e6)
    return min(passes)


@pytest.mark.django_db
def test_cost_of_the_surface(monkeypatch: pytest.MonkeyPatch, rf: RequestFactory, alpha: Any) -> None:
    requests = [
        rf.get("/api/v1/me", HTTP_HOST="alpha.test", REMOTE_ADDR=f"10.1.{n % 200}.7") for n in range(REQUESTS)
    ]
    for request in requests:
        request.tenant = alpha  # type: ignore[attr-defined]
    limiter = Limiter(
        WindowMemory(), {kind: parse("100000000/minute") for kind in ("address", "user", "city")}
    )
    monkeypatch.setattr(rate_middleware, "limiter", lambda: limiter)
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonLines(json_ensure_ascii=False))
    handler.addFilter(Surroundings())
    access = logging.getLogger(ACCESS_LOGGER)
    monkeypatch.setattr(access, "propagate", False)

    def limits(then: Next) -> Next:
        return rate_middleware.CallerRateMiddleware(rate_middleware.CityRateMiddleware(then))

    plain = microseconds(view, requests)
    print(f"\na view that does nothing {plain:6.1f} µs")
    stages: list[tuple[str, Next]] = [
        ("limits by caller and by city", limits(view)),
        ("headers and proxies", SurfaceMiddleware(ProxyMiddleware(view))),
        ("metrics without a log line", WatchMiddleware(view)),
    ]
    access.setLevel(logging.CRITICAL)
    for name, answer in stages:
        print(f"{name:30} + {microseconds(answer, requests) - plain:6.1f} µs")
    access.setLevel(logging.INFO)
    access.addHandler(handler)
    everything = WatchMiddleware(SurfaceMiddleware(ProxyMiddleware(limits(view))))
    print(f"{'all of it with a JSON line':30} + {microseconds(everything, requests) - plain:6.1f} µs")
    access.removeHandler(handler)


def test_a_flood_from_many_addresses_costs_one_caller_nothing() -> None:
    limiter = Limiter(WindowMemory(), {"address": parse("600/minute")})

    def mean(addresses: list[str]) -> float:
        began = time.perf_counter()
        for address in addresses:
            limiter.wait_s("address", address)
        return (time.perf_counter() - began) / len(addresses) * 1e6

    quiet = mean(["192.0.2.7"] * 20_000)
    mean([f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(200_000)])
    print(
        f"\none hit {quiet:.1f} µs; with 200,000 other addresses in the window {mean(['192.0.2.8'] * 20_000):.1f} µs"
    )


def test_cost_of_scrubbing() -> None:
    line = "unhandled error in request 5f2c13a00000000b8a7f13c00000000c while layers.import 42 of city wangge_alpha ran"
    began = time.perf_counter()
    for _ in range(REQUESTS):
        scrub(line)
    print(
        f"\nscrubbing a line of {len(line)} characters {(time.perf_counter() - began) / REQUESTS * 1e6:.1f} µs"
    )
