"""Workers are killed without warning at random moments; afterwards every effect stands once and nothing is lost."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

DOING = """
SELECT count(*) FROM procrastinate_jobs
WHERE status = 'doing' AND args ->> 'job_id' = %s AND args ->> 'city' = %s"""


def kill_at_random(
    queue: Any, workers: Any, cities: list[Any], *, kills: int, jobs_a_kill: int, seed: int
) -> dict[str, list[Any]]:
    """Two workers at work; again and again one is killed and another takes its place. Returns the jobs by city."""
    chance = random.Random(seed)
    workers.settings |= {
        "WANGGE_JOB_DEATHS": "1000",
        "WANGGE_JOB_APART_AFTER": "1000",
        "WANGGE_RESCUE_AFTER_S": "1.5",
    }
    given: dict[str, list[Any]] = {city.slug: [] for city in cities}
    alive = [workers.beget(), workers.beget()]
    for _ in range(kills):
        for _ in range(jobs_a_kill):
            city = chance.choice(cities)
            given[city.slug].append(queue.give(city, "write", pause_s=chance.uniform(0, 0.15)))
        time.sleep(chance.uniform(0.2, 1.0))
        workers.kill(alive.pop(chance.randrange(2)))
        alive.append(workers.beget())
    # Chance may have met nobody at work: whichever of the two has this one, it dies over it.
    last = queue.give(cities[0], "write", pause_s=1.0)
    given[cities[0].slug].append(last)
    queue.until(
        lambda: queue.ask(DOING, [str(last.pk), cities[0].schema_name])[0][0] > 0, "the last job at work"
    )
    for _ in range(2):
        workers.kill(alive.pop(0))
        alive.append(workers.beget())
    queue.until(lambda: queue.waiting() == 0, "the end of every job", 120)
    return given


def check_once(queue: Any, cities: list[Any], given: dict[str, list[Any]]) -> None:
    for city in cities:
        wanted = sorted(job.pk for job in given[city.slug])
        assert queue.effects(city) == {"audit": wanted, "outbox": wanted}
        assert {queue.job(city, job).state for job in given[city.slug]} <= {"succeeded"}
    ends = queue.ask("SELECT status::text, count(*) FROM procrastinate_jobs WHERE args ? 'job_id' GROUP BY 1")
    assert ends == [("succeeded", sum(map(len, given.values())))]


def rescued(queue: Any) -> int:
    return int(queue.ask("SELECT count(*) FROM procrastinate_jobs WHERE attempts > 1")[0][0])


def test_killed_workers_lose_nothing_and_repeat_nothing(
    committed_database: str, alpha: Any, beta: Any, queue: Any, workers: Any
) -> None:
    cities = [alpha, beta]
    given = kill_at_random(queue, workers, cities, kills=4, jobs_a_kill=6, seed=20260301)
    check_once(queue, cities, given)
    assert rescued(queue) > 0  # the kills struck jobs, or nothing was tested


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_workers_many_times(
    committed_database: str, alpha: Any, beta: Any, queue: Any, workers: Any, seed: int, record_property: Any
) -> None:
    cities = [alpha, beta]
    given = kill_at_random(queue, workers, cities, kills=100, jobs_a_kill=6, seed=seed)
    check_once(queue, cities, given)
    record_property("rescued", rescued(queue))
    assert rescued(queue) > 20
