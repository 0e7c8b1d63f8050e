"""A zone is divided: a start is grown, pairs are re-split, the best division is picked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gis.compute.exact import ExactEffort, best_small, mend
from gis.compute.lattice import IntArray
from gis.compute.parameters import PartitionParameters
from gis.compute.search.effort import PRESETS
from gis.compute.search.energy import loose_prices
from gis.compute.search.mending import mended
from gis.compute.search.pick import all_in_band
from gis.compute.search.polish import Heat, polish
from gis.compute.search.task import COLD, HOT, WARM, Task, resplit_task
from gis.compute.starts import growth_start, is_sound, metis_starts, repaired, warm_start
from gis.compute.zones import GridCount, ZoneGraph

# Cold enough that a border only moves, unit by unit, to where it is shorter.
SMOOTHING = 0.01, 0.001
# How many of METIS's divisions of a zone are tried where growing fails, and where the first run leaves grids out of
# band. They are cheap, and in some zones most of them fall apart or have a part without homes.
METIS_STARTS, METIS_TRIES = 4, 16
# The last re-splitting, as a share of the first run's steps: it only mends shapes, unless it has to find a margin, too.
SHAPING, SHAPING_WITH_MARGIN = 0.4, 1.0


@dataclass(frozen=True)
class Division:
    """A zone divided: grid per unit 0…k-1 and k, which is below the wanted one only where homes are too few."""

    label: IntArray
    k: int


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
    anchors = int((graph.anchor >= 0).sum())
    k = max(1, anchors, min(count.k, int(((graph.households > 0) | (graph.anchor >= 0)).sum())))
    if k == 1:
        return Division(np.zeros(len(graph.households), dtype=np.int64), 1)
    task = Task(graph, k, parameters, effort, count, seed)
    warm = None if before is None else warm_start(graph, before, task.k)
    if warm is not None:
        if all_in_band(graph, warm, task.k, parameters.limits):
            return Division(warm, task.k)
        return Division(mended(replace(task, before=warm)), task.k)
    for parts in range(k, max(1, anchors - 1), -1):
        at_hand = replace(task, k=parts)
        start = _start(at_hand)
        if start is not None:
            return Division(_finished(at_hand, _searched(at_hand, start)), parts)
    return Division(np.zeros(len(graph.households), dtype=np.int64), 1)


def _start(task: Task) -> IntArray | None:
    """Return a sound start: growth, or METIS where that fails."""
    graph, k, limits = task.graph, task.k, task.parameters.limits
    grown = repaired(graph, growth_start(graph, k, limits.target * (1 + limits.band)), k)
    found = [] if grown is None else [grown]
    if grown is None:
        found = metis_starts(graph, k, METIS_STARTS, task.seed, limits.target)
    return next((start for start in found if is_sound(graph, start, k)), None)


def _searched(task: Task, start: IntArray) -> IntArray:
    """Return the start re-split from hot to cold, harder where it could be in band and is not."""
    steps = task.effort.steps_per_grid * task.k
    found = [resplit_task(task, start, Heat(steps, HOT, COLD, task.seed))]
    if task.is_done(found[0]):
        return found[0]
    metis = _metis(task)
    others = _exact(task) + metis + _harder(task, start, found[0], metis)
    found += others
    cold = Heat(steps // 2, WARM, COLD, task.seed + 100)
    found.append(resplit_task(task, task.best(found), cold))
    found.append(resplit_task(task, task.best(others), cold))
    best = task.best(found)
    if task.effort.exact and not task.is_done(best):
        best = task.best([best, mend(task.graph, best, task.k, task.parameters)])
    return best


def _harder(task: Task, start: IntArray, found: IntArray, metis: list[IntArray]) -> list[IntArray]:
    """Return divisions driven into the band whatever their shapes, by turns from these.

    From the start, from what the first run found of it, and from the best of METIS's, if there are any.
    """
    starts = [start, found, *([task.best(metis)] if metis else [])]
    prices = loose_prices(task.prices)
    heats = [
        Heat(task.effort.steps_per_grid * task.k // 2, HOT, COLD, task.seed + number + 1)
        for number in range(task.effort.harder_runs(task.k))
    ]
    return [
        resplit_task(task, starts[number % len(starts)], heat, prices=prices)
        for number, heat in enumerate(heats)
    ]


def _finished(task: Task, label: IntArray) -> IntArray:
    """Return the division shaped and smoothed; one in band keeps a margin to its end, if there is to be one and can."""
    narrow = task.narrowed() if task.is_in_band(label) else None
    if narrow is not None:
        with_margin = _smoothed(narrow, _shaped(narrow, label, SHAPING_WITH_MARGIN))
        if narrow.is_in_band(with_margin):
            return with_margin
    return _smoothed(task, _shaped(task, label, SHAPING))


def _shaped(task: Task, label: IntArray, share: float) -> IntArray:
    """Return the division re-split once more by what it is picked by: who is nearer than the worst pays no price.

    `share`: of the steps of the first run.
    """
    heat = Heat(round(task.effort.steps_per_grid * task.k * share), HOT, COLD, task.seed + 300)
    return task.best([label, resplit_task(task, label, heat, prices=task.shaping(label))])


def _smoothed(task: Task, label: IntArray) -> IntArray:
    """Return the division with borders smoothed by single moves and swaps, which cuts along trees leave ragged."""
    heat = Heat(task.effort.smoothing_per_grid * task.k, *SMOOTHING, task.seed + 200)
    smooth = polish(task.graph, label, task.k, heat, task.parameters.limits, task.prices)
    return task.best([label, smooth])


def _exact(task: Task) -> list[IntArray]:
    """Return the division of a small zone by exact covers, if there is one."""
    if task.effort.exact == 0:
        return []
    count = replace(task.count, k=task.k)
    effort = ExactEffort(sets=task.effort.exact)
    label = best_small(task.graph, count, task.parameters, effort, task.effort.alpha)
    return [label] if label is not None and is_sound(task.graph, label, task.k) else []


def _metis(task: Task) -> list[IntArray]:
    found = metis_starts(task.graph, task.k, METIS_TRIES, task.seed, task.parameters.target)
    return [label for label in found if is_sound(task.graph, label, task.k)]
