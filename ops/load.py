"""A light load on the servers that `./dev demo` started: four readers on the loopback interface, for some seconds.

It answers one question: does the thing stay quick and free of errors while a few people look at it? Absolute speed is
measured by `./dev bench`. The rate limits answer 429 unless the demo was started with them off. It can speak to 127.0.0.1
only, stops by itself, and its requests are bounded in number.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

READERS = 4
LONGEST_S = 60
MOST_REQUESTS = 20_000
TIMEOUT_S = 30
STRANGER_PATHS = ("/healthz", "/sign-in", "/api/v1/openapi.json")


@dataclass
class Outcome:
    """What the readers saw: seconds by path and statuses; `lock` guards both."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, path: str, status: int, seconds: float) -> None:
        """Count one answer; status 0 is a connection that broke."""
        with self.lock:
            self.requests += 1
            self.statuses[path, status] += 1
            self.seconds.setdefault(path, []).append(seconds)


def read(port: int, paths: tuple[str, ...], until: float, outcome: Outcome) -> None:
    """One reader: one kept connection, the paths in turn, until the time or the number of requests is used up."""
    headers = {"Authorization": f"Bearer {token}"} if (token := os.environ.get("WANGGE_TOKEN")) else {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    turn = 0
    while time.monotonic() < until and outcome.requests < MOST_REQUESTS:
        path = paths[turn % len(paths)]
        turn += 1
        began = time.perf_counter()
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            connection.close()
            status = 0
        outcome.add(path, status, time.perf_counter() - began)


def report(outcome: Outcome, took_s: float) -> int:
    """Print what was seen; 1 when an answer was a server error or none."""
    bad = sum(count for (_, status), count in outcome.statuses.items() if status == 0 or status >= 500)
    print(f"{outcome.requests} requests in {took_s:.1f} s = {outcome.requests / took_s:.0f}/s, {bad} failed")
    for path, seconds in sorted(outcome.seconds.items()):
        ordered = sorted(seconds)
        p50, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
        seen = ", ".join(f"{s}×{n}" for (p, s), n in sorted(outcome.statuses.items()) if p == path)
        print(f"  {path:40} p50 {p50 * 1000:6.0f} ms   p95 {p95 * 1000:6.0f} ms   {seen}")
    return 1 if bad else 0


def main() -> int:
    """Read the port of the running city server and put the load on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run-folder", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--path", action="append", help="may be repeated; WANGGE_TOKEN is sent as Bearer")
    options = parser.parse_args()
    port = int((options.run_folder / "city.port").read_text())
    seconds = max(1, min(options.seconds, LONGEST_S))
    outcome = Outcome()
    began = time.monotonic()
    work = (port, tuple(options.path or STRANGER_PATHS), began + seconds, outcome)
    readers = [threading.Thread(target=read, args=work) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    return report(outcome, time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main())
