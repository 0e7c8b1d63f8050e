"""What the kernels work on: the zone and the prices that never change, the division and its sums that do."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gis.compute.lattice import FloatArray, IntArray
from gis.compute.search.chance import chance_of
from gis.compute.zones import ZoneGraph

# Columns of `Work.sums`, one row per part: homes, area m², outer border m, units, anchored units, moments of
# area about the zone's origin (second, first in x, first in y).
HOMES, AREA, BORDER, UNITS, ANCHORED, SECOND, FIRST_X, FIRST_Y = range(8)
SUMS = 8
NOT_ROUND = 1e30


class Net(NamedTuple):
    """What a search never changes: the graph, the units' figures, the plan before, the prices."""

    indptr: IntArray
    indices: IntArray
    length: FloatArray
    barrier: FloatArray
    figures: FloatArray  # (units, SUMS), `BORDER` the unit's whole perimeter
    compound: IntArray
    before: IntArray
    prices: FloatArray


class Work(NamedTuple):
    """What a search changes: part per unit, sums per part, units of each compound per part.

    `stamp` and `queue` serve the connectivity test, `chance` is the state of the random numbers.
    """

    label: IntArray
    sums: FloatArray
    members: IntArray
    stamp: IntArray
    queue: IntArray
    chance: IntArray


def unit_figures(graph: ZoneGraph) -> FloatArray:
    """Return the summands of every unit, (n, SUMS)."""
    area = graph.area_m2
    centre = np.zeros((len(area), 2)) if graph.centre_m is None else graph.centre_m
    # A disc's: a unit's own form is not known. Without middles nothing is round.
    inertia = area * area / (2.0 * np.pi) if graph.centre_m is not None else np.full(len(area), NOT_ROUND)
    x, y = centre[:, 0], centre[:, 1]
    return np.column_stack(
        [
            graph.households, area, graph.perimeter_m, np.ones(len(area)), graph.anchor >= 0,
            inertia + area * (x * x + y * y), area * x, area * y,
        ]
    ).astype(np.float64)  # fmt: skip


def part_sums(graph: ZoneGraph, label: IntArray, k: int) -> FloatArray:
    """Return the sums per part, (k, SUMS): homes, area m², perimeter m, number of units, moments, anchors."""
    row = np.repeat(np.arange(len(label)), np.diff(graph.indptr))
    inside = label[row] == label[graph.indices]
    figures = unit_figures(graph)
    sums = np.zeros((k, SUMS))
    np.add.at(sums, label, figures)
    np.subtract.at(sums[:, BORDER], label[row[inside]], graph.length_m[inside])
    return sums


def net_of(graph: ZoneGraph, before: IntArray | None, prices: FloatArray) -> Net:
    """Return the zone as the kernels see it; `before`: part per unit in the plan before, -1 none."""
    none = np.full(len(graph.households), -1, dtype=np.int64)
    return Net(
        indptr=graph.indptr.astype(np.int64),
        indices=graph.indices.astype(np.int64),
        length=graph.length_m.astype(np.float64),
        barrier=graph.barrier_m.astype(np.float64),
        figures=unit_figures(graph),
        compound=_compact(graph.compound),
        before=none if before is None else before.astype(np.int64),
        prices=prices,
    )


def work_of(graph: ZoneGraph, net: Net, start: IntArray, k: int, seed: int) -> Work:
    """Return the division `start` as the kernels change it."""
    count = int(net.compound.max(initial=-1)) + 1
    members = np.zeros((k, max(1, count)), dtype=np.int64)
    grouped = net.compound >= 0
    np.add.at(members, (start[grouped], net.compound[grouped]), 1)
    return Work(
        label=start.astype(np.int64).copy(),
        sums=part_sums(graph, start, k),
        members=members,
        stamp=np.zeros(len(start) + 1, dtype=np.int64),
        queue=np.zeros(len(start), dtype=np.int64),
        chance=chance_of(seed),
    )


def _compact(compound: IntArray) -> IntArray:
    """Return the compounds numbered from 0 (-1 none); one of a single unit cannot be split and is none."""
    numbers, place, size = np.unique(compound, return_inverse=True, return_counts=True)
    real = (numbers >= 0) & (size > 1)
    rank = np.where(real, np.cumsum(real) - 1, -1)
    return np.asarray(rank[place], dtype=np.int64)
