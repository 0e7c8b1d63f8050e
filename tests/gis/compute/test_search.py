from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.parameters import PartitionParameters, SizeLimits
from gis.compute.search import (
    Heat,
    SearchWeights,
    _prepared,
    anneal,
    divide,
    part_sums,
    polish,
    score,
    total_energy,
    warm_up,
)
from gis.compute.starts import growth_start, is_sound, repaired
from gis.compute.zones import GridCount, ZoneGraph, grid_count

LIMITS = SizeLimits()
FAST = PartitionParameters(preset="fast")
WEIGHTS = SearchWeights()


def squares(width: int, height: int, households: np.ndarray) -> ZoneGraph:
    pairs = [
        (y * width + x, (y + dy) * width + x + dx)
        for y in range(height)
        for x in range(width)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
        if 0 <= x + dx < width and 0 <= y + dy < height
    ]
    rows, columns = np.array(sorted(pairs)).T
    count = width * height
    return ZoneGraph(
        indptr=np.searchsorted(rows, np.arange(count + 1)).astype(np.int64),
        indices=columns.astype(np.int64),
        length_m=np.full(len(columns), 30.0),
        barrier_m=np.where((np.minimum(rows, columns) % 5 == 0) & (abs(columns - rows) == 1), 30.0, 0.0),
        households=households.astype(np.int64),
        area_m2=np.full(count, 900.0),
        perimeter_m=np.full(count, 120.0),
        compound=(np.arange(count) // 7).astype(np.int64),
        anchor=np.full(count, -1, dtype=np.int64),
    )


def some_graph(seed: int = 0, width: int = 10, height: int = 10) -> tuple[ZoneGraph, int, np.ndarray]:
    graph = squares(width, height, np.random.default_rng(seed).integers(0, 80, width * height))
    k = grid_count(graph.households, LIMITS).k
    start = repaired(graph, growth_start(graph, k), k)
    assert start is not None
    return graph, k, start


def test_the_compiled_kernel_gives_the_answer_of_its_plain_text() -> None:
    graph, k, start = some_graph()
    heat = Heat(3000, 5.0, 0.01, 7)
    fast = polish(graph, start, k, heat, LIMITS, WEIGHTS)
    plain = polish(graph, start, k, heat, LIMITS, WEIGHTS, compiled=False)
    assert (fast == plain).all()
    assert (fast != start).any()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 1000))
def test_polishing_keeps_every_grid_connected_with_homes_and_never_raises_the_energy(
    town: int, seed: int
) -> None:
    graph, k, start = some_graph(town)
    label = polish(graph, start, k, Heat(20_000, 5.0, 0.01, seed), LIMITS, WEIGHTS)
    assert is_sound(graph, label, k)
    assert (
        total_energy(graph, label, k, LIMITS, WEIGHTS)
        <= total_energy(graph, start, k, LIMITS, WEIGHTS) + 1e-6
    )


def test_the_kernel_counts_the_energy_it_saves() -> None:
    graph, k, start = some_graph(3)
    net, work = _prepared(graph, start, k, LIMITS, WEIGHTS, None, 11)
    best, saved = anneal(net, work, 30_000, 5.0, 0.01)
    gained = total_energy(graph, best, k, LIMITS, WEIGHTS) - total_energy(graph, start, k, LIMITS, WEIGHTS)
    assert saved == pytest.approx(gained, abs=1e-6)
    assert work.sums == pytest.approx(part_sums(graph, work.label, k), abs=1e-6)


def test_an_unsound_start_is_refused() -> None:
    graph, k, start = some_graph()
    broken = start.copy()
    broken[0] = (start[-1] + 0) if start[-1] != start[0] else (start[0] + 1) % k
    with pytest.raises(ValueError, match="contiguous"):
        polish(graph, broken, k, Heat(10, 1.0, 0.1, 1), LIMITS, WEIGHTS)


def test_division_is_the_same_twice_and_sound() -> None:
    graph, k, _ = some_graph(5)
    count = grid_count(graph.households, LIMITS)
    first, again = (divide(graph, count, FAST, 9) for _ in range(2))
    assert (first.label == again.label).all()
    assert first.k == k
    assert is_sound(graph, first.label, k)


def test_uniform_homes_all_come_into_the_band() -> None:
    graph = squares(12, 12, np.full(144, 25))
    count = grid_count(graph.households, LIMITS)
    found = divide(graph, count, FAST, 1)
    homes = np.bincount(found.label, weights=graph.households)
    assert (np.abs(homes / 400 - 1) <= 0.10).all()


def test_a_plan_before_that_still_holds_is_not_touched_and_stability_holds_people() -> None:
    graph = squares(12, 12, np.full(144, 25))
    count = grid_count(graph.households, LIMITS)
    before = divide(graph, count, FAST, 1).label
    again = divide(graph, count, FAST, 99, before + 40)
    assert len({(int(a), int(b)) for a, b in zip(before, again.label, strict=True)}) == count.k
    changed = replace(graph, households=np.where(before == 0, 33, graph.households).astype(np.int64))
    kept = {}
    for price in (0.0, 30.0):
        label = divide(changed, count, replace(FAST, stability=price), 3, before).label
        kept[price] = int(changed.households[label == before].sum())
    assert kept[30.0] > kept[0.0]


def test_fewer_homes_than_grids_lower_the_number_of_grids() -> None:
    graph = squares(4, 4, np.array([500, *[0] * 14, 500]))
    assert divide(graph, GridCount(5, 0, 0.0), FAST, 1).k == 2


def test_the_score_prefers_the_band_and_the_compact() -> None:
    graph = squares(4, 8, np.full(32, 25))
    halves = np.repeat([0, 1], 16)
    stripes = np.tile([0, 0, 1, 1], 8)
    lopsided = np.repeat([0, 1], [8, 24])
    values = [score(graph, label, 2, LIMITS, 0.4, 0.0) for label in (halves, stripes, lopsided)]
    assert values[0] > values[1] > values[2]


def test_warm_up_compiles_without_complaint() -> None:
    warm_up()
