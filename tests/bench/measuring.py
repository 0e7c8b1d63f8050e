"""What a piece of work takes: clock, CPU, statements and memory, as one line of JSON."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from typing import Any

from django.db import connection


class StatementCount:
    """A wrapper of executions that counts statements without keeping their text."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)


def measured(what: str, work: Callable[[], Any]) -> Any:
    """Do it and print wall and process CPU in seconds, statements, and the process's peak memory so far in MB."""
    counter, wall, cpu = StatementCount(), time.perf_counter(), time.process_time()
    with connection.execute_wrapper(counter):
        result = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row = {"what": what, "wall_s": round(wall, 3), "cpu_s": round(cpu, 3), "statements": counter.count}
    print(json.dumps(row | {"peak_mb": round(peak)}, ensure_ascii=False), flush=True)
    return result
