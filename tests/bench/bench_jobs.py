"""The queue with 300 cities: one round of a regular job, and enqueueing under a full queue, beside procrastinate's own way.

Prints seconds and ratios of one run; run with `./dev bench jobs`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app

from tenants.registry.models import City
from tenants.registry.services.queue import enqueue
from wangge.shell.periodic import fan_out

CITIES = 300
TASK = "accounts.keep_house"


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@pytest.fixture
def cities(db: None) -> list[str]:
    """300 rows of the registry; their schemas are not needed to enqueue."""
    rows = [
        City(
            slug=f"bench{number}", name=f"{number}市", schema_name=f"city_bench{number}",
            division_code="410800", gauss_kruger_epsg=4547,
        )
        for number in range(CITIES)
    ]  # fmt: skip
    City.objects.bulk_create(rows)
    return list(City.objects.values_list("schema_name", flat=True))


def _one_by_one(cities: list[str]) -> None:
    for city in cities:
        app.configure_task(TASK, queue="system", queueing_lock=f"{TASK}:{city}").defer(city=city)


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


@pytest.mark.bench
def test_a_round_over_300_cities(cities: list[str]) -> None:
    ours = _seconds(lambda: fan_out(TASK))
    again = _seconds(lambda: fan_out(TASK))
    _empty()
    plain = _seconds(lambda: _one_by_one(cities))
    print(
        f"\none round over {len(cities)} cities: {ours:.3f} s, while all still wait {again:.3f} s;"
        f" procrastinate's defer one by one {plain:.2f} s ({plain / ours:.0f} times)"
    )


@pytest.mark.bench
def test_enqueueing_and_fetching_with_full_queues(cities: list[str]) -> None:
    """Every city has 40 jobs waiting; the index by lock is what keeps both from looking through all of them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
            " SELECT 'default', 'layers.import', jsonb_build_object('city', schema_name)"
            " FROM registry_city, generate_series(1, 40)"
        )
        cursor.execute("ANALYZE procrastinate_jobs")

    def put() -> None:
        for city in cities[:100]:
            enqueue(task="layers.import", arguments={"city": city})

    def fetch() -> None:
        with connection.cursor() as cursor:
            for _ in range(100):
                cursor.execute("SELECT id FROM procrastinate_fetch_job_v2('{default}', NULL)")

    put_s, fetch_s = _seconds(put), _seconds(fetch)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX public.wangge_jobs_by_lock")
    plain_put_s, plain_fetch_s = _seconds(put), _seconds(fetch)
    print(
        f"\n{len(cities) * 40} jobs wait: enqueue {put_s * 10:.1f} ms, fetch {fetch_s * 10:.1f} ms;"
        f" without the index {plain_put_s * 10:.1f} and {plain_fetch_s * 10:.1f} ms"
        f" ({plain_put_s / put_s:.1f} and {plain_fetch_s / fetch_s:.1f} times)"
    )
