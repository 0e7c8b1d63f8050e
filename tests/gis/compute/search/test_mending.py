"""A plan before is mended: no grid in band is given up, and nobody moves without a gain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.compute.lattice import IntArray
from gis.compute.parameters import PartitionParameters
from gis.compute.search import divide
from gis.compute.search.effort import PRESETS
from gis.compute.search.mending import (
    _exactly,
    _hotter,
    _nearby,
    _nearby_loose,
    _singly,
    _warmer,
    mended,
    steadiest,
)
from gis.compute.search.pick import far_off
from gis.compute.search.task import Task
from gis.compute.starts import is_sound, warm_start
from gis.compute.zones import GridCount, ZoneGraph, grid_count
from tests.gis.compute.search.squares import squares
from tests.gis.compute.tiny_zones import TINY, divisions, path, tiny_zones

FAST = PartitionParameters(preset="fast")
STANDARD = PartitionParameters(preset="standard")
Way = Callable[[Task, IntArray], list[IntArray]]
WAYS: tuple[Way, ...] = (_singly, _nearby, _nearby_loose, _warmer, _exactly, _hotter)
drawn = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def task_of(graph: ZoneGraph, before: IntArray, parameters: PartitionParameters, seed: int = 1) -> Task:
    """The task to mend a division of the zone, its effort that of the preset."""
    count = grid_count(graph.households, parameters.limits)
    k = int(before.max()) + 1
    return Task(graph, k, parameters, PRESETS[parameters.preset], count, seed, before)


def moved(task: Task, label: IntArray) -> int:
    """The households whose grid is another one, counted unit by unit."""
    assert task.before is not None
    pairs = zip(task.graph.households.tolist(), label.tolist(), task.before.tolist(), strict=True)
    return sum(homes for homes, now, then in pairs if now != then)


def far(task: Task, label: IntArray) -> float:
    return far_off(task.graph, label, task.k, task.yardstick)


@st.composite
def changed_towns(draw: st.DrawFn, parameters: PartitionParameters = FAST) -> Task:
    """A plan of 25 to 49 units, in which up to half of the units have since lost or gained households."""
    width, height = draw(st.integers(5, 7)), draw(st.integers(5, 7))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    homes = random.integers(10, 90, width * height)
    count = grid_count(homes, parameters.limits)
    graph = squares(width, height, homes)
    found = divide(graph, count, parameters, 1)
    factor = draw(st.sampled_from((0.0, 0.5, 0.8, 1.2, 1.5, 3.0)))
    share = draw(st.sampled_from((0.05, 0.2, 0.5)))
    later = np.where(random.random(width * height) < share, np.rint(homes * factor), homes).astype(np.int64)
    changed = replace(graph, households=later)
    before = warm_start(changed, found.label, found.k)
    assert before is not None or found.k == 1 or later.sum() == 0
    kept = found.label if before is None else before
    return task_of(changed, kept, parameters, draw(st.integers(0, 99)))


def gain(task: Task, label: IntArray) -> float:
    """What a division has over the plan before, in grids in band: one far off weighs by its price per share."""
    assert task.before is not None
    nearer = (far(task, task.before) - far(task, label)) / 100
    return task.in_band(label) - task.in_band(task.before) + task.prices.far_price * nearer


# ---- What is mended ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", [FAST, STANDARD], ids=lambda one: one.preset)
def test_no_grid_in_band_is_given_up_except_for_one_far_off(parameters: PartitionParameters) -> None:
    @settings(drawn, max_examples=40 if parameters is FAST else 15)
    @given(changed_towns(parameters))
    def holds(task: Task) -> None:
        assert task.before is not None
        label = mended(task)
        assert is_sound(task.graph, label, task.k)
        nearer = far(task, label) < far(task, task.before)
        assert task.in_band(label) >= task.in_band(task.before) or nearer

    holds()


@drawn
@given(changed_towns())
def test_who_moves_is_outweighed_by_what_is_gained(task: Task) -> None:
    """At the usual stability of 2 a target's worth of households moved weighs as 1.9 grids in band."""
    label = mended(task)
    assert 1.9 * moved(task, label) / task.parameters.target <= gain(task, label) + 1e-6


@drawn
@given(changed_towns())
def test_no_other_naming_of_the_grids_would_move_fewer(task: Task) -> None:
    label = mended(task)
    named = (np.array(names)[label] for names in permutations(range(task.k)))
    assert moved(task, label) == min(moved(task, one) for one in named)


@drawn
@given(tiny_zones(), st.data())
def test_nobody_moves_where_no_division_is_better(graph: ZoneGraph, data: st.DataObject) -> None:
    """Against every division of a tiny zone into as many grids."""
    k = data.draw(st.integers(2, 3))
    every = [label for label, _ in divisions(graph, k)]
    if not every:
        return
    task = task_of(graph, every[0], replace(TINY, preset="fast"))
    best = max((task.in_band(label), -far(task, label)) for label in every)
    kept = [label for label in every if (task.in_band(label), -far(task, label)) == best]
    if far(task, kept[0]) > min(far(task, label) for label in every):
        return
    for before in kept[:3]:
        assert mended(replace(task, before=before)).tolist() == before.tolist()


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_sound_divisions_into_as_many_grids(way: Way) -> None:
    @settings(drawn, max_examples=15)
    @given(changed_towns(STANDARD))
    def holds(task: Task) -> None:
        assert task.before is not None
        for label in way(task, task.before):
            assert is_sound(task.graph, label, task.k)

    holds()


# ---- Which of several is the steadiest ---------------------------------------------------------------------


def _priced(task: Task, label: IntArray) -> float:
    return round(1.9 * task.prices.moved * moved(task, label) / task.parameters.target - gain(task, label), 9)


@drawn
@given(tiny_zones(), st.sampled_from((0.0, 0.5, 2.0, 8.0)), st.randoms(use_true_random=False))
def test_the_steadiest_is_the_first_that_costs_least(
    graph: ZoneGraph, stability: float, random: Random
) -> None:
    """Against the same cost counted unit by unit, over all divisions of a tiny zone in any order."""
    every = [label for label, _ in divisions(graph, 2)][:40]
    if not every:
        return
    task = task_of(graph, random.choice(every), replace(TINY, preset="fast", stability=stability))
    random.shuffle(every)
    costs = [_priced(task, label) for label in every]
    assert steadiest(task, every) is every[int(np.argmin(costs))]


@pytest.mark.parametrize(("moving", "is_worth_it"), [(210, True), (211, False)])
def test_a_grid_in_band_is_worth_moving_a_little_over_half_a_grid(moving: int, is_worth_it: bool) -> None:
    """Stability 2: both would cost the same at 400 / 1.9 households, between 210 and 211."""
    graph = path(400, moving, 0, 240)
    before, other = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    task = replace(task_of(graph, before, FAST), count=GridCount(2, 0, 1.0))
    assert (task.in_band(before), task.in_band(other)) == (0, 1)
    assert far(task, before) == far(task, other) == 0
    assert moved(task, other) == moving
    assert steadiest(task, [before, other]) is (other if is_worth_it else before)


def test_units_without_homes_move_for_nothing() -> None:
    graph = path(200, 200, 0, 400)
    task = task_of(graph, np.array([0, 0, 0, 1]), FAST)
    light, heavy = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    assert moved(task, light) == 0
    assert steadiest(task, [heavy, light]) is light
