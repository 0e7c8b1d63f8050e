"""Waiting until a read-only city is at rest: every process knows of it, and what ran already has ended."""

from __future__ import annotations

import time

from django.utils import timezone

from tenants.registry.models import City
from tenants.registry.rules.city_life import time_to_learn
from tenants.registry.services.queue import running_jobs
from wangge.errors import RuleBroken

# For readers of a city's tables, and for its running jobs, to end, before a restore or a drop gives up.
PATIENCE_S = 60


def wait_until_learnt(city: City) -> None:
    """Wait until no process takes the city for writable any more; at once when it was suspended some time ago."""
    if city.suspended_at is not None:
        time.sleep(time_to_learn(city.suspended_at, timezone.now()).total_seconds())


def wait_until_idle(schema_name: str) -> None:
    """A suspended city's jobs are put off; wait for those that were running already, or raise 409 CITY_BUSY."""
    until = time.monotonic() + PATIENCE_S
    while running := running_jobs(schema_name):
        if time.monotonic() > until:
            raise RuleBroken(
                "CITY_BUSY",
                zh="该城市还有任务正在运行，请等其结束后再试",
                en="a job of this city is still running; try again when it has ended",
                status=409,
                facts={"running": running},
                how_to_fix_zh="该城市仍为只读，新任务不会开始；稍后重试",
                how_to_fix_en="the city stays read-only and begins no new job; try again shortly",
            )
        time.sleep(0.5)
