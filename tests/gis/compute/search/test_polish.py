from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.parameters import PartitionParameters
from gis.compute.search import Heat, polish
from gis.compute.search.net import net_of, part_sums, work_of
from gis.compute.search.polish import anneal
from gis.compute.starts import is_sound
from tests.gis.compute.search.squares import LIMITS, some_zone, start_prices, total_cost

PRICES = start_prices(PartitionParameters())


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 1000))
def test_polishing_keeps_every_grid_connected_with_homes_and_never_raises_the_cost(
    town: int, seed: int
) -> None:
    graph, k, start = some_zone(town)
    label = polish(graph, start, k, Heat(20_000, 5.0, 0.01, seed), LIMITS, PRICES)
    assert is_sound(graph, label, k)
    costs = [total_cost(graph, part, k, LIMITS, PRICES) for part in (label, start)]
    assert costs[0] <= costs[1] + 1e-6


def test_the_kernel_counts_the_cost_it_saves() -> None:
    graph, k, start = some_zone(3)
    net = net_of(graph, start, PRICES.vector(LIMITS))
    work = work_of(graph, net, start, k, 11)
    best, saved = anneal(net, work, 30_000, 5.0, 0.01)
    gained = total_cost(graph, best, k, LIMITS, PRICES, start) - total_cost(
        graph, start, k, LIMITS, PRICES, start
    )
    assert saved == pytest.approx(gained, abs=1e-6)
    assert work.sums == pytest.approx(part_sums(graph, work.label, k), abs=1e-3)


def test_an_unsound_start_is_refused() -> None:
    graph, k, start = some_zone()
    broken = start.copy()
    broken[0] = start[-1] if start[-1] != start[0] else (start[0] + 1) % k
    with pytest.raises(ValueError, match="contiguous"):
        polish(graph, broken, k, Heat(10, 1.0, 0.1, 1), LIMITS, PRICES)


def test_anchored_units_stay() -> None:
    graph, k, start = some_zone(4)
    anchor = np.full(100, -1)
    anchor[[int(np.flatnonzero(start == part)[0]) for part in (0, 1, 2)]] = [7, 8, 9]
    graph = replace(graph, anchor=anchor)
    label = polish(graph, start, k, Heat(30_000, 5.0, 0.01, 3), LIMITS, PRICES)
    assert (label[anchor >= 0] == start[anchor >= 0]).all()
    assert (label != start).any()
