"""A zone is divided: a start is grown, pairs are re-split, the best division is picked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gis.compute.exact import ExactEffort, best_small, mend
from gis.compute.lattice import IntArray
from gis.compute.parameters import PartitionParameters
from gis.compute.search.effort import PRESETS, Effort
from gis.compute.search.energy import SLACK, Prices, loose_prices, plan_prices
from gis.compute.search.pick import Yardstick, all_in_band, far_off, grids_in_band, pick
from gis.compute.search.polish import Heat, polish
from gis.compute.search.resplit import resplit_pairs
from gis.compute.starts import growth_start, is_sound, metis_starts, repaired, warm_start
from gis.compute.zones import GridCount, ZoneGraph

# Temperatures, in grids of perfect shape: most cuts are taken; a tenth of a grid; almost none.
HOT, WARM, COLD = 0.5, 0.1, 0.005
# Cold enough that a border only moves, unit by unit, to where it is shorter.
SMOOTHING = 0.01, 0.001
# Cold enough that people move only where the band asks for it.
MENDING = 0.02
# Share of the pairs wholly in band that are tried while a plan before is mended, and by the hotter runs.
NEARBY, FARTHER = 0.05, 0.3
# Each way of mending is tried with so many seeds.
MENDERS = 2
# Between whole divisions a household moved weighs so many times more than between cuts, where the search must be
# freer to find any: at the usual stability of 2 a grid in band may cost moving five eighths of a grid.
LOATH = 1.6
METIS_SEEDS = 4


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
    count: GridCount
    seed: int
    before: IntArray | None = None

    @property
    def prices(self) -> Prices:
        return plan_prices(self.parameters, self.effort.alpha, self.count.attainable)

    @property
    def yardstick(self) -> Yardstick:
        return Yardstick(self.parameters.limits, self.effort.alpha, self.count.attainable)

    def best(self, found: list[IntArray]) -> IntArray:
        """The best of these divisions."""
        return pick(self.graph, found, self.k, self.yardstick)

    def in_band(self, label: IntArray) -> int:
        """The number of grids in band."""
        return grids_in_band(self.graph, label, self.k, self.parameters.limits)

    def is_done(self, label: IntArray) -> bool:
        """Whether there is nothing more to reach than shape."""
        limits = self.parameters.limits
        return self.count.attainable > limits.band + SLACK or all_in_band(self.graph, label, self.k, limits)


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
    task = _Task(graph, k, parameters, effort, count, seed)
    warm = None if before is None else warm_start(graph, before, task.k)
    if warm is not None:
        if all_in_band(graph, warm, task.k, parameters.limits):
            return Division(warm, task.k)
        return Division(_mended(replace(task, before=warm)), task.k)
    for parts in range(k, max(1, anchors - 1), -1):
        start = _start(replace(task, k=parts))
        if start is not None:
            at_hand = replace(task, k=parts)
            return Division(_smoothed(at_hand, _searched(at_hand, start)), parts)
    return Division(np.zeros(len(graph.households), dtype=np.int64), 1)


def _start(task: _Task) -> IntArray | None:
    """Return a sound start: growth, or METIS where that fails."""
    graph, k, limits = task.graph, task.k, task.parameters.limits
    grown = repaired(graph, growth_start(graph, k, limits.target * (1 + limits.band)), k)
    found = [] if grown is None else [grown]
    if grown is None:
        found = metis_starts(graph, k, 4, task.seed, limits.target)
    return next((start for start in found if is_sound(graph, start, k)), None)


def _searched(task: _Task, start: IntArray) -> IntArray:
    """Return the start re-split from hot to cold, harder where it could be in band and is not."""
    steps = task.effort.steps_per_grid * task.k
    found = [_resplit(task, start, Heat(steps, HOT, COLD, task.seed))]
    if task.is_done(found[0]):
        return found[0]
    others = _exact(task) + _metis(task)
    for number in range(task.effort.harder):
        heat = Heat(steps // 2, HOT, COLD, task.seed + number + 1)
        others.append(
            _resplit(task, found[0] if number % 2 else start, heat, prices=loose_prices(task.prices))
        )
    found += others
    cold = Heat(steps // 2, WARM, COLD, task.seed + 100)
    found.append(_resplit(task, task.best(found), cold))
    found.append(_resplit(task, task.best(others), cold))
    best = task.best(found)
    if task.effort.exact and not task.is_done(best):
        best = task.best([best, mend(task.graph, best, task.k, task.parameters)])
    return best


def _smoothed(task: _Task, label: IntArray) -> IntArray:
    """Return the division with borders smoothed by single moves and swaps, which cuts along trees leave ragged."""
    heat = Heat(task.effort.smoothing_per_grid * task.k, *SMOOTHING, task.seed + 200)
    smooth = polish(task.graph, label, task.k, heat, task.parameters.limits, task.prices)
    return task.best([label, smooth])


def _exact(task: _Task) -> list[IntArray]:
    """Return the division of a small zone by exact covers, if there is one."""
    if task.effort.exact == 0:
        return []
    count = replace(task.count, k=task.k)
    effort = ExactEffort(sets=task.effort.exact)
    label = best_small(task.graph, count, task.parameters, effort, task.effort.alpha)
    return [label] if label is not None and is_sound(task.graph, label, task.k) else []


def _metis(task: _Task) -> list[IntArray]:
    found = metis_starts(task.graph, task.k, METIS_SEEDS, task.seed, task.parameters.target)
    return [label for label in found if is_sound(task.graph, label, task.k)]


def _mended(task: _Task) -> IntArray:
    """Return the plan before, mended near where it is out of band; hotter, and exactly, where that is not enough.

    Every way goes on from the best division so far, which only gives way to one whose grids in band are worth
    the households moved. Also where not all grids can be in band: those that were should be again.
    """
    assert task.before is not None
    best = task.before
    for way in (_nearby, _nearby_loose, _warmer, _exactly, _hotter):
        if task.in_band(best) == task.k:
            break
        best = _steadiest(task, [best, *way(task, best)])
    # What the band does not need goes back to where it was.
    back = Heat(task.effort.steps_per_grid * task.k // 2, COLD, COLD / 5, task.seed + 100)
    return _steadiest(task, [best, _resplit(task, best, back)])


def _steadiest(task: _Task, found: list[IntArray]) -> IntArray:
    """Return the division in which grids in band, nobody far off and households that stay are worth most."""
    prices, graph = task.prices, task.graph

    def cost(label: IntArray) -> float:
        moved = graph.households[label != task.before].sum() / task.parameters.target
        far = far_off(graph, label, task.k, task.yardstick) / 100
        return round(LOATH * prices.moved * moved + prices.far_price * far - task.in_band(label), 9)

    return min(found, key=cost)


def _nearby(task: _Task, best: IntArray) -> list[IntArray]:
    return _remade(task, best, MENDING, NEARBY)


def _nearby_loose(task: _Task, best: IntArray) -> list[IntArray]:
    prices = loose_prices(task.prices)
    return _remade(
        task, best, MENDING, NEARBY, replace(prices, outside=max(prices.outside, task.effort.alpha))
    )


def _warmer(task: _Task, best: IntArray) -> list[IntArray]:
    return _remade(task, best, WARM, FARTHER)


def _exactly(task: _Task, best: IntArray) -> list[IntArray]:
    return [mend(task.graph, best, task.k, task.parameters)] if task.effort.exact else []


def _hotter(task: _Task, best: IntArray) -> list[IntArray]:
    return _remade(task, best, HOT, FARTHER)


def _remade(
    task: _Task, best: IntArray, first: float, idle: float, prices: Prices | None = None
) -> list[IntArray]:
    steps = task.effort.steps_per_grid * task.k // 2
    heats = [Heat(steps, first, COLD, task.seed + number) for number in range(MENDERS)]
    return [_resplit(task, best, heat, idle=idle, prices=prices) for heat in heats]


def _resplit(
    task: _Task, start: IntArray, heat: Heat, *, idle: float = 1.0, prices: Prices | None = None
) -> IntArray:
    limits = task.parameters.limits
    return resplit_pairs(task.graph, start, task.k, heat, limits, prices or task.prices, task.before, idle)
