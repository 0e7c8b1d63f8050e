from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.parameters import PartitionParameters
from gis.compute.search import Heat, polish, resplit_pairs
from gis.compute.search.energy import COMPOUND, plan_prices
from gis.compute.search.net import net_of, part_sums, work_of
from gis.compute.search.resplit import (
    best_cut,
    cut_cost,
    pair_cost,
    resplit,
    sift,
    split_compounds,
)
from gis.compute.search.tree import grow_tree, tree_of, weigh
from gis.compute.starts import is_sound
from gis.compute.zones import ZoneGraph
from tests.gis.compute.search.squares import LIMITS, homes_of, some_zone, squares, start_prices, total_cost

PRICES = plan_prices(PartitionParameters(barrier_per_m=0.4, compound=5.0), 0.4, 0.0)


def in_band(graph: ZoneGraph, label: np.ndarray) -> int:
    return int((np.abs(homes_of(graph, label) / LIMITS.target - 1) <= LIMITS.band + 1e-9).sum())


def inner_borders(graph: ZoneGraph, member: np.ndarray) -> int:
    rows = np.repeat(np.arange(len(member)), np.diff(graph.indptr))
    return int((member[rows] & member[graph.indices] & (rows < graph.indices)).sum())


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 1000))
def test_resplitting_keeps_every_grid_connected_with_homes_and_never_raises_the_cost(
    town: int, seed: int
) -> None:
    graph, k, start = some_zone(town)
    label = resplit_pairs(graph, start, k, Heat(500, 1.0, 0.005, seed), LIMITS, PRICES)
    assert is_sound(graph, label, k)
    costs = [total_cost(graph, part, k, LIMITS, PRICES) for part in (label, start)]
    assert costs[0] <= costs[1] + 1e-6


def test_the_kernel_counts_the_cost_it_saves() -> None:
    graph, k, start = some_zone(3)
    before = np.where(np.arange(100) % 9 == 0, -1, (start + (np.arange(100) > 70)) % k)
    net = net_of(graph, before, PRICES.vector(LIMITS))
    work = work_of(graph, net, start, k, 11)
    best, saved = resplit(net, work, tree_of(net), 2000, 1.0, 0.005, 1.0)
    costs = [total_cost(graph, part, k, LIMITS, PRICES, before) for part in (best, start)]
    assert saved == pytest.approx(costs[0] - costs[1], abs=1e-6)
    assert work.sums == pytest.approx(part_sums(graph, work.label, k), abs=1e-3)
    afresh = work_of(graph, net, work.label, k, 1)
    assert (work.members == afresh.members).all()


def test_every_cut_of_a_tree_costs_what_a_count_from_scratch_says() -> None:
    graph, k, start = some_zone(8)
    before = (start + (np.arange(100) % 3 == 0)) % k
    net = net_of(graph, before, PRICES.vector(LIMITS))
    work, tree = work_of(graph, net, start, k, 5), tree_of(net)
    unit = next(
        u
        for u in range(100)
        if (start[graph.indices[graph.indptr[u] : graph.indptr[u + 1]]] != start[u]).any()
    )
    around = graph.indices[graph.indptr[unit] : graph.indptr[unit + 1]]
    a, b = start[unit], next(start[v] for v in around if start[v] != start[unit])
    size = grow_tree(net, work, tree, unit, a, b)
    count, borders = size
    assert count == ((start == a) | (start == b)).sum()
    assert borders == inner_borders(graph, (start == a) | (start == b))
    now = pair_cost(net, work, tree, size, a, b)
    worth = sift(net, tree, size, now + 100.0)
    weigh(net, work, tree, size, worth, (a, b))
    costs = {}
    for cut in range(1, count):
        inside = {cut}
        for i in range(cut + 1, count):
            if tree.parent[i] in inside:
                inside.add(i)
        below = tree.order[sorted(inside)]
        options = []
        for low, high in ((a, b), (b, a)):
            label = np.where((start == a) | (start == b), high, start)
            label[below] = low
            options.append(total_cost(graph, label, k, LIMITS, PRICES, before))
        expected = min(options) - total_cost(graph, start, k, LIMITS, PRICES, before)
        if cut not in tree.cuts[:worth]:
            assert expected > 50.0 or homes_of(graph, label).min() == 0
            continue
        cost = cut_cost(tree, net.prices, cut)
        assert (cost < np.inf) == (homes_of(graph, label).min() > 0)
        if cost < np.inf:
            costs[cut] = cost + net.prices[COMPOUND] * split_compounds(net, work, tree, count, cut, a, b)
            assert costs[cut] - now == pytest.approx(expected, abs=1e-9)
    best, lowest = best_cut(net, work, tree, size, worth, (a, b), now + 100.0)
    assert best in costs
    assert lowest == pytest.approx(min(costs.values()), abs=1e-9)


def test_a_planted_division_is_found_exactly() -> None:
    """Four quarters of 400 households; any other connected division misses the target."""
    households = np.ones(144, dtype=np.int64)
    row, column = np.divmod(np.arange(144), 12)
    quarter = 2 * (row >= 6) + (column >= 6)
    households[(row % 6 >= 2) & (row % 6 < 4) & (column % 6 >= 2) & (column % 6 < 4)] = 92
    graph = replace(squares(12, 12, households), barrier_m=np.zeros(528), compound=np.full(144, -1))
    start = np.repeat(np.arange(4), 36)
    found = resplit_pairs(graph, start, 4, Heat(4000, 1.0, 0.005, 1), LIMITS, PRICES)
    assert homes_of(graph, found).tolist() == [400.0] * 4
    assert len({(int(q), int(g)) for q, g in zip(quarter, found, strict=True)}) == 4


def test_what_single_moves_cannot_mend_a_new_cut_does() -> None:
    """Left and right halves miss the band, upper and lower ones do not; all moves between them are uphill."""
    households = np.zeros(64, dtype=np.int64)
    households[[0, 7, 56, 63]] = 250, 120, 200, 230
    graph = replace(squares(8, 8, households), barrier_m=np.zeros(224), compound=np.full(64, -1))
    start = np.tile(np.repeat([0, 1], 4), 8)
    cold = Heat(4000, 0.02, 0.01, 5)
    stuck = polish(graph, start, 2, cold, LIMITS, start_prices(PartitionParameters()))
    mended = resplit_pairs(graph, start, 2, cold, LIMITS, PRICES)
    assert in_band(graph, stuck) == 0
    assert in_band(graph, mended) == 2


def test_anchored_units_stay_apart_and_keep_their_label() -> None:
    graph, k, start = some_zone(4)
    anchor = np.full(100, -1)
    anchor[[int(np.flatnonzero(start == part)[0]) for part in (0, 1, 2)]] = [7, 8, 9]
    graph = replace(graph, anchor=anchor)
    label = resplit_pairs(graph, start, k, Heat(2000, 1.0, 0.005, 3), LIMITS, PRICES)
    assert (label[anchor >= 0] == start[anchor >= 0]).all()
    assert (label != start).mean() > 0.2


def test_an_unsound_start_is_refused() -> None:
    graph, k, start = some_zone()
    for broken in (np.zeros(100, dtype=np.int64), np.where(np.arange(100) == 0, start[-1], start)):
        with pytest.raises(ValueError, match="contiguous"):
            resplit_pairs(graph, broken, k, Heat(10, 1.0, 0.1, 1), LIMITS, PRICES)


def test_no_steps_change_nothing() -> None:
    graph, k, start = some_zone()
    assert (resplit_pairs(graph, start, k, Heat(0, 1.0, 0.1, 1), LIMITS, PRICES) == start).all()
