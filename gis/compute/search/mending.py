"""A plan before that is no longer in band is mended with as few households moved as that takes.

Point 9 of the partition specification, within one zone.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from gis.compute.exact import mend
from gis.compute.lattice import IntArray
from gis.compute.search.energy import ROUNDNESS, Prices, loose_prices
from gis.compute.search.naming import named_as_before
from gis.compute.search.pick import far_off
from gis.compute.search.polish import Heat, polish
from gis.compute.search.task import COLD, HOT, WARM, Task, resplit_task

# Cold enough that people move only where the band asks for it.
MENDING = 0.02
# Share of the pairs wholly in band that are tried while a plan before is mended, and by the hotter runs.
NEARBY, FARTHER = 0.05, 0.3
# Each way of mending is tried with so many seeds.
MENDERS = 2
# Temperatures from which single moves and swaps are tried, in grids in band.
SINGLY = 0.1, 0.4
# How many times a household moved weighs there: lightly, to find a way into band, and heavily, to find a short one.
MOVERS = 0.4, 1.0
# What shape is worth beside the band while single moves are tried, and the slope by which they find the band.
SHAPELESS, SLOPE = 0.1, 10.0
# Between whole divisions a household moved weighs so many times more than between cuts, where the search must be
# freer to find any: at the usual stability of 2 a grid in band may cost moving a little over half a grid.
LOATH = 1.9


def mended(task: Task) -> IntArray:
    """Return the plan before, mended near where it is out of band; hotter, and exactly, where that is not enough.

    Every way goes on from the best division so far, which only gives way to one whose grids in band are worth
    the households moved. Also where not all grids can be in band: those that were should be again.
    """
    assert task.before is not None
    best = task.before
    for way in (_singly, _nearby, _nearby_loose, _warmer, _exactly, _hotter):
        if task.in_band(best) == task.k:
            break
        best = steadiest(task, [best, *_named(task, way(task, best))])
    # What the band does not need goes back to where it was.
    back = Heat(task.effort.steps_per_grid * task.k // 2, COLD, COLD / 5, task.seed + 100)
    homewards = [
        resplit_task(task, best, back),
        _by_single_moves(task, best, replace(back, steps=_single_moves(task)), LOATH),
    ]
    return steadiest(task, [best, *_named(task, homewards)])


def steadiest(task: Task, found: list[IntArray]) -> IntArray:
    """Return the division in which grids in band, nobody far off and households that stay are worth most."""
    prices, graph = task.prices, task.graph

    def cost(label: IntArray) -> float:
        moved = graph.households[label != task.before].sum() / task.parameters.target
        far = far_off(graph, label, task.k, task.yardstick) / 100
        return round(LOATH * prices.moved * moved + prices.far_price * far - task.in_band(label), 9)

    return min(found, key=cost)


def _singly(task: Task, best: IntArray) -> list[IntArray]:
    assert task.before is not None
    starts = [best] if np.array_equal(best, task.before) else [best, task.before]
    runs = product(starts, MOVERS, SINGLY)
    return [
        _by_single_moves(task, start, Heat(_single_moves(task), first, COLD, task.seed + number), loath)
        for number, (start, loath, first) in enumerate(runs)
    ]


def _single_moves(task: Task) -> int:
    return task.effort.mending_per_grid * task.k


def _by_single_moves(task: Task, start: IntArray, heat: Heat, loath: float) -> IntArray:
    """Return the start with single units moved and swapped; who moves weighs `loath` times as much."""
    prices = replace(
        task.prices,
        compact=SHAPELESS,
        round=SHAPELESS * ROUNDNESS,
        outside=1.0,
        squared=SLOPE,
        moved=loath * task.prices.moved,
        compound=SHAPELESS * task.prices.compound,
    )
    return polish(task.graph, start, task.k, heat, task.parameters.limits, prices, task.before)


def _named(task: Task, found: list[IntArray]) -> list[IntArray]:
    assert task.before is not None
    return [named_as_before(task.graph, label, task.before, task.k) for label in found]


def _nearby(task: Task, best: IntArray) -> list[IntArray]:
    return _remade(task, best, MENDING, NEARBY)


def _nearby_loose(task: Task, best: IntArray) -> list[IntArray]:
    prices = loose_prices(task.prices)
    return _remade(
        task, best, MENDING, NEARBY, replace(prices, outside=max(prices.outside, task.effort.alpha))
    )


def _warmer(task: Task, best: IntArray) -> list[IntArray]:
    return _remade(task, best, WARM, FARTHER)


def _exactly(task: Task, best: IntArray) -> list[IntArray]:
    return [mend(task.graph, best, task.k, task.parameters)] if task.effort.exact else []


def _hotter(task: Task, best: IntArray) -> list[IntArray]:
    return _remade(task, best, HOT, FARTHER)


def _remade(
    task: Task, best: IntArray, first: float, idle: float, prices: Prices | None = None
) -> list[IntArray]:
    steps = task.effort.steps_per_grid * task.k // 2
    heats = [Heat(steps, first, COLD, task.seed + number) for number in range(MENDERS)]
    return [resplit_task(task, best, heat, idle=idle, prices=prices) for heat in heats]
