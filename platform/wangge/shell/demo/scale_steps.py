"""What the steps of a city made for measuring share: its size, its accounts, and a bar that tells what a step took."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from tenants.accounts.models import User
from tenants.bureau.models import BackgroundJob
from tenants.bureau.services.jobs import JobBody, run_job
from wangge.shell.demo.scale_frames import ScaleGround
from wangge.shell.demo.steps import Listener, Steps, finish


@dataclass(frozen=True)
class Scale:
    """How much of everything; `booked_weeks`: of duties, `new_places`: that the study of gaps looks for."""

    slug: str
    title: str
    ground: ScaleGround
    instructors: int
    booked_weeks: int
    new_places: int
    interest_grids: int
    participants: int
    attendances: int


class _Counter:
    """Counts statements without keeping their text."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)


@dataclass
class Making:
    """A city in the making: its size, the folder of its layers, its accounts by sign-in name, the terminal."""

    scale: Scale
    folder: Path
    people: dict[str, User]
    steps: Steps

    @contextmanager
    def step(self, title: str) -> Iterator[Listener]:
        """A bar for one step, then a line with its wall and process CPU seconds, statements and the peak memory so far."""
        counter, wall, cpu = _Counter(), time.perf_counter(), time.process_time()
        with self.steps.bar(title) as listen, connection.execute_wrapper(counter):
            yield listen
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.steps.say(
            f"  {title}：{wall:.1f} s，CPU {cpu:.1f} s，{counter.count} 条语句，内存峰值 {peak:.0f} MB"
        )

    def run(self, job: BackgroundJob | None, body: JobBody, listen: Listener) -> dict[str, Any]:
        """Run a job here and now; its result. Raises DemoFailed when it did not end well."""
        assert job is not None
        return dict(finish(run_job(job_id=job.pk, body=body, listener=listen)))
