"""The units with homes of a zone and who of them may stand in one grid: land without homes is open to all.

Whatever is contiguous in the zone is contiguous here, so that a bound found here holds there. The reverse is
not true: two grids may both be thought to pass through the same land without homes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gis.compute.lattice import IntArray
from gis.compute.parameters import SizeLimits
from gis.compute.zones import ZoneGraph, parts_of

# Pairs across land without homes: 16 bytes each, four times over while they are sorted out.
MOST_PAIRS = 2_000_000


@dataclass(frozen=True)
class Band:
    """The whole numbers of households that are in band, both ends included."""

    low: int
    high: int

    @staticmethod
    def of(limits: SizeLimits) -> Band:
        """The band of these limits, with the tolerance with which grids are classed."""
        low = math.ceil(limits.target * (1 - limits.band - 1e-9))
        return Band(low, math.floor(limits.target * (1 + limits.band + 1e-9)))


class HomesGraph(NamedTuple):
    """Units with homes in CSR form; `unit` is their number in the zone, `households` are above zero."""

    indptr: IntArray
    indices: IntArray
    households: IntArray
    unit: IntArray

    def neighbours(self, u: int) -> IntArray:
        """The units next to u, directly or across land without homes."""
        return self.indices[self.indptr[u] : self.indptr[u + 1]]


def homes_graph(graph: ZoneGraph) -> HomesGraph | None:
    """Return the zone's units with homes, neighbours where they touch or touch the same homeless stretch.

    None where so many touch one stretch that their pairs would fill the memory.
    """
    housed = graph.households > 0
    number = np.cumsum(housed) - 1
    rows = np.repeat(np.arange(len(housed)), np.diff(graph.indptr))
    direct = housed[rows] & housed[graph.indices]
    left, right = number[rows[direct]], number[graph.indices[direct]]
    count = int(housed.sum())
    across = _across(graph, rows, housed, number)
    if across is None:
        return None
    left, right = np.concatenate([left, across[0]]), np.concatenate([right, across[1]])
    key = np.unique(left * count + right)
    left, right = key // max(1, count), key % max(1, count)
    return HomesGraph(
        indptr=np.searchsorted(left, np.arange(count + 1)).astype(np.int64),
        indices=right.astype(np.int64),
        households=graph.households[housed].astype(np.int64),
        unit=np.flatnonzero(housed).astype(np.int64),
    )


def _across(
    graph: ZoneGraph, rows: IntArray, housed: np.ndarray, number: IntArray
) -> tuple[IntArray, IntArray] | None:
    """Return ordered pairs of units with homes that touch the same stretch without homes, None if too many."""
    stretch = parts_of(graph.indptr, graph.indices, ~housed)
    shore = housed[rows] & ~housed[graph.indices]
    key = np.unique(stretch[graph.indices[shore]] * (len(housed) + 1) + number[rows[shore]])
    of_stretch, unit = key // (len(housed) + 1), key % (len(housed) + 1)
    if int((np.bincount(of_stretch, minlength=1) ** 2).sum()) > MOST_PAIRS:
        return None
    left, right = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for touching in np.split(unit, np.flatnonzero(np.diff(of_stretch)) + 1):
        first, second = np.meshgrid(touching, touching)
        differ = first != second
        left.append(first[differ])
        right.append(second[differ])
    return np.concatenate(left), np.concatenate(right)
