"""Showing long work on a terminal: one bar a step, plain lines where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tenants.bureau.models import BackgroundJob, JobState

Listener = Callable[[int, int, str], None]


class DemoFailed(Exception):
    """A step of the demo did not succeed; carries the job's problem document."""


def finish(job: BackgroundJob) -> Mapping[str, Any]:
    """The result of a job that has ended well; raises DemoFailed otherwise."""
    if job.state != JobState.SUCCEEDED:
        raise DemoFailed(f"{job.kind}: {job.problem}")
    result: Mapping[str, Any] = job.result or {}
    return result


class Steps:
    """Prints the steps of one city; `bar` gives the listener that a job reports its progress to."""

    def __init__(self, console: Console, city: str) -> None:
        self.console = console
        self.city = city

    def say(self, text: str) -> None:
        """One plain line."""
        self.console.print(f"[bold]{self.city}[/] {text}", highlight=False)

    @contextmanager
    def bar(self, title: str) -> Iterator[Listener]:
        """A progress bar for one job."""
        began = time.monotonic()
        if not self.console.is_terminal:
            self.say(f"{title} …")
            yield lambda done, total, stage: None
            self.say(f"{title}  {time.monotonic() - began:.1f} s")
            return
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns, TextColumn("{task.fields[stage]}"), console=self.console) as progress:
            task = progress.add_task(f"{self.city} {title}", total=None, stage="")

            def listen(done: int, total: int, stage: str) -> None:
                progress.update(task, completed=done, total=total or None, stage=stage)

            yield listen
