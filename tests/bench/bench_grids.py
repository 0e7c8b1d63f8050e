"""Grids of unseen cities beside those of METIS, KaHIP, Mt-KaHyPar and GerryChain, on the same units and zones.

`./dev bench grids` runs the preset `standard` and the stability of a plan; `./dev bench grids_best` runs `best`.
Every peer draws seed after seed until it has used as much CPU as our own run, zone by zone (its own calls alone
count), gets our repair of stray parts and is picked by our score. All plans are drawn by the same code and measured
by `peers/score.py`. Finished cities are kept in .local/bench/grids and not run again while engine, peers and bench
are the same. Environment: WANGGE_BENCH_TRAINING=1 takes the seeds used for tuning, WANGGE_BENCH_CITIES=a,b some
cities, WANGGE_BENCH_FRESH=1 forgets what is kept.
"""

from __future__ import annotations

import os

import pytest

from tests.bench.peers.cities import BenchCity, cities
from tests.bench.peers.runs import measured
from tests.bench.peers.stability import steadiness
from tests.bench.peers.table import publish, publish_stability, verdicts

pytestmark = pytest.mark.bench

RUNS = 3


def _cities() -> list[BenchCity]:
    wanted = os.environ.get("WANGGE_BENCH_CITIES", "")
    found = cities(training=os.environ.get("WANGGE_BENCH_TRAINING") == "1")
    return [city for city in found if not wanted or any(part in city.name for part in wanted.split(","))]


def _beside_peers(preset: str) -> list[str]:
    results = [measured(city, preset, RUNS) for city in _cities()]
    publish(preset, results)
    return verdicts(preset, results)


def test_grids_standard() -> None:
    missed = _beside_peers("standard")
    print("\n".join(missed) or "every target is met")


def test_grids_best(request: pytest.FixtureRequest) -> None:
    if "best" not in request.config.getoption("keyword") and os.environ.get("WANGGE_BENCH_BEST") != "1":
        pytest.skip("long: ./dev bench grids_best")
    missed = _beside_peers("best")
    print("\n".join(missed) or "every target is met")


def test_grids_stability() -> None:
    publish_stability([steadiness(city) for city in _cities()])
