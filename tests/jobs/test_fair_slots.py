"""A city runs at most its slots, whatever it enqueues, and its neighbour does not wait for it."""

from __future__ import annotations

import time
from typing import Any

RUNNING = """
SELECT args->>'city', count(*) FROM procrastinate_jobs WHERE status = 'doing' AND queue_name = 'default' GROUP BY 1"""


def test_a_flood_of_one_city_leaves_room_for_the_other(
    committed_database: str, alpha: Any, beta: Any, queue: Any, workers: Any
) -> None:
    flood = [queue.give(alpha, "linger", seconds=300) for _ in range(50)]
    workers.start()
    most = 0

    def look() -> dict[str, int]:
        nonlocal most
        running = dict(queue.ask(RUNNING))
        most = max(most, running.get(alpha.schema_name, 0))
        return running

    until = time.monotonic() + 60
    while look().get(alpha.schema_name, 0) < alpha.job_slots:
        assert time.monotonic() < until, workers.log
        time.sleep(0.1)
    late = queue.give(beta, "write")
    asked = time.monotonic()
    while queue.job(beta, late).state != "succeeded":
        look()
        assert time.monotonic() - asked < 60, workers.log  # the flood's jobs take five minutes each
        time.sleep(0.05)
    for _ in range(20):
        look()
        time.sleep(0.05)
    assert most == alpha.job_slots == 2
    started = [job for job in flood if queue.job(alpha, job).state == "running"]
    assert len(started) == 2


def test_a_job_does_not_wait_behind_a_long_one_while_a_slot_is_empty(
    committed_database: str, alpha: Any, queue: Any, workers: Any
) -> None:
    long, short, third, fourth = (
        queue.give(alpha, kind, seconds=120) for kind in ("linger", "write", "write", "write")
    )
    locks = "SELECT lock FROM procrastinate_jobs WHERE args ? 'job_id' ORDER BY id"
    assert [row[0][-1] for row in queue.ask(locks)] == ["0", "1", "0", "1"]
    workers.start()
    for job in (short, fourth, third):
        assert queue.ended(alpha, job).state == "succeeded"
    assert queue.job(alpha, long).state == "running"
    assert {row[0] for row in queue.ask(locks)} <= {"city_alpha:0", "city_alpha:1"}
