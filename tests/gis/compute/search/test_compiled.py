"""The compiled kernels give the answer of their plain text, all the way down."""

import os
import subprocess
import sys
from pathlib import Path

from gis.compute.search import compiled
from gis.compute.search.resplit import resplit

SCRIPT = """
import numpy as np
from gis.compute.parameters import PartitionParameters
from gis.compute.search import Heat, polish, resplit_pairs
from gis.compute.search.energy import plan_prices
from tests.gis.compute.search.squares import LIMITS, some_zone, start_prices

graph, k, start = some_zone()
wanted = PartitionParameters(compound=5.0, barrier_per_m=0.4, stability=0.1)
before = np.where(np.arange(100) % 4 == 0, (start + 1) % k, start)
first = polish(graph, start, k, Heat(3000, 5.0, 0.01, 7), LIMITS, start_prices(wanted), before)
assert (first != start).any()
second = resplit_pairs(
    graph, first, k, Heat(150, 1.0, 0.005, 7), LIMITS, plan_prices(wanted, 0.4, 0.0), before, 0.5
)
assert (second != first).any()
print(first.tolist(), second.tolist())
"""


def answer(**environment: str) -> str:
    root = Path(__file__).resolve().parents[4]
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


def test_compiled_and_plain_text_agree() -> None:
    assert answer() == answer(NUMBA_DISABLE_JIT="1")


def test_machine_code_on_disk_is_bound_to_all_sources_of_the_package() -> None:
    assert resplit._cache._cache_file._source_stamp == compiled.SOURCES
    assert len(compiled.SOURCES) == 64
