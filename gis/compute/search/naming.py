"""Grids of a new division bear the names of the plan before, so that as few households as possible change grid.

Point 9 of the partition specification, within one zone.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from gis.compute.lattice import IntArray
from gis.compute.zones import ZoneGraph


def named_as_before(graph: ZoneGraph, label: IntArray, before: IntArray, k: int) -> IntArray:
    """Return the division with its k parts renamed among 0…k-1 so that fewest households change part.

    `before`: part per unit of the plan before, -1 none. The part of an anchored unit bears that unit's old name,
    whoever else moves. Among namings that move equally few, most parts keep the name they have; the same for the
    same input.
    """
    stays = before >= 0
    shared = np.zeros((k, k), dtype=np.int64)
    np.add.at(shared, (label[stays], before[stays]), graph.households[stays])
    # One household outweighs all the names there are, an anchor all households.
    worth = shared * (k + 1) + np.eye(k, dtype=np.int64)
    anchored = stays & (graph.anchor >= 0)
    worth[label[anchored], before[anchored]] += (k + 1) * (int(shared.sum()) + 1)
    part, name = linear_sum_assignment(worth, maximize=True)
    names = np.empty(k, dtype=np.int64)
    names[part] = name
    return names[label]
