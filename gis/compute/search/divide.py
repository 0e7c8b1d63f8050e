"""A zone is divided: a start is grown, pairs are re-split, the best division is picked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.parameters import PartitionParameters
from gis.compute.search.effort import PRESETS, Effort
from gis.compute.search.energy import Prices, plan_prices
from gis.compute.search.pick import Yardstick, all_in_band, pick
from gis.compute.search.polish import Heat
from gis.compute.search.resplit import resplit_pairs
from gis.compute.starts import growth_start, is_sound, metis_starts, repaired
from gis.compute.zones import GridCount, ZoneGraph


@dataclass(frozen=True)
class Division:
    """A zone divided: grid per unit 0…k-1 and k, which is below the wanted one only where homes are too few."""

    label: IntArray
    k: int


@dataclass(frozen=True)
class _Task:
    """One zone to be divided into k grids; `before`: part per unit of the plan before, -1 none."""

    graph: ZoneGraph
    k: int
    parameters: PartitionParameters
    effort: Effort
    prices: Prices
    yardstick: Yardstick
    seed: int
    before: IntArray | None = None


def divide(
    graph: ZoneGraph,
    count: GridCount,
    parameters: PartitionParameters,
    seed: int,
    before: IntArray | None = None,
) -> Division:
    """Return the best division found, the same for the same input and seed.

    `before`: part per unit of the plan before (any numbers, -1 none). Where that plan still divides the zone
    into k sound grids within the band it is returned untouched. Anchored units stay each in a grid of its
    own.
    """
    effort = PRESETS[parameters.preset]
    if parameters.alpha is not None:
        effort = replace(effort, alpha=parameters.alpha)
    yardstick = Yardstick(parameters.limits, effort.alpha, count.attainable)
    anchors = int((graph.anchor >= 0).sum())
    k = max(1, anchors, min(count.k, int(((graph.households > 0) | (graph.anchor >= 0)).sum())))
    if k == 1:
        return Division(np.zeros(len(graph.households), dtype=np.int64), 1)
    warm = _warm_start(graph, k, before)
    if warm is not None and all_in_band(graph, warm, k, parameters.limits):
        return Division(warm, k)
    prices = plan_prices(parameters, effort.alpha, yardstick.far)
    for parts in range(k, max(1, anchors - 1), -1):
        task = _Task(graph, parts, parameters, effort, prices, yardstick, seed)
        if parts == k and warm is not None:
            return Division(_improved(replace(task, before=warm), [warm]), k)
        starts = _starts(task)
        if starts:
            return Division(_improved(task, starts), parts)
    return Division(np.zeros(len(graph.households), dtype=np.int64), 1)


def _starts(task: _Task) -> list[IntArray]:
    """Return sound starts: growth, and METIS where the preset asks for it."""
    graph, k, limits = task.graph, task.k, task.parameters.limits
    grown = repaired(graph, growth_start(graph, k, limits.target * (1 + limits.band)), k)
    found = [] if grown is None else [grown]
    if task.effort.metis or grown is None:
        found += metis_starts(graph, k, max(4, task.effort.metis), task.seed, limits.target)
    return [start for start in found if is_sound(graph, start, k)]


def _improved(task: _Task, starts: list[IntArray]) -> IntArray:
    limits = task.parameters.limits
    steps = task.effort.steps_per_grid * task.k
    first = 1.0 if task.before is None else 0.1
    found = [_resplit(task, starts[0], Heat(steps, first, 0.005, task.seed), 1.0)]
    for number in range(1, task.effort.harder + 1):
        best = pick(task.graph, found, task.k, task.yardstick)
        if task.yardstick.attainable > limits.band or all_in_band(task.graph, best, task.k, limits):
            break
        start = starts[number % len(starts)] if number % 2 else best
        found.append(_resplit(task, start, Heat(steps, first, 0.005, task.seed + number), 0.5))
    return pick(task.graph, found, task.k, task.yardstick)


def _resplit(task: _Task, start: IntArray, heat: Heat, idle: float) -> IntArray:
    return resplit_pairs(
        task.graph, start, task.k, heat, task.parameters.limits, task.prices, task.before, idle
    )


def _warm_start(graph: ZoneGraph, k: int, before: IntArray | None) -> IntArray | None:
    if before is None:
        return None
    old = np.unique(before[(before >= 0) & (graph.households > 0)])
    if len(old) != k:
        return None
    place = np.searchsorted(old, before)
    known = (before >= 0) & (place < k) & (old[np.minimum(place, k - 1)] == before)
    label = repaired(graph, np.where(known, place, -1), k)
    return label if label is not None and is_sound(graph, label, k) else None
