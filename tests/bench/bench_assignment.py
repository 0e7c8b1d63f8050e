"""Instructors assigned to the sites of a city of Jiaozuo's size: 30,000 × 2,050, beside a greedy answer and scipy.

`./dev bench assignment`. The town is made up, with a fixed seed: 48 street/towns, homes clustered in them, 16 items of
which a few are asked for and taught far more than the rest, sessions mostly at six to eight in the morning. Seconds are
CPU of this process. The greedy answer takes the needs by weight and for each place the nearest who still can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instructors.assignment.rules.site_assignment import AvailableInstructor, WeeklyNeed, WeeklySpan

MORNING, DAY, EVENING = (330, 510), (510, 1020), (1020, 1290)
# Hours of needs: from minute, how often.
HOURS = ((360, 0.40), (390, 0.20), (420, 0.08), (570, 0.06), (900, 0.06), (1110, 0.08), (1140, 0.12))
ITEMS = 16


@dataclass(frozen=True)
class Town:
    instructors: tuple[AvailableInstructor, ...]
    needs: tuple[WeeklyNeed, ...]


def town_of(people: int, sites: int, seed: int, side_m: float = 63_000.0) -> Town:
    """Homes and sites clustered alike in 48 towns of very different size."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(0, side_m, (48, 2))
    size = rng.pareto(1.2, 48) + 0.2
    spread = rng.uniform(800, 3_500, 48)
    share = 1 / np.arange(1, ITEMS + 1) ** 1.1

    def scattered(count: int) -> tuple[np.ndarray, np.ndarray]:
        town = rng.choice(48, count, p=size / size.sum())
        return town, centre[town] + rng.normal(size=(count, 2)) * spread[town, None]

    _, homes = scattered(people)
    town, spots = scattered(sites)
    return Town(
        tuple(_instructor(key, xy, rng, share) for key, xy in enumerate(homes)),
        tuple(_needs(zip(town, spots, strict=True), rng, share)),
    )


def _instructor(key: int, xy: np.ndarray, rng: np.random.Generator, share: np.ndarray) -> AvailableInstructor:
    items = rng.choice(ITEMS, rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1]), replace=False, p=share / share.sum())
    free = []
    for weekday in range(1, 8):
        for begin, end in (MORNING, DAY, EVENING):
            often = 0.5 if weekday > 5 else {MORNING: 0.3, DAY: 0.1, EVENING: 0.25}[begin, end]
            if rng.random() < often:
                free.append(WeeklySpan(weekday, begin, end))
    limit = int(rng.choice([1, 2, 3, 5], p=[0.35, 0.3, 0.25, 0.1]))
    return AvailableInstructor(
        key, frozenset(map(int, items)), round(float(xy[0]), 1), round(float(xy[1]), 1), tuple(free), limit
    )


def _needs(sites, rng: np.random.Generator, share: np.ndarray) -> list[WeeklyNeed]:  # type: ignore[no-untyped-def]
    hours, often = np.array([h for h, _ in HOURS]), np.array([o for _, o in HOURS])
    found: list[WeeklyNeed] = []
    for site, (town, xy) in enumerate(sites):
        households = int(rng.integers(80, 2_500))
        for _ in range(int(rng.choice([2, 4, 6, 10], p=[0.2, 0.4, 0.3, 0.1]))):
            begin = int(rng.choice(hours, p=often))
            found.append(
                WeeklyNeed(
                    key=len(found),
                    site=site,
                    x_m=round(float(xy[0]), 1),
                    y_m=round(float(xy[1]), 1),
                    town=int(town),
                    item=int(rng.choice(ITEMS, p=share / share.sum())),
                    when=WeeklySpan(int(rng.integers(1, 8)), begin, begin + int(rng.choice([60, 90, 120]))),
                    wanted=int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])),
                    weight=households,
                )
            )
    return found
